// Where the parts of a group of 16 rows of codes are.

#ifndef SWIFTLET_LAYOUT_H
#define SWIFTLET_LAYOUT_H

#include "CKernels.h"

// What decides it; constant in the bodies of the kernels.
typedef struct {
    int bits;
    int parts;  // scales of one row for 32 columns
    bool has_minimum;
    bool has_table;
    swiftlet_scales scales;
} swiftlet_code_layout;

static inline swiftlet_code_layout swiftlet_code_layout_of(const swiftlet_matrix *matrix) {
    swiftlet_code_layout layout = {
        matrix->code_bits, matrix->scales_per_block, matrix->has_minimum, matrix->table != 0, matrix->scales};
    return layout;
}

// The scales of 16 rows; as many bytes of minimums follow, except for nibbles, which hold both.
static inline long swiftlet_scale_bytes(swiftlet_code_layout layout) {
    return (layout.scales == SWIFTLET_SCALES_HALVES ? 32 : 16) * layout.parts;
}

static inline long swiftlet_block_bytes(swiftlet_code_layout layout) {
    bool has_own_minimums = layout.has_minimum && layout.scales != SWIFTLET_SCALES_NIBBLES;
    return 64 * layout.bits + swiftlet_scale_bytes(layout) * (1 + has_own_minimums);
}

// The factors of the scales and minimums of 8 blocks.
static inline long swiftlet_factor_bytes(swiftlet_code_layout layout) {
    return layout.scales == SWIFTLET_SCALES_HALVES ? 0 : 32 * (1 + layout.has_minimum);
}

static inline long swiftlet_block_offset(swiftlet_code_layout layout, long block) {
    return block * swiftlet_block_bytes(layout) + (block / 8 + 1) * swiftlet_factor_bytes(layout);
}

static inline long swiftlet_factors_offset(swiftlet_code_layout layout, long block) {
    return swiftlet_block_offset(layout, block / 8 * 8) - swiftlet_factor_bytes(layout);
}

// The largest and smallest value that a code stands for, before the zero point is taken off.
static inline void swiftlet_code_range(const swiftlet_matrix *matrix, int *low, int *high) {
    *low = 0;
    *high = (1 << matrix->code_bits) - 1;
    if (!matrix->table) return;
    *low = *high = matrix->table[0];
    for (int i = 1; i < 16; i++) {
        if (matrix->table[i] < *low) *low = matrix->table[i];
        if (matrix->table[i] > *high) *high = matrix->table[i];
    }
}

#endif
