"""Quantized Hugging Face folders: the packing is written here as the tools publish it (bitsandbytes packs its own), and
the expected weights are decoded by an independent formula, bitsandbytes' by bitsandbytes."""

import json

import bitsandbytes.functional as bnb
import numpy as np
import torch
from safetensors.torch import save_file

numbers = np.random.default_rng(11)


def words(codes, bits):
    """Codes [n, m] along the first axis as little-endian words [n * bits / 32, m], lowest bits first."""
    stream = (codes[:, None, :] >> np.arange(bits)[None, :, None] & 1).reshape(-1, codes.shape[1])
    stream = stream.reshape(-1, 32, codes.shape[1]).astype(np.uint64)
    return (stream << np.arange(32, dtype=np.uint64)[None, :, None]).sum(1).astype(np.uint32).view(np.int32)


def draw(rows, columns, bits, groups, symmetric):
    codes = numbers.integers(0, 2**bits, (rows, columns))
    zeros = np.full((rows, groups), 2**(bits - 1)) if symmetric else numbers.integers(1, 2**bits, (rows, groups))
    return codes, zeros, numbers.uniform(0.001, 0.03, (rows, groups)).astype(np.float16)


def value(codes, zeros, scales, index):
    return (scales.astype(np.float32)[:, index] * (codes - zeros[:, index]).astype(np.float32)).astype(np.float32)


def gptq(bits, rows=32, columns=64, group=32, symmetric=False, second=False, act_order=False, dtype=torch.float16):
    groups = 1 if group == -1 else -(-columns // group)
    codes, zeros, scales = draw(rows, columns, bits, groups, symmetric)
    index = np.zeros(columns, np.int32) if group == -1 else np.arange(columns, dtype=np.int32) // group
    if act_order:
        index = numbers.permutation(index)
    tensors = {
        "qweight": torch.from_numpy(words(codes.T, bits)),
        "qzeros": torch.from_numpy(words((zeros - (0 if second else 1)), bits).T.copy()),
        "scales": torch.from_numpy(scales.T.copy()).to(dtype), "g_idx": torch.from_numpy(index)}
    scales = tensors["scales"].float().numpy().T
    config = {"quant_method": "gptq", "bits": bits, "group_size": group, "desc_act": act_order, "sym": symmetric}
    if second:
        config["checkpoint_format"] = "gptq_v2"
    return tensors, config, value(codes, zeros, scales, index)


def awq(rows=32, columns=64, group=32):
    codes, zeros, scales = draw(rows, columns, 4, columns // group, False)
    index = np.arange(columns) // group

    def pack(matrix):
        ordered = matrix.reshape(matrix.shape[0], -1, 8)[:, :, [0, 2, 4, 6, 1, 3, 5, 7]].astype(np.uint64)
        return torch.from_numpy((ordered << (4 * np.arange(8, dtype=np.uint64))).sum(2).astype(np.uint32).view(np.int32))

    tensors = {"qweight": pack(codes.T), "qzeros": pack(zeros.T), "scales": torch.from_numpy(scales.T.copy())}
    config = {"quant_method": "awq", "bits": 4, "group_size": group, "version": "gemm", "zero_point": True}
    return tensors, config, value(codes, zeros, scales, index)


def four_bit(kind, nested, rows=32, columns=64, block=64):
    weight = torch.from_numpy(numbers.normal(0, 0.02, (rows, columns)).astype(np.float32))
    packed, state = bnb.quantize_4bit(weight, blocksize=block, compress_statistics=nested, quant_type=kind)
    tensors = {"weight": packed, **{f"weight.{k}": v for k, v in state.as_dict(packed=True).items()}}
    return tensors, {"quant_method": "bitsandbytes", "load_in_4bit": True}, bnb.dequantize_4bit(packed, state).numpy()


def eight_bit(rows=16, columns=64):
    weight = torch.from_numpy(numbers.normal(0, 0.02, (rows, columns)).astype(np.float16))
    codes, stats, _ = bnb.int8_vectorwise_quant(weight)
    tensors = {"weight": codes, "SCB": stats, "weight_format": torch.tensor(0, dtype=torch.uint8)}
    return tensors, {"quant_method": "bitsandbytes", "load_in_8bit": True}, \
        bnb.int8_vectorwise_dequant(codes, stats).float().numpy()


def float8(scale_shape, name, rows=40, columns=72, config=None, least=1e-4):
    weight = torch.from_numpy(numbers.normal(0, 0.5, (rows, columns)).astype(np.float32)) * 100
    weight = weight.clamp(-448, 448).to(torch.float8_e4m3fn)
    scale = torch.from_numpy(numbers.uniform(least, 10 * least, scale_shape).astype(np.float32))
    spread = scale
    if scale.dim() == 2 and scale.shape[1] > 1:
        size = config["weight_block_size"]
        spread = scale.repeat_interleave(size[0], 0)[:rows].repeat_interleave(size[1], 1)[:, :columns]
    elif scale.dim() == 1 and scale.numel() > 1:
        spread = scale[:, None]
    return {"weight": weight, name: scale}, config or {"quant_method": "compressed-tensors"}, \
        (weight.float() * spread).numpy()


def integers(groups, rows=16, columns=64, packed=None):
    bits = packed or 8
    codes = numbers.integers(-2**(bits - 1), 2**(bits - 1), (rows, columns))
    scales = numbers.uniform(1e-4, 1e-3, (rows, groups)).astype(np.float32)
    expected = codes * scales.repeat(columns // groups, 1)
    tensors = {"weight_scale": torch.from_numpy(scales)}
    if packed:
        tensors["weight_packed"] = torch.from_numpy(words((codes + 2**(bits - 1)).T, bits).T.copy())
        tensors["weight_shape"] = torch.tensor([rows, columns])
    else:
        tensors["weight"] = torch.from_numpy(codes.astype(np.int8))
    return tensors, {"quant_method": "compressed-tensors"}, expected.astype(np.float32)


def make(folder):
    folder = folder / "quantized"
    folder.mkdir()
    block = {"quant_method": "fp8", "weight_block_size": [16, 32]}
    samples = {
        "gptq-2": gptq(2), "gptq-3": gptq(3), "gptq-4": gptq(4), "gptq-8": gptq(8),
        "gptq-4-symmetric": gptq(4, symmetric=True), "gptq-8-symmetric": gptq(8, symmetric=True),
        "gptq-4-bf16": gptq(4, symmetric=True, dtype=torch.bfloat16), "gptq-4-second": gptq(4, second=True),
        "gptq-4-whole-rows": gptq(4, group=-1), "gptq-4-act-order": gptq(4, act_order=True),
        "gptq-3-act-order": gptq(3, act_order=True, rows=32), "gptq-4-odd": gptq(4, columns=40, group=16),
        "awq": awq(), "awq-odd": awq(rows=16, columns=48, group=16),
        "nf4": four_bit("nf4", False), "nf4-nested": four_bit("nf4", True, rows=132, block=32), "fp4": four_bit("fp4", True),
        "nf4-odd": four_bit("nf4", True, rows=6, columns=50), "int8": eight_bit(), "int8-odd": eight_bit(columns=33),
        "fp8-tensor": float8((), "weight_scale"), "fp8-one": float8((1,), "weight_scale_inv"),
        "fp8-rows": float8((40, 1), "weight_scale", config={"quant_method": "fbgemm_fp8"}),
        "fp8-vector": float8((40,), "weight_scale"), "fp8-tiny": float8((40,), "weight_scale", rows=40, columns=8, least=1e-9),
        "fp8-blocks": float8((3, 3), "weight_scale_inv", config=block),
        "integers": integers(1), "integers-groups": integers(2), "packed-4": integers(2, packed=4),
        "packed-8": integers(1, packed=8),
    }
    expected = {}
    for name, (tensors, config, weights) in samples.items():
        path = folder / name
        path.mkdir()
        (path / "config.json").write_text(json.dumps({"model_type": "llama", "quantization_config": config}))
        tensors = {f"layer.{key}": tensor.contiguous() for key, tensor in tensors.items()}
        tensors["layer.bias"] = torch.ones(2)
        save_file(tensors, path / "model.safetensors")
        expected[name] = {"shape": list(weights.shape), "tensors": sorted(set(tensors) - {"layer.bias"})}
        (path / "expected.bin").write_bytes(np.ascontiguousarray(weights, np.float32).tobytes())
    (folder / "expected.json").write_text(json.dumps(expected))
