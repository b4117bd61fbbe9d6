// Values of 32 bits turned about, 4 x 4 at a time: rows of tokens become the columns that kernels read together.

#ifndef SWIFTLET_TRANSPOSE_H
#define SWIFTLET_TRANSPOSE_H

#include <stdint.h>
#include <string.h>

typedef uint32_t four __attribute__((vector_size(16)));

static inline __attribute__((always_inline)) void transpose_four(
    const uint32_t *in, long in_stride, uint32_t *out, long out_stride) {
    four rows[4], left[2], right[2];
    for (int i = 0; i < 4; i++) memcpy(&rows[i], in + i * in_stride, sizeof(four));
    for (int i = 0; i < 2; i++) {
        left[i] = __builtin_shufflevector(rows[2 * i], rows[2 * i + 1], 0, 4, 1, 5);
        right[i] = __builtin_shufflevector(rows[2 * i], rows[2 * i + 1], 2, 6, 3, 7);
    }
    four columns[4] = {
        __builtin_shufflevector(left[0], left[1], 0, 1, 4, 5),
        __builtin_shufflevector(left[0], left[1], 2, 3, 6, 7),
        __builtin_shufflevector(right[0], right[1], 0, 1, 4, 5),
        __builtin_shufflevector(right[0], right[1], 2, 3, 6, 7),
    };
    for (int i = 0; i < 4; i++) memcpy(out + i * out_stride, &columns[i], sizeof(four));
}

// out[c * out_stride + r] = in[r * in_stride + c] for `rows` rows and `columns` columns.
static inline __attribute__((always_inline)) void transpose(
    const void *values, long in_stride, long rows, long columns, void *turned, long out_stride) {
    const uint32_t *in = values;
    uint32_t *out = turned;
    long whole_rows = rows / 4 * 4, whole_columns = columns / 4 * 4;
    for (long column = 0; column < whole_columns; column += 4) {
        for (long row = 0; row < whole_rows; row += 4) {
            transpose_four(in + row * in_stride + column, in_stride, out + column * out_stride + row, out_stride);
        }
    }
    for (long row = 0; row < rows; row++) {
        for (long column = row < whole_rows ? whole_columns : 0; column < columns; column++) {
            memcpy(out + column * out_stride + row, in + row * in_stride + column, sizeof *out);
        }
    }
}

#endif
