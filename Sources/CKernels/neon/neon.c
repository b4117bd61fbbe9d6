// NEON with the dot product extension: 4 rows a vector, `sdot` for codes.

#if defined(__aarch64__)

#include <arm_neon.h>

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

#define W 4
#define DENSE_TOKENS 2
#define QUERY_ROWS 6
#define KEY_VECTORS 4
#define VALUE_ROWS 6
#define VALUE_VECTORS 4
#define ATTENTION_OPERANDS "../vector/attention_floats.inc"
#define TABLE swiftlet_kernels_neon
#define TABLE_NAME "neon"

#include "../vector/vector.h"
#include "../vector/elementwise.inc"
#include "../vector/dense.inc"
#include "../vector/cache.inc"
#include "../vector/store.inc"
#include "../vector/attention.inc"
#include "../vector/recurrence.inc"

enum { CODES_TOKENS = 4 };

// Codes of 4 columns of 4 rows, signed: those that can exceed 127 lose their 128.
INLINE int8x16_t code_vector(
    const swiftlet_matrix *matrix, const int bits, const bool table, const uint8_t *block, int index, int quarter) {
    uint8x16_t codes = vld1q_u8(block + (bits == 8 ? index : index % 4) * 64 + 16 * quarter);
    if (bits == 4) codes = index >= 4 ? vshrq_n_u8(codes, 4) : vandq_u8(codes, vdupq_n_u8(15));
    if (table) codes = vqtbl1q_u8(vld1q_u8(matrix->table), codes);
    if (bits == 8 || table) codes = veorq_u8(codes, vdupq_n_u8(0x80));
    return vreinterpretq_s8_u8(codes);
}

INLINE float32x4_t half_vector(const uint8_t *source) {
    uint16x4_t bits;
    memcpy(&bits, source, sizeof bits);
    return vcvt_f32_f16(vreinterpret_f16_u16(bits));
}

INLINE int32x4_t four_columns(const int8_t *codes) {
    int32_t value;
    memcpy(&value, codes, 4);
    return vdupq_n_s32(value);
}

INLINE void codes_tile(
    const swiftlet_matrix *matrix, const int bits, const int parts, const bool minimum, const bool table,
    const int tokens, const uint8_t *blocks, long group, const swiftlet_activations *input, long token, float *out,
    long out_stride) {
    long width = input->width, block_bytes = 64 * bits + 32 * parts * (1 + minimum);
    const float *input_sums = parts == 1 ? input->sums : input->halves;
    // Without their 128, codes stand 128 higher than they should.
    const float lost = bits == 8 || table ? 128 : 0;
    vf sums[CODES_TOKENS][4];
    for (int t = 0; t < tokens; t++) {
        for (int quarter = 0; quarter < 4; quarter++) sums[t][quarter] = splat(0);
    }
    for (int quarter = 0; quarter < 4; quarter++) {
        for (long b = 0; b < matrix->columns / 32; b++) {
            const uint8_t *block = blocks + b * block_bytes;
            for (int part = 0; part < parts; part++) {
                const uint8_t *constants = block + 64 * bits + 32 * part + 8 * quarter;
                float32x4_t scale = half_vector(constants);
                float32x4_t low = minimum ? vfmaq_n_f32(half_vector(constants + 32 * parts), scale, lost)
                                          : vmulq_n_f32(scale, lost - matrix->zero_point);
                int32x4_t dots[CODES_TOKENS];
                for (int t = 0; t < tokens; t++) dots[t] = vdupq_n_s32(0);
                for (int j = 8 / parts * part; j < 8 / parts * (part + 1); j++) {
                    int8x16_t codes = code_vector(matrix, bits, table, block, j, quarter);
                    for (int t = 0; t < tokens; t++) {
                        const int8_t *columns = input->codes + (token + t) * width + 32 * b + 4 * j;
                        dots[t] = vdotq_s32(dots[t], codes, vreinterpretq_s8_s32(four_columns(columns)));
                    }
                }
                for (int t = 0; t < tokens; t++) {
                    float input_scale = input->scales[(token + t) * (width / 32) + b];
                    float input_sum = input_sums[(token + t) * (width / 32 * parts) + b * parts + part];
                    float32x4_t sum = (float32x4_t)sums[t][quarter];
                    sum = vfmaq_f32(sum, vcvtq_f32_s32(dots[t]), vmulq_n_f32(scale, input_scale));
                    sums[t][quarter] = (vf)vfmaq_n_f32(sum, low, input_sum);
                }
            }
        }
    }
    for (int t = 0; t < tokens; t++) {
        for (int quarter = 0; quarter < 4; quarter++) sums[t][quarter] *= matrix->scale;
        save_rows(matrix, group, sums[t], out + t * out_stride);
    }
}

#include "../vector/codes.inc"
#include "../vector/table.inc"

#pragma clang attribute pop

#endif
