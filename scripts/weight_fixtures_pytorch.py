"""Files that torch.save writes, what torch reads back from them, and pickles with code in them.

Only legacy.pt differs from run to run: old files name storages by their addresses.
"""

import collections
import io
import json
import pickle
import struct
import zipfile

import torch

TYPES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64",
    torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL",
    torch.float8_e4m3fn: "F8_E4M3", torch.float8_e5m2: "F8_E5M2", torch.uint16: "U16",
}


def describe(tensors):
    return [{
        "name": name, "type": TYPES[tensor.dtype], "shape": list(tensor.shape),
        "bytes": tensor.detach().contiguous().flatten().view(torch.uint8).numpy().tobytes().hex(),
    } for name, tensor in tensors.items()]


def tensors(new):
    numbers = torch.arange(24, dtype=torch.float32)
    base = numbers.reshape(4, 6) / 7
    named = {
        "matrix": base, "transposed": (numbers.reshape(2, 3, 4) + 0.5).permute(2, 0, 1), "offset": numbers[5:11].reshape(2, 3),
        "strided": (numbers * 3)[1::5], "scalar": torch.tensor(2.5), "empty": torch.zeros(0, 3),
        "tied": base, "parameter": torch.nn.Parameter(base[1:3] * 2), "single": numbers[7:8].reshape(1, 1, 1),
        "expanded": torch.tensor([3.0, 4.0]).repeat(8)[:6].reshape(3, 2),
    }
    for kind in TYPES:
        if new or kind not in (torch.float8_e4m3fn, torch.float8_e5m2, torch.uint16):
            named[f"type.{TYPES[kind]}"] = (numbers[:6].reshape(2, 3) % 2 + 1).to(kind)
    return collections.OrderedDict(named)


class Code:
    """Something whose pickle calls a function."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def malicious():
    import builtins
    import os
    import subprocess

    system = f"{os.system.__module__}.system"
    yield "reduce", pickle.dumps(Code(os.system, "true"), 2), system
    yield "eval", pickle.dumps(Code(builtins.eval, "1"), 4), "builtins.eval"
    yield "nested", pickle.dumps({"a": [{"b": (1, Code(subprocess.call, "true"))}]}, 2), "commands.call"
    yield "getattr", pickle.dumps(Code(getattr, "text", "upper"), 5), "builtins.getattr"
    yield "inst", b"(ios\nsystem\n.", "os.system"
    yield "obj", b"(cos\nsystem\nX\x04\x00\x00\x00trueo.", "os.system"
    yield "newobj", b"\x80\x02cos\nsystem\n(X\x04\x00\x00\x00truet\x81.", "os.system"
    yield "newobj_ex", b"\x80\x04\x8c\x02os\x8c\x06system\x93)}\x92.", "os.system"
    yield "stack_global", b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.", "os.system"
    yield "build", b"\x80\x02ccollections\nOrderedDict\n)R}X\x01\x00\x00\x00acos\nsystem\nsb.", "os.system"
    yield "dotted", b"\x80\x04\x8c\x0ctorch._utils\x8c\x20import_module.__globals__.system\x93.", \
        "torch._utils.import_module.__globals__.system"
    yield "torch.load", b"\x80\x02ctorch\nload\n.", "torch.load"
    yield "numpy", b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n.", "numpy.core.multiarray._reconstruct"
    yield "unused", b"\x80\x02cos\nsystem\n0}.", "os.system"
    yield "persistent", b"\x80\x02(X\x07\x00\x00\x00storagecos\nsystem\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x01tQ.", \
        "os.system"


def edited(path, edit, method=zipfile.ZIP_STORED):
    """The same archive with its entries changed or stored otherwise."""
    source = zipfile.ZipFile(path)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            archive.writestr(zipfile.ZipInfo(name), edit(name, source.read(name)), method)
    return target.getvalue()


def write_zip64(path, entries):
    """A stored archive with all that overflows 32 bits in zip64's fields."""
    body, directory = b"", b""
    for name, data in entries:
        name = name.encode()
        offset = len(body)
        body += struct.pack("<IHHHHHIIIHH", 0x04034B50, 45, 0, 0, 0, 0, 0, 2**32 - 1, 2**32 - 1, len(name), 20)
        body += name + struct.pack("<HHQQ", 1, 16, len(data), len(data)) + data
        directory += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 45, 45, 0, 0, 0, 0, 0, 2**32 - 1, 2**32 - 1,
                                 len(name), 36, 0, 0, 0, 0, 2**32 - 1)
        directory += name + struct.pack("<HHI", 0xCAFE, 4, 0) + struct.pack("<HHQQQ", 1, 24, len(data), len(data), offset)
    end = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, len(entries), len(entries), len(directory), len(body))
    locator = struct.pack("<IIQI", 0x07064B50, 0, len(body) + len(directory), 1)
    last = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 2**32 - 1, 2**32 - 1, 2) + b"hi"
    path.write_bytes(body + directory + end + locator + last)


def make(folder):
    torch.manual_seed(3)
    folder = folder / "pytorch"
    folder.mkdir()
    expected = {}

    def save(name, value, tensors, **options):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        torch.save(value, path, **options)
        expected[name] = describe(tensors)

    new, old = tensors(True), tensors(False)
    save("zip.pt", new, new)
    save("protocol4.pt", new, new, pickle_protocol=4)
    save("legacy.pt", old, old, _use_new_zipfile_serialization=False)
    small = collections.OrderedDict(weight=torch.arange(6.).reshape(2, 3), bias=torch.arange(2.))
    linear = torch.nn.Linear(3, 2)
    linear.load_state_dict(small)
    save("module.pt", linear.state_dict(), small)
    training = {"epoch": 3, "lr": 0.1, "model": {"state_dict": {f"module.{k}": v for k, v in small.items()}},
                "optimizer": {"state": {0: {"exp_avg": torch.ones(3)}}}, "big": 2**80, "args": {"b": b"x", "s": {1, 2}}}
    save("training.pt", training, small, pickle_protocol=4)
    save("tree.pt", {"layers": {"0": {"weight": small["weight"]}}, "bias": small["bias"]},
         {"layers.0.weight": small["weight"], "bias": small["bias"]})
    save("folder/pytorch_model.bin", small, small)
    (folder / "folder/config.json").write_text('{"model_type": "llama"}')
    shards = {"weight": "pytorch_model-00001-of-00002.bin", "bias": "pytorch_model-00002-of-00002.bin"}
    for key, name in shards.items():
        save(f"sharded/{name}", {key: small[key]}, {key: small[key]})
    (folder / "sharded/config.json").write_text('{"model_type": "llama"}')
    (folder / "sharded/pytorch_model.bin.index.json").write_text(json.dumps({"metadata": {}, "weight_map": shards}))

    with zipfile.ZipFile(folder / "module.pt") as archive:
        write_zip64(folder / "zip64.pt", [(name, archive.read(name)) for name in archive.namelist()])
    expected["zip64.pt"] = describe(small)
    (folder / "deflated.pt").write_bytes(edited(folder / "module.pt", lambda _, data: data, zipfile.ZIP_DEFLATED))
    (folder / "big-endian.pt").write_bytes(edited(
        folder / "module.pt", lambda name, data: b"big" if name.endswith("byteorder") else data))
    torch.save(Code(__import__("os").system, "true"), folder / "code.pt")
    torch.save(torch.nn.Linear(2, 2), folder / "whole-module.pt")
    torch.save({"w": torch.tensor([1.0]).expand(1000, 1000)}, folder / "expanded.pt")
    torch.save({"epoch": 1}, folder / "no-tensors.pt")
    pickles = [{"name": name, "bytes": data.hex(), "global": refused} for name, data, refused in malicious()]
    (folder / "expected.json").write_text(json.dumps({"tensors": expected, "malicious": pickles}))
