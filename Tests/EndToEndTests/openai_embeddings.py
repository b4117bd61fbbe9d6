#!/usr/bin/env python3
"""Asks a running server for embeddings with the official OpenAI client and compares them with the reference's.

    python3 Tests/EndToEndTests/openai_embeddings.py http://127.0.0.1:8080/v1 MODEL Tests/InferenceTests/Fixtures/minilm.json

Needs `pip install openai` (tried with 2.x). Exit code 1 and the failed check if something is wrong.
"""
import json
import math
import sys

import openai

base, model, path = sys.argv[1:]
client = openai.OpenAI(base_url=base, api_key="none", max_retries=0)
with open(path) as file:
    reference = json.load(file)
texts, expected = reference["texts"][:-1], reference["vectors"][:-1]


def cosine(one, other):
    norms = math.sqrt(sum(a * a for a in one) * sum(b * b for b in other))
    return sum(a * b for a, b in zip(one, other, strict=True)) / norms


assert model in [m.id for m in client.models.list()]
# The client asks for base64 unless it is told otherwise.
whole = client.embeddings.create(model=model, input=texts)
assert [entry.index for entry in whole.data] == list(range(len(texts)))
assert all(cosine(entry.embedding, vector) >= 0.99999 for entry, vector in zip(whole.data, expected, strict=True))
assert whole.usage.prompt_tokens == whole.usage.total_tokens > len(texts)

plain = client.embeddings.create(model=model, input=texts[0], encoding_format="float")
assert max(abs(a - b) for a, b in zip(plain.data[0].embedding, whole.data[0].embedding, strict=True)) < 1e-6
short = client.embeddings.create(model=model, input=texts[0], dimensions=64).data[0].embedding
assert len(short) == 64 and abs(sum(value * value for value in short) - 1) < 1e-5
tokens = client.embeddings.create(model=model, input=[[2129, 2079], [1045]])
assert len(tokens.data) == 2 and tokens.usage.prompt_tokens == 3 + 4


def refused(kind, **arguments):
    try:
        client.embeddings.create(**{"model": model, "input": "x", **arguments})
    except kind as error:
        return error.body
    raise AssertionError(f"{arguments} was not refused")


assert refused(openai.NotFoundError, model="no-such-model")["code"] == "model_not_found"
assert refused(openai.BadRequestError, input=[])["param"] == "input"
assert refused(openai.BadRequestError, dimensions=5000)["param"] == "dimensions"
assert refused(openai.BadRequestError, input=reference["texts"][-1])["code"] == "context_length_exceeded"
cut = client.embeddings.create(model=model, input=reference["texts"][-1], extra_body={"truncate": True})
assert cosine(cut.data[0].embedding, reference["vectors"][-1]) >= 0.99999
print(f"openai {openai.__version__}: {len(texts)} embeddings as expected")
