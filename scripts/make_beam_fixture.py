"""Makes Tests/InferenceTests/Fixtures/beams.json: transformers' beam search on tiny.gguf.

    python scripts/make_beam_fixture.py   (transformers 5.24, torch 2.13, gguf)
"""

import json
import pathlib

import torch
import transformers

FOLDER = pathlib.Path(__file__).parent.parent / "Tests/InferenceTests/Fixtures"
PROMPTS = [[70, 259, 90], [1, 271, 290, 12, 44], list(range(60, 110))]
SETTINGS = [
    dict(num_beams=1), dict(num_beams=3), dict(num_beams=4, length_penalty=0.0), dict(num_beams=4, length_penalty=2.0),
    dict(num_beams=3, early_stopping=True), dict(num_beams=5, early_stopping="never"),
    dict(num_beams=4, early_stopping="never", length_penalty=-1.0),
]

model = transformers.AutoModelForCausalLM.from_pretrained(FOLDER, gguf_file="tiny.gguf", dtype=torch.float32)
model.eval()
cases = []
for number, prompt in enumerate(PROMPTS):
    ids = torch.tensor([prompt])
    # Tokens that are likely somewhere end answers, so that hypotheses of several lengths compete.
    with torch.no_grad():
        greedy = model.generate(ids, max_new_tokens=12, do_sample=False, eos_token_id=None, pad_token_id=0)[0, len(prompt):]
        second = model(ids).logits[0, -1].topk(6).indices
    ends = sorted({int(greedy[5]), int(second[3])})
    for setting in SETTINGS:
        beams = setting["num_beams"]
        result = model.generate(
            ids, max_new_tokens=12, do_sample=False, num_return_sequences=beams, eos_token_id=ends, pad_token_id=0,
            output_scores=True, return_dict_in_generate=True, **setting)
        answers = []
        for index in range(beams):
            tokens = result.sequences[index, len(prompt):].tolist()
            end = next((i + 1 for i, token in enumerate(tokens) if token in ends), len(tokens))
            answers.append({"tokens": tokens[:end], "score": float(result.sequences_scores[index]) if beams > 1 else None})
        cases.append({"prompt": prompt, "ends": ends, **setting, "answers": answers})
(FOLDER / "beams.json").write_text(json.dumps({"tokens": 12, "cases": cases}) + "\n")
print(len(cases), "cases,", {len(a["tokens"]) for c in cases for a in c["answers"]}, "tokens")
