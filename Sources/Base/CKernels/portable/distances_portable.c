// Distances in plain C: the oracle of those in vectors.

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "../dispatch/distance_tables.h"
#include "../formats/half.h"

static float value_of(swiftlet_rows rows, const void *row, long i) {
    if (rows == SWIFTLET_ROWS_F16) return swiftlet_half_to_float(((const uint16_t *)row)[i]);
    return ((const float *)row)[i];
}

static float distance_of_floats(
    swiftlet_rows rows, swiftlet_metric metric, const float *query, const void *row, long size) {
    double sum = 0, other = 0;
    for (long i = 0; i < size; i++) {
        double a = query[i], b = value_of(rows, row, i);
        switch (metric) {
        case SWIFTLET_SQUARED_L2: sum += (a - b) * (a - b); break;
        case SWIFTLET_NEGATIVE_DOT: sum -= a * b; break;
        case SWIFTLET_JACCARD: sum += fmin(a, b), other += fmax(a, b); break;
        case SWIFTLET_HAMMING: sum += a != b; break;
        }
    }
    if (metric == SWIFTLET_JACCARD) return other == 0 ? 0 : (float)(1 - sum / other);
    return (float)sum;
}

static swiftlet_code_scale scale_of(const int8_t *codes, long size) {
    swiftlet_code_scale scale;
    memcpy(&scale, codes + (size + 63) / 64 * 64, sizeof scale);
    return scale;
}

static float distance_of_codes(swiftlet_metric metric, const int8_t *query, const int8_t *row, long size) {
    int sum = 0;
    for (long i = 0; i < size; i++) sum += query[i] * row[i];
    swiftlet_code_scale a = scale_of(query, size), b = scale_of(row, size);
    float dot = a.scale * b.scale * (float)sum;
    return metric == SWIFTLET_SQUARED_L2 ? a.square + b.square - 2 * dot : -dot;
}

static float distance_of_bits(swiftlet_metric metric, const uint8_t *query, const uint8_t *row, long size) {
    long both = 0, any = 0;
    for (long i = 0; i < size; i++) {
        int a = query[i / 8] >> i % 8 & 1, b = row[i / 8] >> i % 8 & 1;
        both += a & b, any += a | b;
    }
    if (metric == SWIFTLET_JACCARD) return any == 0 ? 0 : 1 - (float)both / (float)any;
    return (float)(any - both);
}

static inline float distance(
    swiftlet_rows rows, swiftlet_metric metric, const void *query, const void *row, long size) {
    switch (rows) {
    case SWIFTLET_ROWS_CODES: return distance_of_codes(metric, query, row, size);
    case SWIFTLET_ROWS_BITS: return distance_of_bits(metric, query, row, size);
    default: return distance_of_floats(rows, metric, query, row, size);
    }
}

#define MEASURE(NAME, ROWS, METRIC)                                                                                 \
    static void NAME(                                                                                               \
        const void *query, const void *rows, long stride, const uint32_t *ids, long count, long size,               \
        float *distances) {                                                                                         \
        for (long i = 0; i < count; i++) {                                                                          \
            const char *row = (const char *)rows + (ids ? (long)ids[i] : i) * stride;                               \
            distances[i] = distance(ROWS, METRIC, query, row, size);                                                \
        }                                                                                                           \
    }

MEASURE(l2_f32, SWIFTLET_ROWS_F32, SWIFTLET_SQUARED_L2)
MEASURE(dot_f32, SWIFTLET_ROWS_F32, SWIFTLET_NEGATIVE_DOT)
MEASURE(jaccard_f32, SWIFTLET_ROWS_F32, SWIFTLET_JACCARD)
MEASURE(hamming_f32, SWIFTLET_ROWS_F32, SWIFTLET_HAMMING)
MEASURE(l2_f16, SWIFTLET_ROWS_F16, SWIFTLET_SQUARED_L2)
MEASURE(dot_f16, SWIFTLET_ROWS_F16, SWIFTLET_NEGATIVE_DOT)
MEASURE(jaccard_f16, SWIFTLET_ROWS_F16, SWIFTLET_JACCARD)
MEASURE(hamming_f16, SWIFTLET_ROWS_F16, SWIFTLET_HAMMING)
MEASURE(l2_codes, SWIFTLET_ROWS_CODES, SWIFTLET_SQUARED_L2)
MEASURE(dot_codes, SWIFTLET_ROWS_CODES, SWIFTLET_NEGATIVE_DOT)
MEASURE(jaccard_bits, SWIFTLET_ROWS_BITS, SWIFTLET_JACCARD)
MEASURE(hamming_bits, SWIFTLET_ROWS_BITS, SWIFTLET_HAMMING)

static void round_to_codes(const float *values, long size, void *row) {
    int8_t *codes = row;
    float largest = 0;
    for (long i = 0; i < size; i++) largest = fmaxf(largest, fabsf(values[i]));
    // What is too small to have an inverse counts as zero.
    float inverse = largest > 1e-30f ? 127 / largest : 0;
    int64_t squares = 0;
    memset(codes, 0, (size_t)((size + 63) / 64 * 64));
    for (long i = 0; i < size; i++) {
        codes[i] = (int8_t)rintf(values[i] * inverse);
        squares += codes[i] * codes[i];
    }
    swiftlet_code_scale scale = {.scale = inverse > 0 ? largest / 127 : 0};
    scale.square = scale.scale * scale.scale * (float)squares;
    memcpy(codes + (size + 63) / 64 * 64, &scale, sizeof scale);
}

static void look_up_sums(const uint8_t *codes, long parts, const uint8_t *table, long count, uint16_t *sums) {
    for (long r = 0; r < count; r++) {
        long sum = 0;
        for (long p = 0; p < parts; p++) {
            uint8_t both = codes[(r / 32 * parts + p) * 16 + r % 16];
            sum += table[16 * p + (r % 32 < 16 ? both & 15 : both >> 4)];
        }
        sums[r] = (uint16_t)(sum < 65535 ? sum : 65535);
    }
}

const swiftlet_distances swiftlet_distances_portable = {
    .name = "portable",
    .measures =
        {
            {l2_f32, dot_f32, jaccard_f32, hamming_f32},
            {l2_f16, dot_f16, jaccard_f16, hamming_f16},
            {l2_codes, dot_codes, NULL, NULL},
            {NULL, NULL, jaccard_bits, hamming_bits},
        },
    .round = round_to_codes,
    .look_up_sums = look_up_sums,
};
