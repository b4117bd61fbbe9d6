"""Makes Tests/ArchitecturesTests/Fixtures/quantized: tiny Llama folders whose matrices are quantized in each published way.

Run: python scripts/make_quantized_model_fixtures.py   (transformers 5.23, torch 2.13, bitsandbytes 0.50)

expected.json is what transformers computes in f32 with the weights that an independent formula decodes: the log-probability
of each prompt token after the first. Greedy tokens are left out: activations in 8 bits may part from them.
"""

import json
import pathlib
import shutil

import numpy as np
import torch
import transformers
from safetensors.torch import save_file

import weight_fixtures_quantized as weights

FOLDER = pathlib.Path(__file__).parent.parent / "Tests/ArchitecturesTests/Fixtures/quantized"
CONFIG = dict(vocab_size=96, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
              num_key_value_heads=2, max_position_embeddings=128, bos_token_id=None, eos_token_id=None, pad_token_id=None)



def scaled(sample, factor):
    """The same with other scales: weights much larger than usual make a model that no rounding agrees with."""
    tensors, config, decoded = sample
    return tensors | {"scales": tensors["scales"] * factor}, config, decoded * factor


KINDS = {
    "gptq-4": lambda rows, columns: weights.gptq(4, rows=rows, columns=columns),
    "gptq-4-act-order": lambda rows, columns: weights.gptq(4, rows=rows, columns=columns, act_order=True),
    "gptq-8": lambda rows, columns: scaled(weights.gptq(8, rows=rows, columns=columns, symmetric=True), 1 / 16),
    "awq": lambda rows, columns: weights.awq(rows=rows, columns=columns),
    "nf4": lambda rows, columns: weights.four_bit("nf4", True, rows=rows, columns=columns),
    "int8": lambda rows, columns: weights.eight_bit(rows=rows, columns=columns),
    "fp8": lambda rows, columns: weights.float8(
        (rows, 1), "weight_scale", rows=rows, columns=columns, config={"quant_method": "fbgemm_fp8"}),
}

torch.set_grad_enabled(False)
shutil.rmtree(FOLDER, ignore_errors=True)
for name, quantize in KINDS.items():
    weights.numbers = np.random.default_rng(sum(name.encode()))
    torch.manual_seed(5)
    model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**CONFIG, attn_implementation="eager")).eval()
    tensors, config = {}, None
    for key, parameter in model.named_parameters():
        if "_proj." in key:
            parts, config, decoded = quantize(*parameter.shape)
            parameter.copy_(torch.from_numpy(np.ascontiguousarray(decoded)))
            tensors |= {key.removesuffix("weight") + part: tensor.contiguous() for part, tensor in parts.items()}
        else:
            parameter.copy_(torch.randn_like(parameter) * 0.5 + (parameter.dim() == 1))
            tensors[key] = parameter.clone()
    prompt = torch.randint(0, CONFIG["vocab_size"], (1, 45))
    scores = torch.log_softmax(model(prompt).logits.double(), -1)[0]
    folder = FOLDER / name
    folder.mkdir(parents=True)
    save_file(tensors, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(
        dict(CONFIG, model_type="llama", rms_norm_eps=1e-6, rope_theta=10000.0, quantization_config=config), indent=1))
    (folder / "expected.json").write_text(json.dumps(dict(
        prompt=prompt[0].tolist(), greedy=[],
        logProbabilities=[round(scores[i, t].item(), 7) for i, t in enumerate(prompt[0, 1:].tolist())])))
    print(name, f"{scores.exp().max(-1).values.mean():.3f}")
