// Distances with NEON and the dot product extension: `sdot` for codes.

#if defined(__aarch64__)

#include <arm_neon.h>

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

#define W 4
#define DISTANCES swiftlet_distances_neon
#define DISTANCES_NAME "neon"

#include "../dispatch/distance_tables.h"
#include "../vector/vector.h"

INLINE vi dot_signed(vi sums, vc row, vc query) {
    return (vi)vdotq_s32((int32x4_t)sums, (int8x16_t)row, (int8x16_t)query);
}

INLINE int32_t offset_of(const int8_t *query, long padded) {
    (void)query, (void)padded;
    return 0;
}

INLINE vc look_up_bytes(vc table, vc indices) { return (vc)vqtbl1q_u8((uint8x16_t)table, (uint8x16_t)indices); }

#include "../vector/distances.inc"

#pragma clang attribute pop

#endif
