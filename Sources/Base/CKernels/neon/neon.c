// NEON with the dot product extension: 4 rows a vector, `sdot` for codes.

#if defined(__aarch64__)

#include <arm_neon.h>

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

#define W 4
#define DENSE_TOKENS 6
#define DENSE_GROUPS 4
#define ROUNDED_FROM 28
#define QUERY_ROWS 6
#define KEY_VECTORS 4
#define VALUE_ROWS 6
#define VALUE_VECTORS 4
#define ATTENTION_OPERANDS "../vector/attention_floats.inc"
#define TABLE swiftlet_kernels_neon
#define TABLE_NAME "neon"

#include "../vector/vector.h"
#include "../vector/elementwise.inc"
#include "../vector/dense.inc"
#include "../vector/cache.inc"
#include "../vector/store.inc"
#include "../vector/attention.inc"
#include "../vector/recurrence.inc"

enum { PRODUCT_ROWS = 8, PRODUCT_VECTORS = 3 };

#include "../vector/product.inc"

enum { CODES_TOKENS = 4, ROUNDED_TOKENS = 12, WIDE_ZERO = 0 };

INLINE vc look_up(const uint8_t *table, vc codes) { return (vc)vqtbl1q_u8(vld1q_u8(table), (uint8x16_t)codes); }

INLINE vi dot_narrow(vi sums, vc codes, vc columns) {
    return (vi)vdotq_s32((int32x4_t)sums, (int8x16_t)codes, (int8x16_t)columns);
}

INLINE vi dot_short(vi sums, vc codes, vc columns) { return dot_narrow(sums, codes, columns); }

INLINE vi widened(vi sums) { return sums; }

INLINE vi dot_wide(vi sums, vc codes, vc columns) { return dot_narrow(sums, codes, columns); }

#include "../vector/codes.inc"
#include "../vector/table.inc"

#pragma clang attribute pop

#endif
