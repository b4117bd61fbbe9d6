"""Compares what transformers and Swiftlet compute with quantized folders: the log-probabilities of the next token.

    pip install torch transformers accelerate compressed-tensors bitsandbytes
    python scripts/compare_quantized_folders.py SWIFTLET FOLDER...

SWIFTLET is the built command. Each folder, made by `swiftlet quantize MODEL FOLDER --to FP8` and its like, is loaded by
transformers in f32 as its `config.json` says, and served by Swiftlet. For each prompt the 20 most likely tokens that
Swiftlet gives are looked up in transformers' distribution; the largest difference is printed, and whether both put the
same token first.
"""

import json
import re
import subprocess
import sys
import urllib.request

import torch
import transformers

PROMPTS = [
    "The capital of France is",
    "Water boils at a temperature of",
    "def fibonacci(n):\n    if n < 2:\n        return",
    "Once upon a time there was a",
    "The three primary colours are red, yellow and",
    "Dear Sir or Madam,\n\nI am writing to",
]


def served(swiftlet, folder):
    """Swiftlet's log-probabilities of the likeliest tokens after each prompt, by their texts."""
    server = subprocess.Popen(
        [swiftlet, "serve", folder, "--port", "0"], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    try:
        for line in server.stderr:
            if found := re.search(r"serving .* on (http://[0-9.:]+)", line):
                break
        else:
            raise SystemExit(f"{folder}: the server did not start")
        results = []
        for prompt in PROMPTS:
            body = {"prompt": prompt, "n_predict": 1, "n_probs": 20, "temperature": 0}
            request = urllib.request.Request(
                f"{found[1]}/completion", json.dumps(body).encode(), {"Content-Type": "application/json"})
            answer = json.load(urllib.request.urlopen(request))
            results.append({x["id"]: x["logprob"] for x in answer["completion_probabilities"][0]["top_logprobs"]})
        return results
    finally:
        server.terminate()
        server.wait()


def main():
    swiftlet, folders = sys.argv[1], sys.argv[2:]
    for folder in folders:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        worst, same = 0.0, 0
        for prompt, found in zip(PROMPTS, served(swiftlet, folder)):
            with torch.no_grad():
                logits = model(**tokenizer(prompt, return_tensors="pt")).logits[0, -1].float()
            expected = torch.log_softmax(logits, -1)
            worst = max(worst, *(abs(expected[token].item() - value) for token, value in found.items()))
            same += expected.argmax().item() == max(found, key=found.get)
        print(f"{folder}: largest difference {worst:.4f}, same first token in {same} of {len(PROMPTS)}")


main()
