// The tables that this build holds.

#ifndef SWIFTLET_TABLES_H
#define SWIFTLET_TABLES_H

#include "CKernels.h"

extern const swiftlet_kernels swiftlet_kernels_portable;
#if defined(__x86_64__)
extern const swiftlet_kernels swiftlet_kernels_avx2;
extern const swiftlet_kernels swiftlet_kernels_avx512;
extern const swiftlet_kernels swiftlet_kernels_avx512bf16;
void swiftlet_attend_bf16(const swiftlet_cache *cache, const swiftlet_queries *queries);
void swiftlet_attend_part_bf16(
    const swiftlet_cache *cache, const swiftlet_queries *queries, long stretch, float *part);
void swiftlet_join_parts_bf16(
    const swiftlet_cache *cache, const swiftlet_queries *queries, const float *parts, long count);
#elif defined(__aarch64__)
extern const swiftlet_kernels swiftlet_kernels_neon;
#endif

#endif
