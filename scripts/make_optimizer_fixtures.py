#!/usr/bin/env python3
"""Makes Tests/TrainingTests/Fixtures/optimizers: twenty steps of training the tiny Llama of ArchitecturesTests by each optimizer,
with the losses, the norms of the gradients and what has become of the weights: by PyTorch (SGD, AdamW, Muon), transformers
(Adafactor, as its trainer sets it up) and lion-pytorch, in float64.

Run: python scripts/make_optimizer_fixtures.py   (torch, transformers, lion-pytorch)
"""
import json
import pathlib

import torch
import transformers
from lion_pytorch import Lion
from transformers.optimization import Adafactor

ROOT = pathlib.Path(__file__).parent.parent / "Tests"
MODEL = ROOT / "ArchitecturesTests/Fixtures/families/llama"
FOLDER = ROOT / "TrainingTests/Fixtures/optimizers"
STEPS, LENGTH, CLIP = 20, 9, 1.0
CASES = {
    "adamw": dict(rate=1e-3, decay=0.1), "sgd": dict(rate=0.05, decay=0.1), "lion": dict(rate=1e-4, decay=0.1),
    "adafactor": dict(rate=1e-3, decay=0.1), "muon": dict(rate=1e-3, decay=0.1),
}
# Muon makes matrices orthogonal in bfloat16: its rounding is no part of what it computes.
torch.Tensor.bfloat16 = lambda self: self.clone()


def groups(named, decay):
    parts = [(decay, [v for _, v in named if v.ndim > 1]), (0.0, [v for _, v in named if v.ndim <= 1])]
    return [dict(params=values, weight_decay=share) for share, values in parts if values]


def optimizers(name, case, model):
    named = list(model.named_parameters())
    rate, decay = case["rate"], case["decay"]
    if name == "adamw":
        return [torch.optim.AdamW(groups(named, decay), lr=rate)]
    if name == "sgd":
        return [torch.optim.SGD(groups(named, decay), lr=rate)]
    if name == "lion":
        return [Lion(groups(named, decay), lr=rate)]
    if name == "adafactor":
        return [Adafactor(groups(named, decay), lr=rate, scale_parameter=False, relative_step=False)]
    hidden = [(n, v) for n, v in named if v.ndim == 2 and ".layers." in n]
    others = [(n, v) for n, v in named if not (v.ndim == 2 and ".layers." in n)]
    return [torch.optim.Muon([v for _, v in hidden], lr=rate, weight_decay=decay, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(groups(others, decay), lr=rate)]


def summary(value):
    value = value.detach().double().flatten()
    waves = (value * torch.cos(torch.arange(len(value), dtype=torch.float64))).sum()
    return [float(f"{number.item():.9g}") for number in (value.norm(), waves)]


def run(name, case):
    model = transformers.AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float64, attn_implementation="eager").eval()
    expected = json.loads((MODEL / "expected.json").read_text())
    tokens = torch.tensor(expected["prompt"] + expected["greedy"])
    pieces = [tokens[start:start + LENGTH] for start in range(0, len(tokens) - LENGTH + 1, LENGTH)]
    steps = optimizers(name, case, model)
    losses, norms = [], []
    for step in range(STEPS):
        model.zero_grad()
        batch = [pieces[(4 * step + index) % len(pieces)] for index in range(4)]
        loss = sum(torch.nn.functional.cross_entropy(model(piece[None]).logits[0, :-1], piece[1:], reduction="sum")
                   for piece in batch) / (4 * (LENGTH - 1))
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP).item())
        losses.append(loss.item())
        for optimizer in steps:
            optimizer.step()
    tensors = {key: summary(value) for key, value in model.named_parameters()}
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_text(
        json.dumps(dict(case, tokens=tokens.tolist(), losses=losses, norms=norms, tensors=tensors)) + "\n")
    print(name, losses[0], losses[-1])


for name, case in CASES.items():
    run(name, case)
