// AVX-512 with VNNI: 16 rows a vector, `vpdpbusd` for codes.

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c"))), apply_to = function)

#define QUERY_ROWS 12
#define KEY_VECTORS 2
#define VALUE_ROWS 6
#define VALUE_VECTORS 4
#define ATTENTION_OPERANDS "../vector/attention_floats.inc"
#define TABLE swiftlet_kernels_avx512
#define TABLE_NAME "avx512"
#include "avx512.inc"

#pragma clang attribute pop

#endif
