// Attention with AVX512_BF16: queries, keys, weights and values are rounded to bf16 and multiplied in pairs, which doubles
// the speed; sums and softmax are f32. Caches in f32 keep to f32.

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512bf16,avx2,fma,f16c"))), \
    apply_to = function)

#define W 16
#define QUERY_ROWS 12
#define VALUE_ROWS 6
#define VALUE_VECTORS 4
#define ATTENTION_OPERANDS "../avx512/attention_bf16.inc"

#include "../vector/vector.h"
#include "power.h"
#include "bfloats.h"
#include "../vector/cache.inc"
#include "../vector/attention.inc"

static bool is_exact(const swiftlet_cache *cache, const swiftlet_queries *q) {
    return q->is_exact || cache->type == SWIFTLET_CACHE_F32;
}

void swiftlet_attend_bf16(const swiftlet_cache *cache, const swiftlet_queries *q) {
    if (is_exact(cache, q)) swiftlet_kernels_avx512.attend(cache, q);
    else attend(cache, q);
}

void swiftlet_attend_part_bf16(const swiftlet_cache *cache, const swiftlet_queries *q, long stretch, float *part) {
    if (is_exact(cache, q)) swiftlet_kernels_avx512.attend_part(cache, q, stretch, part);
    else attend_part(cache, q, stretch, part);
}

void swiftlet_join_parts_bf16(const swiftlet_cache *cache, const swiftlet_queries *q, const float *parts, long count) {
    join_parts(cache, q, parts, count);
}

#pragma clang attribute pop

#endif
