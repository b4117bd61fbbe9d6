#!/usr/bin/env python3
"""Makes Tests/TrainingTests/Fixtures/pairs: twenty steps of training the tiny sentence encoder of InferenceTests on pairs of texts by
sentence-transformers' losses, in float64, with AdamW: losses, the norms of the gradients and what has become of the weights.

Run: python scripts/make_pair_fixtures.py   (torch, sentence-transformers)
"""
import json
import pathlib

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.losses import MultipleNegativesRankingLoss, TripletLoss

ROOT = pathlib.Path(__file__).parent.parent / "Tests"
MODELS = ROOT / "InferenceTests/Fixtures/embedding"
FOLDER = ROOT / "TrainingTests/Fixtures/pairs"
RECORDS = [
    ("how do i bake bread", "a recipe for a loaf", "the market fell"), ("the quick fox", "a fox jumps", "bread and butter"),
    ("what is the sea", "water, salt and waves", "a loaf of bread"), ("red", "a color like blood", "the lazy dog"),
    ("two and two", "four is the sum", "a fox"), ("a dog", "the lazy dog sleeps", "red and blue"),
    ("name a color", "blue, green or red", "a sum of numbers"), ("stocks", "the market fell sharply", "the sea"),
]
CASES = {
    "mean-negatives": dict(model="bert-mean", loss="multiple_negatives"),
    "cls-negatives": dict(model="bert-cls", loss="multiple_negatives"),
    "mean-triplet": dict(model="bert-mean", loss="triplet"),
}
LOSSES = {"multiple_negatives": MultipleNegativesRankingLoss, "triplet": TripletLoss}


def summary(value):
    value = value.detach().double().flatten()
    waves = (value * torch.cos(torch.arange(len(value), dtype=torch.float64))).sum()
    return [float(f"{number.item():.9g}") for number in (value.norm(), waves)]


def run(name, case):
    model = SentenceTransformer(str(MODELS / case["model"]), device="cpu").double().eval()
    loss_function = LOSSES[case["loss"]](model)
    named = [(n, v) for n, v in model.named_parameters()]
    groups = [dict(params=[v for _, v in named if v.ndim > 1], weight_decay=0.01),
              dict(params=[v for _, v in named if v.ndim <= 1], weight_decay=0.0)]
    optimizer = torch.optim.AdamW(groups, lr=1e-3)
    losses, norms = [], []
    for step in range(20):
        optimizer.zero_grad()
        batch = [RECORDS[(4 * step + index) % len(RECORDS)] for index in range(4)]
        features = [model.tokenize(list(texts)) for texts in zip(*batch)]
        loss = loss_function(features, None)
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0).item())
        losses.append(loss.item())
        optimizer.step()
    tensors = {n.split("model.", 1)[1]: summary(v) for n, v in named if v.grad is not None}
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_text(
        json.dumps(dict(case, records=RECORDS, losses=losses, norms=norms, tensors=tensors)) + "\n")
    print(name, losses[0], losses[-1], sorted(tensors)[:2])


for name, case in CASES.items():
    run(name, case)
