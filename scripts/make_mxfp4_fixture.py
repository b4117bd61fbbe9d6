"""Makes Tests/ArchitecturesTests/Fixtures/quantized/mxfp4: a tiny gpt-oss whose experts are stored as the published ones.

Run: python scripts/make_mxfp4_fixture.py   (transformers 5.24, torch 2.13)

expected.json is what transformers computes in f32 with the weights that its own code decodes: the log-probability of each
prompt token after the first.
"""

import json
import pathlib

import torch
import transformers
from safetensors.torch import save_file
from transformers.integrations.mxfp4 import convert_moe_packed_tensors

FOLDER = pathlib.Path(__file__).parent.parent / "Tests/ArchitecturesTests/Fixtures/quantized/mxfp4"
CONFIG = dict(vocab_size=96, hidden_size=64, intermediate_size=32, num_hidden_layers=2, num_attention_heads=4,
              num_key_value_heads=2, head_dim=16, max_position_embeddings=256, num_local_experts=3, num_experts_per_tok=2,
              sliding_window=9, bos_token_id=None, eos_token_id=None, pad_token_id=None)

torch.set_grad_enabled(False)
torch.manual_seed(7)
rope = dict(rope_type="yarn", rope_theta=1000.0, factor=4.0, original_max_position_embeddings=64, beta_fast=8.0, beta_slow=1.0,
            truncate=False)
model = transformers.GptOssForCausalLM(transformers.GptOssConfig(
    **CONFIG, rope_parameters=rope, attn_implementation="eager", experts_implementation="eager")).eval()
tensors = {}
for key, parameter in model.named_parameters():
    if key.endswith(("gate_up_proj", "down_proj")):
        experts, inputs, outputs = parameter.shape
        blocks = torch.randint(0, 256, (experts, outputs, inputs // 32, 16), dtype=torch.uint8)
        scales = torch.randint(122, 126, (experts, outputs, inputs // 32), dtype=torch.uint8)
        parameter.copy_(convert_moe_packed_tensors(blocks, scales, dtype=torch.float32).reshape(parameter.shape))
        tensors |= {f"{key}_blocks": blocks, f"{key}_scales": scales}
    else:
        parameter.copy_(torch.randn_like(parameter) * 0.3 + (parameter.dim() == 1 and "norm" in key))
        tensors[key] = parameter.clone()
prompt = torch.randint(0, CONFIG["vocab_size"], (1, 45))
scores = torch.log_softmax(model(prompt).logits.double(), -1)[0]
FOLDER.mkdir(parents=True, exist_ok=True)
save_file(tensors, FOLDER / "model.safetensors")
(FOLDER / "config.json").write_text(json.dumps(
    dict(CONFIG, model_type="gpt_oss", rms_norm_eps=1e-5, rope_theta=1000.0, rope_scaling={
        key: value for key, value in rope.items() if key != "rope_theta"}, quantization_config=dict(
            quant_method="mxfp4", modules_to_not_convert=["model.layers.*.self_attn", "lm_head"])), indent=1))
(FOLDER / "expected.json").write_text(json.dumps(dict(
    prompt=prompt[0].tolist(), greedy=[],
    logProbabilities=[round(scores[i, t].item(), 7) for i, t in enumerate(prompt[0, 1:].tolist())])))
