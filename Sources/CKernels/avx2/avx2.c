// AVX2: 8 rows a vector, `vpmaddubsw` for codes.

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#define W 8
#define DENSE_TOKENS 2
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

enum { CODES_TOKENS = 4 };

INLINE __m256i four_columns(const int8_t *codes) {
    int32_t value;
    memcpy(&value, codes, 4);
    return _mm256_set1_epi32(value);
}

INLINE __m256i code_vector(const int bits, const uint8_t *block, int index, int half) {
    const uint8_t *bytes = block + (bits == 8 ? index : index % 4) * 64 + 32 * half;
    __m256i codes = _mm256_loadu_si256((const __m256i *)bytes);
    if (bits == 8) return codes;
    if (index >= 4) codes = _mm256_srli_epi16(codes, 4);
    return _mm256_and_si256(codes, _mm256_set1_epi8(15));
}

// Sums of code x activation for 8 rows. Codes below 16 are multiplied as they are: eight products of at most
// 2 x 15 x 127 fit 16 bits. Larger ones lose their 128 and go through their magnitude, or the 16 bits would overflow.
INLINE void dot_products(
    const swiftlet_matrix *matrix, const int bits, const bool table, const int first, const int count, const int half,
    const int tokens, const uint8_t *block, const int8_t *input, long width, __m256i dots[CODES_TOKENS]) {
    const __m256i ones = _mm256_set1_epi16(1);
    const bool is_signed = bits == 8 || table;
    for (int t = 0; t < tokens; t++) dots[t] = _mm256_setzero_si256();
    for (int j = first; j < first + count; j++) {
        __m256i codes = code_vector(bits, block, j, half), magnitudes = codes;
        if (table) {
            __m256i values = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)matrix->table));
            codes = _mm256_shuffle_epi8(values, codes);
        }
        if (is_signed) {
            codes = _mm256_xor_si256(codes, _mm256_set1_epi8((char)0x80));
            magnitudes = _mm256_abs_epi8(codes);
        }
        for (int t = 0; t < tokens; t++) {
            __m256i columns = four_columns(input + t * width + 4 * j);
            if (is_signed) {
                __m256i products = _mm256_maddubs_epi16(magnitudes, _mm256_sign_epi8(columns, codes));
                dots[t] = _mm256_add_epi32(dots[t], _mm256_madd_epi16(products, ones));
            } else {
                dots[t] = _mm256_add_epi16(dots[t], _mm256_maddubs_epi16(magnitudes, columns));
            }
        }
    }
    if (!is_signed) {
        for (int t = 0; t < tokens; t++) dots[t] = _mm256_madd_epi16(dots[t], ones);
    }
}

INLINE __m256 half_vector(const uint8_t *source) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)source)); }

INLINE void codes_tile(
    const swiftlet_matrix *matrix, const int bits, const int parts, const bool minimum, const bool table,
    const int tokens, const uint8_t *blocks, long group, const swiftlet_activations *input, long token, float *out,
    long out_stride) {
    long width = input->width, block_bytes = 64 * bits + 32 * parts * (1 + minimum);
    const float *input_sums = parts == 1 ? input->sums : input->halves;
    // Without their 128, codes stand 128 higher than they should.
    const float lost = bits == 8 || table ? 128 : 0;
    vf sums[CODES_TOKENS][2];
    for (int t = 0; t < tokens; t++) sums[t][0] = sums[t][1] = splat(0);
    for (int half = 0; half < 2; half++) {
        for (long b = 0; b < matrix->columns / 32; b++) {
            const uint8_t *block = blocks + b * block_bytes;
            for (int part = 0; part < parts; part++) {
                const uint8_t *constants = block + 64 * bits + 32 * part + 16 * half;
                __m256 scale = half_vector(constants);
                __m256 low = minimum ? _mm256_fmadd_ps(scale, _mm256_set1_ps(lost), half_vector(constants + 32 * parts))
                                     : _mm256_mul_ps(scale, _mm256_set1_ps(lost - matrix->zero_point));
                __m256i dots[CODES_TOKENS];
                dot_products(
                    matrix, bits, table, 8 / parts * part, 8 / parts, half, tokens, block,
                    input->codes + token * width + 32 * b, width, dots);
                for (int t = 0; t < tokens; t++) {
                    __m256 input_scale = _mm256_set1_ps(input->scales[(token + t) * (width / 32) + b]);
                    __m256 input_sum = _mm256_set1_ps(input_sums[(token + t) * (width / 32 * parts) + b * parts + part]);
                    __m256 sum = (__m256)sums[t][half];
                    sum = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dots[t]), _mm256_mul_ps(scale, input_scale), sum);
                    sums[t][half] = (vf)_mm256_fmadd_ps(low, input_sum, sum);
                }
            }
        }
    }
    for (int t = 0; t < tokens; t++) {
        sums[t][0] *= matrix->scale;
        sums[t][1] *= matrix->scale;
        save_rows(matrix, group, sums[t], out + t * out_stride);
    }
}

#include "../vector/codes.inc"
#include "../vector/table.inc"

#pragma clang attribute pop

#endif
