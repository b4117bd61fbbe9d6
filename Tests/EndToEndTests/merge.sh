#!/usr/bin/env bash
# Merges tiny models through the built command, compares the result with its parents, and runs it.
# Run: SWIFTLET=.build/release/swiftlet bash Tests/EndToEndTests/merge.sh
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
swiftlet=${SWIFTLET:?the path of the built command}
python=${PYTHON:-python3}
models=$here/../MergingTests/Fixtures/models
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
exec </dev/null

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
echo "merge: ok"
