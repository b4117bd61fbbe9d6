"""Makes Tests/InferenceTests/Fixtures/steering.json: log-probabilities of tiny.gguf with keys that count less or more.

    python scripts/make_steering_fixture.py   (transformers 5.24, torch 2.13, gguf)

The logarithm of each key's factor stands in the mask that transformers adds to the scores of its eager attention.
"""

import json
import math
import pathlib

import torch
import transformers

FOLDER = pathlib.Path(__file__).parent.parent / "Tests/InferenceTests/Fixtures"
PROMPT = [(7 * i * i + 13 * i) % 290 + 3 for i in range(40)]
CONTROLS = [[], [[3, 7, 0.1]], [[0, 1, 0.0]], [[10, 14, 6.0], [20, 39, 0.3]], [[30, 40, 0.01]]]

model = transformers.AutoModelForCausalLM.from_pretrained(
    FOLDER, gguf_file="tiny.gguf", dtype=torch.float32, attn_implementation="eager")
model.eval()


def scores(controls):
    count = len(PROMPT)
    mask = torch.full((count, count), torch.finfo(torch.float32).min).triu(1)
    for first, end, factor in controls:
        mask[:, first:end] += math.log(max(factor, 1e-6))
    with torch.no_grad():
        logits = model(torch.tensor([PROMPT]), attention_mask=mask[None, None]).logits[0]
    logs = torch.log_softmax(logits, -1)
    return [float(logs[i, PROMPT[i + 1]]) for i in range(count - 1)]


cases = [{"controls": controls, "logprobs": scores(controls)} for controls in CONTROLS]
(FOLDER / "steering.json").write_text(json.dumps({"prompt": PROMPT, "cases": cases}) + "\n")
print([sum(case["logprobs"]) for case in cases])
