#!/usr/bin/env python3
"""Makes the sets that vector search is measured on: clustered vectors, queries, and the exact neighbours.

Usage: vector_sets.py FOLDER [--count 100000] [--queries 1000] [--kind l2-128|cosine-384]...

Every set has sqrt(count) centres drawn from a normal distribution and vectors around them with a spread of half of the
centres' own; directions are not all alike, as with learned vectors: the spread of dimension i falls with i. Queries are
drawn like the vectors. The same seed gives the same set. Needs numpy and faiss-cpu.
"""

import argparse
import pathlib

import faiss
import numpy


def write_vectors(path: pathlib.Path, rows: numpy.ndarray) -> None:
    """Writes fvecs or ivecs: each row after its length."""
    words = rows.astype("<f4" if rows.dtype.kind == "f" else "<i4").view("<i4")
    lengths = numpy.full((len(rows), 1), rows.shape[1], "<i4")
    numpy.concatenate([lengths, words], axis=1).tofile(path)


def read_vectors(path: pathlib.Path, kind: str) -> numpy.ndarray:
    words = numpy.fromfile(path, "<i4")
    return words.reshape(-1, words[0] + 1)[:, 1:].copy().view(kind)


def clustered(count: int, size: int, queries: int, seed: int) -> tuple[numpy.ndarray, numpy.ndarray]:
    random = numpy.random.default_rng(seed)
    centres = random.standard_normal((int(count**0.5), size), dtype="f4")
    spread = (0.5 * (1 + numpy.arange(size)) ** -0.25).astype("f4")
    spread *= 0.5 / numpy.sqrt((spread**2).mean())

    def draw(rows: int) -> numpy.ndarray:
        chosen = centres[random.integers(len(centres), size=rows)]
        return chosen + spread * random.standard_normal((rows, size), dtype="f4")

    return draw(count), draw(queries)


def make(folder: pathlib.Path, kind: str, count: int, queries: int) -> None:
    metric, size = kind.split("-")
    base, asked = clustered(count, int(size), queries, seed=int(size) * 1_000_003 + count)
    if metric == "cosine":
        for rows in (base, asked):
            rows /= numpy.linalg.norm(rows, axis=1, keepdims=True)
    exact = faiss.IndexFlatL2(int(size))  # of vectors of length 1, the same order
    exact.add(base)
    _, neighbours = exact.search(asked, 100)
    name = f"{kind}-{count}"
    write_vectors(folder / f"{name}.base.fvecs", base)
    write_vectors(folder / f"{name}.query.fvecs", asked)
    write_vectors(folder / f"{name}.truth.ivecs", neighbours)
    print(name, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--kind", action="append", choices=["l2-128", "cosine-384"])
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for kind in options.kind or ["l2-128", "cosine-384"]:
        make(options.folder, kind, options.count, options.queries)


if __name__ == "__main__":
    main()
