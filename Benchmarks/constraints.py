"""Compares masks for JSON schemas with llguidance's, in the same run and on the same schemas.

    pip install llguidance tokenizers numpy gguf
    python Benchmarks/constraints.py SWIFTLET VOCABULARY.gguf SCHEMAS.jsonl[.gz] [--count N]

SWIFTLET is the built command. VOCABULARY.gguf is a GGUF file with the vocabulary (llama.cpp's `ggml-vocab-qwen2.gguf` will
do), which llguidance gets, too. SCHEMAS has lines with `name`, `schema` and `tests`, as MaskBench's. A time is that of a mask
and of the step that follows it, as there. One thread each, one after the other.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time

import llguidance
import llguidance.numpy


def tokenizer(path):
    """llguidance's tokenizer and an encoder, both made of the GGUF file's vocabulary."""
    import gguf
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

    fields = gguf.GGUFReader(path).fields
    pieces = fields["tokenizer.ggml.tokens"].contents()
    merges = [tuple(m.split(" ", 1)) for m in fields["tokenizer.ggml.merges"].contents()]
    kinds = fields["tokenizer.ggml.token_type"].contents()
    made = Tokenizer(models.BPE({p: i for i, p in enumerate(pieces)}, merges))
    pattern = (
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|"
        r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    )
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([p for p, k in zip(pieces, kinds) if k == 3])
    end = int(fields["tokenizer.ggml.eos_token_id"].contents())
    return llguidance.LLTokenizer(made.to_str(), eos_token=end), made


def quantiles(times):
    times = sorted(times)
    pick = lambda part: times[round((len(times) - 1) * part)]
    return {"avg": sum(times) / len(times), "p50": pick(0.5), "p99": pick(0.99), "max": times[-1]}


def run(path, schemas):
    native, encoder = tokenizer(path)
    mask = llguidance.numpy.allocate_token_bitmask(1, native.vocab_size)
    counts = dict.fromkeys(["passing", "compile_errors", "validation_errors", "invalidation_errors"], 0)
    first, masks = [], []
    for line in schemas:
        begin = time.perf_counter()
        try:
            grammar = llguidance.LLMatcher.grammar_from_json_schema(line["schema"])
            start = llguidance.LLMatcher(native, grammar)
            if start.is_error():
                raise ValueError(start.get_error())
            llguidance.numpy.fill_next_token_bitmask(start, mask, 0)
        except Exception:
            counts["compile_errors"] += 1
            continue
        first.append((time.perf_counter() - begin) * 1e6)
        outcome = "passing"
        for test in line["tests"]:
            matcher = start.deep_copy()
            accepted = True
            for token in encoder.encode(json.dumps(test["data"], ensure_ascii=False), add_special_tokens=False).ids:
                begin = time.perf_counter()
                llguidance.numpy.fill_next_token_bitmask(matcher, mask, 0)
                allowed = bool(mask[0, token // 32] >> (token % 32) & 1)
                if allowed:
                    matcher.consume_token(token)
                masks.append((time.perf_counter() - begin) * 1e6)
                if not allowed:
                    accepted = False
                    break
            if accepted != test["valid"]:
                outcome = "validation_errors" if test["valid"] else "invalidation_errors"
        counts[outcome] += 1
    return {"schemas": len(schemas)} | counts | {"masks": len(masks), "ttfm_us": quantiles(first), "tbm_us": quantiles(masks)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("swiftlet")
    parser.add_argument("vocabulary")
    parser.add_argument("schemas")
    parser.add_argument("--count", type=int)
    arguments = parser.parse_args()
    opener = gzip.open if arguments.schemas.endswith(".gz") else open
    with opener(arguments.schemas, "rt") as file:
        schemas = [json.loads(line) for line in file][: arguments.count]
    path = arguments.schemas
    if arguments.count:
        path = os.path.join(tempfile.mkdtemp(), "constraints.jsonl")
        with open(path, "w") as file:
            file.writelines(json.dumps(line) + "\n" for line in schemas)
    command = [arguments.swiftlet, "grammar", arguments.vocabulary, "--schemas", path, "--json"]
    ours = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    theirs = run(arguments.vocabulary, schemas)
    for name, report in [("swiftlet", ours), (f"llguidance {llguidance.__version__}", theirs)]:
        print(name, json.dumps(report))
    for key in ["avg", "p50", "p99"]:
        print(f"mask {key}: {ours['tbm_us'][key] / theirs['tbm_us'][key]:.2f} of llguidance's", file=sys.stderr)


main()
