"""Measures llama.cpp in one process; called by bench.py, which reads the JSON object.

    .venv-bench/bin/python Benchmarks/peers/llama_cpp_speed.py MODEL.gguf --threads 2 --prompt 512 --generate 64 --sequences 8,32
    .venv-bench/bin/python Benchmarks/peers/llama_cpp_speed.py MODEL.gguf --first-token

Each speed is the best of llama.cpp's settings: flash attention or not, and for several sequences one cache for all or
one for each.
"""

import argparse
import itertools
import json
import time

import llama_cpp
from llama_cpp_model import Batch, Context, Model, peak_memory

TEXT = (
    "The harbor lay quiet in the early light, and the boats came in one after the other with the night's catch. On "
    "the quay the buyers stood ready, talked of prices and of the weather, and drank their coffee out of tin cups."
)
SHORT_DEPTH = 32


def main():
    arguments = parse()
    before = peak_memory()
    start = time.perf_counter()
    model = Model(arguments.model)
    if arguments.first_token:
        context = Context(model, arguments.threads, 512)
        context.decode(Batch(rows(model.tokens("Hello"))))
        context.logits(-1).argmax()
        print(json.dumps({"first_token_seconds": time.perf_counter() - start, "memory_before_loading": before}))
        return
    text = model.tokens(TEXT)
    tests = []
    for size in arguments.prompt:
        tests += prompt_and_generation(model, text, size, arguments)
    for depth in arguments.depth:
        tests.append(generation(model, text, depth, arguments))
    for count in arguments.sequences:
        tests.append(together(model, text, count, arguments))
    print(json.dumps({"version": llama_cpp.__version__, "tests": tests}))


def parse():
    def sizes(text):
        return [int(part) for part in text.split(",") if part]

    parser = argparse.ArgumentParser(description="Measure llama.cpp; bench.py calls this.")
    parser.add_argument("model")
    parser.add_argument("--first-token", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prompt", type=sizes, default=[])
    parser.add_argument("--depth", type=sizes, default=[])
    parser.add_argument("--sequences", type=sizes, default=[])
    parser.add_argument("--generate", type=int, default=64)
    return parser.parse_args()


def rows(tokens, position=0, sequence=0):
    """Rows that ask for the logits of the last."""
    return [(token, position + index, sequence, index == len(tokens) - 1) for index, token in enumerate(tokens)]


def cut(text, size, start=0):
    return [text[(start + index) % len(text)] for index in range(size)]


def read(context, tokens):
    """Reads a prompt, 512 tokens at a time; returns the most likely next token."""
    for start in range(0, len(tokens), 512):
        batch = Batch(rows(tokens[start : start + 512], start))
        context.decode(batch)
        batch.close()
    return int(context.logits(-1).argmax())


def generate(context, token, position, count):
    """Tokens per second."""
    step = Batch([(token, position, 0, True)])
    start = time.perf_counter()
    for index in range(count):
        step.batch.pos[0] = position + index
        context.decode(step)
        step.batch.token[0] = int(context.logits(0).argmax())
    return count / (time.perf_counter() - start)


def warm(context, text):
    read(context, cut(text, 64))
    generate(context, text[0], 64, 4)
    context.clear()


def prompt_and_generation(model, text, size, arguments):
    prompts, generations = {}, {}
    # At length flash attention is the faster one.
    for flash in (True, False) if size <= 1024 else (True,):
        context = Context(model, arguments.threads, size + arguments.generate + 64, flash=flash)
        warm(context, text)
        prompt = cut(text, size)
        start = time.perf_counter()
        token = read(context, prompt)
        prompts[flash] = size / (time.perf_counter() - start)
        if arguments.generate > 1:
            # The prompt already gave the first token.
            generations[flash] = generate(context, token, size, arguments.generate - 1)
        context.close()
    tests = [result("prompt", size, 0, 1, prompts)]
    if generations:
        tests.append(result("generation", arguments.generate, size, 1, generations))
    return tests


def generation(model, text, depth, arguments):
    speeds = {}
    for flash in (True, False):
        context = Context(model, arguments.threads, depth + arguments.generate + 64, flash=flash)
        warm(context, text)
        token = read(context, cut(text, depth))
        speeds[flash] = generate(context, token, depth, arguments.generate - 1)
        context.close()
    return result("generation", arguments.generate, depth, 1, speeds)


def together(model, text, count, arguments):
    """Several sequences in one batch, under the settings that are fastest for a few steps."""
    def speed(settings, depth, steps):
        context = Context(model, arguments.threads, SHORT_DEPTH + arguments.generate + 64, count, *settings)
        for sequence in range(count):
            batch = Batch(rows(cut(text, depth, sequence), 0, sequence))
            context.decode(batch)
            batch.close()
        step = Batch([(text[sequence % len(text)], depth, sequence, True) for sequence in range(count)])
        for index in range(-1, steps):  # The first step warms up.
            if index == 0:
                start = time.perf_counter()
            context.decode(step)
            for sequence in range(count):
                step.batch.token[sequence] = int(context.logits(sequence).argmax())
                step.batch.pos[sequence] += 1
        seconds = time.perf_counter() - start
        context.close()
        return count * steps / seconds

    trials = {settings: speed(settings, 1, 2) for settings in itertools.product((True, False), (True, False))}
    best = max(trials, key=trials.get)
    return result("generation", arguments.generate, SHORT_DEPTH, count, {best: speed(best, SHORT_DEPTH, arguments.generate)})


def result(test, tokens, depth, sequences, speeds):
    """The best of the speeds by setting (flash attention; one cache for all sequences)."""
    best = max(speeds, key=speeds.get)
    return {"test": test, "tokens": tokens, "depth": depth, "sequences": sequences, "per_second": speeds[best],
            "settings": best}


if __name__ == "__main__":
    main()
