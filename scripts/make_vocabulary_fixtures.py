#!/usr/bin/env python3
"""Writes tiny SentencePiece, tiktoken and RWKV vocabularies and what the reference libraries make of texts with them.

    python3 scripts/make_vocabulary_fixtures.py             # Tests/TokenizationTests/Fixtures/vocabularies
    python3 scripts/make_vocabulary_fixtures.py --full DIR  # the same with 10,000 texts, and Mistral's own files
    SWIFTLET_REFERENCE_DATA=DIR swift test -c release --filter VocabularyFileTests

Each file has the vocabulary in Base64 and cases made by sentencepiece 0.2.3, tiktoken 0.14, mistral-common 1.13; RWKV's
reference is the greedy longest match that defines it, written out here.
"""

import argparse
import base64
import io
import json
import pathlib
import random
import tempfile

import sentencepiece
import tiktoken

from random_texts import WORDS, random_texts

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "Tests/TokenizationTests/Fixtures/vocabularies"
CORPUS = random_texts(1500, seed=7) + [" ".join(random.Random(i).choices(WORDS, k=12)) for i in range(500)]
SMALL_CORPUS = ["".join(c for c in text if 0x20 <= ord(c) < 0x180) for text in CORPUS]
CL100K = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]"
    r"|\s+(?!\S)|\s"
)
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)


def result(kind, data, encode, decode, size, count, seed, **more):
    cases = []
    for text in random_texts(count, seed=seed):
        if "\0" in text and kind == "sentencepiece":
            continue
        ids = encode(text)
        cases.append({"text": text, "ids": ids, "decoded": decode(ids)})
    generator = random.Random(seed)
    decodings = []
    for _ in range(count // 4):
        ids = [generator.choice(size) for _ in range(generator.randrange(12))]
        decodings.append({"ids": ids, "text": decode(ids)})
    vocabulary = {"path": data} if isinstance(data, str) else {"data": base64.b64encode(data).decode()}
    return {"kind": kind, **vocabulary, **more, "cases": cases, "decodings": decodings}


def train_sentencepiece(**options):
    output = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SMALL_CORPUS), model_writer=output, minloglevel=2,
        hard_vocab_limit=False, character_coverage=0.995, num_threads=1, **options,
    )
    return output.getvalue()


def without(data):
    """The model with every third piece of more than two characters marked unused."""
    from sentencepiece import sentencepiece_model_pb2

    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(data)
    for index, piece in enumerate(model.pieces):
        if piece.type == 1 and len(piece.piece) > 2 and index % 3 == 0:
            piece.type = 5
    return model.SerializeToString()


def broken_texts(count):
    """Bytes that are not UTF-8, in and around text that is; without zero bytes, at which SentencePiece ends."""
    generator = random.Random(4)
    parts = [b"\xff", b"\xe2\x82", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5", b"\x80", b"\xf0\x9f\x98", b"\xf4\x90\x80\x80"]
    parts += [word.encode() for word in WORDS[:40]] + [b" ", b"  ", bytes(range(0x80, 0x100))]
    return [b"".join(generator.choices(parts, k=generator.randrange(1, 8))) for _ in range(count)]


def sentencepiece_case(data, count, seed):
    if isinstance(data, str):
        model = sentencepiece.SentencePieceProcessor(model_file=data)
    else:
        model = sentencepiece.SentencePieceProcessor(model_proto=data)
    ids = [id for id in range(model.vocab_size()) if not model.is_control(id) and not model.is_unknown(id)]
    found = result("sentencepiece", data, model.encode, model.decode, ids, count, seed)
    found["invalid"] = [
        {"bytes": base64.b64encode(text).decode(), "ids": model.encode(text)} for text in broken_texts(count // 2)
    ]
    return found


def tiktoken_case(count, seed):
    from tokenizers import Tokenizer

    stored = json.loads((FIXTURES.parent / "tokenizers/byte-level-llama3.json").read_text())["tokenizer"]
    alphabet = {}
    next_code = 256
    for byte in range(256):
        printable = 0x21 <= byte <= 0x7E or 0xA1 <= byte <= 0xAC or 0xAE <= byte
        alphabet[chr(byte if printable else next_code)] = byte
        next_code += not printable
    pieces = [bytes([byte]) for byte in range(256)]
    pieces += [bytes(alphabet[c] for c in "".join(merge)) for merge in stored["model"]["merges"]]
    pieces = list(dict.fromkeys(pieces))
    ranks = {piece: rank for rank, piece in enumerate(pieces)}
    special = {"<|endoftext|>": len(pieces), "<|im_start|>": len(pieces) + 1}
    encoding = tiktoken.Encoding("tiny", pat_str=CL100K, mergeable_ranks=ranks, special_tokens=special)
    data = b"".join(base64.b64encode(piece) + b" %d\n" % rank for piece, rank in ranks.items())
    return result(
        "tiktoken", data, lambda text: encoding.encode(text, allowed_special="all"), encoding.decode,
        range(len(pieces) + 2), count, seed, pattern=CL100K, special=special,
    )


def tekken_case(count, seed):
    """The pieces of the tiktoken case in Mistral's form, behind ten special tokens."""
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer

    stored = json.loads((FIXTURES / "tiktoken.json").read_text())
    lines = [line.split() for line in base64.b64decode(stored["data"]).decode().splitlines()]
    special = ["<unk>", "<s>", "</s>", "[INST]", "[/INST]", "<pad>"]
    data = json.dumps({
        "config": {
            "pattern": LLAMA3, "num_vocab_tokens": len(lines), "default_vocab_size": len(lines) + 10,
            "default_num_special_tokens": 10, "version": "v3",
        },
        "special_tokens": [
            {"rank": rank, "token_str": text, "is_control": True} for rank, text in enumerate(special)
        ],
        "vocab": [
            {"rank": int(rank), "token_bytes": piece, "token_str": None} for piece, rank in lines
        ],
    })
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "tekken.json"
        path.write_text(data)
        model = Tekkenizer.from_file(path)
    return result(
        "tekken", data.encode(), lambda text: model.encode(text, bos=True, eos=False),
        lambda ids: model.decode([id for id in ids if id >= 10]), range(10, len(lines) + 10), count, seed,
    )


def rwkv_case(count, seed):
    words = {word for text in CORPUS for word in text.split(" ") if 0 < len(word.encode()) < 12}
    pieces = [bytes([byte]) for byte in range(256)]
    pieces += sorted({(" " * (i % 2) + word).encode() for i, word in enumerate(sorted(words))} - set(pieces))[:500]
    lines = []
    for index, piece in enumerate(pieces, 1):
        try:
            literal = repr(piece.decode())
        except UnicodeDecodeError:
            literal = repr(piece)
        lines.append(f"{index} {literal} {len(piece)}\n")
    ids = {piece: index for index, piece in enumerate(pieces, 1)}

    def encode(text):
        data, found = text.encode(), []
        while data:
            length = max(length for length in range(1, min(len(data), 16) + 1) if data[:length] in ids)
            found.append(ids[data[:length]])
            data = data[length:]
        return found

    def decode(tokens):
        return b"".join(pieces[token - 1] for token in tokens).decode("utf-8", "replace")

    return result("rwkv", "".join(lines).encode(), encode, decode, range(1, len(pieces) + 1), count, seed)


def mistral_cases():
    import mistral_common
    from mistral_common.tokens.tokenizers.tekken import Tekkenizer

    data = pathlib.Path(mistral_common.__file__).parent / "data"
    for path in sorted(data.glob("tekken_*.json")):
        model = Tekkenizer.from_file(path)
        yield path.stem, result(
            "tekken", str(path), lambda text: model.encode(text, bos=True, eos=False),
            lambda ids: model.decode([id for id in ids if id >= 1000]), range(1000, model.n_words), 10_000, 3,
        )
    for path in sorted(data.glob("tokenizer.model.*")):
        yield path.name, sentencepiece_case(str(path), 10_000, 3)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--full")
    arguments = parser.parse_args()
    folder = pathlib.Path(arguments.full) / "vocabularies" if arguments.full else FIXTURES
    folder.mkdir(parents=True, exist_ok=True)
    count = 10_000 if arguments.full else 50
    cases = {
        "sentencepiece-bpe": sentencepiece_case(
            train_sentencepiece(
                vocab_size=700, model_type="bpe", byte_fallback=True, normalization_rule_name="identity",
                remove_extra_whitespaces=False, user_defined_symbols=["<|x|>", "0x"],
            ), count, 3,
        ),
        "sentencepiece-unigram": sentencepiece_case(
            train_sentencepiece(vocab_size=600, model_type="unigram", normalization_rule_name="identity"), count, 3
        ),
        "sentencepiece-nfkc": sentencepiece_case(
            train_sentencepiece(
                vocab_size=500, model_type="bpe", normalization_rule_name="nmt_nfkc" if arguments.full else "identity",
            ), count, 3,
        ),
        "tiktoken": tiktoken_case(count, 3),
        "tekken": tekken_case(count, 3),
        "rwkv": rwkv_case(count, 3),
    }
    if arguments.full:
        cases["sentencepiece-unigram-nfkc"] = sentencepiece_case(
            train_sentencepiece(
                vocab_size=900, model_type="unigram", normalization_rule_name="nmt_nfkc", byte_fallback=True,
                user_defined_symbols=["<|x|>", "12"], add_dummy_prefix=False,
            ), count, 5,
        )
        cases["sentencepiece-suffix"] = sentencepiece_case(
            train_sentencepiece(
                vocab_size=500, model_type="unigram", treat_whitespace_as_suffix=True,
                remove_extra_whitespaces=False,
            ), count, 7,
        )
        for kind in ["bpe", "unigram"]:
            cases[f"sentencepiece-{kind}-unused"] = sentencepiece_case(
                without(train_sentencepiece(vocab_size=900, model_type=kind)), count, 9
            )
        cases |= dict(mistral_cases())
    else:
        del cases["sentencepiece-nfkc"]
    for name, case in cases.items():
        (folder / f"{name}.json").write_text(json.dumps(case, ensure_ascii=False, separators=(",", ":")))


main()
