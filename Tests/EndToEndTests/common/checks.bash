# What the end-to-end tests have in common; source it at their beginning.
#
#   SWIFTLET   the built command
#   PYTHON     an interpreter with `openai` and `websockets`; python3 unless it is set
#   $here      the folder of the tests
#   $work      a folder that is gone at the end
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
swiftlet=${SWIFTLET:?the path of the built command}
export SWIFTLET
python=${PYTHON:-python3}
work=$(mktemp -d)
server=
# Text that is piped in becomes part of prompts, and whoever runs a test may leave a pipe open.
exec </dev/null
trap clean_up EXIT

# Ends what a test started; tests with more to end call it from one of their own.
clean_up() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$work"
}

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# Expects an exit status, and a text in the command's error output; leaves both outputs in $work/out and $work/err.
expect() {
    local status=$1 text=$2 actual=0
    shift 2
    "$@" >"$work/out" 2>"$work/err" || actual=$?
    [ "$actual" = "$status" ] || fail "exit status $actual instead of $status: $* ($(cat "$work/err"))"
    grep -qF -- "$text" "$work/err" || fail "no \"$text\" in: $(cat "$work/err")"
}

# Expects two texts to be the same, and not empty: a command that failed in a substitution leaves nothing.
same() {
    [ -n "$2" ] || fail "$1: there is nothing to compare"
    [ "$2" = "$3" ] || fail "$1: ${2:0:300} is not ${3:0:300}"
}

# Reads one value of the JSON object in a file.
value() { "$python" -c 'import json,sys; print(eval("d" + sys.argv[2], {"d": json.load(open(sys.argv[1]))}))' "$1" "$2"; }

# Serves models at a free port; $address is where, $work/log what the server says.
serve() {
    "$swiftlet" serve "$@" --port 0 2>"$work/log" &
    server=$!
    for _ in $(seq 600); do
        address=$(grep -o 'serving .* on http://[0-9.:]*' "$work/log" | grep -o 'http://[0-9.:]*') && return
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    fail "the server did not start: $(cat "$work/log")"
}

# Ends the server as a service manager does; it must end well.
stop_server() {
    kill -TERM "$server"
    wait "$server" || fail "the server did not end well: $(cat "$work/log")"
    server=
}
