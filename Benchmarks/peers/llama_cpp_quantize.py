"""Writes a model in another format, as llama.cpp's own tool does: python llama_cpp_quantize.py IN.gguf OUT.gguf Q4_K_M

With --pure every matrix has that format, also those that the tool would give more bits.
"""

import argparse
import ctypes
import os
import sys

from llama_cpp import llama_cpp as api

# What each format is called in the API: of the whole file, and of a tensor.
FILE_TYPES = {
    "F32": api.LLAMA_FTYPE_ALL_F32, "F16": api.LLAMA_FTYPE_MOSTLY_F16, "BF16": api.LLAMA_FTYPE_MOSTLY_BF16,
    "Q8_0": api.LLAMA_FTYPE_MOSTLY_Q8_0, "Q5_1": api.LLAMA_FTYPE_MOSTLY_Q5_1, "Q5_0": api.LLAMA_FTYPE_MOSTLY_Q5_0,
    "Q4_1": api.LLAMA_FTYPE_MOSTLY_Q4_1, "Q4_0": api.LLAMA_FTYPE_MOSTLY_Q4_0, "Q6_K": api.LLAMA_FTYPE_MOSTLY_Q6_K,
    "Q5_K_M": api.LLAMA_FTYPE_MOSTLY_Q5_K_M, "Q4_K_M": api.LLAMA_FTYPE_MOSTLY_Q4_K_M,
    "Q3_K_M": api.LLAMA_FTYPE_MOSTLY_Q3_K_M, "Q2_K": api.LLAMA_FTYPE_MOSTLY_Q2_K,
    "IQ4_NL": api.LLAMA_FTYPE_MOSTLY_IQ4_NL, "IQ4_XS": api.LLAMA_FTYPE_MOSTLY_IQ4_XS,
    "MXFP4": api.LLAMA_FTYPE_MOSTLY_MXFP4_MOE,
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("format", choices=FILE_TYPES)
    parser.add_argument("--pure", action="store_true")
    arguments = parser.parse_args()
    parameters = api.llama_model_quantize_default_params()
    parameters.ftype = FILE_TYPES[arguments.format]
    parameters.allow_requantize = True
    parameters.pure = arguments.pure
    partial = arguments.target + ".partial"
    if api.llama_model_quantize(arguments.source.encode(), partial.encode(), ctypes.byref(parameters)) != 0:
        sys.exit(f"llama.cpp cannot write {arguments.target}")
    os.rename(partial, arguments.target)


if __name__ == "__main__":
    main()
