#include "grid_blocks.h"

#include "grids.h"
#include "half.h"

// Codes are signed magnitudes plus 128: the levels of the formats times a power of two that makes the most of a byte. Those
// of IQ1 are moved by eighths.

static const uint8_t iq2_levels[4] = {2 * 8, 2 * 25, 2 * 43, 0};
static const uint8_t iq3_xxs_levels[16] = {2 * 4, 2 * 12, 2 * 20, 2 * 28, 2 * 36, 2 * 44, 2 * 52, 2 * 62};
static const uint8_t iq3_s_levels[16] = {8 * 1, 8 * 3, 8 * 5, 8 * 7, 8 * 9, 8 * 11, 8 * 13, 8 * 15};

static unsigned word_at(const uint8_t *bytes) { return bytes[0] | (unsigned)bytes[1] << 8; }

static uint32_t long_at(const uint8_t *bytes) { return word_at(bytes) | (uint32_t)word_at(bytes + 2) << 16; }

// The signs of eight values; of those stored in 7 bits the last makes the number of negative ones even.
static unsigned even_signs(unsigned bits) {
    bits &= 127;
    unsigned parity = bits ^ bits >> 4;
    parity ^= parity >> 2;
    parity ^= parity >> 1;
    return bits | (parity & 1) << 7;
}

static void put_eight(uint16_t point, unsigned signs, uint8_t *codes) {
    for (int i = 0; i < 8; i++) {
        int magnitude = iq2_levels[point >> 2 * i & 3];
        codes[i] = (uint8_t)(128 + (signs >> i & 1 ? -magnitude : magnitude));
    }
}

static void put_four(uint16_t point, const uint8_t *levels, unsigned signs, uint8_t *codes) {
    for (int i = 0; i < 4; i++) {
        int magnitude = levels[point >> 4 * i & 15];
        codes[i] = (uint8_t)(128 + (signs >> i & 1 ? -magnitude : magnitude));
    }
}

static void put_thirds(uint16_t point, int shift, uint8_t *codes) {
    for (int i = 0; i < 8; i++) codes[i] = (uint8_t)(128 + 8 * (8 * ((int)(point >> 2 * i & 3) - 1) + shift));
}

static void set_scales(swiftlet_block *block, float scale, int first, int second) {
    block->scale = scale;
    block->minimum = 0;
    block->scale_codes[0] = first;
    block->scale_codes[1] = second;
    block->minimum_codes[0] = block->minimum_codes[1] = 1;
}

// Two codes of scales, (2 * nibble + 1) each, of the two halves of 16.
static void set_nibble_scales(swiftlet_block *block, float scale, uint8_t nibbles) {
    set_scales(block, scale, 2 * (nibbles & 15) + 1, 2 * (nibbles >> 4) + 1);
}

void swiftlet_unpack_iq2_xxs(const uint8_t *bytes, int part, swiftlet_block *block) {
    const uint8_t *points = bytes + 2 + 8 * part;
    uint32_t rest = long_at(points + 4);
    int scale = 2 * (int)(rest >> 28) + 1;
    set_scales(block, swiftlet_half_at(bytes) * 0.0625f, scale, scale);
    for (int i = 0; i < 4; i++) {
        put_eight(swiftlet_grid_iq2_xxs[points[i]], even_signs(rest >> 7 * i), block->codes + 8 * i);
    }
}

void swiftlet_unpack_iq2_xs(const uint8_t *bytes, int part, swiftlet_block *block) {
    set_nibble_scales(block, swiftlet_half_at(bytes) * 0.0625f, bytes[66 + part]);
    for (int i = 0; i < 4; i++) {
        unsigned word = word_at(bytes + 2 + 8 * part + 2 * i);
        put_eight(swiftlet_grid_iq2_xs[word & 511], even_signs(word >> 9), block->codes + 8 * i);
    }
}

void swiftlet_unpack_iq2_s(const uint8_t *bytes, int part, swiftlet_block *block) {
    const uint8_t *low = bytes + 2 + 4 * part, *signs = bytes + 34 + 4 * part;
    unsigned high = bytes[66 + part];
    set_nibble_scales(block, swiftlet_half_at(bytes) * 0.0625f, bytes[74 + part]);
    for (int i = 0; i < 4; i++) {
        unsigned point = low[i] | (high >> 2 * i & 3) << 8;
        put_eight(swiftlet_grid_iq2_s[point], signs[i], block->codes + 8 * i);
    }
}

void swiftlet_unpack_iq3_xxs(const uint8_t *bytes, int part, swiftlet_block *block) {
    const uint8_t *points = bytes + 2 + 8 * part;
    uint32_t rest = long_at(bytes + 66 + 4 * part);
    int scale = 2 * (int)(rest >> 28) + 1;
    set_scales(block, swiftlet_half_at(bytes) * 0.125f, scale, scale);
    for (int i = 0; i < 8; i++) {
        unsigned signs = even_signs(rest >> 7 * (i / 2)) >> 4 * (i % 2);
        put_four(swiftlet_grid_iq3_xxs[points[i]], iq3_xxs_levels, signs, block->codes + 4 * i);
    }
}

void swiftlet_unpack_iq3_s(const uint8_t *bytes, int part, swiftlet_block *block) {
    const uint8_t *low = bytes + 2 + 8 * part, *signs = bytes + 74 + 4 * part;
    unsigned high = bytes[66 + part];
    int scale = 2 * (bytes[106 + part / 2] >> 4 * (part % 2) & 15) + 1;
    set_scales(block, swiftlet_half_at(bytes) * 0.125f, scale, scale);
    for (int i = 0; i < 8; i++) {
        unsigned point = low[i] | (high >> i & 1) << 8;
        put_four(swiftlet_grid_iq3_s[point], iq3_s_levels, signs[i / 2] >> 4 * (i % 2), block->codes + 4 * i);
    }
}

void swiftlet_unpack_iq1_s(const uint8_t *bytes, int part, swiftlet_block *block) {
    const uint8_t *low = bytes + 2 + 4 * part;
    unsigned rest = word_at(bytes + 34 + 2 * part);
    int scale = 2 * (int)(rest >> 12 & 7) + 1, shift = rest & 0x8000 ? -1 : 1;
    set_scales(block, swiftlet_half_at(bytes) * 0.015625f, scale, scale);
    for (int i = 0; i < 4; i++) {
        put_thirds(swiftlet_grid_iq1[low[i] | (rest >> 3 * i & 7) << 8], shift, block->codes + 8 * i);
    }
}

void swiftlet_unpack_iq1_m(const uint8_t *bytes, int part, swiftlet_block *block) {
    const uint8_t *low = bytes + 4 * part, *high = bytes + 32 + 2 * part, *scales = bytes + 48;
    // The scale lies in the upper nibbles of the four words of scales.
    unsigned bits = 0;
    for (int i = 0; i < 4; i++) bits |= (word_at(scales + 2 * i) >> 12) << 4 * i;
    unsigned codes = word_at(scales + 2 * (part / 2)) >> 6 * (part % 2);
    set_scales(
        block, swiftlet_half_to_float((uint16_t)bits) * 0.015625f, 2 * (int)(codes & 7) + 1, 2 * (int)(codes >> 3 & 7) + 1);
    for (int i = 0; i < 4; i++) {
        unsigned rest = high[i / 2] >> 4 * (i % 2);
        put_thirds(swiftlet_grid_iq1[low[i] | (rest & 7) << 8], rest & 8 ? -1 : 1, block->codes + 8 * i);
    }
}
