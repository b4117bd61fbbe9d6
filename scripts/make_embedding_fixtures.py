"""Makes the fixtures of static and sentence embeddings, with what the reference libraries compute from them.

Tests/CheckpointsTests/VectorFixtures: files of word vectors, read by gensim and fasttext.
Tests/InferenceTests/Fixtures/embedding: tiny folders of sentence-transformers, cross-encoders and model2vec.

Run: python scripts/make_embedding_fixtures.py
(sentence-transformers 6.2.0, transformers 5.23.0, torch 2.13, gensim 4.4.0, fasttext-wheel 0.9.2, model2vec 0.10.0)
"""

import json
import logging
import pathlib
import random
import shutil

import fasttext
import gensim
import numpy as np
import torch
import transformers
from model2vec import StaticModel
from model2vec.model import quantize_model
from sentence_transformers import CrossEncoder, SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Normalize, Pooling, Transformer

from tiny_encoders import byte_pairs, clean, configuration, make_base, word_pieces

logging.disable(logging.WARNING)
torch.set_grad_enabled(False)
tests = pathlib.Path(__file__).parent.parent / "Tests"
TEXTS = [
    "the king rules the land", "A Queen and a king!", "", "man", "woman woman", "the café sings of naïve men",
    "rivers run down to the sea while the land is at rest and nobody in the town ever sings " * 2, "x ?! 日本 \U0001f426",
]
PAIRS = [
    ("who rules", "the king rules the land"), ("who rules", ""), ("sea", "rivers run down to the sea"),
    ("the land is at rest", "and nobody in the town ever sings, " * 6), ("", ""),
]


def rounded(values):
    return [float(f"{value:.9g}") for value in np.asarray(values, dtype=np.float32).ravel()]


def fresh(*parts):
    folder = tests.joinpath(*parts)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


# MARK: Word vectors

WORDS = "king queen man woman the land sea river runs sings café naïve 日本 </s> big rules".split()


def corpus(folder):
    chooser = random.Random(3)
    lines = [" ".join(chooser.choices(WORDS[:13], k=8)) for _ in range(60)]
    path = folder / "corpus"
    path.write_text("\n".join(lines) + "\n")
    return path


def word_vectors(folder):
    numbers = np.random.default_rng(5)
    vectors = gensim.models.KeyedVectors(vector_size=7)
    vectors.add_vectors(WORDS, numbers.normal(0, 1, (len(WORDS), 7)).astype(np.float32))
    vectors.save_word2vec_format(folder / "word2vec.bin", binary=True)
    vectors.save_word2vec_format(folder / "word2vec.txt", binary=False)
    glove = [f"{word} " + " ".join(f"{value:.6f}" for value in vectors[word]) for word in WORDS]
    # A word with spaces, exponents, signs, many digits, and a line that repeats a word.
    glove[3:3] = [". . . 1e-3 +2.5E+2 -0 0.1234567890123456789012345 -.5 7. 33", "king 1 2 3 4 5 6 7"]
    (folder / "glove.txt").write_text("\n".join(glove) + "\n")
    text = gensim.models.KeyedVectors.load_word2vec_format(folder / "word2vec.txt")
    return {
        "vectors": {word: rounded(text[word]) for word in WORDS},
        "dots": rounded([1e-3, 2.5e2, 0, 0.1234567890123456789, -0.5, 7, 33]),
        "similar": {
            name: [[word, float(score)] for word, score in vectors.most_similar(**query, topn=6)]
            for name, query in {
                "king": {"positive": ["king"]},
                "king - man + woman": {"positive": ["king", "woman"], "negative": ["man"]},
                "- sea": {"negative": ["sea"]},
            }.items()
        },
    }


def fast_text(folder):
    path = corpus(folder)
    labelled = folder / "labelled"
    chooser = random.Random(4)
    labelled.write_text("".join(f"__label__{chooser.choice('ab')} {line}\n" for line in path.read_text().splitlines()))
    common = {"dim": 6, "thread": 1, "epoch": 2, "verbose": 0, "minCount": 1}
    skipgram = fasttext.train_unsupervised(str(path), model="skipgram", bucket=60, minn=2, maxn=4, **common)
    plain = fasttext.train_unsupervised(str(path), model="cbow", maxn=0, **common)
    supervised = fasttext.train_supervised(str(labelled), wordNgrams=2, bucket=300, minn=2, maxn=3, **common)
    result = {}

    def record(name, model):
        model.save_model(str(folder / name))
        model = fasttext.load_model(str(folder / name))
        words = ["king", "kings", "queenly", "日本", "日本人", "</s>", "zzz", "ké"]
        result[name] = {
            "words": {word: rounded(model.get_word_vector(word)) for word in words},
            "sentences": {text: rounded(model.get_sentence_vector(text)) for text in TEXTS},
            "neighbours": [[word, float(score)] for score, word in model.get_nearest_neighbors("kings", k=5)],
        }

    record("skipgram.bin", skipgram)
    record("cbow.bin", plain)
    record("supervised.bin", supervised)
    supervised.quantize(input=str(labelled), retrain=False, qnorm=True, cutoff=290, dsub=4)
    record("supervised.ftz", supervised)
    path.unlink()
    labelled.unlink()
    return result


# MARK: Sentence encoders


def sentence_encoders(root):
    pieces, pairs = word_pieces(), byte_pairs(template=False)
    bert = lambda: transformers.BertModel(configuration(transformers.BertConfig, pieces))
    qwen = lambda: transformers.Qwen2Model(
        configuration(transformers.Qwen2Config, pairs, num_key_value_heads=1))
    every = ("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")
    activation = torch.nn.Tanh()
    cases = {
        "bert-mean": (bert, pieces, lambda: [Pooling(16, "mean"), Normalize()], {}),
        "bert-cls": (bert, pieces, lambda: [Pooling(16, "cls")], {}),
        "bert-every": (bert, pieces, lambda: [Pooling(16, every), Dense(96, 5, activation_function=activation)], {}),
        "bert-prompt": (
            bert, pieces, lambda: [Pooling(16, "mean", include_prompt=False)],
            {"prompts": {"query": "find the king: ", "document": ""}, "default_prompt_name": "query"}),
        "qwen2-last": (qwen, pairs, lambda: [Pooling(16, "lasttoken"), Normalize()], {}),
    }
    result = {}
    for name, (model, tokenizer, modules, options) in cases.items():
        folder = root / name
        base = root / "base"
        make_base(base, model, tokenizer)
        torch.manual_seed(12)
        encoder = SentenceTransformer(modules=[Transformer(str(base)), *modules()], device="cpu", **options)
        encoder.save(str(folder), create_model_card=False)
        shutil.rmtree(base)
        clean(folder)
        encoder = SentenceTransformer(str(folder), device="cpu")
        result[name] = {
            "maximum": encoder.max_seq_length, "vectors": [rounded(vector) for vector in encoder.encode(TEXTS)]}
    legacy = root / "bert-every" / "1_Pooling" / "config.json"
    keys = ["cls_token", "max_tokens", "mean_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken"]
    legacy.write_text(json.dumps({"word_embedding_dimension": 16, **{f"pooling_mode_{key}": True for key in keys}}))
    return result


def cross_encoders(root):
    pieces, pairs = word_pieces(), byte_pairs()
    cases = {
        "bert": (
            transformers.BertForSequenceClassification, transformers.BertConfig,
            word_pieces(model_input_names=["input_ids", "token_type_ids", "attention_mask"])),
        "bert-untyped": (
            transformers.BertForSequenceClassification, transformers.BertConfig,
            word_pieces(model_input_names=["input_ids", "attention_mask"])),
        "qwen2": (transformers.Qwen2ForSequenceClassification, transformers.Qwen2Config, byte_pairs(template=False)),
        "roberta": (transformers.RobertaForSequenceClassification, transformers.RobertaConfig, pairs),
        "distilbert": (transformers.DistilBertForSequenceClassification, transformers.DistilBertConfig, pieces),
    }
    result = {}
    for name, (kind, config, tokenizer) in cases.items():
        folder = root / f"cross-{name}"
        more = {"num_labels": 1}
        if name == "roberta":
            # The first row of the positions is for padding, so there are two more than tokens.
            more["type_vocab_size"] = 1
        if name == "qwen2":
            more["num_key_value_heads"] = 1
        if name == "distilbert":
            more["sentence_transformers"] = {"activation_fn": "torch.nn.modules.linear.Identity"}
        make_base(folder, lambda: kind(configuration(config, tokenizer, **more)), tokenizer)
        clean(folder)
        encoder = CrossEncoder(str(folder), device="cpu")
        result[f"cross-{name}"] = {
            "maximum": encoder.max_seq_length, "scores": rounded(encoder.predict(PAIRS))}
    return result


def static_models(root):
    tokenizer = word_pieces().backend_tokenizer
    count = tokenizer.get_vocab_size()
    vectors = np.random.default_rng(6).normal(0, 1, (count, 6)).astype(np.float32)
    plain = StaticModel(vectors, tokenizer, normalize=True)
    half = StaticModel(vectors.astype(np.float16), tokenizer, max_length=12)
    clustered = quantize_model(
        StaticModel(vectors, tokenizer, weights=np.linspace(0.5, 2, count)), vocabulary_quantization=20)
    result = {}
    for name, model in {"static": plain, "static-half": half, "static-clustered": clustered}.items():
        model.save_pretrained(root / name)
        clean(root / name)
        model = StaticModel.from_pretrained(root / name)
        result[name] = {"vectors": [rounded(vector) for vector in model.encode(TEXTS)]}
    return result


def write(folder, value):
    (folder / "expected.json").write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n")


words = fresh("CheckpointsTests", "VectorFixtures")
expected = {"words": word_vectors(words), "fastText": fast_text(words)}
write(words, expected)
folder = fresh("InferenceTests", "Fixtures", "embedding")
for name in ("word2vec.bin", "skipgram.bin"):
    shutil.copy(words / name, folder)
write(folder, {
    "texts": TEXTS, "pairs": PAIRS, "similar": expected["words"].pop("similar"),
    "neighbours": expected["fastText"]["skipgram.bin"].pop("neighbours"), "sentence": sentence_encoders(folder),
    "cross": cross_encoders(folder), "static": static_models(folder),
})
