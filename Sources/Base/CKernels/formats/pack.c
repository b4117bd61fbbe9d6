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
    // For codes a byte per weight and a scale for every 128.
    long chunks = (matrix->columns + SWIFTLET_CHUNK - 1) / SWIFTLET_CHUNK;
    return matrix->kind == SWIFTLET_CODES ? 16 * matrix->columns + 64 * chunks : 0;
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

typedef uint16_t half_words __attribute__((vector_size(16)));
typedef uint32_t words __attribute__((vector_size(16)));

static inline words load_words(const uint8_t *source) {
    words value;
    memcpy(&value, source, 16);
    return value;
}

static inline half_words load_half_words(const uint8_t *source) {
    half_words value;
    memcpy(&value, source, 16);
    return value;
}

// Exchanges rows and columns of 16 rows of 4-byte words, which are `stride` bytes apart: a column's 16 words lie together.
// The bits of `flip` are exchanged on the way.
static inline __attribute__((always_inline)) void transpose_words(
    const uint8_t *source, long stride, long columns, uint32_t flip, uint8_t *destination) {
    for (long c = 0; c < columns; c += 4) {
        for (long r = 0; r < 16; r += 4) {
            const uint8_t *tile = source + r * stride + 4 * c;
            words row0 = load_words(tile) ^ flip, row1 = load_words(tile + stride) ^ flip;
            words row2 = load_words(tile + 2 * stride) ^ flip, row3 = load_words(tile + 3 * stride) ^ flip;
            words low01 = __builtin_shufflevector(row0, row1, 0, 4, 1, 5);
            words low23 = __builtin_shufflevector(row2, row3, 0, 4, 1, 5);
            words high01 = __builtin_shufflevector(row0, row1, 2, 6, 3, 7);
            words high23 = __builtin_shufflevector(row2, row3, 2, 6, 3, 7);
            words columns0to3[4] = {
                __builtin_shufflevector(low01, low23, 0, 1, 4, 5), __builtin_shufflevector(low01, low23, 2, 3, 6, 7),
                __builtin_shufflevector(high01, high23, 0, 1, 4, 5), __builtin_shufflevector(high01, high23, 2, 3, 6, 7)};
            for (int i = 0; i < 4; i++) memcpy(destination + 64 * (c + i) + 4 * r, &columns0to3[i], 16);
        }
    }
}

// The same for words of 2 bytes; `columns` in whole eights.
static void transpose_half_words(const uint8_t *source, long stride, long columns, uint8_t *destination) {
    for (long c = 0; c < columns; c += 8) {
        for (long r = 0; r < 16; r += 8) {
            const uint8_t *tile = source + r * stride + 2 * c;
            half_words rows[8], pairs[8], quads[8];
            for (int i = 0; i < 8; i++) rows[i] = load_half_words(tile + i * stride);
            // Rows that are 4 apart, then 2, then 1: each step halves what is out of place.
            for (int i = 0; i < 4; i++) {
                pairs[2 * i] = __builtin_shufflevector(rows[i], rows[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
                pairs[2 * i + 1] = __builtin_shufflevector(rows[i], rows[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
            }
            for (int i = 0; i < 4; i++) {
                quads[2 * i] = __builtin_shufflevector(pairs[i], pairs[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
                quads[2 * i + 1] = __builtin_shufflevector(pairs[i], pairs[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
            }
            for (int i = 0; i < 4; i++) {
                half_words first = __builtin_shufflevector(quads[i], quads[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
                half_words second = __builtin_shufflevector(quads[i], quads[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
                memcpy(destination + 32 * (c + 2 * i) + 2 * r, &first, 16);
                memcpy(destination + 32 * (c + 2 * i + 1) + 2 * r, &second, 16);
            }
        }
    }
}

static void pack_dense(
    const swiftlet_matrix *matrix, swiftlet_format format, const uint8_t *source, long row_bytes, long rows,
    void *destination) {
    bool is_copied = matrix->kind == SWIFTLET_DENSE_F32 || format == SWIFTLET_FORMAT_F16 || format == SWIFTLET_FORMAT_BF16;
    long first = 0;
    if (is_copied && rows == 16) {
        if (matrix->kind == SWIFTLET_DENSE_F32) {
            first = matrix->columns / 4 * 4;
            transpose_words(source, row_bytes, first, 0, destination);
        } else {
            first = matrix->columns / 8 * 8;
            transpose_half_words(source, row_bytes, first, destination);
        }
    }
    for (long row = 0; row < rows; row++) {
        const uint8_t *values = source + row * row_bytes;
        for (long c = first; c < matrix->columns; c++) {
            long index = 16 * c + row;
            if (matrix->kind == SWIFTLET_DENSE_F32) {
                ((float *)destination)[index] = dense_value(format, values, c);
            } else if (is_copied) {
                ((uint16_t *)destination)[index] = u16_at(values, c);
            } else if (matrix->kind == SWIFTLET_DENSE_BF16) {
                ((uint16_t *)destination)[index] = swiftlet_float_to_bfloat(dense_value(format, values, c));
            } else {
                ((uint16_t *)destination)[index] = swiftlet_float_to_half(swiftlet_e4m3_to_float(values[c]));
            }
        }
    }
}

// Puts `bits` of the codes, from bit `shift` on, into a plane. In both byte 4r+i of a vector belongs to row r.
static inline __attribute__((always_inline)) void pack_bits(
    const uint8_t codes[8][64], int shift, const int bits, uint8_t *plane) {
    const int per_vector = 8 / bits, mask = (1 << bits) - 1;
    for (int vector = 0; vector < bits; vector++) {
        for (int i = 0; i < 64; i++) {
            int byte = 0;
            for (int place = 0; place < per_vector; place++) {
                // Which of the eight vectors of codes goes to this place of this vector of the plane.
                int j = bits == 4 ? place * 4 + vector : vector * per_vector + place;
                byte |= (codes[j][i] >> shift & mask) << bits * place;
            }
            plane[64 * vector + i] = (uint8_t)byte;
        }
    }
}

static void pack_plane(const uint8_t codes[8][64], int shift, int bits, uint8_t *plane) {
    switch (bits) {
    case 1: return pack_bits(codes, shift, 1, plane);
    case 2: return pack_bits(codes, shift, 2, plane);
    case 4: return pack_bits(codes, shift, 4, plane);
    default: return pack_bits(codes, shift, 8, plane);
    }
}

static void pack_codes(const uint8_t codes[16][32], swiftlet_code_layout layout, uint8_t *destination) {
    uint8_t vectors[8][64];
    transpose_words(codes[0], 32, 8, 0, vectors[0]);
    // The widths of the planes are the bits of the width, highest first.
    int shift = 0;
    for (int bits = 8; bits > 0; bits /= 2) {
        if (!(layout.bits & bits)) continue;
        pack_plane(vectors, shift, bits, destination);
        shift += bits;
        destination += 64 * bits;
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

// Blocks of 32 whose codes are, at the block's end, stored as a plane has them: whole bytes, or nibbles with the first 16
// values in the low halves, in front of which 5-bit codes have their highest bits.
static bool has_stored_planes(const swiftlet_block_format *format) {
    return format->block_values == 32 && (format->code_bits == 4 || format->code_bits == 5 || format->code_bits == 8);
}

// The bits of 32 columns in the order of a plane: bit j of byte i is that of column 4j+i.
static uint32_t plane_of_bits(uint32_t columns) {
    uint32_t plane = 0;
    for (int i = 0; i < 4; i++) {
        uint32_t bits = columns >> i & 0x11111111;
        bits = (bits | bits >> 3) & 0x03030303;
        bits = (bits | bits >> 6) & 0x000F000F;
        plane |= ((bits | bits >> 12) & 0xFF) << 8 * i;
    }
    return plane;
}

static void pack_stored_planes(
    const swiftlet_matrix *matrix, const swiftlet_block_format *format, const uint8_t *stored, long row_bytes,
    uint8_t *destination) {
    swiftlet_code_layout layout = swiftlet_code_layout_of(matrix);
    // Signed bytes become unsigned ones around 128.
    uint32_t flip = layout.bits == 8 && matrix->zero_point == 128 ? 0x80808080 : 0;
    const uint8_t *end = stored + format->block_bytes;
    if (layout.bits == 8) {
        transpose_words(end - 32, row_bytes, 8, flip, destination);
    } else {
        transpose_words(end - 16, row_bytes, 4, 0, destination);
    }
    for (long row = 0; layout.bits == 5 && row < 16; row++) {
        uint32_t bits;
        memcpy(&bits, end - 20 + row * row_bytes, 4);
        bits = plane_of_bits(bits);
        memcpy(destination + 256 + 4 * row, &bits, 4);
    }
    uint8_t *scales = destination + 64 * layout.bits;
    for (long row = 0; row < 16; row++) {
        const uint8_t *bytes = stored + row * row_bytes;
        if (format->has_exact_half_scales) {
            memcpy(scales + 2 * row, bytes, 2);
            if (layout.has_minimum) memcpy(scales + 32 + 2 * row, bytes + 2, 2);
        } else {
            swiftlet_block block;
            format->unpack(bytes, 0, &block);
            pack_scales(matrix, layout, &block, row, scales);
        }
    }
}

// The 32 columns at `index` of up to 16 rows.
static void pack_block(
    const swiftlet_matrix *matrix, const swiftlet_block_format *format, const uint8_t *source, long row_bytes, long rows,
    long index, uint8_t *group) {
    swiftlet_code_layout layout = swiftlet_code_layout_of(matrix);
    uint8_t codes[16][32] = {{0}};
    int parts = format->block_values / 32, part = (int)(index % parts);
    uint8_t *destination = group + swiftlet_block_offset(layout, index);
    for (long row = 0; row < rows; row++) {
        swiftlet_block block;
        format->unpack(source + row * row_bytes + index / parts * format->block_bytes, part, &block);
        memcpy(codes[row], block.codes, 32);
        pack_scales(matrix, layout, &block, row, destination + 64 * layout.bits);
        if (layout.scales != SWIFTLET_SCALES_HALVES && index % 8 == 0) {
            uint16_t *factors = (uint16_t *)(group + swiftlet_factors_offset(layout, index)) + row;
            factors[0] = swiftlet_float_to_half(block.scale / matrix->scale);
            if (layout.has_minimum) factors[16] = swiftlet_float_to_half(block.minimum / matrix->scale);
        }
    }
    pack_codes(codes, layout, destination);
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
    bool is_stored = rows == 16 && has_stored_planes(block_format);
    for (long b = 0; b < matrix->columns / 32; b++) {
        if (is_stored) {
            pack_stored_planes(
                matrix, block_format, group_source + b * block_format->block_bytes, row_bytes,
                (uint8_t *)destination + swiftlet_block_offset(layout, b));
        } else {
            pack_block(matrix, block_format, group_source, row_bytes, rows, b, destination);
        }
    }
}
