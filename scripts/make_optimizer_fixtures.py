#!/usr/bin/env python3
"""Makes Tests/TrainingTests/Fixtures/optimizers: twenty steps of training the tiny Llama of ArchitecturesTests by each optimizer,
with the losses, the norms of the gradients and what has become of the weights: by PyTorch (SGD, AdamW, Muon), transformers
(Adafactor, as its trainer sets it up) and lion-pytorch, in float64. And the same of adapters by PEFT, with the adapters that they
begin with: Fixtures/adapters.

Run: python scripts/make_optimizer_fixtures.py   (torch, transformers, peft, lion-pytorch)
"""
import json
import pathlib

import peft
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
    "lora": dict(rate=1e-3, decay=0.1, adapter=dict()), "rslora": dict(rate=1e-3, decay=0.1, adapter=dict(use_rslora=True)),
}
TARGETS = ["q_proj", "v_proj", "gate_proj", "down_proj"]
# Muon makes matrices orthogonal in bfloat16: its rounding is no part of what it computes.
torch.Tensor.bfloat16 = lambda self: self.clone()


def groups(named, decay):
    parts = [(decay, [v for _, v in named if v.ndim > 1]), (0.0, [v for _, v in named if v.ndim <= 1])]
    return [dict(params=values, weight_decay=share) for share, values in parts if values]


def optimizers(name, case, model):
    named = [(n, v) for n, v in model.named_parameters() if v.requires_grad]
    rate, decay = case["rate"], case["decay"]
    if name in ("adamw", "lora", "rslora"):
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


def adapted(name, options, model):
    """An adapter with random values, which is written for the test to begin with."""
    torch.manual_seed(3)
    model = peft.get_peft_model(model.float(), peft.LoraConfig(
        r=2, lora_alpha=4, target_modules=TARGETS, task_type="CAUSAL_LM", **options))
    with torch.no_grad():
        for key, value in model.named_parameters():
            if "lora_A" in key or "lora_B" in key:
                value.copy_(torch.randn_like(value) * 0.1)
    folder = FOLDER.parent / "adapters" / name
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | dict(base_model_name_or_path="llama"), indent=1) + "\n")
    return model.double()


def summary(value):
    value = value.detach().double().flatten()
    waves = (value * torch.cos(torch.arange(len(value), dtype=torch.float64))).sum()
    return [float(f"{number.item():.9g}") for number in (value.norm(), waves)]


def run(name, case):
    model = transformers.AutoModelForCausalLM.from_pretrained(MODEL, dtype=torch.float64, attn_implementation="eager").eval()
    expected = json.loads((MODEL / "expected.json").read_text())
    if "adapter" in case:
        model = adapted(name, case["adapter"], model).eval()
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
        norms.append(torch.nn.utils.clip_grad_norm_([v for v in model.parameters() if v.requires_grad], CLIP).item())
        losses.append(loss.item())
        for optimizer in steps:
            optimizer.step()
    tensors = {key.replace(".default", ""): summary(value)
               for key, value in model.named_parameters() if value.requires_grad}
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_text(
        json.dumps(dict(case, tokens=tokens.tolist(), losses=losses, norms=norms, tensors=tensors)) + "\n")
    print(name, losses[0], losses[-1])


for name, case in CASES.items():
    run(name, case)
