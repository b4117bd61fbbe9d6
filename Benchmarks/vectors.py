#!/usr/bin/env python3
"""Compares swiftlet's vector search with hnswlib, usearch and faiss on clustered sets, one thread, in turns.

Usage: vectors.py --swiftlet PATH [--folder .build-bench/vectors] [--count 100000]... [--kind l2-128|cosine-384]...
                  [--recall 0.95 0.99] [--json FILE] [--markdown FILE]

For each set every program builds its indexes and answers the same queries one by one. What counts at a recall is the
fastest setting that reaches it. Needs the packages that vector_peers.py names, in the Python that runs this.
"""

import argparse
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
INDEXES = ["hnsw:m=16,ef_construction=200", "ivfpq"]


def run(command: list) -> dict:
    return json.loads(subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE).stdout)


def fastest(searches: list, recall: float) -> float | None:
    return max((row["queries_per_second"] for row in searches if row["recall"] >= recall), default=None)


def measure(swiftlet: str, folder: pathlib.Path, kind: str, count: int) -> dict:
    name = f"{kind}-{count}"
    if not (folder / f"{name}.truth.ivecs").exists():
        script = [sys.executable, HERE / "vector_sets.py", folder, "--count", count, "--kind", kind]
        subprocess.run([str(part) for part in script], check=True)
    peers = run([sys.executable, HERE / "vector_peers.py", folder, name])
    own = {}
    for index in INDEXES:
        own[index] = run(
            [swiftlet, "bench", "--vectors", folder / f"{name}.base.fvecs", "--queries", folder / f"{name}.query.fvecs"]
            + ["--truth", folder / f"{name}.truth.ivecs", "--index", index, "--metric", kind.split("-")[0]]
            + ["-k", 10, "-t", 1, "--json"])
    return {"set": name, "swiftlet": own, "peers": peers}


def lines(result: dict, recalls: list) -> list:
    own, peers = result["swiftlet"], result["peers"]
    speed = lambda value: "-" if value is None else f"{value:,.0f}"
    rows = [
        f"### {result['set']}", "",
        "| | inserted/s | " + " | ".join(f"queries/s at {recall}" for recall in recalls) + " |",
        "|---|---|" + "---|" * len(recalls),
    ]
    for name, report in [(f"swiftlet {index}", report) for index, report in own.items()] + list(peers.items()):
        speeds = [speed(fastest(report["searches"], recall)) for recall in recalls]
        rows.append(f"| {name} | {report['inserts_per_second']:,.0f} | " + " | ".join(speeds) + " |")
    ratios = []
    for recall in recalls:
        best = max((fastest(report["searches"], recall) or 0 for report in peers.values()), default=0)
        mine = max(fastest(report["searches"], recall) or 0 for report in own.values())
        ratios.append(f"{mine / best:.2f}" if best else "-")
    graph = own[INDEXES[0]]
    built = graph["inserts_per_second"] / peers["hnswlib"]["inserts_per_second"]
    rows.append(f"| **to the best peer** (building: to hnswlib) | **{built:.2f}** | " + " | ".join(f"**{r}**" for r in ratios) + " |")
    megabytes, opening = graph["memory_bytes"] / 1e6, graph["open_seconds"] * 1000
    return rows + ["", f"The graph takes {megabytes:,.0f} MB and is opened in {opening:.1f} ms.", ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--swiftlet", required=True)
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path(".build-bench/vectors"))
    parser.add_argument("--count", type=int, action="append")
    parser.add_argument("--kind", action="append", choices=["l2-128", "cosine-384"])
    parser.add_argument("--recall", type=float, nargs="+", default=[0.95, 0.99])
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--markdown", type=pathlib.Path)
    options = parser.parse_args()
    results, text = [], []
    for count in options.count or [100_000, 1_000_000]:
        for kind in options.kind or ["l2-128", "cosine-384"]:
            results.append(measure(options.swiftlet, options.folder, kind, count))
            text += lines(results[-1], options.recall)
            print("\n".join(text[-20:]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    if options.markdown:
        options.markdown.write_text("# Vector search\n\nMade by `Benchmarks/vectors.py` (`make bench-vectors`): one thread, recall@10, clustered sets made by a seeded script.\n\n" + "\n".join(text))


if __name__ == "__main__":
    main()
