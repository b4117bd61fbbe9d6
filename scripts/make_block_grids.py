#!/usr/bin/env python3
"""Makes Sources/Base/CKernels/formats/grids.c: the points that GGUF's IQ1, IQ2 and IQ3 formats choose from.

Run with a Python that has gguf:  python scripts/make_block_grids.py
"""
import os

import numpy as np
from gguf import quants

TARGET = os.path.join(os.path.dirname(__file__), "../Sources/Base/CKernels/formats/grids.c")
TABLES = {
    "iq2_xxs": quants.IQ2_XXS, "iq2_xs": quants.IQ2_XS, "iq2_s": quants.IQ2_S, "iq3_xxs": quants.IQ3_XXS,
    "iq3_s": quants.IQ3_S, "iq1": quants.IQ1_S,
}

lines = ["// Made by scripts/make_block_grids.py from the Python package gguf: do not edit.", "", '#include "grids.h"']
for name, kind in TABLES.items():
    kind.init_grid()
    points, sides = kind.grid_shape
    grid = kind.grid.reshape(points, sides)
    bits = 16 // sides
    levels = {float(level): index for index, level in enumerate(kind.grid_map)}
    numbers = [sum(levels[float(value)] << bits * side for side, value in enumerate(point)) for point in grid]
    lines += ["", f"const uint16_t swiftlet_grid_{name}[{points}] = {{"]
    for start in range(0, points, 12):
        lines.append("    " + " ".join(f"0x{number:04X}," for number in numbers[start:start + 12]))
    lines.append("};")
with open(TARGET, "w") as file:
    file.write("\n".join(lines) + "\n")
