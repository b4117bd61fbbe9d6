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

static void *multiply(void *argument) {
    volatile int seed = 1;
    const __m512i bytes = _mm512_set1_epi8((char)seed);
    __m512i sums[accumulators];
    for (int i = 0; i < accumulators; i++) sums[i] = _mm512_set1_epi32(seed);
    for (int round = 0; round < rounds; round++) {
#pragma GCC unroll 16
        for (int i = 0; i < accumulators; i++) sums[i] = _mm512_dpbusd_epi32(sums[i], bytes, bytes);
    }
    __m512i total = sums[0];
    for (int i = 1; i < accumulators; i++) total = _mm512_add_epi32(total, sums[i]);
    sinks[(intptr_t)argument] = (uint64_t)(uint32_t)_mm512_reduce_add_epi32(total);
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
