// Distances with AVX-512: `vpdpbusd` for codes.

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c,popcnt"))), \
    apply_to = function)

#define W 16
#define DISTANCES swiftlet_distances_avx512
#define DISTANCES_NAME "avx512"

#include "../dispatch/distance_tables.h"
#include "../vector/vector.h"

// The instruction takes one side without sign: 128 is added to the codes of rows, and taken off again by `offset_of`.
INLINE vi dot_signed(vi sums, vc row, vc query) {
    return (vi)_mm512_dpbusd_epi32((__m512i)sums, (__m512i)(row ^ 0x80), (__m512i)query);
}

INLINE int32_t offset_of(const int8_t *query, long padded) {
    __m512i sums = _mm512_setzero_si512();
    for (long i = 0; i < padded; i += 64) {
        sums = _mm512_dpbusd_epi32(sums, _mm512_set1_epi8((char)128), _mm512_loadu_si512(query + i));
    }
    return _mm512_reduce_add_epi32(sums);
}

INLINE vc look_up_bytes(vc table, vc indices) { return (vc)_mm512_shuffle_epi8((__m512i)table, (__m512i)indices); }

#include "../vector/distances.inc"

#pragma clang attribute pop

#endif
