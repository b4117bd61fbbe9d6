"""Makes Tests/CheckpointsTests/Fixtures: tiny checkpoints written by the reference packages, with what those packages
read back from them in `expected.json`.

Run: python scripts/make_checkpoint_fixtures.py   (gguf 0.19.0, safetensors 0.8.0, huggingface_hub, torch 2.13)
"""

import json
import pathlib
import random
import shutil
import struct

import gguf
import huggingface_hub
import numpy as np
import safetensors
import safetensors.torch
import torch

folder = pathlib.Path(__file__).parent.parent / "Tests/CheckpointsTests/Fixtures"
# make_weight_format_fixtures.py makes the other folder.
for path in folder.iterdir() if folder.exists() else []:
    if path.name != "weights":
        shutil.rmtree(path) if path.is_dir() else path.unlink()
folder.mkdir(parents=True, exist_ok=True)
numbers = np.random.default_rng(7)

SCALARS = {
    "UINT8": 255, "INT8": -128, "UINT16": 65535, "INT16": -32768, "UINT32": 2**32 - 1, "INT32": -(2**31),
    "FLOAT32": 0.1, "BOOL": True, "STRING": "naïve \U0001F426 text", "UINT64": 2**64 - 1, "INT64": -(2**63),
    "FLOAT64": 0.1,
}
ARRAYS = {
    "UINT8": [0, 255], "INT8": [-128, 127], "UINT16": [1, 65535], "INT16": [-32768, 5], "UINT32": [0, 2**32 - 1],
    "INT32": [-1, 0, 1], "FLOAT32": [0.1, -2.5e-8], "BOOL": [True, False, True], "STRING": ["", "a", "é\n"],
    "UINT64": [0, 2**63 - 1], "INT64": [-(2**63), 2**63 - 1], "FLOAT64": [0.1, 1e300],
}
NESTED = [[1, 2], [3]]
PLAIN = "f4 f2 f8 i1 i2 i4 i8".split()
BLOCKS = "BF16 Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q3_K Q4_K Q5_K Q6_K IQ4_NL IQ4_XS MXFP4".split()


def write_gguf(path, tensors, alignment=None, nested=True, **options):
    writer = gguf.GGUFWriter(path, "llama", **options)
    if alignment:
        writer.add_custom_alignment(alignment)
    for name, value in SCALARS.items():
        writer.add_key_value(f"scalar.{name}", value, gguf.GGUFValueType[name])
    for name, value in ARRAYS.items():
        kind = gguf.GGUFValueType[name]
        writer.add_key_value(f"array.{name}", value, gguf.GGUFValueType.ARRAY, sub_type=kind)
    if nested:
        writer.add_key_value("array.ARRAY", NESTED, gguf.GGUFValueType.ARRAY)
    for name, data, kind in tensors:
        writer.add_tensor(name, data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def describe_gguf(path):
    reader = gguf.GGUFReader(path)
    metadata = {key: NESTED if key == "array.ARRAY" else field.contents()
                for key, field in reader.fields.items() if not key.startswith("GGUF.")}
    tensors = [{
        "name": tensor.name, "type": tensor.tensor_type.name, "shape": [int(n) for n in reversed(tensor.shape)],
        "offset": int(tensor.data_offset), "bytes": tensor.data.tobytes().hex(),
    } for tensor in reader.tensors]
    return {"metadata": metadata, "tensors": tensors}


def gguf_tensors():
    for code in PLAIN:
        data = numbers.normal(0, 100, (2, 3)).astype(code)
        yield f"{code}.weight", data, None
    for name in BLOCKS:
        kind = gguf.GGMLQuantizationType[name]
        size = gguf.GGML_QUANT_SIZES[kind][1]
        yield f"{name}.weight", numbers.integers(0, 256, (1, 3, 2 * size), dtype=np.uint8), kind


expected = {"gguf": {}, "safetensors": {}}
write_gguf(folder / "all.gguf", list(gguf_tensors()))
write_gguf(folder / "aligned.gguf", list(gguf_tensors())[:9], alignment=128)
write_gguf(folder / "shards.gguf", list(gguf_tensors())[:5], split_max_tensors=2)
write_gguf(folder / "big-endian.gguf", [("w", np.ones(4, "f4"), None)], nested=False,
           endianess=gguf.GGUFEndian.BIG)
# Versions 2 and 3 of little-endian files differ in their number alone.
content = bytearray((folder / "aligned.gguf").read_bytes())
content[4] = 2
(folder / "version-2.gguf").write_bytes(content)
for path in sorted(folder.glob("*.gguf")):
    if path.name != "big-endian.gguf":
        expected["gguf"][path.name] = describe_gguf(path)
expected["ggmlTypes"] = [
    {"name": kind.name, "number": kind.value, "blockSize": gguf.GGML_QUANT_SIZES[kind][0],
     "blockByteCount": gguf.GGML_QUANT_SIZES[kind][1]} for kind in gguf.GGMLQuantizationType]

TORCH = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I8": torch.int8,
    "I16": torch.int16, "I32": torch.int32, "I64": torch.int64, "U8": torch.uint8, "U16": torch.uint16,
    "U32": torch.uint32, "U64": torch.uint64, "BOOL": torch.bool, "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
}
state = {f"{name}.weight": (torch.rand(2, 3, 2, generator=torch.Generator().manual_seed(7)) * 50).to(kind)
         for name, kind in TORCH.items()}
state["scalar"] = torch.tensor(1.5)
state["empty"] = torch.zeros(0, 4)


def describe_safetensors(paths):
    tensors = []
    for path in paths:
        for name, tensor in safetensors.deserialize(path.read_bytes()):
            tensors.append({"name": name, "type": tensor["dtype"], "shape": list(tensor["shape"]),
                            "bytes": bytes(tensor["data"]).hex()})
    return {"tensors": tensors}


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


for name in ("single", "sharded"):
    (folder / name).mkdir()
    write_json(folder / name / "config.json", {"model_type": "llama", "hidden_size": 8})
safetensors.torch.save_file(state, folder / "single/model.safetensors", metadata={"format": "pt"})
(folder / "single/chat_template.jinja").write_text("{{ messages }}")
write_json(folder / "single/generation_config.json", {"eos_token_id": [1, 2]})
huggingface_hub.save_torch_state_dict(state, folder / "sharded", max_shard_size=200)
write_json(folder / "sharded/tokenizer_config.json", {
    "chat_template": [{"name": "tool_use", "template": "T"}, {"name": "default", "template": "D"}]})
write_json(folder / "sharded/special_tokens_map.json", {"bos_token": "<s>"})
for name in ("single", "sharded"):
    expected["safetensors"][name] = describe_safetensors(sorted((folder / name).glob("*.safetensors")))


def accepts(content):
    try:
        safetensors.deserialize(content)
        return True
    except safetensors.SafetensorError:
        return False


def file(header, data=b"\0" * 16):
    return struct.pack("<Q", len(header)) + header + data


def entry(name="a", dtype="F32", shape="[4]", offsets="[0,16]", more=""):
    return f'"{name}":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}{more}}}'.encode()


ENTRIES = {
    "plain": entry(), "padded": entry() + b"}   ", "metadata": b'"__metadata__":{"a":"b"},' + entry(),
    "metadata number": b'"__metadata__":{"a":1},' + entry(), "gap": entry(shape="[3]", offsets="[4,16]"),
    "short": entry(shape="[3]", offsets="[0,12]"), "long": entry(shape="[5]", offsets="[0,20]"),
    "backwards": entry(offsets="[16,0]"), "negative": entry(shape="[-4]"), "wrong shape": entry(shape="[3]"),
    "three offsets": entry(offsets="[0,8,16]"), "overflow": entry(shape="[4294967296,4294967296,4294967296]"),
    "zero overflow": entry(shape="[4294967296,4294967296,0]", offsets="[0,0]"), "fraction": entry(shape="[4.0]"),
    "huge": entry(shape="[18446744073709551616]"), "unknown type": entry(dtype="F33"),
    "unknown key": entry(more=',"more":[{}]'),
    "overlap": entry() + b"," + entry("b"), "two": entry("a", shape="[2]", offsets="[8,16]") + b","
    + entry("b", shape="[2]", offsets="[0,8]"), "missing key": b'"a":{"dtype":"F32","shape":[4]}',
    "scalar": entry(shape="[]", dtype="I64", offsets="[0,8]") + b"," + entry("b", "U8", "[8]", "[8,16]"),
    "not an object": b'"a":4', "twice": entry() + b"," + entry(),
    "control": entry(name="a\n"), "empty name": entry(name=""), "nothing": b"",
}
cases = {name: file(b"{" + header + (b"" if header.endswith(b"  ") else b"}"))
         for name, header in ENTRIES.items()}
cases["no data"] = file(b"{}", b"")
cases["array"] = file(b"[]", b"")
cases["leading space"] = file(b" {}", b"")
cases["invalid UTF-8"] = file(b"{" + entry().replace(b'"a"', b'"\xff"') + b"}")
cases["trailing text"] = file(b"{}x", b"")
cases["header beyond the file"] = struct.pack("<Q", 2**63) + b"{}"
expected["safetensorsCases"] = [
    {"name": name, "bytes": content.hex(), "accepted": accepts(content)} for name, content in cases.items()]

# Changes of one to three bytes; each is a list of position, byte pairs.
base = file(b'{"__metadata__":{"k":"v"},' + entry("a", "F16", "[2,2]", "[0,8]") + b","
            + entry("b", "I32", "[2]", "[8,16]") + b"}  ")
random.seed(7)
changes = []
for _ in range(3000):
    content, pairs = bytearray(base), []
    for _ in range(random.choice([1, 1, 2, 3])):
        # The eight bytes of the length and the data itself matter less than the header.
        position = random.randrange(6, len(base) - 16)
        byte = random.choice(b'0123456789[]{},:" abFIU-e.\\') if random.random() < 0.8 else random.randrange(256)
        content[position] = byte
        pairs += [position, byte]
    changes.append([int(accepts(bytes(content)))] + pairs)
expected["safetensorsChanges"] = {"base": base.hex(), "changes": changes}
print(sum(change[0] for change in changes), "of", len(changes), "changes accepted")
(folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False) + "\n")
