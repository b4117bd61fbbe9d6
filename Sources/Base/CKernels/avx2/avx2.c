// AVX2: 8 rows a vector, `vpmaddubsw` for codes.

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#define W 8
#define DENSE_TOKENS 6
#define DENSE_GROUPS 4
// Products of codes up to 8 bits cost more than those of 4, which outweighs what rounding saves.
#define ROUNDED_FROM LONG_MAX
#define QUERY_ROWS 6
#define KEY_VECTORS 2
#define VALUE_ROWS 6
#define VALUE_VECTORS 2
#define ATTENTION_OPERANDS "../vector/attention_floats.inc"
#define TABLE swiftlet_kernels_avx2
#define TABLE_NAME "avx2"

#include "../vector/vector.h"
#include "../vector/elementwise.inc"
#include "../vector/dense.inc"
#include "../vector/cache.inc"
#include "../vector/store.inc"
#include "../vector/attention.inc"
#include "../vector/recurrence.inc"

enum { PRODUCT_ROWS = 6, PRODUCT_VECTORS = 2 };

#include "../vector/product.inc"

enum { CODES_TOKENS = 4, ROUNDED_TOKENS = 4, WIDE_ZERO = 0 };

INLINE vc look_up(const uint8_t *table, vc codes) {
    __m256i values = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)table));
    return (vc)_mm256_shuffle_epi8(values, (__m256i)codes);
}

INLINE vi add_pairs(vi sums, __m256i products) {
    return sums + (vi)_mm256_madd_epi16(products, _mm256_set1_epi16(1));
}

INLINE vi dot_narrow(vi sums, vc codes, vc columns) {
    return add_pairs(sums, _mm256_maddubs_epi16((__m256i)codes, (__m256i)columns));
}

// Eight products of two codes of 4 bits and two activations, at most 8 x 2 x 15 x 127, fit sums of 16 bits.
INLINE vi dot_short(vi sums, vc codes, vc columns) {
    return (vi)_mm256_add_epi16((__m256i)sums, _mm256_maddubs_epi16((__m256i)codes, (__m256i)columns));
}

INLINE vi widened(vi sums) { return add_pairs((vi){}, (__m256i)sums); }

// Through the magnitude: the sum of two products of unsigned codes up to 255 would not fit 16 bits.
INLINE vi dot_wide(vi sums, vc codes, vc columns) {
    __m256i signs = (__m256i)codes, magnitudes = _mm256_abs_epi8(signs);
    return add_pairs(sums, _mm256_maddubs_epi16(magnitudes, _mm256_sign_epi8((__m256i)columns, signs)));
}

#include "../vector/codes.inc"
#include "../vector/table.inc"

#pragma clang attribute pop

#endif
