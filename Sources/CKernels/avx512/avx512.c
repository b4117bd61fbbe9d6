// AVX-512 with VNNI: 16 rows a vector, `vpdpbusd` for codes.

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c"))), apply_to = function)

#define W 16
#define DENSE_TOKENS 8
#define QUERY_ROWS 12
#define KEY_VECTORS 2
#define VALUE_ROWS 6
#define VALUE_VECTORS 4
#define ATTENTION_OPERANDS "../vector/attention_floats.inc"
#define TABLE swiftlet_kernels_avx512
#define TABLE_NAME "avx512"

#include "../vector/vector.h"
#include "power.h"
#include "../vector/elementwise.inc"
#include "../vector/dense.inc"
#include "../vector/cache.inc"
#include "../vector/store.inc"
#include "../vector/attention.inc"
#include "../vector/recurrence.inc"

enum { CODES_TOKENS = 12 };

INLINE void load_codes(const swiftlet_matrix *matrix, const int bits, const bool table, const uint8_t *block, __m512i codes[8]) {
    if (bits == 8) {
        for (int j = 0; j < 8; j++) codes[j] = _mm512_loadu_si512(block + 64 * j);
        return;
    }
    const __m512i mask = _mm512_set1_epi8(15);
    for (int j = 0; j < 4; j++) {
        __m512i packed = _mm512_loadu_si512(block + 64 * j);
        codes[j] = _mm512_and_si512(packed, mask);
        codes[j + 4] = _mm512_and_si512(_mm512_srli_epi16(packed, 4), mask);
    }
    if (table) {
        __m512i values = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)matrix->table));
        for (int j = 0; j < 8; j++) codes[j] = _mm512_shuffle_epi8(values, codes[j]);
    }
}

INLINE __m512 half_vector(const uint8_t *source) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)source)); }

INLINE __m512i four_columns(const int8_t *codes) {
    int32_t value;
    memcpy(&value, codes, 4);
    return _mm512_set1_epi32(value);
}

INLINE void codes_tile(
    const swiftlet_matrix *matrix, const int bits, const int parts, const bool minimum, const bool table,
    const int tokens, const uint8_t *blocks, long group, const swiftlet_activations *input, long token, float *out,
    long out_stride) {
    long width = input->width, block_bytes = 64 * bits + 32 * parts * (1 + minimum);
    const float *input_sums = parts == 1 ? input->sums : input->halves;
    __m512 zero_point = _mm512_set1_ps(-matrix->zero_point), sums[CODES_TOKENS];
    for (int t = 0; t < tokens; t++) sums[t] = _mm512_setzero_ps();
    for (long b = 0; b < matrix->columns / 32; b++) {
        const uint8_t *block = blocks + b * block_bytes;
        __m512i codes[8];
        load_codes(matrix, bits, table, block, codes);
        for (int part = 0; part < parts; part++) {
            const uint8_t *constants = block + 64 * bits + 32 * part;
            __m512 scale = half_vector(constants);
            __m512 low = minimum ? half_vector(constants + 32 * parts) : _mm512_mul_ps(scale, zero_point);
            for (int t = 0; t < tokens; t++) {
                const int8_t *columns = input->codes + (token + t) * width + 32 * b;
                __m512i dots[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
                for (int j = 0; j < 8 / parts; j++) {
                    int index = j + 8 / parts * part;
                    int chain = tokens <= 2 ? j % 2 : 0;
                    dots[chain] = _mm512_dpbusd_epi32(dots[chain], codes[index], four_columns(columns + 4 * index));
                }
                __m512i dot = tokens <= 2 ? _mm512_add_epi32(dots[0], dots[1]) : dots[0];
                __m512 input_scale = _mm512_set1_ps(input->scales[(token + t) * (width / 32) + b]);
                __m512 input_sum = _mm512_set1_ps(input_sums[(token + t) * (width / 32 * parts) + b * parts + part]);
                sums[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), _mm512_mul_ps(scale, input_scale), sums[t]);
                sums[t] = _mm512_fmadd_ps(low, input_sum, sums[t]);
            }
        }
    }
    for (int t = 0; t < tokens; t++) {
        vf scaled = (vf)sums[t] * matrix->scale;
        save_rows(matrix, group, &scaled, out + t * out_stride);
    }
}

#include "../vector/codes.inc"
#include "../vector/table.inc"

const swiftlet_kernels swiftlet_kernels_avx512bf16 =
    ENTRIES("avx512bf16", swiftlet_attend_bf16, swiftlet_attend_part_bf16, swiftlet_join_parts_bf16);

#pragma clang attribute pop

#endif
