#!/usr/bin/env python3
"""Writes the vocabularies of GGUF files and what llama.cpp makes of texts with them, for the reference tests.

    python3 scripts/dump_gguf_vocabularies.py FOLDER FILE.gguf...     # COUNT=1000 for fewer than 10,000 texts each
    SWIFTLET_REFERENCE_DATA=FOLDER swift test -c release --filter GGUFReferenceTests

For each FILE.gguf there is FOLDER/gguf/FILE.json: the keys of `tokenizer.ggml`, the cases of FILE.gguf.inp and
FILE.gguf.out where they exist (llama.cpp's own, without special tokens), and random texts encoded by llama.cpp, and
where that departs from the model's original tokenizer by that one. The last number printed counts such departures.
Made with gguf 0.19 and llama-cpp-python 0.3.36.
"""

import json
import os
import pathlib
import random
import sys

import gguf
import llama_cpp

from original_tokenizers import original
from random_texts import random_texts

KEYS = {
    "tokenizer.ggml.model": "model",
    "tokenizer.ggml.pre": "pre",
    "tokenizer.ggml.tokens": "tokens",
    "tokenizer.ggml.scores": "scores",
    "tokenizer.ggml.token_type": "types",
    "tokenizer.ggml.merges": "merges",
    "tokenizer.ggml.bos_token_id": "beginOfText",
    "tokenizer.ggml.eos_token_id": "endOfText",
    "tokenizer.ggml.eot_token_id": "endOfTurn",
    "tokenizer.ggml.unknown_token_id": "unknown",
    "tokenizer.ggml.seperator_token_id": "separator",
    "tokenizer.ggml.padding_token_id": "padding",
    "tokenizer.ggml.mask_token_id": "mask",
    "tokenizer.ggml.add_bos_token": "addBeginOfText",
    "tokenizer.ggml.add_eos_token": "addEndOfText",
    "tokenizer.ggml.add_space_prefix": "addSpacePrefix",
    "tokenizer.ggml.remove_extra_whitespaces": "removeExtraWhitespaces",
    "tokenizer.ggml.precompiled_charsmap": "precompiledCharacterMap",
}


def own_cases(path):
    inputs = pathlib.Path(f"{path}.inp")
    if not inputs.exists():
        return []
    texts = inputs.read_text(encoding="utf-8").split("\n__ggml_vocab_test__\n")
    lines = pathlib.Path(f"{path}.out").read_text().splitlines()
    return [
        {"text": text, "ids": [int(word) for word in line.split()]} for text, line in zip(texts, lines)
    ]


def main():
    folder = pathlib.Path(sys.argv[1]) / "gguf"
    count = int(os.environ.get("COUNT", 10_000))
    folder.mkdir(parents=True, exist_ok=True)
    for path in map(pathlib.Path, sys.argv[2:]):
        reader = gguf.GGUFReader(path)
        result = {}
        for key, name in KEYS.items():
            if field := reader.fields.get(key):
                result[name] = field.contents()
        result["cases"] = own_cases(path)
        try:
            model = llama_cpp.Llama(str(path), vocab_only=True, verbose=False)
        except ValueError as error:
            print(path.name, error)
            continue
        random_cases = []
        special = [t for t, kind in zip(result["tokens"], result.get("types", [])) if kind in (3, 4)]
        encode = original(path, result)
        departures = 0
        for text in random_texts(count, special):
            ids = model.tokenize(text.encode(), add_bos=True, special=True)
            plain = model.tokenize(text.encode(), add_bos=False, special=False)
            case = {"text": text, "ids": ids, "plain": plain}
            if encode:
                whole, bare = encode(text)
                case |= {"original": whole} if whole not in (None, ids) else {}
                case |= {"originalPlain": bare} if bare not in (None, plain) else {}
                departures += len(case) > 3
            random_cases.append(case)
        result["random"] = random_cases
        vocabulary = llama_cpp.llama_model_get_vocab(model.model)
        result["endOfGeneration"] = [
            id for id in range(len(result["tokens"])) if llama_cpp.llama_vocab_is_eog(vocabulary, id)
        ]
        generator = random.Random(1)
        result["bytes"] = [
            [id, list(model.detokenize([id], special=True))]
            for id in generator.sample(range(len(result["tokens"])), count // 20)
        ]
        (folder / f"{path.stem}.json").write_text(json.dumps(result, ensure_ascii=False))
        print(path.name, len(result["cases"]), len(random_cases), departures)


main()
