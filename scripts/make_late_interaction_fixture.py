#!/usr/bin/env python3
"""Makes Tests/InferenceTests/Fixtures/embedding/late-interaction.json: MaxSim scores (ColBERT, arXiv:2004.12832) of the tiny
encoder `bert-mean`, whose last states transformers computes.

Run with torch and transformers: python3 scripts/make_late_interaction_fixture.py
"""
import json
import pathlib

import torch
from transformers import AutoModel, AutoTokenizer

ROOT = pathlib.Path(__file__).parent.parent / "Tests/InferenceTests/Fixtures/embedding"
QUERIES = ["who rules the land", "king"]
DOCUMENTS = ["the king rules the land", "rivers run down to the sea while the land is at rest", "A Queen and a king!"]

tokenizer = AutoTokenizer.from_pretrained(ROOT / "bert-mean")
model = AutoModel.from_pretrained(ROOT / "bert-mean").eval()


def vectors(text: str) -> torch.Tensor:
    tokens = tokenizer(text, return_tensors="pt", return_special_tokens_mask=True)
    plain = tokens.pop("special_tokens_mask")[0] == 0
    with torch.no_grad():
        states = model(**tokens).last_hidden_state[0][plain]
    return torch.nn.functional.normalize(states, dim=-1)


scores = [[(vectors(query) @ vectors(text).T).max(dim=1).values.mean().item() for text in DOCUMENTS] for query in QUERIES]
(ROOT / "late-interaction.json").write_text(
    json.dumps({"queries": QUERIES, "documents": DOCUMENTS, "scores": scores}, indent=1) + "\n")
