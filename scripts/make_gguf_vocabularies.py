#!/usr/bin/env python3
"""Writes tiny GGUF files with the tokenizers that llama.cpp's sources bring no example of: `t5` (unigram) and `rwkv`.

    python3 scripts/make_gguf_vocabularies.py TINY
    COUNT=60 python3 scripts/dump_gguf_vocabularies.py Tests/TokenizationTests/Fixtures TINY/{t5,t5-spaces,rwkv}.gguf
    python3 scripts/dump_gguf_vocabularies.py DIR TINY/*.gguf      # the large comparison

Made with gguf 0.19, sentencepiece 0.2.3 and llama-cpp-python 0.3.36.
"""

import io
import pathlib
import random
import sys

import gguf
import sentencepiece

from random_texts import WORDS, random_texts

CORPUS = random_texts(1500, seed=7) + [" ".join(random.Random(i).choices(WORDS, k=12)) for i in range(500)]
# Code points, as SentencePiece's files of rules have them: single ones, sequences, some to nothing or to spaces.
RULES = [("FB01", "66 69"), ("BD", "31 2F 32"), ("2160 2160", "32"), ("2167", "56 49 49 49"), ("61 308 323", "E4"),
         ("65 301", "E9"), ("200B", ""), ("A0", "20"), ("3000", "20"), ("9", "20"), ("A", "20"), ("D", "20")]


def writer(folder, name, model):
    result = gguf.GGUFWriter(folder / f"{name}.gguf", "llama")
    result.add_tokenizer_model(model)
    return result


def finish(result):
    result.write_header_to_file()
    result.write_kv_data_to_file()
    result.write_tensors_to_file()
    result.close()


def t5(folder, name, **options):
    from sentencepiece import sentencepiece_model_pb2

    output = io.BytesIO()
    small = ["".join(c for c in text if 0x20 <= ord(c) < 0x180) for text in CORPUS]
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(small), model_writer=output, minloglevel=2, hard_vocab_limit=False, num_threads=1,
        character_coverage=0.995, vocab_size=600, model_type="unigram",
        pad_id=0, eos_id=1, unk_id=2, bos_id=-1, **options,
    )
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(output.getvalue())
    (folder / f"{name}.model").write_bytes(output.getvalue())
    result = writer(folder, name, "t5")
    result.add_token_list([piece.piece.encode() for piece in model.pieces])
    result.add_token_scores([piece.score for piece in model.pieces])
    result.add_token_types([piece.type for piece in model.pieces])
    result.add_pad_token_id(0)
    result.add_eos_token_id(1)
    result.add_unk_token_id(2)
    result.add_add_space_prefix(model.normalizer_spec.add_dummy_prefix)
    result.add_remove_extra_whitespaces(model.normalizer_spec.remove_extra_whitespaces)
    result.add_precompiled_charsmap(model.normalizer_spec.precompiled_charsmap)
    finish(result)


def rwkv(folder):
    words = {word for text in CORPUS for word in text.split(" ") if 0 < len(word.encode()) < 12}
    pieces = [bytes([byte]) for byte in range(256)]
    pieces += sorted({(" " * (i % 2) + word).encode() for i, word in enumerate(sorted(words))} - set(pieces))[:400]
    # As llama.cpp's converter writes them: printable ASCII as it is, the rest escaped.
    escaped = ["".join(escape(byte) for byte in piece).encode() for piece in pieces]
    result = writer(folder, "rwkv", "rwkv")
    result.add_token_list([b"<s>"] + escaped)
    result.add_token_types([gguf.TokenType.CONTROL] + [gguf.TokenType.NORMAL] * len(pieces))
    finish(result)


def escape(byte):
    named = {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r", 0x5C: "\\\\"}
    return named.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}")


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    rules = folder / "rules.tsv"
    rules.write_text("".join(f"{old}\t{new}\n" for old, new in RULES))
    t5(folder, "t5", normalization_rule_tsv=str(rules))
    t5(
        folder, "t5-spaces", normalization_rule_name="identity", remove_extra_whitespaces=False,
        user_defined_symbols=["<|x|>", "12"],
    )
    t5(folder, "t5-nfkc", normalization_rule_name="nmt_nfkc")
    rwkv(folder)


main()
