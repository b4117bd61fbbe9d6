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
