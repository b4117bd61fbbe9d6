// Compares the kernels of one instruction set with those in plain C on random values of odd sizes.
// Run: scripts/check_neon.sh, which compiles this for arm64 and runs it under qemu.

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CKernels.h"

static uint64_t state = 88172645463325252u;

static float uniform(void) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return (float)(state >> 40) / (1 << 23) - 1;
}

static float *values(long count) {
    float *result = malloc(sizeof(float) * (size_t)count);
    for (long i = 0; i < count; i++) result[i] = uniform();
    return result;
}

static float *zeros(long count) { return calloc((size_t)count, sizeof(float)); }

static int failures = 0;

static void compare_within(double limit, const char *name, long size, const float *a, const float *b, long count) {
    double error = 0, scale = 0;
    for (long i = 0; i < count; i++) {
        error += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
        scale += (double)b[i] * b[i];
    }
    double relative = sqrt(error / (scale + 1e-30));
    if (!(relative < limit)) failures++;
    printf("%-12s %4ld  %.1e%s\n", name, size, relative, relative < limit ? "" : "  FAILED");
}

static void compare(const char *name, long size, const float *a, const float *b, long count) {
    compare_within(1e-5, name, size, a, b, count);
}

static void rows(const swiftlet_kernels *k, const swiftlet_kernels *plain, long width) {
    float *x = values(width), *w = values(width), *b = values(width), *a = zeros(width), *c = zeros(width);
    k->rms_norm(x, w, width, 1e-5f, a), plain->rms_norm(x, w, width, 1e-5f, c);
    compare("rms_norm", width, a, c, width);
    k->layer_norm(x, w, b, width, 1e-5f, a), plain->layer_norm(x, w, b, width, 1e-5f, c);
    compare("layer_norm", width, a, c, width);
    for (int activation = SWIFTLET_IDENTITY; activation <= SWIFTLET_SOFTPLUS; activation++) {
        k->gate(activation, x, w, width, a), plain->gate(activation, x, w, width, c);
        compare("gate", width, a, c, width);
    }
    memcpy(a, x, sizeof(float) * (size_t)width), memcpy(c, x, sizeof(float) * (size_t)width);
    k->add(a, w, 0.7f, width), plain->add(c, w, 0.7f, width);
    compare("add", width, a, c, width);
    for (int adjacent = 0; adjacent < 2; adjacent++) {
        k->rotate(a, 1, (int)width, (int)width / 2, w, b, adjacent);
        plain->rotate(c, 1, (int)width, (int)width / 2, w, b, adjacent);
        compare("rotate", width, a, c, width);
    }
    *a = k->log_sum_exp(x, width), *c = plain->log_sum_exp(x, width);
    compare("log_sum_exp", width, a, c, 1);
    x[width / 2] = x[width - 1] = 2;
    *a = (float)k->index_of_maximum(x, width) + 1, *c = (float)plain->index_of_maximum(x, width) + 1;
    compare("maximum", width, a, c, 1);
}

// The pages of a cache with random keys and values, written token by token or page by page.
static swiftlet_cache filled_cache(
    const swiftlet_kernels *k, int key_size, int value_size, swiftlet_cache_type type, int positions, int step) {
    long keys = 2 * swiftlet_cache_head_bytes(type, key_size), values_size = 2 * swiftlet_cache_head_bytes(type, value_size);
    int count = (positions + 31) / 32;
    void **pages = calloc((size_t)count, sizeof *pages);
    for (int i = 0; i < count; i++) pages[i] = calloc(1, (size_t)(keys + values_size));
    swiftlet_cache cache = {pages, 0, keys, 2, key_size, value_size, type};
    uint64_t seed = state;
    float *key = values((long)positions * 2 * key_size), *value = values((long)positions * 2 * value_size);
    state = seed;
    for (int head = 0; head < 2; head++) {
        for (int position = 0; position < positions; position += step) {
            int room = 32 - position % 32, rest = positions - position, tokens = step < room ? step : room;
            if (rest < tokens) tokens = rest;
            k->store(
                &cache, head, position, tokens, key + (long)position * 2 * key_size + head * key_size, 2 * key_size,
                value + (long)position * 2 * value_size + head * value_size, 2 * value_size);
            if (tokens < step) position -= step - tokens;
        }
    }
    return cache;
}

enum { WINDOW = 1, EXTRAS = 2, BOTH_WAYS = 4, TURNED = 8 };

static void attention(
    const swiftlet_kernels *k, const swiftlet_kernels *plain, int key_size, int value_size, swiftlet_cache_type type,
    int tokens, int heads, int positions, int features) {
    swiftlet_cache cache = filled_cache(k, key_size, value_size, type, positions, 1);
    swiftlet_cache paged = filled_cache(plain, key_size, value_size, type, positions, 32);
    long page_bytes = 2 * (swiftlet_cache_head_bytes(type, key_size) + swiftlet_cache_head_bytes(type, value_size));
    for (int i = 0; i < (positions + 31) / 32; i++) {
        if (memcmp(cache.pages[i], paged.pages[i], (size_t)page_bytes) != 0) {
            printf("store        %4d  type %d FAILED\n", key_size, type);
            failures++;
            break;
        }
    }
    int rows = tokens * heads, pairs = key_size / 4;
    float *slopes = values(heads), *angles = values((positions + 31) / 32 * pairs * 32);
    swiftlet_zone zones[2] = {{.queries = values((long)rows * key_size)}, {.queries = values((long)rows * key_size)}};
    swiftlet_queries q = {
        .zones = zones, .zone_count = 1, .query_stride = heads * key_size, .output_stride = heads * value_size,
        .tokens = tokens, .heads = heads, .key_value_head = 1, .first_position = positions - tokens, .scale = 0.3f};
    if (features & WINDOW) zones[0].window = 40;
    if (features & EXTRAS) q.soft_cap = 5, q.slopes = slopes;
    if (features & BOTH_WAYS) q.visible = positions;
    if (features & TURNED) {
        q.zone_count = 2, zones[0].window = zones[1].skip = 70;
        for (int z = 0; z < 2; z++) zones[z].cosines = zones[z].sines = angles, zones[z].pairs = pairs, zones[z].adjacent = z;
    }
    q.workspace = zeros(swiftlet_attention_workspace(rows, &cache));
    long count = (long)rows * value_size, part = swiftlet_attention_part(rows, &cache);
    float *a = zeros(count), *b = zeros(count), *c = zeros(count);
    double limit = strcmp(k->name, "avx512bf16") == 0 && type != SWIFTLET_CACHE_F32 ? 1e-2 : 1e-5;
    q.outputs = a, k->attend(&cache, &q);
    q.outputs = b, plain->attend(&cache, &q);
    compare_within(limit, "attend", key_size, a, b, count);
    if (q.zone_count == 2) return;
    long stretches = (positions + SWIFTLET_STRETCH_TOKENS - 1) / SWIFTLET_STRETCH_TOKENS;
    float *parts = zeros(stretches * part);
    for (long s = 0; s < stretches; s++) k->attend_part(&cache, &q, s, parts + s * part);
    q.outputs = c, k->join_parts(&cache, &q, parts, stretches);
    // Not a bit may differ.
    compare_within(1e-30, "join_parts", key_size, c, a, count);
    for (long s = 0; s < stretches; s++) plain->attend_part(&cache, &q, s, parts + s * part);
    q.outputs = c, plain->join_parts(&cache, &q, parts, stretches);
    compare("plain parts", key_size, c, b, count);
    // Nor when a query is computed alone.
    q.outputs = c;
    for (int t = 0; t < tokens && !(features & BOTH_WAYS); t++) {
        swiftlet_zone zone = zones[0];
        zone.queries += t * q.query_stride;
        swiftlet_queries one = q;
        one.zones = &zone, one.tokens = 1, one.first_position += t, one.outputs = c + t * q.output_stride;
        k->attend(&cache, &one);
    }
    if (!(features & BOTH_WAYS)) compare_within(1e-30, "alone", key_size, c, a, count);
}

static void recurrences(const swiftlet_kernels *k, const swiftlet_kernels *plain, long channels) {
    enum { TOKENS = 7, STATE = 5 };
    float *steps = values(TOKENS * channels), *a = values(STATE * channels);
    for (long i = 0; i < TOKENS * channels; i++) steps[i] = fabsf(steps[i]);
    for (long i = 0; i < STATE * channels; i++) a[i] = -fabsf(a[i]);
    swiftlet_scan scan = {
        .tokens = TOKENS, .channels = channels, .state_size = STATE, .x = values(TOKENS * channels), .steps = steps,
        .b = values(TOKENS * STATE), .c = values(TOKENS * STATE), .a = a, .d = values(channels)};
    float *first = zeros(TOKENS * channels), *second = zeros(TOKENS * channels);
    scan.state = zeros(STATE * channels), scan.out = first, k->scan(&scan, 0, channels);
    scan.state = zeros(STATE * channels), scan.out = second, plain->scan(&scan, 0, channels);
    compare("scan", channels, first, second, TOKENS * channels);
    swiftlet_head_recurrence head = {
        .tokens = TOKENS, .stride = channels, .size = (int)channels, .r = values(TOKENS * channels),
        .k = values(TOKENS * channels), .v = values(TOKENS * channels), .decay = values(channels), .first = values(channels)};
    head.state = zeros(channels * channels), head.out = first, k->recur(&head);
    head.state = zeros(channels * channels), head.out = second, plain->recur(&head);
    compare("recur", channels, first, second, TOKENS * channels);
}

// Random blocks with scales that are neither infinite nor no numbers: bytes of higher order are small.
static uint8_t *random_blocks(swiftlet_format format, long count) {
    uint8_t *bytes = malloc((size_t)count);
    for (long i = 0; i < count; i++) {
        bytes[i] = (uint8_t)(uniform() * 127 + 128);
        if (i % 2 == 1 || format == SWIFTLET_FORMAT_F8_E4M3) bytes[i] &= 0x3F;
        if (format == SWIFTLET_FORMAT_MXFP4 && i % 17 == 0) bytes[i] = 110 + bytes[i] % 16;
    }
    return bytes;
}

static void products(
    const swiftlet_kernels *k, const swiftlet_kernels *plain, swiftlet_format format, long block_bytes,
    long block_values, long tokens) {
    enum { ROWS = 37, ROOM = 36 };
    // Not whole chunks of 128 where the format allows it, and for floats not whole pairs either.
    const long columns = block_values == 1 ? 77 : block_values == 32 ? 416 : 512;
    long row_bytes = columns / block_values * block_bytes;
    uint8_t *source = random_blocks(format, ROWS * row_bytes);
    swiftlet_matrix matrix = swiftlet_layout(format);
    matrix.rows = ROWS, matrix.columns = columns, matrix.bias = values(ROWS);
    float largest = swiftlet_largest_scale(format, source, ROWS * columns);
    if (largest > 0) matrix.scale = ldexpf(1, ilogbf(largest) - 14);
    long group_bytes = swiftlet_group_bytes(&matrix), groups = (ROWS + 15) / 16;
    char *data = calloc((size_t)groups, (size_t)group_bytes);
    for (long g = 0; g < groups; g++) swiftlet_pack_group(&matrix, format, source, row_bytes, g, data + g * group_bytes);
    matrix.data = data;
    float *x = values(tokens * columns), *a = zeros(tokens * ROWS), *b = zeros(tokens * ROWS);
    swiftlet_activations input = {
        .width = columns, .tile = tokens < SWIFTLET_TILE_TOKENS ? tokens : SWIFTLET_TILE_TOKENS,
        .values = zeros(ROOM * columns), .bfloats = calloc(ROOM * (size_t)(columns + 1), 2),
        .codes = malloc((size_t)(ROOM * columns)), .scales = zeros(ROOM * columns / 32),
        .offsets = malloc((size_t)(ROOM * columns / 32 * 4)), .sums = zeros(ROOM * columns / 16)};
    for (long t = 0; t < tokens; t++) {
        k->enter_values(&input, t, 1, x + t * columns, columns);
        k->enter_bfloats(&input, t, 1, x + t * columns, columns);
        if (matrix.kind == SWIFTLET_CODES) {
            k->enter_codes(&input, t, 1, 0, columns / 32, x + t * columns, columns);
        }
    }
    k->multiply(&matrix, 0, groups, &input, 0, tokens, a, ROWS);
    plain->multiply(&matrix, 0, groups, &input, 0, tokens, b, ROWS);
    compare("multiply", format, a, b, tokens * ROWS);
    void *workspace = malloc((size_t)swiftlet_multiply_workspace(&matrix));
    k->multiply_rounded(&matrix, 0, groups, &input, 0, tokens, a, ROWS, workspace);
    plain->multiply_rounded(&matrix, 0, groups, &input, 0, tokens, b, ROWS, workspace);
    // Plain C has no products of bf16, which are of 8 bits.
    bool is_bfloat = strcmp(k->name, "avx512bf16") == 0 && matrix.kind != SWIFTLET_CODES;
    compare_within(is_bfloat ? 1e-2 : 1e-5, "rounded", format, a, b, tokens * ROWS);
}

static void every_product(const swiftlet_kernels *k, const swiftlet_kernels *plain) {
    static const struct { swiftlet_format format; long bytes, values; } formats[] = {
        {SWIFTLET_FORMAT_F32, 4, 1}, {SWIFTLET_FORMAT_F16, 2, 1}, {SWIFTLET_FORMAT_BF16, 2, 1},
        {SWIFTLET_FORMAT_F8_E4M3, 1, 1}, {SWIFTLET_FORMAT_Q4_0, 18, 32}, {SWIFTLET_FORMAT_Q4_1, 20, 32},
        {SWIFTLET_FORMAT_Q5_0, 22, 32}, {SWIFTLET_FORMAT_Q5_1, 24, 32}, {SWIFTLET_FORMAT_Q8_0, 34, 32},
        {SWIFTLET_FORMAT_Q2_K, 84, 256}, {SWIFTLET_FORMAT_Q3_K, 110, 256}, {SWIFTLET_FORMAT_Q4_K, 144, 256},
        {SWIFTLET_FORMAT_Q5_K, 176, 256}, {SWIFTLET_FORMAT_Q6_K, 210, 256}, {SWIFTLET_FORMAT_IQ4_NL, 18, 32},
        {SWIFTLET_FORMAT_IQ4_XS, 136, 256}, {SWIFTLET_FORMAT_MXFP4, 17, 32}, {SWIFTLET_FORMAT_CODES4, 24, 32},
        {SWIFTLET_FORMAT_CODES8, 40, 32}, {SWIFTLET_FORMAT_INTEGERS8, 36, 32}, {SWIFTLET_FORMAT_NF4, 20, 32},
        {SWIFTLET_FORMAT_FP4, 20, 32}, {SWIFTLET_FORMAT_TQ1_0, 54, 256}, {SWIFTLET_FORMAT_IQ2_XXS, 66, 256},
        {SWIFTLET_FORMAT_IQ2_S, 82, 256}};
    static const long tokens[] = {1, 3, 13, 31};
    for (unsigned i = 0; i < sizeof formats / sizeof *formats; i++) {
        for (int t = 0; t < 4; t++) products(k, plain, formats[i].format, formats[i].bytes, formats[i].values, tokens[t]);
    }
}

// Every kind of rows and metric that go together.
static void distances(const char *name, long size) {
    const swiftlet_distances *d = swiftlet_distances_named(name), *plain = swiftlet_distances_named("portable");
    const long count = 7, stride = (4 * size + 135) / 8 * 8;
    char *rows = calloc((size_t)(count + 1), (size_t)stride);
    float *a = zeros(count), *b = zeros(count);
    for (int kind = SWIFTLET_ROWS_F32; kind <= SWIFTLET_ROWS_BITS; kind++) {
        for (long r = 0; r <= count; r++) {
            float *row = values(size);
            for (long i = 0; i < size; i++) row[i] = fabsf(row[i]);
            char *place = rows + r * stride;
            memset(place, 0, (size_t)stride);
            switch (kind) {
            case SWIFTLET_ROWS_F16:
                // The query, which is the last, is floats.
                if (r < count) swiftlet_round_to_halves(row, size, (uint16_t *)(void *)place);
                else memcpy(place, row, sizeof(float) * (size_t)size);
                break;
            case SWIFTLET_ROWS_CODES: d->round(row, size, place); break;
            case SWIFTLET_ROWS_BITS:
                for (long i = 0; i < size; i++) place[i / 8] |= (char)((row[i] > 0.5f) << i % 8);
                break;
            default: memcpy(place, row, sizeof(float) * (size_t)size);
            }
            free(row);
        }
        for (int metric = SWIFTLET_SQUARED_L2; metric <= SWIFTLET_HAMMING; metric++) {
            if (!d->measures[kind][metric]) continue;
            d->measures[kind][metric](rows + count * stride, rows, stride, NULL, count, size, a);
            plain->measures[kind][metric](rows + count * stride, rows, stride, NULL, count, size, b);
            compare("distance", size, a, b, count);
        }
    }
    uint8_t codes[16 * 16], table[16 * 16];
    uint16_t sums[2][32];
    for (int i = 0; i < 256; i++) codes[i] = (uint8_t)(uniform() * 127), table[i] = (uint8_t)(uniform() * 127);
    d->look_up_sums(codes, 16, table, 32, sums[0]), plain->look_up_sums(codes, 16, table, 32, sums[1]);
    if (memcmp(sums[0], sums[1], sizeof sums[0]) != 0) failures++, printf("look_up_sums FAILED\n");
}

int main(int count, char **names) {
    const swiftlet_kernels *kernels = count == 2 ? swiftlet_kernels_named(names[1]) : NULL;
    const swiftlet_kernels *plain = swiftlet_kernels_named("portable");
    if (!kernels) {
        fprintf(stderr, "usage: compare_kernels avx2|avx512|avx512bf16|neon, on a machine that has it\n");
        return 2;
    }
    const long widths[] = {1, 7, 32, 77, 576};
    for (int i = 0; i < 5; i++) rows(kernels, plain, widths[i]), distances(names[1], widths[i]);
    const long channels[] = {1, 7, 24, 65};
    for (int i = 0; i < 4; i++) recurrences(kernels, plain, channels[i]);
    for (int type = SWIFTLET_CACHE_F32; type <= SWIFTLET_CACHE_Q4; type++) {
        attention(kernels, plain, 64, 64, type, 5, 3, 600, 0);
        attention(kernels, plain, 64, 64, type, 1, 1, 1, 0);
        attention(kernels, plain, 20, 13, type, 37, 2, 70, WINDOW);
        attention(kernels, plain, 33, 80, type, 9, 5, 300, EXTRAS);
        attention(kernels, plain, 128, 96, type, 45, 1, 45, BOTH_WAYS | EXTRAS);
        attention(kernels, plain, 24, 40, type, 31, 7, 530, TURNED);
    }
    every_product(kernels, plain);
    return failures > 0;
}
