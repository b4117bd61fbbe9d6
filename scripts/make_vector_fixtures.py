#!/usr/bin/env python3
"""Makes Tests/VectorsTests/Fixtures/references.json: exact neighbours by faiss and usearch, approximate ones by hnswlib, and BM25
scores by bm25s.

Run: python scripts/make_vector_fixtures.py     (needs numpy, faiss-cpu, hnswlib, usearch, bm25s)
"""

import json
import pathlib

import bm25s
import faiss
import hnswlib
import numpy
import usearch.index

COUNT, SIZE, QUERIES, K = 300, 10, 8, 5
TEXTS = [
    "the quick brown fox jumps over the lazy dog",
    "a fox is quick and a dog is not",
    "dogs and foxes are animals",
    "lazy lazy lazy dog sleeps all day long in the warm sun of the garden",
    "the sun is warm",
    "quick quick fox",
]
ASKED = ["quick fox", "lazy dog", "warm sun garden", "fox fox", "unknown words", "the"]


def neighbours(metric: int, base: numpy.ndarray, queries: numpy.ndarray) -> dict:
    index = faiss.IndexFlat(base.shape[1], metric)
    index.add(base)
    distances, slots = index.search(queries, K)
    return {"distances": distances.round(6).tolist(), "slots": slots.tolist()}


def unit(rows: numpy.ndarray) -> numpy.ndarray:
    return rows / numpy.linalg.norm(rows, axis=1, keepdims=True)


def main() -> None:
    random = numpy.random.default_rng(20)
    # Values that floats of 32 bits and decimal fractions hold alike.
    base = (random.integers(0, 1024, (COUNT, SIZE)) / 1024).astype("f4")
    queries = (random.integers(0, 1024, (QUERIES, SIZE)) / 1024).astype("f4")
    signs = lambda rows: numpy.packbits(rows > 0.5, axis=1, bitorder="little")
    hamming = usearch.index.search(signs(base), signs(queries), K, metric="hamming", exact=True)
    graph = hnswlib.Index("l2", SIZE)
    graph.init_index(COUNT, M=16, ef_construction=200, random_seed=1)
    graph.add_items(base, num_threads=1)
    graph.set_ef(64)
    found = graph.knn_query(queries, K)[0]
    exact = neighbours(faiss.METRIC_L2, base, queries)
    recall = numpy.mean([len(set(a) & set(b)) / K for a, b in zip(found.tolist(), exact["slots"])])
    retriever = bm25s.BM25(k1=1.5, b=0.75, method="lucene")
    retriever.index([text.split() for text in TEXTS], show_progress=False)
    result = {
        "size": SIZE,
        "k": K,
        "base": (base * 1024).astype(int).ravel().tolist(),
        "queries": (queries * 1024).astype(int).ravel().tolist(),
        "l2": exact,
        "dot": neighbours(faiss.METRIC_INNER_PRODUCT, base, queries),
        "cosine": neighbours(faiss.METRIC_INNER_PRODUCT, unit(base), unit(queries)),
        "jaccard": neighbours(faiss.METRIC_Jaccard, base, queries),
        "hamming": {"distances": hamming.distances.tolist(), "slots": hamming.keys.tolist()},
        "hnswlib_recall": recall,
        "texts": TEXTS,
        "asked": ASKED,
        "bm25": [retriever.get_scores(query.split()).round(6).tolist() for query in ASKED],
    }
    folder = pathlib.Path(__file__).parent.parent / "Tests/VectorsTests/Fixtures"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "references.json").write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
