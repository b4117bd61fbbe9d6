// Plain C: runs everywhere, and is what the tests hold the other instruction sets against. Readable before fast.

#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "../dispatch/tables.h"
#include "../formats/cache.h"
#include "../formats/half.h"

static void enter_values(
    const swiftlet_activations *activations, long token, long count, const float *values, long stride) {
    for (long t = 0; t < count; t++) {
        for (long c = 0; c < activations->width; c++) {
            activations->values[swiftlet_place(activations, token + t, c, activations->width)] = values[t * stride + c];
        }
    }
}

static void enter_bfloats(
    const swiftlet_activations *activations, long token, long count, const float *values, long stride) {
    long pairs = (activations->width + 1) / 2;
    for (long t = 0; t < count; t++) {
        for (long c = 0; c < 2 * pairs; c++) {
            uint16_t bits = c < activations->width ? swiftlet_float_to_bfloat(values[t * stride + c]) : 0;
            activations->bfloats[2 * swiftlet_place(activations, token + t, c / 2, pairs) + c % 2] = bits;
        }
    }
}

static void enter_blocks(
    const swiftlet_activations *activations, long token, long first_block, long end_block, const float *values) {
    long width = activations->width;
    for (long b = first_block; b < end_block; b++) {
        float largest = 0;
        bool is_finite = true;
        for (long i = 32 * b; i < 32 * b + 32; i++) {
            largest = fmaxf(largest, fabsf(values[i]));
            is_finite = is_finite && isfinite(values[i]);
        }
        // What is too small to have an inverse counts as zero.
        float inverse = largest > 1e-30f ? 127 / largest : 0, scale = inverse > 0 ? largest * (1.0f / 127) : 0;
        // What is no number must not become one: the products are none either.
        if (!is_finite) scale = NAN;
        int sums[2] = {0, 0};
        for (long i = 32 * b; i < 32 * b + 32; i++) {
            int code = is_finite ? (int)rintf(values[i] * inverse) : 0;
            activations->codes[4 * swiftlet_place(activations, token, i / 4, width / 4) + i % 4] = (int8_t)code;
            sums[i / 16 % 2] += code;
        }
        activations->scales[swiftlet_place(activations, token, b, width / 32)] = scale;
        activations->offsets[swiftlet_place(activations, token, b, width / 32)] = -128 * (sums[0] + sums[1]);
        for (int half = 0; half < 2 && activations->sums; half++) {
            activations->sums[swiftlet_place(activations, token, 2 * b + half, width / 16)] = scale * (float)sums[half];
        }
    }
}

static void enter_codes(
    const swiftlet_activations *activations, long token, long count, long first_block, long end_block,
    const float *values, long stride) {
    for (long t = 0; t < count; t++) {
        enter_blocks(activations, token + t, first_block, end_block, values + t * stride);
    }
}

static float dense_at(const swiftlet_matrix *matrix, long row, long column) {
    long index = row / 16 * 16 * matrix->columns + 16 * column + row % 16;
    switch (matrix->kind) {
    case SWIFTLET_DENSE_F16: return swiftlet_half_to_float(((const uint16_t *)matrix->data)[index]);
    case SWIFTLET_DENSE_BF16: return swiftlet_bfloat_to_float(((const uint16_t *)matrix->data)[index]);
    default: return ((const float *)matrix->data)[index];
    }
}

static float dense_dot(const swiftlet_matrix *matrix, long row, const swiftlet_activations *input, long token) {
    float sum = 0;
    for (long c = 0; c < matrix->columns; c++) {
        sum += dense_at(matrix, row, c) * input->values[swiftlet_place(input, token, c, input->width)];
    }
    return sum;
}

#include "codes.inc"

static void rms_norm(const float *values, const float *weight, long width, float epsilon, float *out) {
    double squares = 0;
    for (long i = 0; i < width; i++) squares += (double)values[i] * values[i];
    float factor = 1 / sqrtf((float)(squares / (double)width) + epsilon);
    for (long i = 0; i < width; i++) out[i] = values[i] * factor * (weight ? weight[i] : 1);
}

static void layer_norm(
    const float *values, const float *weight, const float *bias, long width, float epsilon, float *out) {
    double sum = 0, squares = 0;
    for (long i = 0; i < width; i++) sum += values[i];
    float mean = (float)(sum / (double)width);
    for (long i = 0; i < width; i++) squares += (double)(values[i] - mean) * (values[i] - mean);
    float factor = 1 / sqrtf((float)(squares / (double)width) + epsilon);
    for (long i = 0; i < width; i++) {
        out[i] = (values[i] - mean) * factor * (weight ? weight[i] : 1) + (bias ? bias[i] : 0);
    }
}

static void add(float *values, const float *other, float scale, long width) {
    for (long i = 0; i < width; i++) values[i] += other[i] * scale;
}

static float activated(swiftlet_activation activation, float x) {
    switch (activation) {
    case SWIFTLET_IDENTITY: return x;
    case SWIFTLET_SILU: return x / (1 + expf(-x));
    case SWIFTLET_GELU: return 0.5f * x * (1 + erff(x * 0.70710678f));
    case SWIFTLET_GELU_TANH: return 0.5f * x * (1 + tanhf(0.79788456f * (x + 0.044715f * x * x * x)));
    case SWIFTLET_RELU: return fmaxf(x, 0);
    case SWIFTLET_RELU_SQUARED: return fmaxf(x, 0) * fmaxf(x, 0);
    case SWIFTLET_SIGMOID: return 1 / (1 + expf(-x));
    case SWIFTLET_TANH: return tanhf(x);
    case SWIFTLET_SOFTPLUS: return x > 20 ? x : log1pf(expf(x));
    case SWIFTLET_GELU_QUICK: return x / (1 + expf(-1.702f * x));
    }
    return x;
}

static void gate(swiftlet_activation activation, const float *gate, const float *up, long width, float *out) {
    for (long i = 0; i < width; i++) out[i] = activated(activation, gate[i]) * (up ? up[i] : 1);
}

static void rotate(
    float *values, int heads, int head_size, int pairs, const float *cosines, const float *sines, bool adjacent) {
    for (int head = 0; head < heads; head++) {
        float *channels = values + (long)head * head_size;
        for (int i = 0; i < pairs; i++) {
            float *first = channels + (adjacent ? 2 * i : i), *second = first + (adjacent ? 1 : pairs);
            float x = *first, y = *second;
            *first = x * cosines[i] - y * sines[i];
            *second = x * sines[i] + y * cosines[i];
        }
    }
}

#include "attention.inc"

static void scan(const swiftlet_scan *s, long begin, long end) {
    for (long channel = begin; channel < end; channel++) {
        for (long token = 0; token < s->tokens; token++) {
            long index = token * s->channels + channel;
            float x = s->x[index], step = s->steps[index], out = s->d[channel] * x;
            for (long n = 0; n < s->state_size; n++) {
                float *state = s->state + n * s->channels + channel;
                *state = *state * expf(step * s->a[n * s->channels + channel])
                         + step * x * s->b[token * s->state_size + n];
                out += *state * s->c[token * s->state_size + n];
            }
            s->out[index] = out;
        }
    }
}

static void recur(const swiftlet_head_recurrence *h) {
    for (long token = 0; token < h->tokens; token++) {
        const float *r = h->r + token * h->stride, *k = h->k + token * h->stride, *v = h->v + token * h->stride;
        for (int j = 0; j < h->size; j++) {
            float sum = 0;
            for (int i = 0; i < h->size; i++) {
                float *state = h->state + (long)i * h->size + j, product = k[i] * v[j];
                sum += r[i] * (h->first[i] * product + *state);
                *state = h->decay[i] * *state + product;
            }
            h->out[token * h->stride + j] = sum;
        }
    }
}

static void product(const swiftlet_product *p) {
    for (long i = 0; i < p->rows; i++) {
        for (long j = 0; j < p->columns; j++) {
            float sum = 0;
            for (long k = 0; k < p->depth; k++) {
                sum += p->a[i * p->a_row + k * p->a_column] * p->b[k * p->b_row + j * p->b_column];
            }
            float *c = p->c + i * p->c_row + j;
            *c = p->adds ? *c + sum : sum;
        }
    }
}

static float log_sum_exp(const float *values, long count) {
    float largest = -INFINITY;
    for (long i = 0; i < count; i++) largest = fmaxf(largest, values[i]);
    if (!isfinite(largest)) return largest;
    double sum = 0;
    for (long i = 0; i < count; i++) sum += exp((double)values[i] - largest);
    return largest + (float)log(sum);
}

static long index_of_maximum(const float *values, long count) {
    long best = 0;
    for (long i = 1; i < count; i++) {
        if (values[i] > values[best]) best = i;
    }
    return best;
}

const swiftlet_kernels swiftlet_kernels_portable = {
    .name = "portable",
    .enter_values = enter_values,
    .enter_bfloats = enter_bfloats,
    .enter_codes = enter_codes,
    .multiply = multiply,
    .multiply_rounded = multiply_rounded,
    .rounded_code_tokens = LONG_MAX,
    .rounded_float_tokens = LONG_MAX,
    .rms_norm = rms_norm,
    .layer_norm = layer_norm,
    .add = add,
    .gate = gate,
    .rotate = rotate,
    .store = store,
    .attend = attend,
    .attend_part = attend_part,
    .join_parts = join_parts,
    .scan = scan,
    .recur = recur,
    .product = product,
    .log_sum_exp = log_sum_exp,
    .index_of_maximum = index_of_maximum,
};
