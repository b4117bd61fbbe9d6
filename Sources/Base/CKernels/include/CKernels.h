// The kernels of Swiftlet: the only C in the package.
//
// Every kernel exists once in plain C (portable/), which is the oracle of the tests, and once more for each
// instruction set. swiftlet_kernels_best() picks a table of them at run time.

#ifndef CKERNELS_H
#define CKERNELS_H

#include <stdbool.h>
#include <stdint.h>

#include "Distances.h"
#include "MachineLimits.h"

// MARK: Block formats of files

// The formats of stored tensors that this library can unpack.
typedef enum {
    SWIFTLET_FORMAT_F32,
    SWIFTLET_FORMAT_F16,
    SWIFTLET_FORMAT_BF16,
    SWIFTLET_FORMAT_F8_E4M3,
    SWIFTLET_FORMAT_Q4_0,
    SWIFTLET_FORMAT_Q4_1,
    SWIFTLET_FORMAT_Q5_0,
    SWIFTLET_FORMAT_Q5_1,
    SWIFTLET_FORMAT_Q8_0,
    SWIFTLET_FORMAT_Q2_K,
    SWIFTLET_FORMAT_Q3_K,
    SWIFTLET_FORMAT_Q4_K,
    SWIFTLET_FORMAT_Q5_K,
    SWIFTLET_FORMAT_Q6_K,
    SWIFTLET_FORMAT_IQ4_NL,
    SWIFTLET_FORMAT_IQ4_XS,
    SWIFTLET_FORMAT_MXFP4,
    // Blocks of 32 that no file holds: what the quantized folders of Hugging Face are brought into. Scales are f32.
    SWIFTLET_FORMAT_CODES4,     // scale, minimum, nibbles as in Q4_1: scale * code + minimum
    SWIFTLET_FORMAT_CODES8,     // scale, minimum, 32 unsigned bytes: scale * code + minimum
    SWIFTLET_FORMAT_INTEGERS8,  // scale, 32 signed bytes: scale * code
    SWIFTLET_FORMAT_NF4,        // the largest magnitude, nibbles as in Q4_1: indices of NF4's levels
    SWIFTLET_FORMAT_FP4,        // the same with the levels of bitsandbytes' FP4
    SWIFTLET_FORMAT_TQ1_0,      // GGUF's again: -1, 0 and 1, five to a byte
    SWIFTLET_FORMAT_TQ2_0,      // the same, four to a byte
    SWIFTLET_FORMAT_IQ2_XXS,    // and points of grids
    SWIFTLET_FORMAT_IQ2_XS,
    SWIFTLET_FORMAT_IQ2_S,
    SWIFTLET_FORMAT_IQ3_XXS,
    SWIFTLET_FORMAT_IQ3_S,
    SWIFTLET_FORMAT_IQ1_S,
    SWIFTLET_FORMAT_IQ1_M,
} swiftlet_format;

// Decodes `count` values, which must be whole blocks, exactly as the format defines them.
void swiftlet_dequantize(swiftlet_format format, const void *blocks, long count, float *values);

// Rounds to f16, to nearest even; returns the largest magnitude of the values.
float swiftlet_round_to_halves(const float *values, long count, uint16_t *halves);

// MARK: Matrices in memory

// The number of the layouts below. It changes with them: files that hold packed matrices are then made anew.
enum { SWIFTLET_LAYOUT_VERSION = 2 };

// Rows are stored in groups of 16, interleaved so that one vector holds the same columns of all 16 rows.
enum { SWIFTLET_BLOCK = 32, SWIFTLET_CHUNK = 128 };

typedef enum { SWIFTLET_DENSE_F32, SWIFTLET_DENSE_F16, SWIFTLET_DENSE_BF16, SWIFTLET_CODES } swiftlet_kind;

// How the scales (and minimums) of blocks are stored.
typedef enum {
    SWIFTLET_SCALES_HALVES,   // f16
    SWIFTLET_SCALES_BYTES,    // signed bytes, times an f16 of the row for every 256 columns
    SWIFTLET_SCALES_NIBBLES,  // the same, scale in the low and minimum in the high half of one byte
} swiftlet_scales;

// A weight matrix [rows, columns].
//
// Dense kinds: for each group, for each column, 16 values.
//
// SWIFTLET_CODES: for each group, for each block of 32 columns: the codes, then the scales for 16 rows (times
// scales_per_block), then with has_minimum the minimums. In front of every 8 blocks stand the 16 f16 factors of the
// scales, then those of the minimums, if they are not f16 themselves. A value is scale * (code - zero_point) + minimum,
// times `scale`; with a table the code is looked up there first.
//
// Codes of all widths are planes of bits. In a plane of 8 bits, byte 4r+i of vector j (64 bytes) is row r, column 4j+i.
// A plane of 4 bits has vector j in the low halves of its bytes and j+4 in the high ones; one of 2 bits has vectors 0 to
// 3 in its first and 4 to 7 in its second, lowest bits first; one of 1 bit has vector j in bit j. 3-bit codes are a
// plane of 2 bits, then one of 1 bit for the highest; 5 and 6 bits are 4 + 1 and 4 + 2.
typedef struct {
    const void *data;
    long rows;
    long columns;
    swiftlet_kind kind;
    int code_bits;         // 2, 3, 4, 5, 6 or 8
    int scales_per_block;  // 1 or 2
    bool has_minimum;
    swiftlet_scales scales;
    float zero_point;
    float scale;
    const uint8_t *table;  // [16]
    const float *bias;
} swiftlet_matrix;

// The layout that a file format is packed into: everything but data, rows, columns and bias.
swiftlet_matrix swiftlet_layout(swiftlet_format format);

// The bytes of one group of 16 rows.
long swiftlet_group_bytes(const swiftlet_matrix *matrix);

// The bytes that `multiply_rounded` needs for scratch, aligned to 64; none for floats.
long swiftlet_multiply_workspace(const swiftlet_matrix *matrix);

// Rows [16 * group, ...) of `source`, whose rows are `row_bytes` apart, in the layout of `matrix`; rows beyond the last
// are zero. For a layout whose `scale` is not 1 the scale must be set before. Values in f32 may also be put into the
// layout of bf16.
void swiftlet_pack_group(
    const swiftlet_matrix *matrix, swiftlet_format format, const void *source, long row_bytes, long group,
    void *destination);

// The largest magnitude among the block scales and minimums of `count` values: what `scale` is chosen from.
float swiftlet_largest_scale(swiftlet_format format, const void *blocks, long count);

// MARK: Activations

// Tokens to multiply, in the forms that matrices ask for; null for the others. They come in tiles of `tile`, the last
// one filled up; within a tile the values of all its tokens that are multiplied with the same columns lie together.
enum { SWIFTLET_TILE_TOKENS = 12 };

typedef struct {
    long width;
    long tile;          // SWIFTLET_TILE_TOKENS, or the number of tokens if they are fewer
    float *values;      // [tiles][width][tile]
    uint16_t *bfloats;  // [tiles][(width + 1) / 2][tile][2], zero beyond the width
    int8_t *codes;      // [tiles][width / 4][tile][4]
    float *scales;      // [tiles][width / 32][tile]
    int32_t *offsets;   // [tiles][width / 32][tile]: -128 * the sum of the codes
    float *sums;        // [tiles][width / 16][tile]: scale * the sum of 16 codes; not for rounded products
} swiftlet_activations;

// Where `unit` of a token is, of the `units` that each token has.
static inline long swiftlet_place(const swiftlet_activations *activations, long token, long unit, long units) {
    return (token / activations->tile * units + unit) * activations->tile + token % activations->tile;
}

// The codes and what belongs to them from a token on, within its tile.
static inline swiftlet_activations swiftlet_codes_from(const swiftlet_activations *activations, long token) {
    swiftlet_activations tile = *activations;
    long width = tile.width;
    tile.codes += 4 * swiftlet_place(activations, token, 0, width / 4);
    tile.scales += swiftlet_place(activations, token, 0, width / 32);
    tile.offsets += swiftlet_place(activations, token, 0, width / 32);
    if (tile.sums) tile.sums += swiftlet_place(activations, token, 0, width / 16);
    return tile;
}

// MARK: Attention

// What keys and values are kept as. The last two have blocks of 32 channels: scale * code, and scale * code + minimum
// with codes of 4 bits; scales and minimums are f16, and channels are filled up to whole blocks.
typedef enum {
    SWIFTLET_CACHE_F32,
    SWIFTLET_CACHE_F16,
    SWIFTLET_CACHE_BF16,
    SWIFTLET_CACHE_Q8_0,
    SWIFTLET_CACHE_Q4,
} swiftlet_cache_type;

// The keys and values of one layer, in pages of SWIFTLET_PAGE_TOKENS tokens. Within a page, from `key_offset` on, the keys of
// one key/value head after the other: [channel][token], or for each block [32 channels][token] codes, then [token] scales;
// with 4 bits [16][token] bytes (channel i in the low, i + 16 in the high nibble), [token] scales, [token] minimums.
// From `value_offset` on, the values of the heads: [token][channel], or [token][blocks of 32] codes (with 4 bits 16 bytes,
// nibbles as in keys), then [token][block] scales, then [token][block] minimums.
enum { SWIFTLET_PAGE_TOKENS = 32 };

typedef struct {
    void *const *pages;    // one pointer per 32 positions; those outside the window may be null
    long key_offset;       // bytes
    long value_offset;     // bytes
    int key_value_heads;
    int key_size;          // channels of a key (and of a query)
    int value_size;        // channels of a value (and of an output)
    swiftlet_cache_type type;
} swiftlet_cache;

// The bytes that the keys or values of one head take in a page, with `size` channels.
long swiftlet_cache_head_bytes(swiftlet_cache_type type, int size);

// Which keys a query sees, and how it is turned towards them.
typedef struct {
    const float *queries;      // [tokens, query_stride]; the first head of the group at column 0
    long window;               // distances at which a token sees begin at 0 and end below this; 0 for all
    long chunk;                // a token sees only its own of the pieces of this many positions; 0 for no pieces
    long skip;                 // how many of the last of those it does not see
    long limit;                // only positions below this one are seen; 0 for all
    const float *cosines;      // [pages, pairs, 32]: turns the keys as they are read; null takes them as they are
    const float *sines;
    int pairs;
    bool adjacent;
} swiftlet_zone;

// Keys are read in stretches of this many positions, each with a softmax of its own; those are joined in their order. The
// result of a query therefore does not depend on how queries and stretches are shared out.
enum { SWIFTLET_STRETCH_TOKENS = 256 };

// Queries that attend together: the `heads` query heads of one key/value head, for `tokens` consecutive positions.
typedef struct {
    const swiftlet_zone *zones;  // they share one softmax; a key is in one of them at most
    int zone_count;
    long query_stride;         // floats between tokens of the queries
    float *outputs;            // [tokens, output_stride]
    long output_stride;
    int tokens;
    int heads;
    int key_value_head;
    long first_position;       // of the first token
    long begin;                // positions below this are seen by none
    long visible;              // positions below this are seen by all (attention both ways); 0: none after a token's own
    float scale;
    float soft_cap;            // cap * tanh(score / cap) when above 0
    const float *slopes;       // [heads]: slope * -|key position - query position| is added to scores; null for none
    float rounded_scale;       // when above 0, slope * key position is rounded to bf16, times this, and added instead
    const float *distances;    // [heads, 2 * reach + 1]: added by key position - query position; null for none
    long reach;                // distances beyond it count as it
    // What queries and keys themselves add to the products by the bucket of their distance: [tokens, bucket_stride] and
    // [positions, bucket_stride], of each head `bucket_count`. Either may be null.
    const float *query_buckets;
    const float *key_buckets;
    long bucket_stride;
    long bucket_count;
    const int32_t *buckets;    // [2 * bucket_reach + 1]: by key position - query position; null for none
    long bucket_reach;         // distances beyond it count as it
    const float *sinks;        // [heads]: scores that take their share of the softmax and give nothing; null for none
    const float *key_biases;   // [key_bias_count]: added to scores by the key's position, to none behind; null for none
    long key_bias_count;
    bool is_exact;             // products are f32 even where those of bf16 are faster
    float *workspace;          // swiftlet_attention_workspace(...) floats, at a multiple of 64 bytes
} swiftlet_queries;

// The floats that `attend` and `attend_part` need for scratch.
long swiftlet_attention_workspace(int rows, const swiftlet_cache *cache);

// The floats of a part: what `rows` queries took from one stretch.
long swiftlet_attention_part(int rows, const swiftlet_cache *cache);

// MARK: Recurrences

// The selective scan (Gu & Dao 2023) for channels [begin, end) of one sequence: for each token, state = exp(step * a) * state +
// step * b * x, and out = sum over the state's entries of c * state + d * x.
typedef struct {
    long tokens;
    long channels;
    long state_size;
    const float *x;       // [tokens, channels]
    const float *steps;   // [tokens, channels], after softplus
    const float *b;       // [tokens, state_size]
    const float *c;       // [tokens, state_size]
    const float *a;       // [state_size, channels]
    const float *d;       // [channels]
    float *state;         // [state_size, channels]
    float *out;           // [tokens, channels]
} swiftlet_scan;

// A matrix-valued recurrence (Peng et al. 2024) for one head of one sequence: out = r (u * k v + state), and
// state = decay * state + k v.
typedef struct {
    long tokens;
    long stride;          // floats between tokens of r, k, v and out
    int size;             // channels of the head
    const float *r, *k, *v;
    const float *decay;   // [size]
    const float *first;   // [size]: the factor u of the current token
    float *state;         // [size (key), size (value)]
    float *out;
} swiftlet_head_recurrence;

// MARK: Products of floats

// c = a b, or with `adds` c += a b, of f32 matrices whose rows and columns lie any distance apart: a transposed matrix is
// the same values with both exchanged. Of a value of c the sum goes over `depth` in one order, whatever part of c is asked for.
typedef struct {
    long rows, columns, depth;
    const float *a;        // a[i, k] at i * a_row + k * a_column
    long a_row, a_column;
    const float *b;        // b[k, j] at k * b_row + j * b_column
    long b_row, b_column;
    float *c;              // c[i, j] at i * c_row + j
    long c_row;
    bool adds;
    float *workspace;      // SWIFTLET_PRODUCT_WORKSPACE floats, at a multiple of 64 bytes
} swiftlet_product;

// Parts of the matrices are put into the order in which they are multiplied: so many rows of a and columns of b, a stretch of
// `depth` at a time.
enum {
    SWIFTLET_PRODUCT_ROWS = 168,
    SWIFTLET_PRODUCT_COLUMNS = 384,
    SWIFTLET_PRODUCT_DEPTH = 256,
    SWIFTLET_PRODUCT_WORKSPACE = (SWIFTLET_PRODUCT_ROWS + SWIFTLET_PRODUCT_COLUMNS) * SWIFTLET_PRODUCT_DEPTH,
};

// MARK: The table

// Functions of one value.
typedef enum {
    SWIFTLET_IDENTITY,
    SWIFTLET_SILU,
    SWIFTLET_GELU,       // with the error function
    SWIFTLET_GELU_TANH,  // its approximation
    SWIFTLET_RELU,
    SWIFTLET_RELU_SQUARED,
    SWIFTLET_SIGMOID,
    SWIFTLET_TANH,
    SWIFTLET_SOFTPLUS,
    SWIFTLET_GELU_QUICK, // x sigmoid(1.702 x)
} swiftlet_activation;

typedef struct {
    const char *name;
    // Put the values of `count` tokens from `token` on, [count, stride], into their places: as they are, rounded to bf16,
    // or rounded to 8-bit codes; there all tokens are of one tile, and only blocks of 32 columns in a range are taken.
    void (*enter_values)(
        const swiftlet_activations *activations, long token, long count, const float *values, long stride);
    void (*enter_bfloats)(
        const swiftlet_activations *activations, long token, long count, const float *values, long stride);
    void (*enter_codes)(
        const swiftlet_activations *activations, long token, long count, long first_block, long end_block,
        const float *values, long stride);
    // out[t * out_stride + r] for the rows of the groups and the tokens given. The sum of a row and a token does not
    // depend on what else is computed.
    void (*multiply)(
        const swiftlet_matrix *matrix, long group_begin, long group_end, const swiftlet_activations *input,
        long token_begin, long token_end, float *out, long out_stride);
    // The same with weights that are rounded on the way: codes to 8 bits with a scale for every 128 columns, which pays
    // with many tokens, 16-bit floats to bf16 if there are products of bf16. Of a row and a token the sum does not depend
    // on what else is computed here, either.
    void (*multiply_rounded)(
        const swiftlet_matrix *matrix, long group_begin, long group_end, const swiftlet_activations *input,
        long token_begin, long token_end, float *out, long out_stride, void *workspace);
    // From how many tokens on it is used, for codes and for 16-bit floats, which it then takes as `bfloats`. LONG_MAX where
    // it is never faster; for floats that means that there are no products of bf16.
    long rounded_code_tokens;
    long rounded_float_tokens;
    // out = values / rms(values) * weight; a null weight is 1.
    void (*rms_norm)(const float *values, const float *weight, long width, float epsilon, float *out);
    // out = (values - mean) / deviation * weight + bias; a null weight is 1, a null bias 0.
    void (*layer_norm)(
        const float *values, const float *weight, const float *bias, long width, float epsilon, float *out);
    // values += scale * other
    void (*add)(float *values, const float *other, float scale, long width);
    // out = activation(gate) * up; a null `up` is 1.
    void (*gate)(swiftlet_activation activation, const float *gate, const float *up, long width, float *out);
    // Rotates the first 2 * pairs channels of each head in place; adjacent pairs or (i, i + pairs).
    void (*rotate)(
        float *values, int heads, int head_size, int pairs, const float *cosines, const float *sines, bool adjacent);
    // Writes the keys and values of one head, which belong to one page: those of `tokens` tokens from `position` on.
    void (*store)(
        const swiftlet_cache *cache, int head, long position, int tokens, const float *keys, long key_stride,
        const float *values, long value_stride);
    void (*attend)(const swiftlet_cache *cache, const swiftlet_queries *queries);
    // The same in parts, for queries with one zone: `part` receives what they take from the keys of one stretch,
    // `join_parts` writes the outputs from the parts of consecutive stretches.
    void (*attend_part)(const swiftlet_cache *cache, const swiftlet_queries *queries, long stretch, float *part);
    void (*join_parts)(const swiftlet_cache *cache, const swiftlet_queries *queries, const float *parts, long count);
    void (*scan)(const swiftlet_scan *scan, long begin, long end);
    void (*recur)(const swiftlet_head_recurrence *recurrence);
    void (*product)(const swiftlet_product *product);
    // log(sum(exp(values)))
    float (*log_sum_exp)(const float *values, long count);
    long (*index_of_maximum)(const float *values, long count);
} swiftlet_kernels;

// The best table for this machine, or the one that `name` asks for ("portable", "avx2", "avx512", "avx512bf16", "neon");
// null when the machine cannot run it.
const swiftlet_kernels *swiftlet_kernels_named(const char *name);
const swiftlet_kernels *swiftlet_kernels_best(void);

// Tells the processor that a loop waits for another thread.
static inline void swiftlet_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
