// What the machine itself can do: loops that only read memory, or only multiply, to hold the kernels against.

#ifndef CKERNELS_LIMITS_H
#define CKERNELS_LIMITS_H

#include <stdint.h>

typedef enum {
    SWIFTLET_PEAK_INT8,  // 8-bit dot products
    SWIFTLET_PEAK_BF16,  // bf16 dot products
    SWIFTLET_PEAK_F32,   // f32 fused multiply-adds
} swiftlet_peak;

// Reads all bytes once; returns a sum of them, so that no compiler leaves the work out.
uint64_t swiftlet_read_bytes(const void *bytes, long count);

// Runs a loop of the widest instructions of a kind in registers; returns the multiply-adds done, 0 where there are none.
double swiftlet_multiply_add(swiftlet_peak kind, long rounds);

#endif
