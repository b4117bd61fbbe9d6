#include <stddef.h>
#include <string.h>

#include "tables.h"

#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#if defined(__x86_64__)
static bool has_avx2(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}

static bool has_avx512(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
           && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")
           && __builtin_cpu_supports("avx512vnni");
}

static bool has_avx512bf16(void) { return has_avx512() && __builtin_cpu_supports("avx512bf16"); }
#elif defined(__aarch64__)
static bool has_dot_product(void) {
#if defined(__linux__)
    return getauxval(AT_HWCAP) & HWCAP_ASIMDDP;
#else
    return true;  // every Apple processor that runs Swift 6
#endif
}
#endif

const swiftlet_kernels *swiftlet_kernels_named(const char *name) {
    if (strcmp(name, "portable") == 0) return &swiftlet_kernels_portable;
#if defined(__x86_64__)
    if (strcmp(name, "avx2") == 0) return has_avx2() ? &swiftlet_kernels_avx2 : NULL;
    if (strcmp(name, "avx512") == 0) return has_avx512() ? &swiftlet_kernels_avx512 : NULL;
    if (strcmp(name, "avx512bf16") == 0) return has_avx512bf16() ? &swiftlet_kernels_avx512bf16 : NULL;
#elif defined(__aarch64__)
    if (strcmp(name, "neon") == 0) return has_dot_product() ? &swiftlet_kernels_neon : NULL;
#endif
    return NULL;
}

const swiftlet_kernels *swiftlet_kernels_best(void) {
    const char *const names[] = {"avx512bf16", "avx512", "avx2", "neon"};
    for (int i = 0; i < 4; i++) {
        const swiftlet_kernels *kernels = swiftlet_kernels_named(names[i]);
        if (kernels) return kernels;
    }
    return &swiftlet_kernels_portable;
}
