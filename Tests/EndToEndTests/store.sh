#!/usr/bin/env bash
# Pulls through the built command from a local server that speaks the hub's interface: kill and resume, races, errors.
# Run: SWIFTLET=.build/debug/swiftlet bash Tests/EndToEndTests/store.sh
source "$(dirname "$0")/common/checks.bash"

mkdir -p "$work/hub/org/model"
export SWIFTLET_HOME="$work/store"
unset HF_TOKEN

(printf GGUF; head -c 5000000 /dev/urandom) >"$work/hub/org/model/model.gguf"
mkfifo "$work/input"
python3 "$here/../ModelStoreTests/fake_hub.py" "$work/hub" <"$work/input" >"$work/ports" &
exec 9>"$work/input"
trap 'exec 9>&-; clean_up' EXIT
for _ in $(seq 100); do [ -s "$work/ports" ] && break; sleep 0.1; done
read -r port _ <"$work/ports"
export HF_ENDPOINT="http://127.0.0.1:$port"

# Killed at several moments, the pull goes on each time and the model shows only when it is whole.
for moment in 0.2 0.4 0.6; do
    echo '{"model.gguf": ["slow"]}' >"$work/hub/faults.json"
    "$swiftlet" pull hf:org/model 2>/dev/null &
    pull=$!
    sleep "$moment"
    kill -9 "$pull" 2>/dev/null || true
    wait "$pull" 2>/dev/null || true
    [ ! -e "$SWIFTLET_HOME/models/model" ] || fail "the model shows before it is whole"
done
parts=$(find "$SWIFTLET_HOME/incoming" -name '*.part' -size +0 | wc -l)
[ "$parts" = 1 ] || fail "$parts parts were kept instead of 1"
expect 0 "is ready" "$swiftlet" pull hf:org/model
grep -q '"range": "bytes=' "$work/hub/log" || fail "nothing was resumed"
cmp "$work/hub/org/model/model.gguf" "$SWIFTLET_HOME/models/model/model.gguf"
expect 0 "unchanged" "$swiftlet" pull hf:org/model

# Two at once.
"$swiftlet" pull hf:org/model --name twice 2>/dev/null &
first=$!
"$swiftlet" pull hf:org/model --name twice 2>/dev/null || fail "the second of two pulls"
wait "$first" || fail "the first of two pulls"
cmp "$work/hub/org/model/model.gguf" "$SWIFTLET_HOME/models/twice/model.gguf"

"$swiftlet" list >"$work/out"
grep -q '^twice ' "$work/out" || fail "twice is not listed"
"$swiftlet" list --json | python3 -c 'import json, sys; assert [m["name"] for m in json.load(sys.stdin)] == ["model", "twice"]'

expect 1 'error: no model "twic"' "$swiftlet" rm twic
grep -qF 'did you mean "twice"' "$work/err" || fail "no suggestion"
expect 0 "removed twice" "$swiftlet" rm twice
expect 1 "error: " "$swiftlet" pull hf:org/none
expect 1 "error: " "$swiftlet" pull nothing-here
expect 1 "HF_TOKEN" "$swiftlet" pull hf:private/model --name gated
expect 1 "disk is full" bash -c "trap '' XFSZ; ulimit -f 1000; exec '$swiftlet' pull hf:org/model --name large"
[ ! -e "$SWIFTLET_HOME/models/large" ] || fail "half a model shows"
expect 2 "error: " "$swiftlet" pull
expect 2 "error: " "$swiftlet" run model x --temperature -1
expect 2 "error: " "$swiftlet" nothing
"$swiftlet" --help >"$work/out"
"$swiftlet" --generate-completion-script bash >"$work/out"
grep -q swiftlet "$work/out" || fail "no completions"
echo "passed"
