// What each block format holds, seen as blocks of 32 codes with their scales.

#ifndef SWIFTLET_BLOCKS_H
#define SWIFTLET_BLOCKS_H

#include "CKernels.h"

// 32 consecutive values: value = scale * scale_code * (code - zero_point) + minimum * minimum_code, with the codes of
// scale and minimum for each half of 16. With a table the code is an index into it first.
typedef struct {
    uint8_t codes[32];
    float scale;
    float minimum;
    int scale_codes[2];
    int minimum_codes[2];
} swiftlet_block;

typedef struct {
    int block_values;      // values in one stored block
    int block_bytes;
    int code_bits;         // of the packed layout
    int scales_per_block;  // of each 32: 1 or 2
    bool has_minimum;
    swiftlet_scales scales;
    bool has_exact_half_scales;
    float zero_point;
    const uint8_t *table;
    // Decodes the 32 values at index `part` within a stored block.
    void (*unpack)(const uint8_t *bytes, int part, swiftlet_block *block);
} swiftlet_block_format;

// Null for the formats without blocks.
const swiftlet_block_format *swiftlet_block_format_of(swiftlet_format format);

#endif
