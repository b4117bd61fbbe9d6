// Measures what the machine itself can do: reading memory, and multiplying 8-bit numbers where the CPU has AVX-512 VNNI.
// Built and run by compare.py: cc -O3 -march=native -pthread limits.c -o limits && ./limits THREADS
// Writes {"read_bytes_per_second":N,"int8_operations_per_second":N or null}.

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__AVX512VNNI__)
#include <immintrin.h>
#endif

enum { maximumThreads = 256, repetitions = 7 };
static const size_t bytesPerThread = (size_t)256 << 20;  // Far more than the caches hold.

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

// What the threads computed goes here, so that the compiler cannot leave the work out.
static volatile uint64_t sinks[maximumThreads];
static uint64_t *buffers[maximumThreads];

static void *fillBuffer(void *argument) {
    memset(buffers[(intptr_t)argument], 1, bytesPerThread);
    return NULL;
}

static void *readBuffer(void *argument) {
    const uint64_t *words = buffers[(intptr_t)argument];
    uint64_t sum = 0;
    for (size_t i = 0; i < bytesPerThread / sizeof *words; i++) sum += words[i];
    sinks[(intptr_t)argument] = sum;
    return NULL;
}

#if defined(__AVX512VNNI__)
enum { accumulators = 16, rounds = 10 * 1000 * 1000 };  // Enough independent sums to hide the latency.

// In assembly, since compilers add copies of registers between the intrinsics.
#define MULTIPLY(N) "vpdpbusd %%zmm31, %%zmm31, %%zmm" #N "\n"
#define CLEAR(N) "vpxord %%zmm" #N ", %%zmm" #N ", %%zmm" #N "\n"
#define ALL(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)

static void *multiply(void *argument) {
    __asm__ volatile(ALL(CLEAR) CLEAR(31) : : : "memory");
    for (int round = 0; round < rounds; round++) {
        __asm__ volatile(ALL(MULTIPLY)
                         : : : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
                           "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "xmm31");
    }
    sinks[(intptr_t)argument] = (uint64_t)rounds;
    return NULL;
}
#endif

static double seconds(int threads, void *(*work)(void *)) {
    pthread_t handles[maximumThreads];
    double start = now();
    for (int i = 0; i < threads; i++) {
        if (pthread_create(&handles[i], NULL, work, (void *)(intptr_t)i) != 0) {
            fprintf(stderr, "limits: cannot start %d threads\n", threads);
            exit(1);
        }
    }
    for (int i = 0; i < threads; i++) pthread_join(handles[i], NULL);
    return now() - start;
}

static double best(int threads, void *(*work)(void *)) {
    double least = seconds(threads, work);
    for (int i = 1; i < repetitions; i++) {
        double time = seconds(threads, work);
        if (time < least) least = time;
    }
    return least;
}

int main(int count, char **arguments) {
    int threads = count == 2 ? atoi(arguments[1]) : 0;
    if (threads < 1 || threads > maximumThreads) {
        fprintf(stderr, "usage: limits THREADS (1 to %d)\n", maximumThreads);
        return 2;
    }
    for (int i = 0; i < threads; i++) {
        buffers[i] = malloc(bytesPerThread);
        if (!buffers[i]) {
            fprintf(stderr, "limits: no memory for %d buffers of %zu bytes\n", threads, bytesPerThread);
            return 1;
        }
    }
    seconds(threads, fillBuffer);
    printf("{\"read_bytes_per_second\":%.0f,", (double)bytesPerThread * threads / best(threads, readBuffer));
#if defined(__AVX512VNNI__)
    // 64 products and 64 additions an instruction.
    double operations = 128.0 * accumulators * rounds * threads;
    printf("\"int8_operations_per_second\":%.0f}\n", operations / best(threads, multiply));
#else
    printf("\"int8_operations_per_second\":null}\n");
#endif
    return 0;
}
