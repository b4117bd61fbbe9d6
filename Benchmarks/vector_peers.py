#!/usr/bin/env python3
"""Measures hnswlib, usearch and faiss on a set that vector_sets.py made, one thread: recall@k and queries a second.

Usage: vector_peers.py FOLDER NAME [--peer hnswlib]... [-k 10]      (NAME such as l2-128-100000)

Writes one JSON object: for every index its vectors inserted a second and rows of parameter, recall, queries a second
(queries one by one, each one's best of five passes). Vectors of cosine sets have length 1, so L2 ranks alike.
Needs numpy, hnswlib, usearch, faiss-cpu.
"""

import argparse
import json
import pathlib
import time

import faiss
import hnswlib
import numpy
import usearch.index
from vector_sets import read_vectors

WIDTHS = [10, 12, 16, 20, 24, 32, 40, 64, 100, 200]


def measure(search, queries, truth, k) -> dict:
    """Each query's best of five passes over all of them: what else the machine does at times then counts for little."""
    best = numpy.full(len(queries), numpy.inf)
    found = [None] * len(queries)
    for _ in range(5):
        for place, query in enumerate(queries):
            started = time.perf_counter()
            found[place] = search(query)
            best[place] = min(best[place], time.perf_counter() - started)
    hits = sum(len(set(map(int, row)) & set(map(int, exact[:k]))) for row, exact in zip(found, truth))
    return {"recall": hits / (k * len(queries)), "queries_per_second": len(queries) / best.sum()}


def timed(action) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def run_hnswlib(base, queries, truth, k):
    index = hnswlib.Index("l2", base.shape[1])
    index.init_index(len(base), M=16, ef_construction=200)
    index.set_num_threads(1)
    seconds = timed(lambda: index.add_items(base, num_threads=1))
    rows = []
    for width in WIDTHS:
        index.set_ef(width)
        search = lambda query: index.knn_query(query, k, num_threads=1)[0][0]
        rows.append({"ef": width} | measure(search, queries, truth, k))
    return seconds, rows


def run_usearch(kind):
    def run(base, queries, truth, k):
        index = usearch.index.Index(
            ndim=base.shape[1], metric="l2sq", dtype=kind, connectivity=16, expansion_add=200)
        labels = numpy.arange(len(base))
        seconds = timed(lambda: index.add(labels, base, threads=1))
        rows = []
        for width in WIDTHS:
            index.expansion_search = width
            rows.append({"ef": width} | measure(lambda query: index.search(query, k, threads=1).keys, queries, truth, k))
        return seconds, rows

    return run


def run_faiss_hnsw(base, queries, truth, k):
    index = faiss.IndexHNSWFlat(base.shape[1], 16)
    index.hnsw.efConstruction = 200
    seconds = timed(lambda: index.add(base))
    rows = []
    for width in WIDTHS:
        index.hnsw.efSearch = width
        rows.append({"ef": width} | measure(lambda query: index.search(query[None], k)[1][0], queries, truth, k))
    return seconds, rows


def run_faiss_scan(base, queries, truth, k):
    lists = int(len(base) ** 0.5)
    index = faiss.index_factory(base.shape[1], f"IVF{lists},PQ{base.shape[1] // 2}x4fs,RFlat")
    seconds = timed(lambda: (index.train(base), index.add(base)))
    rows = []
    for probes in [1, 2, 3, 4, 6, 8, 12, 16, 32]:
        for factor in [2, 4, 10, 20]:
            faiss.extract_index_ivf(index.base_index).nprobe = probes
            index.k_factor = factor
            row = measure(lambda query: index.search(query[None], k)[1][0], queries, truth, k)
            rows.append({"probes": probes, "factor": factor} | row)
    return seconds, rows


PEERS = {
    "hnswlib": run_hnswlib,
    "usearch": run_usearch("f32"),
    "usearch-i8": run_usearch("i8"),
    "faiss-hnsw": run_faiss_hnsw,
    "faiss-ivfpq-fastscan": run_faiss_scan,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("name")
    parser.add_argument("--peer", action="append", choices=PEERS)
    parser.add_argument("-k", type=int, default=10)
    options = parser.parse_args()
    faiss.omp_set_num_threads(1)
    part = lambda kind, form: read_vectors(options.folder / f"{options.name}.{kind}", form)
    base, queries, truth = part("base.fvecs", "<f4"), part("query.fvecs", "<f4"), part("truth.ivecs", "<i4")
    report = {}
    for peer in options.peer or PEERS:
        seconds, rows = PEERS[peer](base, queries, truth, options.k)
        report[peer] = {"inserts_per_second": len(base) / seconds, "searches": rows}
    print(json.dumps(report))


if __name__ == "__main__":
    main()
