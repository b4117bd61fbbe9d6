// From the formats of files to the layouts of memory.

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "CKernels.h"
#include "blocks.h"
#include "half.h"

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
            values[32 * b + i] =
                block.scales[i / 16] * ((float)code - block_format->zero_point) + block.minimums[i / 16];
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

static long block_bytes(const swiftlet_matrix *matrix) {
    return 64 * matrix->code_bits + 32 * matrix->scales_per_block * (1 + matrix->has_minimum);
}

long swiftlet_group_bytes(const swiftlet_matrix *matrix) {
    switch (matrix->kind) {
    case SWIFTLET_DENSE_F32: return 16 * matrix->columns * 4;
    case SWIFTLET_DENSE_F16:
    case SWIFTLET_DENSE_BF16: return 16 * matrix->columns * 2;
    case SWIFTLET_CODES: return matrix->columns / 32 * block_bytes(matrix);
    }
    return 0;
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
        for (int half = 0; half < 2; half++) {
            largest = fmaxf(largest, fmaxf(fabsf(block.scales[half]), fabsf(block.minimums[half])));
        }
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

static void pack_codes(const swiftlet_matrix *matrix, const swiftlet_block *block, long row, uint8_t *destination) {
    if (matrix->code_bits == 4) {
        for (int i = 0; i < 16; i++) {
            destination[i / 4 * 64 + 4 * row + i % 4] = (uint8_t)(block->codes[i] | block->codes[i + 16] << 4);
        }
    } else {
        for (int i = 0; i < 32; i++) destination[i / 4 * 64 + 4 * row + i % 4] = block->codes[i];
    }
    uint16_t *scales = (uint16_t *)(destination + 64 * matrix->code_bits) + row;
    uint16_t *minimums = scales + 16 * matrix->scales_per_block;
    float inverse = 1 / matrix->scale;
    for (int s = 0; s < matrix->scales_per_block; s++) {
        scales[16 * s] = swiftlet_float_to_half(block->scales[s] * inverse);
        if (matrix->has_minimum) minimums[16 * s] = swiftlet_float_to_half(block->minimums[s] * inverse);
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
    int parts = block_format->block_values / 32;
    long bytes = block_bytes(matrix);
    for (long b = 0; b < matrix->columns / 32; b++) {
        for (long row = 0; row < rows; row++) {
            swiftlet_block block;
            const uint8_t *stored = group_source + row * row_bytes + b / parts * block_format->block_bytes;
            block_format->unpack(stored, (int)(b % parts), &block);
            pack_codes(matrix, &block, row, (uint8_t *)destination + b * bytes);
        }
    }
}
