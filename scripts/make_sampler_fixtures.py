"""Writes what llama.cpp's samplers leave of fixed logits: Tests/DecodingTests/Fixtures/samplers.json.

    python3 scripts/make_sampler_fixtures.py VOCABULARY.gguf

Needs llama-cpp-python; the vocabulary (one of llama.cpp's models/ggml-vocab-*.gguf) is for DRY's sequence breakers.
"""

import ctypes
import json
import math
import pathlib
import sys

import llama_cpp as lib

COUNT = 60
LOGITS = [round(4 * math.sin(1.7 * i) + 2.5 * math.cos(0.9 * i * i) + (i % 7) * 0.2, 4) for i in range(COUNT)]


def array(logits, ids=None):
    data = (lib.llama_token_data * len(logits))()
    for index, logit in enumerate(logits):
        data[index] = lib.llama_token_data(id=ids[index] if ids else index, logit=logit, p=0.0)
    return lib.llama_token_data_array(data=data, size=len(logits), selected=-1, sorted=False), data


def kept(candidates):
    entries = [(candidates.data[i].id, candidates.data[i].logit) for i in range(candidates.size)]
    return [[i, l] for i, l in sorted(entries) if l != -math.inf]


def run(samplers, history=()):
    candidates, _ = array(LOGITS)
    for sampler in samplers:
        for token in history:
            lib.llama_sampler_accept(sampler, token)
        lib.llama_sampler_apply(sampler, ctypes.byref(candidates))
    return kept(candidates)


def steps(sampler, count):
    """Several draws of a sampler that learns: what was left each time, and what it took."""
    result = []
    for step in range(count):
        candidates, _ = array([l * (1 + 0.2 * step) for l in LOGITS])
        lib.llama_sampler_apply(sampler, ctypes.byref(candidates))
        token = candidates.data[candidates.selected].id
        lib.llama_sampler_accept(sampler, token)
        result.append({"kept": kept(candidates), "token": token})
    return result


lib.llama_backend_init()
parameters = lib.llama_model_default_params()
parameters.vocab_only = True
model = lib.llama_model_load_from_file(sys.argv[1].encode(), parameters)
vocabulary = lib.llama_model_get_vocab(model)


def dry(multiplier, base, allowed, window, breakers=()):
    texts = (ctypes.c_char_p * max(1, len(breakers)))(*[b.encode() for b in breakers])
    return lib.llama_sampler_init_dry(vocabulary, multiplier, base, allowed, window, texts, len(breakers))


HISTORY = [5, 9, 12, 7, 5, 9, 12, 30, 5, 9, 12, 7, 5, 9, 12]
newline = (lib.llama_token * 8)()
count = lib.llama_tokenize(vocabulary, b"\n", 1, newline, 8, False, False)
breaker = newline[count - 1]
cases = {
    "top_n_sigma 1": run([lib.llama_sampler_init_top_n_sigma(1.0)]),
    "top_n_sigma 0.3": run([lib.llama_sampler_init_top_n_sigma(0.3)]),
    "xtc 0.05": run([lib.llama_sampler_init_xtc(1.0, 0.05, 0, 1)]),
    "xtc 0.2": run([lib.llama_sampler_init_xtc(1.0, 0.2, 0, 1)]),
    "temperature 0.7": run([lib.llama_sampler_init_temp_ext(0.7, 0.0, 1.0)]),
    "dynatemp 1 0.5 1": run([lib.llama_sampler_init_temp_ext(1.0, 0.5, 1.0)]),
    "dynatemp 0.8 0.8 2": run([lib.llama_sampler_init_temp_ext(0.8, 0.8, 2.0)]),
    "typ_p 0.5": run([lib.llama_sampler_init_typical(0.5, 1)]),
    "top_p 0.7": run([lib.llama_sampler_init_top_p(0.7, 1)]),
    "min_p 0.2": run([lib.llama_sampler_init_min_p(0.2, 1)]),
    "penalties": run([lib.llama_sampler_init_penalties(COUNT, 64, 1.3, 0.4, 0.2)], HISTORY),
    "dry 0.8 1.75 2": run([dry(0.8, 1.75, 2, 64)], HISTORY),
    "dry 0.5 2 1 window 9": run([dry(0.5, 2.0, 1, 9)], HISTORY),
    "dry with a breaker": run(
        [dry(0.8, 1.75, 2, 64, ["\n"])],
        [5, 9, 12, 7, breaker, 9, 12, 30, 5, 9, 12, 7, breaker, 9, 12]),
    "top_k 20, temperature 1.5, min_p 0.1, xtc 0.1": run([
        lib.llama_sampler_init_top_k(20), lib.llama_sampler_init_temp_ext(1.5, 0.0, 1.0),
        lib.llama_sampler_init_min_p(0.1, 0), lib.llama_sampler_init_xtc(1.0, 0.1, 0, 1)]),
    "top_p 0.9, typ_p 0.8": run([lib.llama_sampler_init_top_p(0.9, 0), lib.llama_sampler_init_typical(0.8, 0)]),
}
learning = {
    "mirostat 1": steps(lib.llama_sampler_init_mirostat(COUNT, 7, 3.0, 0.2, 100), 6),
    "mirostat 2": steps(lib.llama_sampler_init_mirostat_v2(7, 2.0, 0.3), 6),
    "adaptive_p": steps(lib.llama_sampler_init_adaptive_p(0.3, 0.8, 7), 6),
}
output = pathlib.Path(__file__).parent.parent / "Tests/DecodingTests/Fixtures/samplers.json"
output.parent.mkdir(exist_ok=True)
output.write_text(json.dumps(
    {"logits": LOGITS, "history": HISTORY, "breaker": breaker, "cases": cases, "learning": learning}) + "\n")
