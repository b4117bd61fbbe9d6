#!/usr/bin/env bash
# Merges tiny models through the built command, compares the result with its parents, and runs it.
# Run: SWIFTLET=.build/release/swiftlet bash Tests/EndToEndTests/merge.sh
source "$(dirname "$0")/common/checks.bash"
models=$here/../MergingTests/Fixtures/models

cat >"$work/slerp.yml" <<YAML
merge_method: slerp
base_model: $models/a
models:
  - model: $models/a
  - model: $models/b
parameters:
  t:
    - filter: mlp
      value: [0, 1]
    - value: 0.5
dtype: float32
YAML
"$swiftlet" merge "$work/slerp.yml" "$work/merged" | grep "21 tensors" >/dev/null
cmp "$work/slerp.yml" "$work/merged/mergekit_config.yml"
"$swiftlet" run "$work/merged" "the cat sees" --raw -m 8 --temperature 0 --ignore-eos >"$work/answer"
grep . "$work/answer" >/dev/null

echo "== the merged model lies between its parents"
"$swiftlet" diff "$models/a" "$work/merged" --json >"$work/diff.json"
"$python" - "$work/diff.json" <<'PYTHON'
import json, sys

report = json.load(open(sys.argv[1]))
changed = {tensor["name"]: tensor for tensor in report["tensors"]}
# t is 0 in the first layer's feed-forward network.
assert not any(name.startswith("model.layers.0.mlp") for name in changed), sorted(changed)
assert all(name in changed for name in ("model.norm.weight", "model.layers.1.mlp.up_proj.weight")), sorted(changed)
assert report["equal_tensors"] == 21 - len(changed) and not report["equal"], report
assert all(0.9 < tensor["cosine"] < 1 for tensor in changed.values()), changed
PYTHON
"$swiftlet" diff "$work/merged" "$work/merged" --json | grep '"equal":true' >/dev/null

echo "== what is wrong is said before anything is written"
refuse() {
    local pattern=$1
    shift
    if "$swiftlet" merge "$@" "$work/refused" 2>"$work/error"; then
        echo "not refused: $pattern" >&2
        exit 1
    fi
    grep -- "$pattern" "$work/error" >/dev/null || { cat "$work/error" >&2; exit 1; }
    [ ! -e "$work/refused" ] && [ ! -e "$work/refused.partial" ]
}
sed 's/parameters/paramters/' "$work/slerp.yml" >"$work/typo.yml"
refuse "line 6: a merge knows no key paramters. The nearest that it knows is parameters" "$work/typo.yml"
sed "s|model: $models/b|model: $models/words|" "$work/slerp.yml" >"$work/words.yml"
refuse "the vocabularies differ" "$work/words.yml"
if "$swiftlet" merge "$work/slerp.yml" "$work/merged" 2>"$work/error"; then exit 1; fi
grep "with files in it" "$work/error" >/dev/null

echo "== layers of two models, one after another"
cat >"$work/stack.yml" <<YAML
merge_method: passthrough
slices:
  - sources: [{model: $models/a, layer_range: [0, 2]}]
  - sources: [{model: $models/b, layer_range: [1, 2]}]
YAML
"$swiftlet" merge "$work/stack.yml" "$work/stacked" >/dev/null
grep '"num_hidden_layers": 3' "$work/stacked/config.json" >/dev/null
"$swiftlet" run "$work/stacked" "the cat sees" --raw -m 4 --temperature 0 --ignore-eos >/dev/null
echo "== an adapter that is merged answers as the model with the adapter, and one is extracted again"
answer() {
    "$swiftlet" run "$@" --raw -m 8 --temperature 0 --ignore-eos
}
"$swiftlet" adapter merge "$models/base" "$models/adapter" "$work/adapted" | grep "21 tensors" >/dev/null
adapted=$(answer "$work/adapted" "the cat sees")
same "the merged adapter" "$adapted" "$(answer "$models/base" "the cat sees" --adapter "$models/adapter")"
"$swiftlet" adapter extract "$models/base" "$work/adapted" "$work/adapter" --rank 4 --json 2>/dev/null >"$work/adapter.json"
"$python" - "$work/adapter.json" <<'PYTHON'
import json, sys

report = json.load(open(sys.argv[1]))
# Two projections in each of two layers, and the embedding.
assert len(report["modules"]) == 5 and not report["whole"], report
assert all(module["share"] > 0.99999 for module in report["modules"]), report
PYTHON
same "the extracted adapter" "$adapted" "$(answer "$models/base" "the cat sees" --adapter "$work/adapter")"
[ "$adapted" != "$(answer "$models/base" "the cat sees")" ] || fail "the adapter changes nothing"

echo "== averages, interpolations, pruned models"
"$swiftlet" average "$models/a" "$models/b" "$models/c" --output "$work/averaged" --ema 0.9 | grep "21 tensors" >/dev/null
"$swiftlet" interpolate "$models/base" "$models/b" "$work/between" --alphas 0,0.5,1 >/dev/null
for pair in "base 0.0" "b 1.0"; do
    set -- $pair
    "$swiftlet" diff "$models/$1" "$work/between/alpha-$2" --json | grep '"equal_tensors":21' >/dev/null
done
"$swiftlet" prune "$models/a" "$work/sparse" --sparsity 2:4 | grep "50.0%" >/dev/null
answer "$work/sparse" "the cat sees" >/dev/null
printf 'the cat sees the dog\n\nthe big tree\n' >"$work/text"
"$swiftlet" prune "$models/a" "$work/shorter" --drop-layers 1 --text "$work/text" 2>"$work/layers" | grep "12 tensors" >/dev/null
[ "$(grep -c "layers" "$work/layers")" = 2 ]
answer "$work/shorter" "the cat sees" >/dev/null

echo "== equal experts answer as the model that they are"
cat >"$work/experts.yml" <<YAML
base_model: $models/a
gate_mode: hidden
experts:
  - {source_model: $models/a, positive_prompts: [the cat sees]}
  - {source_model: $models/a, positive_prompts: [a red tree]}
YAML
"$swiftlet" merge "$work/experts.yml" "$work/mixture" | grep "2 experts" >/dev/null
same "the mixture" "$(answer "$models/a" "the cat sees")" "$(answer "$work/mixture" "the cat sees")"

echo "== a search that starts badly finds a better merge"
cat >"$work/start.yml" <<YAML
merge_method: task_arithmetic
base_model: $models/base
models:
  - model: $models/a
    parameters: {weight: 3}
YAML
for _ in $(seq 20); do echo "the cat sees the dog and the big tree runs under a small house"; done >"$work/sample"
"$swiftlet" evolve "$work/start.yml" "$work/evolved" --text "$work/sample" --generations 2 --population 4 --window 32 \
    --step 1 2>/dev/null >"$work/evolution"
"$python" - "$(cat "$work/evolution")" <<'PYTHON'
import re, sys

best, start = map(float, re.findall(r"[\d.]+(?=,|$)", sys.argv[1]))
assert best < start, sys.argv[1]
PYTHON
[ ! -e "$work/evolved.candidate" ]
answer "$work/evolved" "the cat sees" >/dev/null
echo "merge: ok"
