"""Makes Tests/ArchitecturesTests/Fixtures/smollm2.json: what exact arithmetic gives on the default model's own weights.

Run: python scripts/make_log_probability_fixture.py PATH/TO/SmolLM2-135M-Instruct.Q4_1.gguf TEXT   (torch, transformers, gguf)

Transformers dequantizes the file and multiplies in f32. Of the first 1,024 tokens of TEXT (docs/decisions.md as it was) the
fixture has the ids and, for each but the first, the log-probability that the ones before it give it. `llama` is by how much
llama.cpp is off on the same tokens (root mean square), read in one prompt and token by token, where llama-cpp-python is
installed too.
"""

import json
import pathlib
import sys

import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

TOKENS = 1024
path, text = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).read_text()
model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)
tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
tokens = tokenizer(text, add_special_tokens=False).input_ids[:TOKENS]
with torch.no_grad():
    scores = model(torch.tensor([tokens])).logits[0].double().log_softmax(-1)
exact = [scores[position - 1, tokens[position]].item() for position in range(1, TOKENS)]


def llama(step):
    from llama_cpp import llama_cpp as api

    api.llama_backend_init()
    loaded = api.llama_model_load_from_file(str(path).encode(), api.llama_model_default_params())
    size = api.llama_vocab_n_tokens(api.llama_model_get_vocab(loaded))
    parameters = api.llama_context_default_params()
    parameters.n_ctx, parameters.n_batch, parameters.n_ubatch = TOKENS, TOKENS, 512
    context = api.llama_init_from_model(loaded, parameters)
    values = []
    for first in range(0, TOKENS - 1, step):
        ids = tokens[first : min(first + step, TOKENS - 1)]
        batch = api.llama_batch_init(len(ids), 0, 1)
        batch.n_tokens = len(ids)
        for row, token in enumerate(ids):
            batch.token[row], batch.pos[row], batch.logits[row] = token, first + row, 1
            batch.n_seq_id[row], batch.seq_id[row][0] = 1, 0
        if api.llama_decode(context, batch) != 0:
            sys.exit("llama_decode failed")
        for row in range(len(ids)):
            logits = np.array(np.ctypeslib.as_array(api.llama_get_logits_ith(context, row), (size,)), dtype=np.float64)
            values.append(logits[tokens[first + row + 1]] - np.logaddexp.reduce(logits))
    return float(np.sqrt(np.mean((np.array(values) - np.array(exact)) ** 2)))


fixture = {"tokens": tokens, "logProbabilities": [round(value, 5) for value in exact]}
try:
    fixture["llama"] = {"prompt": round(llama(512), 4), "generation": round(llama(1), 4)}
except ImportError:
    print("llama-cpp-python is not installed: no figures of llama.cpp")
target = pathlib.Path(__file__).parent.parent / "Tests/ArchitecturesTests/Fixtures/smollm2.json"
target.write_text(json.dumps(fixture) + "\n")
print({key: value for key, value in fixture.items() if key == "llama"}, float(np.mean(exact)))
