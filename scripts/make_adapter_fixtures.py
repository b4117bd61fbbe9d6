"""Makes Tests/ArchitecturesTests/Fixtures/adapters: LoRA adapters of checkpoints in `families`, with PEFT's own numbers.

Run: python scripts/make_adapter_fixtures.py [case ...]   (peft 0.21), after make_architecture_fixtures.py

Each folder is an adapter as PEFT saves it, with expected.json beside it, as that of a family: what the model says with it.
The checkpoint is the one that adapter_config.json names.
"""

import json
import sys

import peft
import torch
import transformers

from architecture_cases import FOLDER
from make_architecture_fixtures import run, search, write

MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]

CASES = {  # the checkpoint is what the name begins with, up to a dot
    "llama-lora": peft.LoraConfig(r=4, lora_alpha=8, target_modules=MODULES, task_type="CAUSAL_LM"),
    # Scaled by alpha over the root of the rank; ranks and alphas differ by module, and some modules have none.
    "llama-rslora": peft.LoraConfig(
        r=4, lora_alpha=6, use_rslora=True, target_modules=["q_proj", "v_proj", "o_proj", "down_proj"],
        rank_pattern={"q_proj": 2, "layers.1.mlp.down_proj": 6}, alpha_pattern={"v_proj": 3}, task_type="CAUSAL_LM"),
    # Whole matrices and norms in place of the model's, and a change of the table of tokens.
    "llama.saved": peft.LoraConfig(
        r=2, target_modules=["q_proj"], modules_to_save=["lm_head", "embed_tokens", "input_layernorm"],
        task_type="CAUSAL_LM"),
    "llama.embedding": peft.LoraConfig(r=3, target_modules=["embed_tokens", "lm_head"], task_type="CAUSAL_LM"),
    # Biases, where the model has some and where it has none.
    "llama.biased": peft.LoraConfig(r=2, lora_bias=True, target_modules=["q_proj", "k_proj", "down_proj"], task_type="CAUSAL_LM"),
    "qwen2.biases": peft.LoraConfig(
        r=2, bias="lora_only", target_modules=["q_proj", "k_proj", "o_proj"], task_type="CAUSAL_LM"),
    # Common tensors of several roles, transposed ones, and an output that is the table of tokens.
    "gpt2.fused": peft.LoraConfig(
        r=2, bias="all", fan_in_fan_out=True, target_modules=["c_attn", "c_proj", "c_fc"], task_type="CAUSAL_LM"),
    "gpt2.embedding": peft.LoraConfig(r=2, target_modules=["wte", "wpe"], task_type="CAUSAL_LM"),
    "gpt2.output": peft.LoraConfig(r=2, target_modules=["c_attn"], modules_to_save=["lm_head"], task_type="CAUSAL_LM"),
    "phi3.fused": peft.LoraConfig(
        r=2, target_modules=["qkv_proj", "gate_up_proj", "down_proj"], task_type="CAUSAL_LM"),
    "falcon-40b.grouped": peft.LoraConfig(
        r=2, target_modules=["query_key_value", "dense_4h_to_h"], task_type="CAUSAL_LM"),
}


def make(name, config):
    base_name = name.split(".")[0].removesuffix("-lora").removesuffix("-rslora")

    def adapted():
        base = transformers.AutoModelForCausalLM.from_pretrained(
            FOLDER / "families" / base_name, dtype=torch.float32, attn_implementation="eager")
        model = peft.get_peft_model(base, config).eval()
        for key, value in model.named_parameters():
            if "modules_to_save" in key or key.endswith(".bias") and "lora_" not in key and value.requires_grad:
                value.add_(torch.randn_like(value) * 0.2)
            elif "lora_" in key:
                value.copy_(torch.randn_like(value) * 0.2)
        return model, lambda tokens: run(model, tokens), dict(model.named_parameters())

    model, values = search(name, adapted)
    folder = FOLDER / "adapters" / name
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    path = folder / "adapter_config.json"
    settings = json.loads(path.read_text()) | dict(base_model_name_or_path=base_name)
    settings["target_modules"].sort()
    path.write_text(json.dumps(settings, indent=2) + "\n")
    write(folder / "expected.json", values)


for name in sys.argv[1:] or CASES:
    make(name, CASES[name])
