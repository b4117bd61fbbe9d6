// Distances between one vector and many: what vector search spends its time on.

#ifndef SWIFTLET_DISTANCES_H
#define SWIFTLET_DISTANCES_H

#include <stdint.h>

// How the rows of a table of vectors are stored. A row begins at a multiple of 4 bytes, one of codes or bits at a multiple
// of 8.
typedef enum {
    SWIFTLET_ROWS_F32,    // size floats
    SWIFTLET_ROWS_F16,    // size halves
    SWIFTLET_ROWS_CODES,  // size codes of -127 to 127, zeros up to a multiple of 64, then a swiftlet_code_scale
    SWIFTLET_ROWS_BITS,   // size bits, lowest first, zeros up to a multiple of 64
} swiftlet_rows;

// What stands behind the codes of a row, and what a query of codes has.
typedef struct {
    float scale;   // a value is scale * code
    float square;  // the sum of the squares of the values
} swiftlet_code_scale;

typedef enum {
    SWIFTLET_SQUARED_L2,
    SWIFTLET_NEGATIVE_DOT,
    SWIFTLET_JACCARD,  // 1 - sum of minimums / sum of maximums; 0 where all are zero
    SWIFTLET_HAMMING,  // values that differ
} swiftlet_metric;

// Writes the distances of `query` to `count` rows, which are `stride` bytes apart: the rows `ids`, or the first ones if that
// is null. A query has the form of a row; that to rows of halves is floats. Rows to come are prefetched.
typedef void (*swiftlet_measure)(
    const void *query, const void *rows, long stride, const uint32_t *ids, long count, long size, float *distances);

typedef struct {
    const char *name;
    swiftlet_measure measures[4][4];  // [swiftlet_rows][swiftlet_metric]; null where a metric has no meaning
    // Rounds `size` values to a row of codes; the largest magnitude becomes 127.
    void (*round)(const float *values, long size, void *row);
    // For each of `count` rows of 4-bit codes the sum of what stands for its codes in `table` [parts, 16]: part p of row r is
    // in the low half of byte (r / 32 * parts + p) * 16 + r % 16 for r % 32 below 16, in the high half for the others. Sums
    // end at 65535. Count is a multiple of 32.
    void (*look_up_sums)(const uint8_t *codes, long parts, const uint8_t *table, long count, uint16_t *sums);
} swiftlet_distances;

// The bytes that a row takes, without what may follow it.
static inline long swiftlet_row_bytes(swiftlet_rows rows, long size) {
    switch (rows) {
    case SWIFTLET_ROWS_F32: return 4 * size;
    case SWIFTLET_ROWS_F16: return 2 * size;
    case SWIFTLET_ROWS_CODES: return (size + 63) / 64 * 64 + (long)sizeof(swiftlet_code_scale);
    case SWIFTLET_ROWS_BITS: return (size + 63) / 64 * 8;
    }
    return 0;
}

// The distances of the instruction set that `name` asks for, as in swiftlet_kernels_named; null if the machine cannot run it.
const swiftlet_distances *swiftlet_distances_named(const char *name);

// Asks for `bytes` from `address` on in the nearest cache.
static inline void swiftlet_prefetch(const void *address, long bytes) {
    for (long i = 0; i < bytes; i += 64) __builtin_prefetch((const char *)address + i, 0, 3);
}

#endif
