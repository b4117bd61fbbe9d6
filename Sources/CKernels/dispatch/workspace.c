#include "CKernels.h"

long swiftlet_attention_workspace(int rows, int head_size) {
    return (long)rows * (head_size + SWIFTLET_PAGE_TOKENS + 2);
}
