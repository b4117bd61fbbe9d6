#!/usr/bin/env bash
# Measures vector search through the built command, on a small set whose neighbours are known.
# Run: SWIFTLET=.build/release/swiftlet bash Tests/EndToEndTests/vectors.sh
source "$(dirname "$0")/common/checks.bash"

"$python" - "$work" <<'PYTHON'
import random, struct, sys

folder, size, k = sys.argv[1], 24, 10
random.seed(1)
base = [[random.gauss(0, 1) for _ in range(size)] for _ in range(2000)]
queries = [[random.gauss(0, 1) for _ in range(size)] for _ in range(50)]
distance = lambda a, b: sum((x - y) ** 2 for x, y in zip(a, b))
truth = [sorted(range(len(base)), key=lambda i: distance(base[i], query))[:k] for query in queries]
for name, kind, rows in (("base.fvecs", "f", base), ("query.fvecs", "f", queries), ("truth.ivecs", "i", truth)):
    with open(f"{folder}/{name}", "wb") as file:
        for row in rows:
            file.write(struct.pack(f"<i{len(row)}{kind}", len(row), *row))
PYTHON

measure() {
    "$swiftlet" bench --vectors "$work/base.fvecs" --queries "$work/query.fvecs" --truth "$work/truth.ivecs" \
        --metric l2 -k 10 -t 1 "$@"
}

for index in hnsw:m=16,ef_construction=200 flat ivf ivfpq binary lsh:bits=64; do
    measure --index "$index" --json >"$work/$index.json"
    "$python" - "$work/$index.json" "$index" <<'PYTHON'
import json, sys

report = json.load(open(sys.argv[1]))
assert report["inserts_per_second"] > 0 and report["memory_bytes"] >= 2000 * 24 * 4, report
rows = report["searches"]
assert rows and all(0 <= row["recall"] <= 1 and row["queries_per_second"] > 0 for row in rows), rows
best = max(row["recall"] for row in rows)
if sys.argv[2] == "flat":
    assert best == 1 and report["open_seconds"] > 0, report
if sys.argv[2].startswith("hnsw"):
    assert report["open_seconds"] > 0 and best >= 0.999 and all("ef" in row for row in rows), report
PYTHON
done
measure --index hnsw | grep 'RECALL@10' >/dev/null
# However few vectors pass a filter, the index finds nearly what the exact scan of them finds.
measure --index hnsw --json --filtered 0.5 0.05 0.005 >"$work/filtered.json"
"$python" - "$work/filtered.json" <<'PYTHON'
import json, sys

rows = json.load(open(sys.argv[1]))["filtered"]
assert [row["share"] for row in rows] == [0.5, 0.05, 0.005], rows
assert all(row["recall"] >= 0.95 and row["queries_per_second"] > 0 for row in rows), rows
PYTHON

refused() {
    local text=$1
    shift
    if "$@" >/dev/null 2>"$work/err"; then echo "FAILED: not refused: $*" >&2; exit 1; fi
    grep -qF -- "$text" "$work/err" || { echo "FAILED: no \"$text\" in: $(cat "$work/err")" >&2; exit 1; }
}

refused 'no index called hsnw' measure --index hsnw
head -c 1010 "$work/base.fvecs" >"$work/cut.fvecs"
refused 'cut.fvecs is damaged' "$swiftlet" bench --vectors "$work/cut.fvecs" --queries "$work/query.fvecs" \
    --truth "$work/truth.ivecs"
refused '--filtered wants' measure --index hnsw --filtered 0
refused '--vectors wants --queries and --truth' "$swiftlet" bench --vectors "$work/base.fvecs"
echo "passed"
