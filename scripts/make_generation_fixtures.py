"""Makes Tests/ArchitecturesTests/Fixtures/smollm2.json: what llama.cpp generates from the default model.

Run: python scripts/make_generation_fixtures.py PATH/TO/SmolLM2-135M-Instruct.Q4_1.gguf   (llama-cpp-python 0.3.36)

For ten prompts: their tokens, the 64 tokens of greedy decoding (whatever ends the text is generated like any other), and
for each of them its margin: by how much its log-probability beats the best other one.

llama.cpp rounds activations to 8 bits, so a difference in the last bit anywhere comes out as one of about 0.15 between two
log-probabilities. Its own settings differ by as much: with flash attention or without, with keys and values in f16 or in
f32, it parts from itself at margins of up to 0.33. None is nearer to exact arithmetic than the others. So the tokens are
those of one setting (no flash attention, f16), and a margin is the smallest that any of the settings gives for the
same text; it is negative where a setting prefers another token.
"""

import json
import pathlib
import sys

import numpy as np
from llama_cpp import llama_cpp as api

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
STEPS = 64
F32, F16 = 0, 1
# The first one chooses the tokens.
SETTINGS = [(0, F16), (1, F16), (0, F32), (1, F32)]

api.llama_backend_init()
model = api.llama_model_load_from_file(sys.argv[1].encode(), api.llama_model_default_params())
vocabulary = api.llama_model_get_vocab(model)
vocabulary_size = api.llama_vocab_n_tokens(vocabulary)


def tokenize(text):
    data = text.encode()
    buffer = (api.llama_token * len(data))()
    return list(buffer[: api.llama_tokenize(vocabulary, data, len(data), buffer, len(buffer), False, True)])


def generate(prompt, setting, tokens=None):
    """The logits of 64 steps that append `tokens`, or the most likely ones if there are none."""
    parameters = api.llama_context_default_params()
    parameters.n_ctx, parameters.n_threads, parameters.n_threads_batch = 512, 2, 2
    parameters.flash_attn_type = setting[0]
    parameters.type_k = parameters.type_v = setting[1]
    context = api.llama_init_from_model(model, parameters)
    steps, pending = [], prompt
    for step in range(STEPS):
        ids = (api.llama_token * len(pending))(*pending)  # The batch only points to them.
        batch = api.llama_batch_get_one(ids, len(pending))
        if api.llama_decode(context, batch) != 0:
            sys.exit("llama_decode failed")
        logits = np.array(np.ctypeslib.as_array(api.llama_get_logits_ith(context, -1), (vocabulary_size,)))
        steps.append(logits)
        pending = [tokens[step] if tokens else int(logits.argmax())]
    api.llama_free(context)
    return steps


def margin(logits, token):
    return float(logits[token] - np.delete(logits, token).max())


cases = []
for text in PROMPTS:
    prompt = tokenize(text)
    greedy = [int(logits.argmax()) for logits in generate(prompt, SETTINGS[0])]
    runs = [generate(prompt, setting, greedy) for setting in SETTINGS]
    margins = [round(min(map(margin, logits, [token] * len(runs))), 4) for token, *logits in zip(greedy, *runs)]
    cases.append(dict(text=text, prompt=prompt, greedy=greedy, margins=margins))

path = pathlib.Path(__file__).parent.parent / "Tests/ArchitecturesTests/Fixtures/smollm2.json"
path.write_text(json.dumps(cases))
