"""Measures llama.cpp through its C API, one process a measurement; called by compare.py, which reads the JSON object.

    .venv-bench/bin/python Benchmarks/llama_cpp_peer.py speed MODEL.gguf --threads 2 --prompt 512 --generate 64
    .venv-bench/bin/python Benchmarks/llama_cpp_peer.py first-token MODEL.gguf --threads 2

Needs llama-cpp-python (0.3.36; Benchmarks/setup.sh builds it for this CPU). Its class Llama would cost about a fifth of
the speed, so this calls llama_decode with batches that are ready before the clock starts. All settings but the
threads and the sizes are llama.cpp's own defaults.
"""

import argparse
import json
import resource
import sys
import time

import llama_cpp
import numpy
from llama_cpp import llama_cpp as api


class Model:
    """A loaded model and one context."""

    def __init__(self, path, threads, context):
        api.llama_backend_init()
        self.model = api.llama_model_load_from_file(path.encode(), api.llama_model_default_params())
        if not self.model:
            sys.exit(f"llama.cpp cannot load {path}")
        parameters = api.llama_context_default_params()
        parameters.n_ctx = context
        parameters.n_batch = parameters.n_ubatch = min(512, context)
        parameters.n_threads = parameters.n_threads_batch = threads
        self.context = api.llama_init_from_model(self.model, parameters)
        if not self.context:
            sys.exit(f"llama.cpp cannot make a context of {context} tokens")
        self.vocabulary = api.llama_model_get_vocab(self.model)
        self.vocabulary_size = api.llama_vocab_n_tokens(self.vocabulary)

    def tokens(self, text):
        """The text's tokens, without special ones."""
        data = text.encode()
        buffer = (api.llama_token * len(data))()
        count = api.llama_tokenize(self.vocabulary, data, len(data), buffer, len(buffer), False, False)
        return list(buffer[:count])

    def batch(self, tokens, position):
        """A batch that asks for the logits of its last token."""
        batch = api.llama_batch_init(len(tokens), 0, 1)
        batch.n_tokens = len(tokens)
        for index, token in enumerate(tokens):
            batch.token[index] = token
            batch.pos[index] = position + index
            batch.n_seq_id[index] = 1
            batch.seq_id[index][0] = 0
            batch.logits[index] = index == len(tokens) - 1
        return batch

    def decode(self, batch):
        """Runs the batch and returns the most likely next token."""
        if api.llama_decode(self.context, batch) != 0:
            sys.exit("llama_decode failed")
        logits = api.llama_get_logits_ith(self.context, batch.n_tokens - 1)
        return int(numpy.ctypeslib.as_array(logits, (self.vocabulary_size,)).argmax())


def speed(arguments):
    before = peak_memory()
    model = Model(arguments.model, arguments.threads, arguments.prompt + arguments.generate)
    text = model.tokens("The harbor lay quiet in the early light, and the boats came in one after the other. ")
    prompt = model.batch([text[index % len(text)] for index in range(arguments.prompt)], 0)
    step = model.batch([0], arguments.prompt)
    for _ in range(2):  # The first time warms up.
        api.llama_memory_clear(api.llama_get_memory(model.context), True)
        start = time.perf_counter()
        step.token[0] = model.decode(prompt)
        prompt_end = time.perf_counter()
        for index in range(arguments.generate - 1):  # The prompt already gave the first token.
            step.pos[0] = arguments.prompt + index
            step.token[0] = model.decode(step)
        end = time.perf_counter()
    return {
        "version": llama_cpp.__version__,
        "prompt_per_second": arguments.prompt / (prompt_end - start),
        "predicted_per_second": (arguments.generate - 1) / (end - prompt_end),
        "memory_before_loading": before,
    }


def first_token(arguments):
    start = time.perf_counter()
    model = Model(arguments.model, arguments.threads, 512)
    model.decode(model.batch(model.tokens("Hello"), 0))
    return {"first_token_seconds": time.perf_counter() - start}


def peak_memory():
    """This process's peak resident memory in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main():
    parser = argparse.ArgumentParser(description="Measure llama.cpp; compare.py calls this.")
    parser.add_argument("what", choices=["speed", "first-token"])
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prompt", type=int, default=512)
    parser.add_argument("--generate", type=int, default=64)
    arguments = parser.parse_args()
    print(json.dumps(speed(arguments) if arguments.what == "speed" else first_token(arguments)))


if __name__ == "__main__":
    main()
