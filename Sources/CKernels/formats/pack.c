// From the formats of files to the layouts of memory.

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "CKernels.h"
#include "blocks.h"
#include "half.h"
#include "layout.h"

static uint16_t u16_at(const void *source, long index) {
    uint16_t value;
    memcpy(&value, (const uint8_t *)source + 2 * index, 2);
    return value;
}

static float dense_value(swiftlet_format format, const void *source, long index) {
    switch (format) {
    case SWIFTLET_FORMAT_F16: return swiftlet_half_to_float(u16_at(source, index));
    case SWIFTLET_FORMAT_BF16: return swiftlet_bfloat_to_float(u16_at(source, index));
    case SWIFTLET_FORMAT_F8_E4M3: return swiftlet_e4m3_to_float(((const uint8_t *)source)[index]);
    default: {
        float value;
        memcpy(&value, (const uint8_t *)source + 4 * index, 4);
        return value;
    }
    }
}

void swiftlet_dequantize(swiftlet_format format, const void *blocks, long count, float *values) {
    const swiftlet_block_format *block_format = swiftlet_block_format_of(format);
    if (!block_format) {
        for (long i = 0; i < count; i++) values[i] = dense_value(format, blocks, i);
        return;
    }
    int parts = block_format->block_values / 32;
    for (long b = 0; b < count / 32; b++) {
        swiftlet_block block;
        const uint8_t *bytes = (const uint8_t *)blocks + b / parts * block_format->block_bytes;
        block_format->unpack(bytes, (int)(b % parts), &block);
        for (int i = 0; i < 32; i++) {
            int code = block_format->table ? block_format->table[block.codes[i]] : block.codes[i];
            float scale = block.scale * (float)block.scale_codes[i / 16];
            float minimum = block.minimum * (float)block.minimum_codes[i / 16];
            values[32 * b + i] = scale * ((float)code - block_format->zero_point) + minimum;
        }
    }
}

float swiftlet_round_to_halves(const float *values, long count, uint16_t *halves) {
    float largest = 0;
    for (long i = 0; i < count; i++) {
        halves[i] = swiftlet_float_to_half(values[i]);
        largest = fmaxf(largest, fabsf(values[i]));
    }
    return largest;
}

swiftlet_matrix swiftlet_layout(swiftlet_format format) {
    swiftlet_matrix matrix = {.scale = 1};
    const swiftlet_block_format *block_format = swiftlet_block_format_of(format);
    if (block_format) {
        matrix.kind = SWIFTLET_CODES;
        matrix.code_bits = block_format->code_bits;
        matrix.scales_per_block = block_format->scales_per_block;
        matrix.has_minimum = block_format->has_minimum;
        matrix.scales = block_format->scales;
        matrix.zero_point = block_format->zero_point;
        matrix.table = block_format->table;
    } else {
        matrix.kind = format == SWIFTLET_FORMAT_F16    ? SWIFTLET_DENSE_F16
                      : format == SWIFTLET_FORMAT_BF16 ? SWIFTLET_DENSE_BF16
                      : format == SWIFTLET_FORMAT_F8_E4M3 ? SWIFTLET_DENSE_F16  // every E4M3 value is a half
                                                          : SWIFTLET_DENSE_F32;
    }
    return matrix;
}

long swiftlet_group_bytes(const swiftlet_matrix *matrix) {
    switch (matrix->kind) {
    case SWIFTLET_DENSE_F32: return 16 * matrix->columns * 4;
    case SWIFTLET_DENSE_F16:
    case SWIFTLET_DENSE_BF16: return 16 * matrix->columns * 2;
    case SWIFTLET_CODES: {
        swiftlet_code_layout layout = swiftlet_code_layout_of(matrix);
        long blocks = matrix->columns / 32, factors = (blocks + 7) / 8;
        return blocks * swiftlet_block_bytes(layout) + factors * swiftlet_factor_bytes(layout);
    }
    }
    return 0;
}

long swiftlet_multiply_workspace(const swiftlet_matrix *matrix) {
    // For codes a byte per weight and a scale for every 128, for floats two bytes per weight.
    long chunks = (matrix->columns + SWIFTLET_CHUNK - 1) / SWIFTLET_CHUNK;
    return matrix->kind == SWIFTLET_CODES ? 16 * matrix->columns + 64 * chunks : 32 * (matrix->columns + 1);
}

float swiftlet_largest_scale(swiftlet_format format, const void *blocks, long count) {
    const swiftlet_block_format *block_format = swiftlet_block_format_of(format);
    if (!block_format || block_format->has_exact_half_scales) return 0;
    float largest = 0;
    int parts = block_format->block_values / 32;
    for (long b = 0; b < count / 32; b++) {
        swiftlet_block block;
        block_format->unpack(
            (const uint8_t *)blocks + b / parts * block_format->block_bytes, (int)(b % parts), &block);
        largest = fmaxf(largest, fmaxf(fabsf(block.scale), fabsf(block.minimum)));
    }
    return largest;
}

static void pack_dense(
    const swiftlet_matrix *matrix, swiftlet_format format, const uint8_t *source, long row_bytes, long rows,
    void *destination) {
    for (long row = 0; row < rows; row++) {
        const uint8_t *values = source + row * row_bytes;
        if (format == SWIFTLET_FORMAT_F16 || format == SWIFTLET_FORMAT_BF16) {
            uint16_t *out = (uint16_t *)destination + row;
            for (long c = 0; c < matrix->columns; c++) out[16 * c] = u16_at(values, c);
        } else if (matrix->kind == SWIFTLET_DENSE_BF16) {
            uint16_t *out = (uint16_t *)destination + row;
            for (long c = 0; c < matrix->columns; c++) {
                out[16 * c] = swiftlet_float_to_bfloat(dense_value(format, values, c));
            }
        } else if (format == SWIFTLET_FORMAT_F8_E4M3) {
            uint16_t *out = (uint16_t *)destination + row;
            for (long c = 0; c < matrix->columns; c++) {
                out[16 * c] = swiftlet_float_to_half(swiftlet_e4m3_to_float(values[c]));
            }
        } else {
            float *out = (float *)destination + row;
            for (long c = 0; c < matrix->columns; c++) out[16 * c] = dense_value(format, values, c);
        }
    }
}

// Puts `bits` of 32 codes, from bit `shift` on, into a plane: byte 4r+i of its vectors belongs to row r. With constant
// `bits` it is a few operations a code.
static inline __attribute__((always_inline)) void pack_bits(
    const uint8_t codes[32], int shift, const int bits, long row, uint8_t *plane) {
    const int per_vector = 8 / bits, mask = (1 << bits) - 1;
    for (int vector = 0; vector < bits; vector++) {
        for (int i = 0; i < 4; i++) {
            int byte = 0;
            for (int place = 0; place < per_vector; place++) {
                // Which of the eight vectors of codes goes to this place of this vector of the plane.
                int j = bits == 4 ? place * 4 + vector : vector * per_vector + place;
                byte |= (codes[4 * j + i] >> shift & mask) << bits * place;
            }
            plane[64 * vector + 4 * row + i] = (uint8_t)byte;
        }
    }
}

static void pack_plane(const uint8_t codes[32], int shift, int bits, long row, uint8_t *plane) {
    switch (bits) {
    case 1: return pack_bits(codes, shift, 1, row, plane);
    case 2: return pack_bits(codes, shift, 2, row, plane);
    case 4: return pack_bits(codes, shift, 4, row, plane);
    default: return pack_bits(codes, shift, 8, row, plane);
    }
}

static void pack_scales(
    const swiftlet_matrix *matrix, swiftlet_code_layout layout, const swiftlet_block *block, long row,
    uint8_t *destination) {
    float inverse = 1 / matrix->scale;
    for (int s = 0; s < layout.parts; s++) {
        long index = 16 * s + row;
        uint8_t *minimums = destination + swiftlet_scale_bytes(layout);
        switch (layout.scales) {
        case SWIFTLET_SCALES_HALVES:
            ((uint16_t *)destination)[index] = swiftlet_float_to_half(block->scale * inverse);
            if (layout.has_minimum) ((uint16_t *)minimums)[index] = swiftlet_float_to_half(block->minimum * inverse);
            break;
        case SWIFTLET_SCALES_BYTES:
            destination[index] = (uint8_t)block->scale_codes[s];
            if (layout.has_minimum) minimums[index] = (uint8_t)block->minimum_codes[s];
            break;
        case SWIFTLET_SCALES_NIBBLES:
            destination[index] = (uint8_t)(block->scale_codes[s] | block->minimum_codes[s] << 4);
            break;
        }
    }
}

static void pack_block(
    const swiftlet_matrix *matrix, swiftlet_code_layout layout, const swiftlet_block *block, long index, long row,
    uint8_t *group) {
    uint8_t *destination = group + swiftlet_block_offset(layout, index);
    // The widths of the planes are the bits of the width, highest first.
    int shift = 0, offset = 0;
    for (int bits = 8; bits > 0; bits /= 2) {
        if (!(layout.bits & bits)) continue;
        pack_plane(block->codes, shift, bits, row, destination + offset);
        shift += bits;
        offset += 64 * bits;
    }
    pack_scales(matrix, layout, block, row, destination + offset);
    if (layout.scales != SWIFTLET_SCALES_HALVES && index % 8 == 0) {
        uint16_t *factors = (uint16_t *)(group + swiftlet_factors_offset(layout, index)) + row;
        factors[0] = swiftlet_float_to_half(block->scale);
        if (layout.has_minimum) factors[16] = swiftlet_float_to_half(block->minimum);
    }
}

void swiftlet_pack_group(
    const swiftlet_matrix *matrix, swiftlet_format format, const void *source, long row_bytes, long group,
    void *destination) {
    long first = 16 * group, rows = matrix->rows - first < 16 ? matrix->rows - first : 16;
    const uint8_t *group_source = (const uint8_t *)source + first * row_bytes;
    if (rows < 16) memset(destination, 0, (size_t)swiftlet_group_bytes(matrix));
    const swiftlet_block_format *block_format = swiftlet_block_format_of(format);
    if (!block_format) {
        pack_dense(matrix, format, group_source, row_bytes, rows, destination);
        return;
    }
    swiftlet_code_layout layout = swiftlet_code_layout_of(matrix);
    int parts = block_format->block_values / 32;
    for (long b = 0; b < matrix->columns / 32; b++) {
        for (long row = 0; row < rows; row++) {
            swiftlet_block block;
            const uint8_t *stored = group_source + row * row_bytes + b / parts * block_format->block_bytes;
            block_format->unpack(stored, (int)(b % parts), &block);
            pack_block(matrix, layout, &block, b, row, destination);
        }
    }
}
