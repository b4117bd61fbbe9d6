"""Makes Tests/ArchitecturesTests/Fixtures/smollm2.json: what llama.cpp generates from the default model.

Run: python scripts/make_generation_fixtures.py PATH/TO/SmolLM2-135M-Instruct.Q4_1.gguf   (llama-cpp-python 0.3.36)

For ten prompts: their tokens, the 64 tokens of greedy decoding (whatever ends the text is generated like any other), and
for each of them by how much the best log-probability beats the second.
"""

import json
import pathlib
import sys

import numpy as np
from llama_cpp import Llama

PROMPTS = [
    "The capital of France is",
    "Once upon a time, in a small village by the sea,",
    "def fibonacci(n):\n    \"\"\"Return the n-th Fibonacci number.\"\"\"\n",
    "Water boils at a temperature of",
    "<|im_start|>user\nWhat is gravity?<|im_end|>\n<|im_start|>assistant\n",
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\nWrite a haiku about rain.<|im_end|>\n<|im_start|>assistant\n",
    "The three most important things to know about photosynthesis are",
    "1, 2, 3, 4, 5,",
    "Dear Sir or Madam,\n\nI am writing to",
    "Die Hauptstadt von Deutschland ist",
]

llama = Llama(sys.argv[1], n_ctx=512, n_threads=2, logits_all=True, verbose=False)
cases = []
for prompt in PROMPTS:
    tokens = llama.tokenize(prompt.encode(), add_bos=False, special=True)
    llama.reset()
    llama.eval(tokens)
    generated, margins = [], []
    for _ in range(64):
        logits = np.asarray(llama.scores[llama.n_tokens - 1])
        first, second = np.sort(logits)[:-3:-1]
        generated.append(int(logits.argmax()))
        margins.append(round(float(first - second), 4))
        llama.eval(generated[-1:])
    cases.append(dict(text=prompt, prompt=tokens, greedy=generated, margins=margins))

path = pathlib.Path(__file__).parent.parent / "Tests/ArchitecturesTests/Fixtures/smollm2.json"
path.write_text(json.dumps(cases))
