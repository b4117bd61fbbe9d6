#!/usr/bin/env python3
"""Trains tiny tokenizers of every kind and writes what the reference libraries make of texts with them.

    python3 scripts/make_tokenizer_fixtures.py              # Tests/TokenizationTests/Fixtures/tokenizers/*.json
    python3 scripts/make_tokenizer_fixtures.py --full DIR [tokenizer.json...]
    SWIFTLET_REFERENCE_DATA=DIR swift test -c release --filter ReferenceTests

With --full each tokenizer gets 10,000 random texts, and so do the `tokenizer.json` files that are named.
Made with tokenizers 0.22, sentencepiece 0.2.
"""

import argparse
import base64
import io
import json
import pathlib
import random

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from random_texts import WORDS, random_texts

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "Tests/TokenizationTests/Fixtures/tokenizers"
CORPUS = random_texts(1500, seed=7) + [" ".join(random.Random(i).choices(WORDS, k=12)) for i in range(500)]
SPECIAL = ["<unk>", "<s>", "</s>", "<pad>"]


def byte_level(pattern=None):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    if pattern:
        split = pre_tokenizers.Split(__import__("tokenizers").Regex(pattern), "isolated")
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [split, pre_tokenizers.ByteLevel(add_prefix_space=True, use_regex=False)]
        )
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=700, special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=pattern is None)
    tokenizer.add_special_tokens([AddedToken("<|x|>", lstrip=True), AddedToken("[MASK]", rstrip=True)])
    tokenizer.add_tokens([AddedToken("snake", single_word=True, normalized=True), AddedToken("   ", normalized=False)])
    return tokenizer


def llama_like():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokens = SPECIAL + [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=900, special_tokens=tokens, show_progress=False, limit_alphabet=120)
    tokenizer.train_from_iterator(CORPUS, trainer)
    data = json.loads(tokenizer.to_str())
    data["added_tokens"] = data["added_tokens"][:4]
    tokenizer = Tokenizer.from_str(json.dumps(data))
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A", "<s> $A <s> $B", [("<s>", 1)])
    return tokenizer


def suffix_words():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>", continuing_subword_prefix="##"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Strip(), normalizers.Lowercase(), normalizers.NFKD()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Digits(True)])
    trainer = trainers.BpeTrainer(
        vocab_size=700, special_tokens=SPECIAL, end_of_word_suffix="</w>", continuing_subword_prefix="##",
        limit_alphabet=150, show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.decoder = decoders.BPEDecoder("</w>")
    return tokenizer


def bert():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=20))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(vocab_size=700, special_tokens=tokens, limit_alphabet=150, show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def unigram():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(__import__("tokenizers").Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    trainer = trainers.UnigramTrainer(vocab_size=700, special_tokens=SPECIAL, unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(["".join(c for c in text if ord(c) < 0x200).replace("</s>", "") for text in CORPUS], trainer)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="first")
    tokenizer.post_processor = processors.TemplateProcessing("$A </s>", "$A </s> $B </s>", [("</s>", 2)])
    return tokenizer


def word_level():
    tokenizer = Tokenizer(models.WordLevel(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("merged_with_previous")]
    )
    trainer = trainers.WordLevelTrainer(vocab_size=400, special_tokens=SPECIAL, show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 1))
    return tokenizer


LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
KINDS = {
    "byte-level": byte_level,
    "byte-level-llama3": lambda: byte_level(LLAMA3),
    "llama": llama_like,
    "suffix-words": suffix_words,
    "bert": bert,
    "unigram": unigram,
    "word-level": word_level,
}


def cases_of(tokenizer, count, seed):
    added = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
    cases = []
    for text in random_texts(count, added, seed):
        encoding = tokenizer.encode(text)
        lengths = [0]
        for character in text:
            lengths.append(lengths[-1] + len(character.encode()))
        offsets = [[lengths[start], lengths[end]] for start, end in encoding.offsets]
        cases.append({
            "text": text, "ids": encoding.ids, "offsets": offsets,
            "decoded": tokenizer.decode(encoding.ids, skip_special_tokens=False),
        })
    generator = random.Random(seed + 1)
    size = tokenizer.get_vocab_size()
    decodings = []
    for _ in range(count // 4):
        ids = [generator.randrange(size) for _ in range(generator.randrange(12))]
        decodings.append({
            "ids": ids, "text": tokenizer.decode(ids, skip_special_tokens=False),
            "skipped": tokenizer.decode(ids, skip_special_tokens=True),
        })
    return {"cases": cases, "decodings": decodings}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--full")
    parser.add_argument("files", nargs="*")
    arguments = parser.parse_args()
    folder = pathlib.Path(arguments.full) / "tokenizers" if arguments.full else FIXTURES
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in KINDS.items():
        stored = FIXTURES / f"{name}.json"
        if arguments.full and stored.exists():
            tokenizer = Tokenizer.from_str(json.dumps(json.loads(stored.read_text())["tokenizer"]))
        else:
            tokenizer = make()
        result = {"tokenizer": json.loads(tokenizer.to_str())}
        result |= cases_of(tokenizer, 10_000 if arguments.full else 60, 11)
        (folder / f"{name}.json").write_text(json.dumps(result, ensure_ascii=False, separators=(",", ":")))
    for path in arguments.files:
        tokenizer = Tokenizer.from_file(path)
        tokenizer.no_padding()
        tokenizer.no_truncation()
        result = {"path": path} | cases_of(tokenizer, 10_000, 13)
        name = "-".join(pathlib.Path(path).parts[-3:-1])
        (folder / f"{name}.json").write_text(json.dumps(result, ensure_ascii=False))


main()
