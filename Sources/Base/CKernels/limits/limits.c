#include "MachineLimits.h"

#include <stdbool.h>
#include <string.h>

#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

typedef uint64_t words __attribute__((vector_size(64), aligned(8)));

uint64_t swiftlet_read_bytes(const void *bytes, long count) {
    const words *vectors = bytes;
    words sums[4] = {0};
    for (long i = 0; i + 4 <= count / 64; i += 4) {
        for (int j = 0; j < 4; j++) sums[j] += vectors[i + j];
    }
    words sum = sums[0] + sums[1] + sums[2] + sums[3];
    uint64_t total = 0;
    for (int i = 0; i < 8; i++) total += sum[i];
    return total;
}

// The loops are in assembly: compilers add copies of registers between intrinsics. Ten sums hide the latency of two
// instructions a cycle.
#define TEN(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9)
enum { SUMS = 10 };

#if defined(__x86_64__)

#define CLOBBERS \
    "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13"
#define LOOP(NAME, FEATURES, CLEAR, STEP) \
    __attribute__((target(FEATURES))) static void NAME(long rounds) { \
        __asm__ volatile(TEN(CLEAR) CLEAR(11) CLEAR(12) : : : CLOBBERS); \
        for (long i = 0; i < rounds; i++) __asm__ volatile(TEN(STEP) : : : CLOBBERS); \
    }

#define CLEAR_Z(N) "vpxord %%zmm" #N ", %%zmm" #N ", %%zmm" #N "\n"
#define CLEAR_Y(N) "vpxor %%ymm" #N ", %%ymm" #N ", %%ymm" #N "\n"
#define DOT_Z(N) "vpdpbusd %%zmm11, %%zmm12, %%zmm" #N "\n"
#define BF16_Z(N) "vdpbf16ps %%zmm11, %%zmm12, %%zmm" #N "\n"
#define FMA_Z(N) "vfmadd231ps %%zmm11, %%zmm12, %%zmm" #N "\n"
#define FMA_Y(N) "vfmadd231ps %%ymm11, %%ymm12, %%ymm" #N "\n"
// Without VNNI a dot product of bytes takes three instructions.
#define DOT_Y(N) \
    "vpmaddubsw %%ymm11, %%ymm12, %%ymm13\nvpmaddwd %%ymm11, %%ymm13, %%ymm13\nvpaddd %%ymm13, %%ymm" #N ", %%ymm" #N "\n"

LOOP(dot_avx512, "avx512f,avx512vnni", CLEAR_Z, DOT_Z)
LOOP(bf16_avx512, "avx512f,avx512bf16", CLEAR_Z, BF16_Z)
LOOP(fma_avx512, "avx512f", CLEAR_Z, FMA_Z)
LOOP(dot_avx2, "avx2", CLEAR_Y, DOT_Y)
LOOP(fma_avx2, "avx2,fma", CLEAR_Y, FMA_Y)

double swiftlet_multiply_add(swiftlet_peak kind, long rounds) {
    bool wide = __builtin_cpu_supports("avx512f");
    bool narrow = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    int each = 0;  // multiply-adds of an instruction
    switch (kind) {
    case SWIFTLET_PEAK_INT8:
        if (wide && __builtin_cpu_supports("avx512vnni")) dot_avx512(rounds), each = 64;
        else if (narrow) dot_avx2(rounds), each = 32;
        break;
    case SWIFTLET_PEAK_BF16:
        if (wide && __builtin_cpu_supports("avx512bf16")) bf16_avx512(rounds), each = 32;
        break;
    case SWIFTLET_PEAK_F32:
        if (wide) fma_avx512(rounds), each = 16;
        else if (narrow) fma_avx2(rounds), each = 8;
        break;
    }
    return (double)each * SUMS * (double)rounds;
}

#elif defined(__aarch64__)

#define CLOBBERS "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v11", "v12"
#define LOOP(NAME, FEATURES, STEP) \
    __attribute__((target(FEATURES))) static void NAME(long rounds) { \
        __asm__ volatile(TEN(CLEAR) CLEAR(11) CLEAR(12) : : : CLOBBERS); \
        for (long i = 0; i < rounds; i++) __asm__ volatile(TEN(STEP) : : : CLOBBERS); \
    }
#define CLEAR(N) "movi v" #N ".2d, #0\n"
#define DOT(N) "sdot v" #N ".4s, v11.16b, v12.16b\n"
#define BF16(N) "bfdot v" #N ".4s, v11.8h, v12.8h\n"
#define FMA(N) "fmla v" #N ".4s, v11.4s, v12.4s\n"

LOOP(dot_neon, "dotprod", DOT)
LOOP(bf16_neon, "bf16", BF16)
LOOP(fma_neon, "simd", FMA)

static bool has_dot(void) {
#if defined(__linux__)
    return getauxval(AT_HWCAP) & HWCAP_ASIMDDP;
#else
    return true;
#endif
}

static bool has_bf16(void) {
#if defined(__linux__) && defined(HWCAP2_BF16)
    return getauxval(AT_HWCAP2) & HWCAP2_BF16;
#else
    return false;
#endif
}

double swiftlet_multiply_add(swiftlet_peak kind, long rounds) {
    int each = 0;
    switch (kind) {
    case SWIFTLET_PEAK_INT8:
        if (has_dot()) dot_neon(rounds), each = 16;
        break;
    case SWIFTLET_PEAK_BF16:
        if (has_bf16()) bf16_neon(rounds), each = 8;
        break;
    case SWIFTLET_PEAK_F32: fma_neon(rounds), each = 4; break;
    }
    return (double)each * SUMS * (double)rounds;
}

#else

double swiftlet_multiply_add(swiftlet_peak kind, long rounds) {
    (void)kind;
    (void)rounds;
    return 0;
}

#endif
