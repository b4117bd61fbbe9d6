"""llama.cpp's perplexity of a text; called by perplexity.py, which reads the JSON object.

    .venv-bench/bin/python Benchmarks/peers/llama_cpp_perplexity.py MODEL.gguf TEXT --context 512 --windows 20
"""

import argparse
import json
import math

import numpy
from llama_cpp import llama_cpp as api
from llama_cpp_model import Batch, Context, Model


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("text")
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--windows", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    model = Model(arguments.model)
    with open(arguments.text, encoding="utf-8") as file:
        tokens = model.tokens(file.read(), special=True)
    size = arguments.context
    context = Context(model, arguments.threads, size, batch=size)
    total, count = 0.0, 0
    for window in range(min(arguments.windows, len(tokens) // size)):
        piece = tokens[window * size : (window + 1) * size]
        if model.begins_texts:
            piece[0] = api.llama_vocab_bos(model.vocabulary)
        context.clear()
        # What is predicted at the middle is the token after it.
        batch = Batch([(token, index, 0, index >= size // 2) for index, token in enumerate(piece)])
        context.decode(batch)
        for index in range(size // 2, size - 1):
            logits = context.logits(index).astype(numpy.float64)
            largest = logits.max()
            total += largest + math.log(numpy.exp(logits - largest).sum()) - logits[piece[index + 1]]
            count += 1
        batch.close()
    print(json.dumps({"perplexity": math.exp(total / count), "tokens": count}))


if __name__ == "__main__":
    main()
