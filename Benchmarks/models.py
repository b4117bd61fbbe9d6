"""The files that are measured: a real model in several formats, and random ones of larger models' shapes."""

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import processes

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent / ".build-bench"


@dataclass
class Case:
    """A file and what is measured with it."""

    shape: str
    format: str
    path: str
    prompt: int
    generate: int
    sequences: list = field(default_factory=list)
    weights: dict = None  # Of peers/gguf_weights.py: what a token has to go through.

    @property
    def name(self):
        return f"{self.shape} {self.format}"


# Prompt, tokens to generate, and texts at once: less of the larger ones.
SIZES = {
    "SmolLM2-135M": (512, 64, [8, 32]), "tinyllama-1.1b": (256, 32, [8]), "llama-7b": (128, 16, [8]),
}
EVERYTHING = {
    "SmolLM2-135M": "Q4_1,Q4_0,Q5_0,Q5_1,Q8_0,Q2_K,Q3_K_M,Q4_K_M,Q5_K_M,Q6_K,IQ4_NL,IQ4_XS,F16,BF16",
    "tinyllama-1.1b": "Q4_0,Q4_1,Q5_0,Q5_1,Q8_0,Q2_K,Q3_K,Q4_K,Q5_K,Q6_K,IQ4_NL,IQ4_XS,MXFP4,F16,BF16",
    "llama-7b": "Q4_0,Q4_K,Q8_0",
}
USUAL = {"SmolLM2-135M": "Q4_1,Q4_0,Q8_0,F16", "tinyllama-1.1b": "Q4_0,Q8_0"}


def real(source, format, python):
    """The real model in a format: the file itself, or one that llama.cpp makes of it; None if that is impossible."""
    if format in Path(source).name.split("."):
        return source
    if python is None:
        return None
    target = FOLDER / f"{Path(source).name.split('.')[0]}.{format}.gguf"
    if not target.exists():
        FOLDER.mkdir(exist_ok=True)
        # From 16 bits, as files usually are.
        start = source if format == "F16" else real(source, "F16", python)
        print(f"making {target.name}", file=sys.stderr)
        processes.run([python, str(HERE / "peers" / "llama_cpp_quantize.py"), start, str(target), format])
    return str(target)


def synthetic(swiftlet, shape, format, *sizes):
    """A random model of a shape."""
    target = FOLDER / f"{'.'.join([shape, *sizes]).replace(' ', '')}.{format}.gguf"
    if not target.exists():
        FOLDER.mkdir(exist_ok=True)
        print(f"making {target.name}", file=sys.stderr)
        processes.run([swiftlet, "synthesize", str(target), "--shape", shape, "--format", format, *sizes])
    return str(target)


def remove(case, source):
    """Large files are made again when they are needed."""
    if case.path != source and os.path.getsize(case.path) > 1 << 30:
        os.remove(case.path)


def cases(wanted, source, swiftlet, python):
    """One after another, so that not all files need to be on the disk at once."""
    for shape, formats in wanted.items():
        prompt, generate, sequences = SIZES[shape]
        for format in formats.split(","):
            path = real(source, format, python) if shape == "SmolLM2-135M" else synthetic(swiftlet, shape, format)
            if path:
                yield Case(shape, format, path, prompt, generate, sequences, weights(path, python))


def weights(path, python):
    try:
        return json.loads(processes.run([python, str(HERE / "peers" / "gguf_weights.py"), path]).output) if python else None
    except processes.Failure:
        return None
