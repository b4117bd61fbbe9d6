// The same with AVX512_BF16: `vdpbf16ps` for 16-bit floats, and for attention.

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512bf16,avx2,fma,f16c"))), \
    apply_to = function)

#define HAS_BFLOAT_PRODUCTS
#define ATTEND swiftlet_attend_bf16
#define ATTEND_PART swiftlet_attend_part_bf16
#define JOIN_PARTS swiftlet_join_parts_bf16
#define TABLE swiftlet_kernels_avx512bf16
#define TABLE_NAME "avx512bf16"
#include "avx512.inc"

#pragma clang attribute pop

#endif
