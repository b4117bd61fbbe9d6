#!/usr/bin/env bash
# Serves the tiny checkpoint of every family, folders and GGUF files, and compares what /v1/completions says of token-id
# prompts with the reference's numbers.
# Run: SWIFTLET=.build/release/swiftlet bash Tests/EndToEndTests/families.sh
source "$(dirname "$0")/common/checks.bash"

fixtures=$here/../ArchitecturesTests/Fixtures
mkdir "$work/rwkv-5"
cp "$fixtures"/families/rwkv-5/{model.pth,expected.json} "$work/rwkv-5"

# Serves models and compares them, which must be as many at least.
compare() {
    local count=$1 model names=()
    shift
    # Each is asked for by its path, beside which expected.json lies.
    for model in "$@"; do names+=(--alias "$model=$model"); done
    serve "$@" "${names[@]}" --deterministic --threads 1
    "$python" "$here/families.py" "$address" "$fixtures" "$count"
    stop_server
}

compare 56 "$fixtures"/families/* "$fixtures"/gguf/llama.gguf
# RWKV's original file has weights of 16 bits, which plain C multiplies in f32 as the reference does.
SWIFTLET_KERNELS=portable compare 1 "$work/rwkv-5/model.pth"
status=0
"$swiftlet" run "$fixtures/families/llama" "1 2 3" --raw --rope-scaling spiral 2>"$work/err" || status=$?
[ "$status" = 2 ] && grep -q "spiral is not known" "$work/err" \
    || { echo "FAILED: nonsense positions: $status $(cat "$work/err")" >&2; exit 1; }
status=0
"$swiftlet" run "$fixtures/families/llama" "1 96" --raw 2>"$work/err" || status=$?
[ "$status" = 1 ] && grep -q "from 0 to 95" "$work/err" || { echo "FAILED: a token out of range" >&2; exit 1; }
"$swiftlet" run "$fixtures/families/llama" "1 2 3" --raw --max-tokens 2 --adapter "$fixtures/adapters/llama-lora" \
    --rope-scaling selfextend:group=4,window=16 >/dev/null || { echo "FAILED: an adapter" >&2; exit 1; }
"$swiftlet" show --families | grep "RWKV-5" >/dev/null || { echo "FAILED: show --families" >&2; exit 1; }
