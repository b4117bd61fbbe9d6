// Where things lie in the pages of a cache.

#ifndef SWIFTLET_CACHE_H
#define SWIFTLET_CACHE_H

#include "CKernels.h"

// The bytes of a block of 32 channels of all tokens of a page.
enum {
    SWIFTLET_Q8_PAGE_BLOCK = SWIFTLET_PAGE_TOKENS * 34,
    SWIFTLET_Q4_PAGE_BLOCK = SWIFTLET_PAGE_TOKENS * 20,
};

static inline const char *swiftlet_page_keys(const swiftlet_cache *cache, long page, int head) {
    return (const char *)cache->pages[page] + cache->key_offset
           + head * swiftlet_cache_head_bytes(cache->type, cache->key_size);
}

static inline const char *swiftlet_page_values(const swiftlet_cache *cache, long page, int head) {
    return (const char *)cache->pages[page] + cache->value_offset
           + head * swiftlet_cache_head_bytes(cache->type, cache->value_size);
}

// Largest magnitude of a block / 127 and its inverse; range / 15 of a block. An infinite scale would make numbers of
// nothing, one that f16 rounds to 0 stands for a block of zeros.
static inline float swiftlet_limited_scale(float scale) { return scale < 65504 ? scale : 65504; }

#endif
