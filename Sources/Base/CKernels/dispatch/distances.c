#include <stddef.h>
#include <string.h>

#include "distance_tables.h"

const swiftlet_distances *swiftlet_distances_named(const char *name) {
    // What the machine can run is decided in one place.
    if (!swiftlet_kernels_named(name)) return NULL;
    if (strcmp(name, "portable") == 0) return &swiftlet_distances_portable;
#if defined(__x86_64__)
    if (strcmp(name, "avx2") == 0) return &swiftlet_distances_avx2;
    return &swiftlet_distances_avx512;
#elif defined(__aarch64__)
    return &swiftlet_distances_neon;
#else
    return NULL;
#endif
}
