// Distances with AVX2: `vpmaddubsw` for codes.

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,popcnt"))), apply_to = function)

#define W 8
#define DISTANCES swiftlet_distances_avx2
#define DISTANCES_NAME "avx2"

#include "../dispatch/distance_tables.h"
#include "../vector/vector.h"

// Through the magnitude: two products of codes up to 127 fit 16 bits.
INLINE vi dot_signed(vi sums, vc row, vc query) {
    __m256i pairs = _mm256_maddubs_epi16(
        _mm256_abs_epi8((__m256i)query), _mm256_sign_epi8((__m256i)row, (__m256i)query));
    return sums + (vi)_mm256_madd_epi16(pairs, _mm256_set1_epi16(1));
}

INLINE int32_t offset_of(const int8_t *query, long padded) {
    (void)query, (void)padded;
    return 0;
}

INLINE vc look_up_bytes(vc table, vc indices) { return (vc)_mm256_shuffle_epi8((__m256i)table, (__m256i)indices); }

#include "../vector/distances.inc"

#pragma clang attribute pop

#endif
