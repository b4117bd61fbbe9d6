#include "cache.h"

// Vectors are at most 16 floats wide.
enum { WIDTH = 16 };

static long rounded_up(long value, long step) { return (value + step - 1) / step * step; }

long swiftlet_cache_head_bytes(swiftlet_cache_type type, int size) {
    long blocks = (size + 31) / 32;
    switch (type) {
    case SWIFTLET_CACHE_F32: return 4L * SWIFTLET_PAGE_TOKENS * size;
    case SWIFTLET_CACHE_F16:
    case SWIFTLET_CACHE_BF16: return 2L * SWIFTLET_PAGE_TOKENS * size;
    case SWIFTLET_CACHE_Q8_0: return blocks * SWIFTLET_Q8_PAGE_BLOCK;
    case SWIFTLET_CACHE_Q4: return blocks * SWIFTLET_Q4_PAGE_BLOCK;
    }
    return 0;
}

// Sums, then the largest scores and the totals, which are read a tile at a time.
long swiftlet_attention_part(int rows, const swiftlet_cache *cache) {
    return rows * rounded_up(cache->value_size, WIDTH) + 2 * (rows + WIDTH);
}

// A part, the queries in tiles of up to 16 rows, a stretch of keys and values, a page of turned keys, the scores and
// weights of a tile, and its sums; each begins at a multiple of 64 bytes.
long swiftlet_attention_workspace(int rows, const swiftlet_cache *cache) {
    long key_size = rounded_up(cache->key_size, 2), value_size = rounded_up(cache->value_size, WIDTH);
    return rounded_up(swiftlet_attention_part(rows, cache), WIDTH) + (rows + WIDTH) * key_size
           + (key_size + value_size) * SWIFTLET_STRETCH_TOKENS + key_size * SWIFTLET_PAGE_TOKENS
           + 2 * WIDTH * SWIFTLET_STRETCH_TOKENS + WIDTH * value_size;
}
