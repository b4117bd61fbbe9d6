// What each block format holds, seen as blocks of 32 codes with their scales.

#ifndef SWIFTLET_BLOCKS_H
#define SWIFTLET_BLOCKS_H

#include "CKernels.h"

// 32 consecutive values: value = scale * (code - zero_point) + minimum, per half of 16. With a table the code is an
// index into it first.
typedef struct {
    uint8_t codes[32];
    float scales[2];
    float minimums[2];
} swiftlet_block;

typedef struct {
    int block_values;      // values in one stored block
    int block_bytes;
    int code_bits;         // of the packed layout: 4 or 8
    int scales_per_block;  // of each 32: 1 or 2
    bool has_minimum;
    bool has_exact_half_scales;
    float zero_point;
    const uint8_t *table;
    // Decodes the 32 values at index `part` within a stored block.
    void (*unpack)(const uint8_t *bytes, int part, swiftlet_block *block);
} swiftlet_block_format;

// Null for the formats without blocks.
const swiftlet_block_format *swiftlet_block_format_of(swiftlet_format format);

#endif
