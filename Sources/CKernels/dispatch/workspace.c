#include "CKernels.h"

long swiftlet_attention_workspace(int rows, const swiftlet_cache *cache) {
    return (long)rows * (cache->value_size + SWIFTLET_PAGE_TOKENS + 2) + (long)cache->key_size * SWIFTLET_PAGE_TOKENS;
}
