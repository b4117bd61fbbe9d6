// Vectors of W floats through the compiler's vector extensions: the bodies in this folder are written once and compiled
// for each instruction set, whose file defines W and the table's name and includes them.

#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "../dispatch/tables.h"
#include "../formats/cache.h"
#include "../formats/half.h"
#include "transpose.h"

#define INLINE static inline __attribute__((always_inline))

typedef float vf __attribute__((vector_size(4 * W)));
typedef int32_t vi __attribute__((vector_size(4 * W)));
typedef uint32_t vu __attribute__((vector_size(4 * W)));
typedef uint16_t vh __attribute__((vector_size(2 * W)));
typedef _Float16 vf16 __attribute__((vector_size(2 * W)));
typedef int8_t vb __attribute__((vector_size(W)));
typedef uint8_t vc __attribute__((vector_size(4 * W)));   // four columns of W rows
typedef uint16_t vw __attribute__((vector_size(4 * W)));
typedef uint8_t vub __attribute__((vector_size(W)));

// Asks for what is read soon, in the second cache: a processor can wait for few lines of its nearest one at a time, which
// takes half the bandwidth away where lines are asked for in bursts.
INLINE void ask_for(const void *line) { __builtin_prefetch(line, 0, 2); }

// Subtracting zero changes no value, adding it would change -0: this compiles to a broadcast.
INLINE vf splat(float value) { return value - (vf){}; }

INLINE vf load(const float *source) {
    vf value;
    memcpy(&value, source, sizeof value);
    return value;
}

INLINE void save(float *destination, vf value) { memcpy(destination, &value, sizeof value); }

INLINE vf load_half(const uint16_t *source) {
    vf16 value;
    memcpy(&value, source, sizeof value);
    return __builtin_convertvector(value, vf);
}

INLINE void save_half(uint16_t *destination, vf value) {
    vf16 half = __builtin_convertvector(value, vf16);
    memcpy(destination, &half, sizeof half);
}

INLINE vf load_bfloat(const uint16_t *source) {
    vh value;
    memcpy(&value, source, sizeof value);
    return (vf)(__builtin_convertvector(value, vu) << 16);
}

INLINE vf choose(vi mask, vf yes, vf no) { return (vf)((mask & (vi)yes) | (~mask & (vi)no)); }

// The nearest bf16, as f32; rounding could make a number of what is none.
INLINE vf to_bfloat(vf value) {
    vu bits = (vu)value;
    return choose(value == value, (vf)((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000), splat(NAN));
}

INLINE vf larger(vf a, vf b) { return __builtin_elementwise_max(a, b); }

INLINE float sum_of(vf value) {
    float lanes[W];
    save(lanes, value);
    for (int width = W / 2; width > 0; width /= 2) {
        for (int i = 0; i < width; i++) lanes[i] += lanes[i + width];
    }
    return lanes[0];
}

INLINE float largest_of(vf value) { return __builtin_reduce_max(value); }

// Adding and subtracting 1.5 * 2^23 rounds to the nearest integer.
INLINE vf rounded(vf value) {
    vf shifted = value + 0x1.8p23f;
    return shifted - 0x1.8p23f;
}

// Rounded to integers of 16 bits, each twice.
INLINE vw twice(vf values) {
    vi integers = __builtin_convertvector(rounded(values), vi);
    return (vw)(integers << 16 | (integers & 0xFFFF));
}

INLINE vc load_bytes(const uint8_t *source) {
    vc value;
    memcpy(&value, source, sizeof value);
    return value;
}

// e^x to 2 units in the last place; below -87 it is 0.
INLINE vf exponential(vf x) {
    vf clamped = larger(splat(-87.0f), __builtin_elementwise_min(x, splat(88.0f)));
    vf n = rounded(clamped * 0x1.715476p0f);
    vf r = clamped - n * 0x1.62e4p-1f - n * 0x1.7f7d1cp-20f;
    vf p = splat(1.0f / 5040);
    p = p * r + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    vf power = (vf)((__builtin_convertvector(n, vi) + 127) << 23);
    return choose(x < -87.0f, splat(0), p * power);
}

#if W < 16
// 2^x to 1 unit in the last place; below -126.5 it is 0. `avx512/power.h` has another one.
INLINE vf power_of_two(vf x) {
    vf clamped = larger(splat(-127.0f), x), n = rounded(clamped), f = clamped - n;
    vf p = splat(0x1.5bba14p-10f);
    p = p * f + 0x1.3cea88p-7f;
    p = p * f + 0x1.c6b752p-5f;
    p = p * f + 0x1.ebf9bcp-3f;
    p = p * f + 0x1.62e42ap-1f;
    p = p * f + 1.0f;
    return p * (vf)((__builtin_convertvector(n, vi) + 127) << 23);
}
#endif

INLINE vf hyperbolic_tangent(vf x) { return 1 - 2 / (exponential(2 * x) + 1); }

// The error function to 2e-7: x times a polynomial of x^2, which takes [0, 3.75^2] to [-1, 1] and was fitted there; beyond
// that it is 1.
INLINE vf error_function(vf x) {
    static const float factors[] = {
        0x1.821b36p-2f, -0x1.8115ep-3f, 0x1.1d38d4p-3f, -0x1.ca82cp-4f, 0x1.73b12p-4f,
        -0x1.254272p-4f, 0x1.b6eabp-5f, -0x1.3239fap-5f, 0x1.9b6cf2p-6f, -0x1.1008cep-6f,
        0x1.20ee2ap-7f, -0x1.9954aep-9f, 0x1.1a3786p-9f, -0x1.1dd372p-9f, 0x1.9ef6e2p-11f,
    };
    const int degree = sizeof factors / sizeof *factors - 1;
    vf place = x * x * 0x1.234568p-3f - 1, p = splat(factors[degree]);
#pragma clang loop unroll(full)
    for (int i = degree - 1; i >= 0; i--) p = p * place + factors[i];
    vf sign = choose(x < 0, splat(-1), splat(1));
    return choose(__builtin_elementwise_abs(x) >= 3.75f, sign, x * p);
}

// log(1 + e^x); lanes go through the C library, as only the short vectors of step sizes come here.
INLINE vf softplus(vf x) {
    vf result;
    for (int i = 0; i < W; i++) result[i] = x[i] > 20 ? x[i] : log1pf(expf(x[i]));
    return result;
}
