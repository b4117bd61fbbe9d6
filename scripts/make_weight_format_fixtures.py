"""Makes Tests/CheckpointsTests/Fixtures/weights: tiny weights in the formats that users have them in, with what the
reference implementations make of them.

Run: python scripts/make_weight_format_fixtures.py   (torch 2.13, safetensors 0.8, bitsandbytes 0.50.2, peft 0.21.2,
     transformers 5.23)

Every group of fixtures has a module of its own: weight_fixtures_*.py.
"""

import pathlib
import shutil

import weight_fixtures_others
import weight_fixtures_pytorch
import weight_fixtures_quantized

folder = pathlib.Path(__file__).parent.parent / "Tests/CheckpointsTests/Fixtures/weights"
shutil.rmtree(folder, ignore_errors=True)
folder.mkdir(parents=True)
weight_fixtures_pytorch.make(folder)
weight_fixtures_quantized.make(folder)
weight_fixtures_others.make(folder)
