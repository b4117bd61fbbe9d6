"""Makes Tests/TensorsTests/Fixtures: blocks of every quantized format with the values that the `gguf` package reads.

Run: python scripts/make_tensor_fixtures.py   (gguf 0.19.0, numpy 2.4)

Each file is one format: two rows of 512 values as random blocks (not quantized from anything, so that every code and
scale occurs), then the decoded values as f32.
"""

import pathlib

import gguf
import numpy as np

FORMATS = "Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2_K Q3_K Q4_K Q5_K Q6_K IQ4_NL IQ4_XS MXFP4".split()
# Where each block has its f16 scales, which must be finite.
SCALES = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108],
          "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ4_NL": [0], "IQ4_XS": [0], "MXFP4": []}

folder = pathlib.Path(__file__).parent.parent / "Tests/TensorsTests/Fixtures"
folder.mkdir(exist_ok=True)
random = np.random.default_rng(7)
for name in FORMATS:
    kind = gguf.GGMLQuantizationType[name]
    values, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = random.integers(0, 256, (2 * 512 // values, size), dtype=np.uint8)
    for offset in SCALES[name]:
        scales = random.normal(0, 0.01, len(blocks)).astype(np.float16)
        blocks[:, offset:offset + 2] = scales.view(np.uint8).reshape(-1, 2)
    if name == "MXFP4":
        blocks[:, 0] = random.integers(110, 130, len(blocks))
    decoded = gguf.dequantize(blocks.reshape(2, -1), kind).astype(np.float32)
    (folder / f"{name}.bin").write_bytes(blocks.tobytes() + decoded.tobytes())

# Formats that were added later have draws of their own, so that the other files stay as they were.
later = np.random.default_rng(8)
LATER = {"TQ1_0": 52, "TQ2_0": 64, "IQ2_XXS": 0, "IQ2_XS": 0, "IQ2_S": 0, "IQ3_XXS": 0, "IQ3_S": 0, "IQ1_S": 0, "IQ1_M": None}
for name, offset in LATER.items():
    kind = gguf.GGMLQuantizationType[name]
    values, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = later.integers(0, 256, (2 * 512 // values, size), dtype=np.uint8)
    scales = later.normal(0, 0.01, len(blocks)).astype(np.float16).view(np.uint16)
    if name == "TQ2_0":
        # 3 is no code.
        trits = later.integers(0, 3, (len(blocks), 64, 4), dtype=np.uint8)
        blocks[:, :64] = trits[..., 0] | trits[..., 1] << 2 | trits[..., 2] << 4 | trits[..., 3] << 6
    if offset is not None:
        blocks[:, offset:offset + 2] = scales[:, None].view(np.uint8).reshape(-1, 2)
    else:
        # The scale lies in the upper nibbles of four words.
        for word in range(4):
            nibble = (scales >> 4 * word & 15).astype(np.uint8)
            blocks[:, 49 + 2 * word] = blocks[:, 49 + 2 * word] & 15 | nibble << 4
    decoded = gguf.dequantize(blocks.reshape(2, -1), kind).astype(np.float32)
    (folder / f"{name}.bin").write_bytes(blocks.tobytes() + decoded.tobytes())

# Layouts of our own: scales in f32, then codes; decoded here from what CKernels.h says of them.
NF4 = np.array([4, 42, 63, 79, 93, 105, 117, 128, 138, 148, 159, 170, 183, 198, 218, 252], np.float32)
FP4 = np.array([128, 129, 208, 248, 168, 188, 148, 158, 128, 127, 48, 8, 88, 68, 108, 98], np.float32)
for name, size, scale_count in [("CODES4", 24, 2), ("CODES8", 40, 2), ("INTEGERS8", 36, 1), ("NF4", 20, 1), ("FP4", 20, 1)]:
    blocks = random.integers(0, 256, (2 * 512 // 32, size), dtype=np.uint8)
    scales = random.normal(0, 0.01, (len(blocks), scale_count)).astype(np.float32)
    scales[:4] *= np.float32(1e-4)
    blocks[:, :4 * scale_count] = scales.view(np.uint8).reshape(len(blocks), -1)
    codes = blocks[:, 4 * scale_count:]
    nibbles = np.concatenate([codes & 15, codes >> 4], axis=1)
    scale, minimum = scales[:, :1], scales[:, 1:]
    decoded = {
        "CODES4": lambda: scale * nibbles.astype(np.float32) + minimum,
        "CODES8": lambda: scale * codes.astype(np.float32) + minimum,
        "INTEGERS8": lambda: scale * codes.view(np.int8).astype(np.float32),
        "NF4": lambda: scale / np.float32(124.12) * (NF4[nibbles] - np.float32(128.16)),
        "FP4": lambda: scale / np.float32(120) * (FP4[nibbles] - np.float32(128)),
    }[name]().astype(np.float32)
    (folder / f"{name}.bin").write_bytes(blocks.tobytes() + decoded.tobytes())
