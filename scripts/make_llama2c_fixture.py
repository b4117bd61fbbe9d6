"""Makes Tests/ArchitecturesTests/Fixtures/llama2c/llama.bin: the `llama` checkpoint in llama2.c's original format.

Run: python scripts/make_llama2c_fixture.py   (safetensors 0.8, numpy 2.4), after make_architecture_fixtures.py

As llama2.c's export does it: the rows of queries and keys are put in the order in which neighbours are rotated together.
"""

import json
import pathlib
import struct

import numpy as np
from safetensors.numpy import load_file

FIXTURES = pathlib.Path(__file__).parent.parent / "Tests/ArchitecturesTests/Fixtures"
folder = FIXTURES / "families/llama"
config, tensors = json.loads((folder / "config.json").read_text()), load_file(folder / "model.safetensors")
layers, heads, kv = (config[key] for key in ("num_hidden_layers", "num_attention_heads", "num_key_value_heads"))
hidden, context, vocabulary = config["hidden_size"], config["max_position_embeddings"], config["vocab_size"]


def all_layers(name, heads=None):
    for layer in range(layers):
        weight = tensors[f"model.layers.{layer}.{name}.weight"]
        if heads:
            weight = weight.reshape(heads, 2, -1, hidden).swapaxes(1, 2).reshape(-1, hidden)
        yield weight


parts = [tensors["model.embed_tokens.weight"], *all_layers("input_layernorm"), *all_layers("self_attn.q_proj", heads),
         *all_layers("self_attn.k_proj", kv), *all_layers("self_attn.v_proj"), *all_layers("self_attn.o_proj"),
         *all_layers("post_attention_layernorm"), *all_layers("mlp.gate_proj"), *all_layers("mlp.down_proj"),
         *all_layers("mlp.up_proj"), tensors["model.norm.weight"], np.zeros(context * (hidden // heads)),
         tensors["lm_head.weight"]]
path = FIXTURES / "llama2c/llama.bin"
path.parent.mkdir(exist_ok=True)
# A negative vocabulary says that the output matrix is one of its own.
header = struct.pack("7i", hidden, config["intermediate_size"], layers, heads, kv, -vocabulary, context)
path.write_bytes(header + b"".join(part.astype("<f4").tobytes() for part in parts))
