"""Measures Hugging Face's tokenizers in one process; called by tokenization.py, which reads the JSON object.

    .venv-bench/bin/python Benchmarks/peers/hf_tokenizers_speed.py FOLDER/tokenizer.json TEXT --document-bytes 1000

One thread; batches through encode_batch_fast, which leaves out the offsets. Once to warm up, then the runs that count.
"""

import argparse
import json
import os
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

import tokenizers


def main():
    parser = argparse.ArgumentParser(description="Measure Hugging Face's tokenizers; tokenization.py calls this.")
    parser.add_argument("tokenizer")
    parser.add_argument("text")
    parser.add_argument("--document-bytes", type=int)
    parser.add_argument("--runs", type=int, default=1)
    arguments = parser.parse_args()
    tokenizer = tokenizers.Tokenizer.from_file(arguments.tokenizer)
    with open(arguments.text, encoding="utf-8", newline="") as file:
        text = file.read()
    documents = cut(text, arguments.document_bytes) if arguments.document_bytes else [text]
    size = len(text.encode())
    speeds = []
    for run in range(arguments.runs + 1):
        start = time.perf_counter()
        encodings = tokenizer.encode_batch_fast(documents, add_special_tokens=False)
        speeds.append(size / (time.perf_counter() - start))
    first, *speeds = speeds
    ids = [id for encoding in encodings for id in encoding.ids]
    print(json.dumps({
        "version": tokenizers.__version__,
        "documents": len(documents),
        "tokens": len(ids),
        "ids_fnv1a": f"{checksum(ids):x}",
        "bytes_per_second": sorted(speeds)[len(speeds) // 2],
        "first_bytes_per_second": first,
    }))


def cut(text, least):
    """The text cut after the first line that ends at or behind `least` bytes, and so on, as Swiftlet cuts it."""
    documents, lines, size = [], [], 0
    for line in text.split("\n"):
        lines.append(line)
        size += len(line.encode()) + 1
        if size >= least:
            documents.append("\n".join(lines) + "\n")
            lines, size = [], 0
    if lines:
        documents.append("\n".join(lines))
    else:
        documents[-1] = documents[-1][:-1]  # The text does not end in a line feed.
    return [document for document in documents if document]


def checksum(ids):
    result = 0xCBF29CE484222325
    for id in ids:
        result = (result ^ id) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return result


if __name__ == "__main__":
    main()
