#include "blocks.h"

#include <stddef.h>
#include <string.h>

#include "grid_blocks.h"
#include "half.h"

static void set_scale(swiftlet_block *block, float scale, float minimum) {
    block->scale = scale;
    block->minimum = minimum;
    for (int half = 0; half < 2; half++) block->scale_codes[half] = block->minimum_codes[half] = 1;
}

// The low nibbles are the first 16 values, the high ones the last 16.
static void split_nibbles(const uint8_t *nibbles, swiftlet_block *block) {
    for (int i = 0; i < 16; i++) {
        block->codes[i] = nibbles[i] & 15;
        block->codes[i + 16] = nibbles[i] >> 4;
    }
}

static void add_fifth_bits(const uint8_t *bytes, swiftlet_block *block) {
    for (int i = 0; i < 32; i++) block->codes[i] |= (uint8_t)((bytes[i / 8] >> i % 8 & 1) << 4);
}

static void unpack_q4_0(const uint8_t *bytes, int part, swiftlet_block *block) {
    (void)part;
    set_scale(block, swiftlet_half_at(bytes), 0);
    split_nibbles(bytes + 2, block);
}

static void unpack_q4_1(const uint8_t *bytes, int part, swiftlet_block *block) {
    (void)part;
    set_scale(block, swiftlet_half_at(bytes), swiftlet_half_at(bytes + 2));
    split_nibbles(bytes + 4, block);
}

static void unpack_q5_0(const uint8_t *bytes, int part, swiftlet_block *block) {
    (void)part;
    set_scale(block, swiftlet_half_at(bytes), 0);
    split_nibbles(bytes + 6, block);
    add_fifth_bits(bytes + 2, block);
}

static void unpack_q5_1(const uint8_t *bytes, int part, swiftlet_block *block) {
    (void)part;
    set_scale(block, swiftlet_half_at(bytes), swiftlet_half_at(bytes + 2));
    split_nibbles(bytes + 8, block);
    add_fifth_bits(bytes + 4, block);
}

static void unpack_q8_0(const uint8_t *bytes, int part, swiftlet_block *block) {
    (void)part;
    set_scale(block, swiftlet_half_at(bytes), 0);
    for (int i = 0; i < 32; i++) block->codes[i] = bytes[2 + i] ^ 0x80;
}

static void unpack_q2_k(const uint8_t *bytes, int part, swiftlet_block *block) {
    const uint8_t *scales = bytes, *low = bytes + 16 + part / 4 * 32;
    set_scale(block, swiftlet_half_at(bytes + 80), -swiftlet_half_at(bytes + 82));
    for (int half = 0; half < 2; half++) {
        uint8_t packed = scales[2 * part + half];
        block->scale_codes[half] = packed & 15;
        block->minimum_codes[half] = packed >> 4;
    }
    for (int i = 0; i < 32; i++) block->codes[i] = low[i] >> 2 * (part % 4) & 3;
}

static void unpack_q3_k(const uint8_t *bytes, int part, swiftlet_block *block) {
    const uint8_t *high = bytes, *low = bytes + 32 + part / 4 * 32, *scales = bytes + 96;
    set_scale(block, swiftlet_half_at(bytes + 108), 0);
    for (int half = 0; half < 2; half++) {
        int index = 2 * part + half;
        int nibble = index < 8 ? scales[index] & 15 : scales[index - 8] >> 4;
        int top = scales[8 + index % 4] >> 2 * (index / 4) & 3;
        block->scale_codes[half] = (nibble | top << 4) - 32;
    }
    for (int i = 0; i < 32; i++) {
        block->codes[i] = (uint8_t)((low[i] >> 2 * (part % 4) & 3) | (high[i] >> part & 1) << 2);
    }
}

// The 6-bit scales and minimums of Q4_K and Q5_K.
static void unpack_k_scales(const uint8_t *bytes, int part, swiftlet_block *block) {
    const uint8_t *packed = bytes + 4;
    int scale, minimum;
    if (part < 4) {
        scale = packed[part] & 63;
        minimum = packed[part + 4] & 63;
    } else {
        scale = (packed[part + 4] & 15) | packed[part - 4] >> 6 << 4;
        minimum = packed[part + 4] >> 4 | packed[part] >> 6 << 4;
    }
    set_scale(block, swiftlet_half_at(bytes), -swiftlet_half_at(bytes + 2));
    block->scale_codes[0] = block->scale_codes[1] = scale;
    block->minimum_codes[0] = block->minimum_codes[1] = minimum;
}

static void unpack_q4_k(const uint8_t *bytes, int part, swiftlet_block *block) {
    unpack_k_scales(bytes, part, block);
    const uint8_t *nibbles = bytes + 16 + part / 2 * 32;
    for (int i = 0; i < 32; i++) block->codes[i] = nibbles[i] >> 4 * (part % 2) & 15;
}

static void unpack_q5_k(const uint8_t *bytes, int part, swiftlet_block *block) {
    unpack_k_scales(bytes, part, block);
    const uint8_t *high = bytes + 16, *nibbles = bytes + 48 + part / 2 * 32;
    for (int i = 0; i < 32; i++) {
        block->codes[i] = (uint8_t)((nibbles[i] >> 4 * (part % 2) & 15) | (high[i] >> part & 1) << 4);
    }
}

static void unpack_q6_k(const uint8_t *bytes, int part, swiftlet_block *block) {
    int quarter = part % 4;
    const uint8_t *low = bytes + part / 4 * 64 + quarter % 2 * 32, *high = bytes + 128 + part / 4 * 32;
    const int8_t *scales = (const int8_t *)bytes + 192 + 2 * part;
    set_scale(block, swiftlet_half_at(bytes + 208), 0);
    for (int half = 0; half < 2; half++) block->scale_codes[half] = scales[half];
    for (int i = 0; i < 32; i++) {
        block->codes[i] = (uint8_t)((low[i] >> 4 * (quarter / 2) & 15) | (high[i] >> 2 * quarter & 3) << 4);
    }
}

static void unpack_iq4_xs(const uint8_t *bytes, int part, swiftlet_block *block) {
    int high = bytes[2] | bytes[3] << 8;
    int scale = (bytes[4 + part / 2] >> 4 * (part % 2) & 15) | (high >> 2 * part & 3) << 4;
    set_scale(block, swiftlet_half_at(bytes), 0);
    block->scale_codes[0] = block->scale_codes[1] = scale - 32;
    split_nibbles(bytes + 8 + 16 * part, block);
}

static void unpack_mxfp4(const uint8_t *bytes, int part, swiftlet_block *block) {
    (void)part;
    // The scale is 2^(exponent - 127), halved because the table holds doubled values.
    uint32_t exponent = bytes[0];
    set_scale(block, swiftlet_float(exponent < 2 ? 0x00200000u << exponent : (exponent - 1) << 23), 0);
    split_nibbles(bytes + 1, block);
}

static float float_at(const uint8_t *bytes) {
    float value;
    memcpy(&value, bytes, 4);
    return value;
}

static void unpack_codes4(const uint8_t *bytes, int part, swiftlet_block *block) {
    (void)part;
    set_scale(block, float_at(bytes), float_at(bytes + 4));
    split_nibbles(bytes + 8, block);
}

static void unpack_codes8(const uint8_t *bytes, int part, swiftlet_block *block) {
    (void)part;
    set_scale(block, float_at(bytes), float_at(bytes + 4));
    memcpy(block->codes, bytes + 8, 32);
}

static void unpack_integers8(const uint8_t *bytes, int part, swiftlet_block *block) {
    (void)part;
    set_scale(block, float_at(bytes), 0);
    for (int i = 0; i < 32; i++) block->codes[i] = bytes[4 + i] ^ 0x80;
}

// The levels of NF4 and of bitsandbytes' FP4 on a grid of 256 points: (table - zero point) / steps is within 0.0024 of
// NF4's levels and within 0.0032 of FP4's; the root mean square over normally distributed weights is 0.0013 of the
// block's largest magnitude for both, 0.33% of the weights', where rounding activations to 8 bits costs 0.54% of theirs.
// Steps and zero points are those that make it smallest.
#define NF4_STEPS 124.12f
#define NF4_ZERO_POINT 128.16f
#define FP4_STEPS 120.0f

static void unpack_nf4(const uint8_t *bytes, int part, swiftlet_block *block) {
    (void)part;
    set_scale(block, float_at(bytes) / NF4_STEPS, 0);
    split_nibbles(bytes + 4, block);
}

static void unpack_fp4(const uint8_t *bytes, int part, swiftlet_block *block) {
    (void)part;
    set_scale(block, float_at(bytes) / FP4_STEPS, 0);
    split_nibbles(bytes + 4, block);
}

// Codes of -1, 0 and 1 are 1, 2 and 3, so that the zero point is in the middle of 2 bits.

// The code of the digit to base 3 at `place`, the first in front: a byte is a number of five digits as a fraction of 256.
static uint8_t ternary_code(uint8_t byte, int place) {
    static const uint8_t powers[] = {1, 3, 9, 27, 81};
    return (uint8_t)(((uint8_t)(byte * powers[place]) * 3 >> 8) + 1);
}

// 160 digits lie five to a byte in 32 bytes, 80 in the next 16, and the last 16 four to a byte in 4.
static void unpack_tq1_0(const uint8_t *bytes, int part, swiftlet_block *block) {
    set_scale(block, swiftlet_half_at(bytes + 52), 0);
    for (int i = 0; i < 32; i++) {
        int value = 32 * part + i;
        if (value < 160) {
            block->codes[i] = ternary_code(bytes[value % 32], value / 32);
        } else if (value < 240) {
            block->codes[i] = ternary_code(bytes[32 + (value - 160) % 16], (value - 160) / 16);
        } else {
            block->codes[i] = ternary_code(bytes[48 + (value - 240) % 4], (value - 240) / 4);
        }
    }
}

static void unpack_tq2_0(const uint8_t *bytes, int part, swiftlet_block *block) {
    set_scale(block, swiftlet_half_at(bytes + 64), 0);
    for (int i = 0; i < 32; i++) {
        int code = bytes[part / 4 * 32 + i] >> 2 * (part % 4) & 3;
        // No file has a 3.
        block->codes[i] = (uint8_t)(code < 3 ? code + 1 : 3);
    }
}

static const uint8_t nf4_table[16] = {
    4, 42, 63, 79, 93, 105, 117, 128, 138, 148, 159, 170, 183, 198, 218, 252};
static const uint8_t bitsandbytes_fp4_table[16] = {
    128, 129, 208, 248, 168, 188, 148, 158, 128, 127, 48, 8, 88, 68, 108, 98};

// Values plus 128, so that they are unsigned.
static const uint8_t iq4_table[16] = {1, 24, 45, 63, 79, 93, 106, 118, 129, 141, 153, 166, 181, 197, 217, 241};
static const uint8_t fp4_table[16] = {
    128, 129, 130, 131, 132, 134, 136, 140, 128, 127, 126, 125, 124, 122, 120, 116};

#define HALVES SWIFTLET_SCALES_HALVES
#define BYTES SWIFTLET_SCALES_BYTES
#define NIBBLES SWIFTLET_SCALES_NIBBLES

static const swiftlet_block_format formats[] = {
    [SWIFTLET_FORMAT_Q4_0] = {32, 18, 4, 1, false, HALVES, true, 8, NULL, unpack_q4_0},
    [SWIFTLET_FORMAT_Q4_1] = {32, 20, 4, 1, true, HALVES, true, 0, NULL, unpack_q4_1},
    [SWIFTLET_FORMAT_Q5_0] = {32, 22, 5, 1, false, HALVES, true, 16, NULL, unpack_q5_0},
    [SWIFTLET_FORMAT_Q5_1] = {32, 24, 5, 1, true, HALVES, true, 0, NULL, unpack_q5_1},
    [SWIFTLET_FORMAT_Q8_0] = {32, 34, 8, 1, false, HALVES, true, 128, NULL, unpack_q8_0},
    [SWIFTLET_FORMAT_Q2_K] = {256, 84, 2, 2, true, NIBBLES, true, 0, NULL, unpack_q2_k},
    [SWIFTLET_FORMAT_Q3_K] = {256, 110, 3, 2, false, BYTES, true, 4, NULL, unpack_q3_k},
    [SWIFTLET_FORMAT_Q4_K] = {256, 144, 4, 1, true, BYTES, true, 0, NULL, unpack_q4_k},
    [SWIFTLET_FORMAT_Q5_K] = {256, 176, 5, 1, true, BYTES, true, 0, NULL, unpack_q5_k},
    [SWIFTLET_FORMAT_Q6_K] = {256, 210, 6, 2, false, BYTES, true, 32, NULL, unpack_q6_k},
    [SWIFTLET_FORMAT_IQ4_NL] = {32, 18, 4, 1, false, HALVES, true, 128, iq4_table, unpack_q4_0},
    [SWIFTLET_FORMAT_IQ4_XS] = {256, 136, 4, 1, false, BYTES, true, 128, iq4_table, unpack_iq4_xs},
    [SWIFTLET_FORMAT_MXFP4] = {32, 17, 4, 1, false, HALVES, false, 128, fp4_table, unpack_mxfp4},
    [SWIFTLET_FORMAT_CODES4] = {32, 24, 4, 1, true, HALVES, false, 0, NULL, unpack_codes4},
    [SWIFTLET_FORMAT_CODES8] = {32, 40, 8, 1, true, HALVES, false, 0, NULL, unpack_codes8},
    [SWIFTLET_FORMAT_INTEGERS8] = {32, 36, 8, 1, false, HALVES, false, 128, NULL, unpack_integers8},
    [SWIFTLET_FORMAT_NF4] = {32, 20, 4, 1, false, HALVES, false, NF4_ZERO_POINT, nf4_table, unpack_nf4},
    [SWIFTLET_FORMAT_FP4] = {32, 20, 4, 1, false, HALVES, false, 128, bitsandbytes_fp4_table, unpack_fp4},
    [SWIFTLET_FORMAT_TQ1_0] = {256, 54, 2, 1, false, HALVES, true, 2, NULL, unpack_tq1_0},
    [SWIFTLET_FORMAT_TQ2_0] = {256, 66, 2, 1, false, HALVES, true, 2, NULL, unpack_tq2_0},
    [SWIFTLET_FORMAT_IQ2_XXS] = {256, 66, 8, 1, false, BYTES, false, 128, NULL, swiftlet_unpack_iq2_xxs},
    [SWIFTLET_FORMAT_IQ2_XS] = {256, 74, 8, 2, false, BYTES, false, 128, NULL, swiftlet_unpack_iq2_xs},
    [SWIFTLET_FORMAT_IQ2_S] = {256, 82, 8, 2, false, BYTES, false, 128, NULL, swiftlet_unpack_iq2_s},
    [SWIFTLET_FORMAT_IQ3_XXS] = {256, 98, 8, 1, false, BYTES, false, 128, NULL, swiftlet_unpack_iq3_xxs},
    [SWIFTLET_FORMAT_IQ3_S] = {256, 110, 8, 1, false, BYTES, false, 128, NULL, swiftlet_unpack_iq3_s},
    [SWIFTLET_FORMAT_IQ1_S] = {256, 50, 8, 1, false, BYTES, false, 128, NULL, swiftlet_unpack_iq1_s},
    [SWIFTLET_FORMAT_IQ1_M] = {256, 56, 8, 2, false, BYTES, false, 128, NULL, swiftlet_unpack_iq1_m},
};

const swiftlet_block_format *swiftlet_block_format_of(swiftlet_format format) {
    return format < SWIFTLET_FORMAT_Q4_0 ? NULL : &formats[format];
}
