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

static void compare(const char *name, long size, const float *a, const float *b, long count) {
    double error = 0, scale = 0;
    for (long i = 0; i < count; i++) {
        error += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
        scale += (double)b[i] * b[i];
    }
    double relative = sqrt(error / (scale + 1e-30));
    if (!(relative < 1e-5)) failures++;
    printf("%-12s %4ld  %.1e%s\n", name, size, relative, relative < 1e-5 ? "" : "  FAILED");
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
}

static void attention(const swiftlet_kernels *k, const swiftlet_kernels *plain, int key_size, int value_size, bool is_half) {
    enum { TOKENS = 5, HEADS = 2, POSITIONS = 70 };
    long element = is_half ? 2 : 4, page = 32 * (key_size + value_size) * element;
    void *pages[3];
    for (int i = 0; i < 3; i++) pages[i] = calloc(1, (size_t)page);
    swiftlet_cache cache = {pages, 0, 32 * key_size * element, 1, key_size, value_size, is_half};
    for (int position = 0; position < POSITIONS; position++) k->store(&cache, position, values(key_size), values(value_size));
    float slopes[HEADS] = {0.5f, 0.01f};
    swiftlet_zone zone = {.queries = values(TOKENS * HEADS * key_size), .window = 40};
    swiftlet_queries q = {
        .zones = &zone, .zone_count = 1, .query_stride = HEADS * key_size, .output_stride = HEADS * value_size,
        .tokens = TOKENS, .heads = HEADS, .first_position = POSITIONS - TOKENS, .scale = 0.3f, .soft_cap = 5,
        .slopes = slopes, .workspace = zeros(swiftlet_attention_workspace(TOKENS * HEADS, &cache))};
    float *a = zeros(TOKENS * HEADS * value_size), *b = zeros(TOKENS * HEADS * value_size);
    q.outputs = a, k->attend(&cache, &q);
    q.outputs = b, plain->attend(&cache, &q);
    compare("attend", key_size, a, b, TOKENS * HEADS * value_size);
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

static void products(const swiftlet_kernels *k, const swiftlet_kernels *plain, swiftlet_format format, long block_bytes, long block_values) {
    enum { ROWS = 37, COLUMNS = 512, TOKENS = 13 };
    long row_bytes = COLUMNS / block_values * block_bytes;
    uint8_t *source = malloc((size_t)(ROWS * row_bytes));
    for (long i = 0; i < ROWS * row_bytes; i++) source[i] = (uint8_t)(uniform() * 127);
    // The scales of the blocks: small halves, so that nothing is infinite.
    for (long i = 0; i + 1 < ROWS * row_bytes; i += 2) source[i + 1] &= 0x3F;
    swiftlet_matrix matrix = swiftlet_layout(format);
    matrix.rows = ROWS, matrix.columns = COLUMNS;
    long group_bytes = swiftlet_group_bytes(&matrix), groups = (ROWS + 15) / 16;
    char *data = calloc((size_t)groups, (size_t)group_bytes);
    for (long g = 0; g < groups; g++) swiftlet_pack_group(&matrix, format, source, row_bytes, g, data + g * group_bytes);
    matrix.data = data;
    float *x = values(TOKENS * COLUMNS), *a = zeros(TOKENS * ROWS), *b = zeros(TOKENS * ROWS);
    swiftlet_activations input = {
        .tokens = TOKENS, .width = COLUMNS, .values = zeros(TOKENS * COLUMNS), .codes = malloc(TOKENS * COLUMNS),
        .scales = zeros(TOKENS * COLUMNS / 32), .offsets = malloc(TOKENS * COLUMNS / 32 * 4),
        .sums = zeros(TOKENS * COLUMNS / 16)};
    for (long t = 0; t < TOKENS; t++) {
        k->enter_values(&input, t, x + t * COLUMNS);
        k->enter_codes(&input, t, x + t * COLUMNS);
    }
    k->multiply(&matrix, 0, groups, &input, 0, TOKENS, a, ROWS);
    plain->multiply(&matrix, 0, groups, &input, 0, TOKENS, b, ROWS);
    compare("multiply", format, a, b, TOKENS * ROWS);
    if (matrix.kind != SWIFTLET_CODES) return;
    void *workspace = malloc((size_t)swiftlet_multiply_workspace(&matrix));
    k->multiply_rounded(&matrix, 0, groups, &input, 0, TOKENS, a, ROWS, workspace);
    plain->multiply_rounded(&matrix, 0, groups, &input, 0, TOKENS, b, ROWS, workspace);
    compare("rounded", format, a, b, TOKENS * ROWS);
}

int main(int count, char **names) {
    const swiftlet_kernels *kernels = count == 2 ? swiftlet_kernels_named(names[1]) : NULL;
    const swiftlet_kernels *plain = swiftlet_kernels_named("portable");
    if (!kernels) {
        fprintf(stderr, "usage: compare_kernels avx2|avx512|neon, on a machine that has it\n");
        return 2;
    }
    const long widths[] = {1, 7, 32, 77, 576};
    for (int i = 0; i < 5; i++) rows(kernels, plain, widths[i]);
    const long channels[] = {1, 7, 24, 65};
    for (int i = 0; i < 4; i++) recurrences(kernels, plain, channels[i]);
    attention(kernels, plain, 64, 64, false);
    attention(kernels, plain, 20, 13, false);
    attention(kernels, plain, 24, 32, true);
    products(kernels, plain, SWIFTLET_FORMAT_F32, 4, 1);
    products(kernels, plain, SWIFTLET_FORMAT_Q4_0, 18, 32);
    products(kernels, plain, SWIFTLET_FORMAT_Q4_1, 20, 32);
    products(kernels, plain, SWIFTLET_FORMAT_Q5_0, 22, 32);
    products(kernels, plain, SWIFTLET_FORMAT_Q8_0, 34, 32);
    products(kernels, plain, SWIFTLET_FORMAT_IQ4_NL, 18, 32);
    products(kernels, plain, SWIFTLET_FORMAT_Q2_K, 84, 256);
    products(kernels, plain, SWIFTLET_FORMAT_Q3_K, 110, 256);
    products(kernels, plain, SWIFTLET_FORMAT_Q4_K, 144, 256);
    products(kernels, plain, SWIFTLET_FORMAT_Q5_K, 176, 256);
    products(kernels, plain, SWIFTLET_FORMAT_Q6_K, 210, 256);
    products(kernels, plain, SWIFTLET_FORMAT_IQ4_XS, 136, 256);
    return failures > 0;
}
