"""Compares Swiftlet's tokenizers with Hugging Face's: same tokenizer.json, same text, one thread, in turns.

    Benchmarks/setup.sh tokenizers
    python3 Benchmarks/tokenization.py --swiftlet .build/release/swiftlet --markdown docs/tokenizers.md

Makes the texts and tokenizers first (peers/tokenizer_material.py says of what). Each is measured whole, as one text, and
cut into documents, in turns (Swiftlet, Hugging Face, Swiftlet, ...), each time in a new process after one run to warm
up, whose speed is told apart. Both must find the same tokens; where they do not, this ends with an error.
"""

import argparse
import datetime
import json
import os
import platform
import sys
from pathlib import Path
from statistics import median

import processes

HERE = Path(__file__).resolve().parent
TEXTS = ["english", "code", "mixed"]


def main():
    arguments = parse()
    material = arguments.folder
    command = [arguments.peer_python, HERE / "peers" / "tokenizer_material.py", material]
    for name in ("model", "bert"):
        if getattr(arguments, name):
            command += [f"--{name}", getattr(arguments, name)]
    run(command)
    rows = []
    for tokenizer in arguments.tokenizers or sorted(path.name for path in (material / "tokenizers").iterdir()):
        for text in TEXTS:
            for size in (None, arguments.document_bytes):
                rows.append(measure(arguments, tokenizer, text, size))
                print(line(rows[-1]), file=sys.stderr, flush=True)
    result = {
        "date": datetime.date.today().isoformat(),
        "cpu": cpu(),
        "swiftlet_version": run([arguments.swiftlet, "--version"]).decode().strip(),
        "tokenizers_version": rows[0]["version"],
        "runs": arguments.runs,
        "document_bytes": arguments.document_bytes,
        "rows": rows,
    }
    page = markdown(result)
    print(page)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(result, indent=2) + "\n")
    if arguments.markdown:
        Path(arguments.markdown).write_text(page)
    different = [row for row in rows if not row["equal"]]
    if different:
        sys.exit(f"error: {len(different)} of {len(rows)} measurements found other tokens")


def parse():
    parser = argparse.ArgumentParser(description="Compare Swiftlet's tokenizers with Hugging Face's.")
    parser.add_argument("--swiftlet", required=True, help="the built command")
    parser.add_argument("--runs", type=int, default=3, help="turns (default: 3)")
    parser.add_argument("--document-bytes", type=int, default=1000, help="the size of documents (default: 1000)")
    parser.add_argument("--tokenizers", nargs="*", help="the names of some (default: all)")
    parser.add_argument("--model", help="a GGUF file of SmolLM2, whose tokenizer is measured too")
    parser.add_argument("--bert", help="BERT's vocab.txt, to take instead of a trained one")
    parser.add_argument("--folder", type=Path, default=HERE.parent / ".venv-bench" / "tokenizers",
                        help="where texts and tokenizers are kept (default: .venv-bench/tokenizers)")
    parser.add_argument("--peer-python", default=str(HERE.parent / ".venv-bench" / "bin" / "python"),
                        help="a Python with what setup.sh installs (default: the one of .venv-bench)")
    parser.add_argument("--json", help="write every measurement to this file")
    parser.add_argument("--markdown", help="write the table to this file")
    arguments = parser.parse_args()
    if arguments.runs < 1 or arguments.document_bytes < 1:
        parser.error("--runs and --document-bytes want numbers from 1")
    if not os.access(arguments.swiftlet, os.X_OK):
        parser.error(f"{arguments.swiftlet} is no program; build it: make build")
    return arguments


def cpu():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(": ")[1] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def run(command):
    return processes.run([str(part) for part in command]).output


def measure(arguments, tokenizer, text, document_bytes):
    folder = arguments.folder / "tokenizers" / tokenizer
    path = arguments.folder / "texts" / f"{text}.txt"
    size = ["--document-bytes", document_bytes] if document_bytes else []
    ours = [arguments.swiftlet, "bench", folder, "--tokenize", path, *size, "-r", 3, "--json"]
    theirs = [arguments.peer_python, HERE / "peers" / "hf_tokenizers_speed.py", folder / "tokenizer.json", path, *size]
    turns = [(json.loads(run(ours)), json.loads(run(theirs))) for _ in range(arguments.runs)]
    return {
        "tokenizer": tokenizer,
        "text": text,
        "document_bytes": document_bytes,
        "bytes": path.stat().st_size,
        "tokens": turns[0][0]["tokens"],
        "version": turns[0][1]["version"],
        "equal": all(a[key] == b[key] for a, b in turns for key in ("documents", "tokens", "ids_fnv1a")),
        "swiftlet": [ours["bytes_per_second"] for ours, _ in turns],
        "tokenizers": [theirs["bytes_per_second"] for _, theirs in turns],
        "swiftlet_first": [ours["first_bytes_per_second"] for ours, _ in turns],
        "tokenizers_first": [theirs["first_bytes_per_second"] for _, theirs in turns],
    }


def markdown(result):
    lines = [
        "# Tokenizers",
        "",
        f"Megabytes of text per second on one thread, median (min..max) of {result['runs']} turns; the ratio is that of "
        f"the medians. Documents are pieces of the text of {result['document_bytes']} bytes and little more, cut at line "
        "ends. Both find the same tokens, which is checked over all of them. Both also remember words that they have met: "
        "speeds and ratio are those of later times that a process encodes the text, the last column has the medians of the first time.",
        "",
        "| Tokenizer | Text | | Swiftlet | Hugging Face | ratio | tokens | first time |",
        "|---|---|---|---:|---:|---:|---|---|",
        *map(line, result["rows"]),
        "",
        f"{result['cpu']}; {result['date']}; Swiftlet {result['swiftlet_version']}, tokenizers "
        f"{result['tokenizers_version']} (`encode_batch_fast`, no parallelism).",
        "",
        "`Benchmarks/peers/tokenizer_material.py` says what the texts and tokenizers are made of. This page is made by:",
        "",
        "```sh",
        "make bench-tokenizers",
        "```",
        "",
    ]
    return "\n".join(lines)


def line(row):
    ours, theirs = median(row["swiftlet"]), median(row["tokenizers"])
    return (
        f"| {row['tokenizer']} | {row['text']} | {'documents' if row['document_bytes'] else 'whole'} "
        f"| {spread(row['swiftlet'])} | {spread(row['tokenizers'])} | **{ours / theirs:.1f}x** "
        f"| {'equal' if row['equal'] else 'DIFFERENT'} "
        f"| {median(row['swiftlet_first']) / 1e6:.1f} : {median(row['tokenizers_first']) / 1e6:.1f} |"
    )


def spread(values):
    low, middle, high = (value / 1e6 for value in (min(values), median(values), max(values)))
    return f"{middle:.1f} ({low:.1f}..{high:.1f})"


if __name__ == "__main__":
    try:
        main()
    except processes.Failure as failure:
        sys.exit(f"error: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
