#!/usr/bin/env python3
"""Makes Tests/CheckpointsTests/Fixtures/quantization with llama.cpp's own quantizers.

Run with a Python that has llama-cpp-python and gguf:  python scripts/make_quantization_fixtures.py

values.f32 and importance.f32 hold the rows and their columns' importance; KIND and KIND.weighted the blocks that
llama.cpp makes of them, without and with importance; kinds.json which kind llama_model_quantize gives each tensor of some
shapes of models, for every mix.
"""
import ctypes
import json
import os
import tempfile

import gguf
import llama_cpp
import numpy as np

FOLDER = os.path.join(os.path.dirname(__file__), "../Tests/CheckpointsTests/Fixtures/quantization")
ROWS, COLUMNS = 10, 512
SIZES = {
    "Q4_0": (32, 18), "Q4_1": (32, 20), "Q5_0": (32, 22), "Q5_1": (32, 24), "Q8_0": (32, 34), "Q2_K": (256, 84),
    "Q3_K": (256, 110), "Q4_K": (256, 144), "Q5_K": (256, 176), "Q6_K": (256, 210), "IQ4_NL": (32, 18),
    "IQ4_XS": (256, 136), "MXFP4": (32, 17), "TQ1_0": (256, 54), "TQ2_0": (256, 66),
}
MIXES = {
    "Q4_0": 2, "Q4_1": 3, "Q8_0": 7, "Q5_0": 8, "Q5_1": 9, "Q2_K": 10, "Q3_K_S": 11, "Q3_K_M": 12, "Q3_K_L": 13,
    "Q4_K_S": 14, "Q4_K_M": 15, "Q5_K_S": 16, "Q5_K_M": 17, "Q6_K": 18, "IQ4_NL": 25, "IQ4_XS": 30,
    "TQ1_0": 36, "TQ2_0": 37, "MXFP4_MOE": 38,
}
# name: architecture, layers, width, heads, heads of keys, experts, whether there is an output matrix
MODELS = {
    "plain": ("llama", 32, 256, 4, 4, 0, True), "grouped": ("llama", 18, 256, 8, 2, 0, False),
    "experts": ("llama", 17, 256, 8, 2, 8, True), "narrow": ("llama", 4, 96, 4, 4, 0, True),
    "falcon": ("falcon", 18, 256, 4, 1, 0, True),
}


def blocks():
    library = ctypes.CDLL(os.path.join(os.path.dirname(llama_cpp.__file__), "lib", "libggml-base.so"))
    floats = ctypes.POINTER(ctypes.c_float)
    generator = np.random.default_rng(20)
    values = generator.standard_normal((ROWS, COLUMNS)) * 0.02
    values *= np.exp(generator.standard_normal((ROWS, COLUMNS // 32))).repeat(32, 1)
    values = values.astype(np.float16).astype(np.float32)
    values[1, :256], values[2, :300] = 0, -0.5
    values[3], values[4] = abs(values[3]), -abs(values[4])
    values[5] *= 1e-6
    values[6] *= np.float32(1e-20)
    values[7] = np.round(values[7] * 50)
    values[8, ::32] = 3
    importance = (generator.standard_normal(COLUMNS) ** 2).astype(np.float32)
    values.tofile(f"{FOLDER}/values.f32")
    importance.tofile(f"{FOLDER}/importance.f32")
    for kind, (block, size) in SIZES.items():
        function = getattr(library, "quantize_" + kind.lower().replace("_k", "_K"))
        function.argtypes = [floats, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, floats]
        results = []
        for weights in (None, importance.ctypes.data_as(floats)):
            result = np.zeros(ROWS * COLUMNS // block * size, np.uint8)
            function(values.ctypes.data_as(floats), result.ctypes.data, ROWS, COLUMNS, weights)
            results.append(result)
        results[0].tofile(f"{FOLDER}/{kind}")
        if not np.array_equal(*results):
            results[1].tofile(f"{FOLDER}/{kind}.weighted")


def write_model(path, architecture, layers, width, heads, key_heads, experts, has_output):
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_block_count(layers)
    writer.add_context_length(64)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(width)
    writer.add_head_count(heads)
    writer.add_head_count_kv(key_heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_layer_norm_eps(1e-5)
    writer.add_vocab_size(32)
    if experts:
        writer.add_expert_count(experts)
        writer.add_expert_used_count(2)
    tensors = {"token_embd.weight": (32, width), "output_norm.weight": (width,)}
    if has_output:
        tensors["output.weight"] = (32, width)
    keys = width // heads * key_heads
    for layer in range(layers):
        block = {"attn_norm": (width,), "attn_output": (width, width), "ffn_norm": (width,)}
        if architecture == "falcon":
            block |= {"attn_qkv": (width + 2 * keys, width), "ffn_up": (width, width), "ffn_down": (width, width)}
        else:
            block |= {"attn_q": (width, width), "attn_k": (keys, width), "attn_v": (keys, width)}
            if experts:
                block["ffn_gate_inp"] = (experts, width)
            outer = (experts,) if experts else ()
            ending = "_exps" if experts else ""
            for name in ("gate", "up", "down"):
                block[f"ffn_{name}{ending}"] = (*outer, width, width)
        tensors |= {f"blk.{layer}.{name}.weight": shape for name, shape in block.items()}
    for name, shape in tensors.items():
        writer.add_tensor(name, np.zeros(shape, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return tensors


class Importance(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("data", ctypes.POINTER(ctypes.c_float)), ("size", ctypes.c_size_t)]


def kinds():
    result = {}
    letters = {}
    for model, settings in MODELS.items():
        with tempfile.TemporaryDirectory() as folder:
            tensors = write_model(f"{folder}/in.gguf", *settings)
            entry = {"settings": settings, "tensors": {name: list(shape) for name, shape in tensors.items()}, "mixes": {}}
            ones = np.ones(8 * 256, np.float32)
            given = (Importance * (len(tensors) + 1))()
            for index, (name, shape) in enumerate(tensors.items()):
                size = shape[-1] * (shape[0] if len(shape) > 2 else 1)
                given[index] = Importance(name.encode(), ones.ctypes.data_as(ctypes.POINTER(ctypes.c_float)), size)
            for mix, number in MIXES.items():
                for weighted in (False, True):
                    parameters = llama_cpp.llama_model_quantize_default_params()
                    parameters.ftype = number
                    if weighted:
                        parameters.imatrix = ctypes.cast(given, type(parameters.imatrix))
                    code = llama_cpp.llama_model_quantize(
                        f"{folder}/in.gguf".encode(), f"{folder}/out.gguf".encode(), ctypes.byref(parameters))
                    assert code == 0, (model, mix)
                    found = {t.name: t.tensor_type.name for t in gguf.GGUFReader(f"{folder}/out.gguf").tensors}
                    text = "".join(letters.setdefault(found[name], chr(97 + len(letters))) for name in tensors)
                    entry["mixes"][mix + ("+" if weighted else "")] = text
            result[model] = entry
    names = {letter: kind for kind, letter in letters.items()}
    with open(f"{FOLDER}/kinds.json", "w") as file:
        json.dump({"letters": names, "models": result}, file, separators=(",", ":"))


os.makedirs(FOLDER, exist_ok=True)
blocks()
kinds()
