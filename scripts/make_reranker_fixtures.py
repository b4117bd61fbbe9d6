"""Makes Tests/InferenceTests/Fixtures/rerankers: tiny sentence encoders and rerankers of newer families.

Run: python scripts/make_reranker_fixtures.py   (sentence-transformers 6.2.0, transformers 5.24.0, torch 2.13)

Each folder has the files of a checkpoint; expected.json says what the reference libraries compute: vectors of `texts`, by
prompt where a model has some, and scores of `pairs`. Scores of the language model are those of the code that Qwen published
with its rerankers.
"""

import json
import logging
import pathlib
import shutil

import numpy
import torch
import transformers as t
from sentence_transformers import CrossEncoder, SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Normalize, Pooling, Transformer

from tiny_encoders import byte_pairs, clean, make_base, word_pieces

logging.disable(logging.WARNING)
torch.set_grad_enabled(False)
ROOT = pathlib.Path(__file__).parent.parent / "Tests/InferenceTests/Fixtures/rerankers"
TEXTS = ["the king rules the land", "A Queen and a king!", "", "man", "rivers run down to the sea while the land is at rest"]
PAIRS = [("who rules", "the king rules the land"), ("who rules", ""), ("sea", "rivers run down to the sea"),
         ("the land is at rest", "and nobody in the town ever sings, " * 40)]
SIZE = dict(hidden_size=16, num_hidden_layers=3, num_attention_heads=2, intermediate_size=24, initializer_range=0.4,
            max_position_embeddings=64)
DEBERTA = dict(relative_attention=True, position_buckets=8, max_relative_positions=24, norm_rel_ebd="layer_norm",
               share_att_key=True, pos_att_type=["p2c", "c2p"], position_biased_input=False, type_vocab_size=0,
               pooler_hidden_size=16)
BASES = dict(bos_token_id=None, eos_token_id=None)
QUERY = "Instruct: Given a web search query, find answers\nQuery:"


def rounded(values):
    return [float(f"{value:.9g}") for value in numpy.asarray(values, dtype=numpy.float32).ravel()]


def config(kind, tokenizer, **more):
    return kind(**SIZE | dict(vocab_size=len(tokenizer), pad_token_id=tokenizer.pad_token_id) | more)


def sentence_encoder(name, model, tokenizer, modules, **options):
    folder, base = ROOT / name, ROOT / "base"
    make_base(base, model, tokenizer)
    torch.manual_seed(12)
    encoder = SentenceTransformer(modules=[Transformer(str(base)), *modules()], device="cpu", **options)
    encoder.save(str(folder), create_model_card=False)
    shutil.rmtree(base)
    clean(folder)
    encoder = SentenceTransformer(str(folder), device="cpu")
    prompts = [None, *(name for name in encoder.prompts if encoder.prompts[name])]
    return {prompt or "": [rounded(vector) for vector in encoder.encode(TEXTS, prompt_name=prompt)] for prompt in prompts}


def cross_encoder(name, model, tokenizer):
    make_base(ROOT / name, model, tokenizer)
    clean(ROOT / name)
    return rounded(CrossEncoder(str(ROOT / name), device="cpu").predict(PAIRS))


def yes_or_no(name, instruction):
    """The steps of the README of Qwen3-Reranker."""
    tokenizer = byte_pairs(False, ["<|im_start|>", "<|im_end|>", "<think>", "</think>"],
                           [("y", "e"), ("ye", "s"), ("n", "o")])
    tokenizer.model_max_length = 640
    make_base(ROOT / name, lambda: t.Qwen3ForCausalLM(config(
        t.Qwen3Config, tokenizer, num_key_value_heads=1, head_dim=12, max_position_embeddings=640, tie_word_embeddings=True)),
        tokenizer)
    clean(ROOT / name)
    model = t.AutoModelForCausalLM.from_pretrained(ROOT / name, dtype=torch.float32)
    prefix = ('<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct '
              'provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n')
    suffix = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
    before, after = (tokenizer.encode(text, add_special_tokens=False) for text in (prefix, suffix))
    scores = []
    for query, document in PAIRS:
        text = f"<Instruct>: {instruction}\n<Query>: {query}\n<Document>: {document}"
        ids = tokenizer(text, add_special_tokens=False, truncation=True, max_length=640 - len(before) - len(after))["input_ids"]
        logits = model(torch.tensor([before + ids + after])).logits[0, -1]
        answers = torch.stack([logits[tokenizer.convert_tokens_to_ids(word)] for word in ("no", "yes")])
        scores.append(answers.log_softmax(0)[1].exp().item())
    return rounded(scores)


def main():
    shutil.rmtree(ROOT, ignore_errors=True)
    ROOT.mkdir(parents=True)
    pieces, pairs = word_pieces(), byte_pairs(template=False)
    typed = word_pieces(model_input_names=["input_ids", "token_type_ids", "attention_mask"])
    for tokenizer in (pieces, typed, pairs):
        tokenizer.model_max_length = 64
    gemma = lambda: t.Gemma3TextModel(config(
        t.Gemma3TextConfig, pieces, num_key_value_heads=1, head_dim=10, use_bidirectional_attention=True, sliding_window=6,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"], **BASES))
    qwen = lambda: t.Qwen3Model(config(t.Qwen3Config, pairs, num_key_value_heads=1, head_dim=12))
    modern = dict(local_attention=6, cls_token_id=None, sep_token_id=None, **BASES)
    identity = torch.nn.Identity()
    vectors = {
        "embedding-gemma": sentence_encoder(
            "embedding-gemma", gemma, pieces, lambda: [
                Pooling(16, "mean"), Dense(16, 40, bias=False, activation_function=identity),
                Dense(40, 16, bias=False, activation_function=identity), Normalize()],
            prompts={"query": "task: search result | query: ", "document": "title: none | text: "}),
        "qwen3-embedding": sentence_encoder(
            "qwen3-embedding", qwen, pairs, lambda: [Pooling(16, "lasttoken"), Normalize()],
            prompts={"query": QUERY, "document": ""}, similarity_fn_name="cosine"),
        "modernbert": sentence_encoder(
            "modernbert", lambda: t.ModernBertModel(config(t.ModernBertConfig, pieces, **modern)), pieces,
            lambda: [Pooling(16, "cls")]),
    }
    classes = {
        "deberta": (t.DebertaV2ForSequenceClassification, t.DebertaV2Config, DEBERTA),
        "electra": (t.ElectraForSequenceClassification, t.ElectraConfig, dict(embedding_size=12)),
        "albert": (t.AlbertForSequenceClassification, t.AlbertConfig, dict(embedding_size=12, **BASES)),
        "modernbert": (t.ModernBertForSequenceClassification, t.ModernBertConfig, modern),
        "modernbert-mean": (t.ModernBertForSequenceClassification, t.ModernBertConfig, dict(
            **modern, classifier_pooling="mean", norm_bias=True, classifier_bias=True)),
        "eurobert": (t.EuroBertForSequenceClassification, t.EuroBertConfig, dict(num_key_value_heads=1, **BASES)),
    }
    scores = {
        f"cross-{name}": cross_encoder(
            f"cross-{name}", lambda: kind(config(settings, pieces, num_labels=1, **more)),
            typed if name in ("electra", "albert") else pieces)
        for name, (kind, settings, more) in classes.items()}
    instructions = {"": "Given a web search query, retrieve relevant passages that answer the query", "own": "find kings"}
    answers = {name: yes_or_no("qwen3-reranker", text) for name, text in instructions.items()}
    (ROOT / "expected.json").write_text(json.dumps(dict(
        texts=TEXTS, pairs=PAIRS, vectors=vectors, scores=scores, instructions=instructions, answers=answers), indent=1) + "\n")


main()
