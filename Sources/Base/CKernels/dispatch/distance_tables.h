// The tables of distances that this build holds.

#ifndef SWIFTLET_DISTANCE_TABLES_H
#define SWIFTLET_DISTANCE_TABLES_H

#include "CKernels.h"

extern const swiftlet_distances swiftlet_distances_portable;
#if defined(__x86_64__)
extern const swiftlet_distances swiftlet_distances_avx2;
extern const swiftlet_distances swiftlet_distances_avx512;
#elif defined(__aarch64__)
extern const swiftlet_distances swiftlet_distances_neon;
#endif

#endif
