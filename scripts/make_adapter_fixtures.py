"""Makes Tests/ArchitecturesTests/Fixtures/adapters: LoRA adapters of the checkpoint `llama`, with PEFT's own numbers.

Run: python scripts/make_adapter_fixtures.py   (peft 0.21), after make_architecture_fixtures.py

Each folder is an adapter as PEFT saves it, with expected.json beside it, as that of a family: what the model says with it.
"""

import json

import peft
import torch
import transformers

from architecture_cases import FOLDER
from make_architecture_fixtures import run, search, write

BASE = FOLDER / "families/llama"
MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]

CASES = {
    "llama-lora": peft.LoraConfig(r=4, lora_alpha=8, target_modules=MODULES, task_type="CAUSAL_LM"),
    # Scaled by alpha over the root of the rank; ranks and alphas differ by module, and some modules have none.
    "llama-rslora": peft.LoraConfig(
        r=4, lora_alpha=6, use_rslora=True, target_modules=["q_proj", "v_proj", "o_proj", "down_proj"],
        rank_pattern={"q_proj": 2, "layers.1.mlp.down_proj": 6}, alpha_pattern={"v_proj": 3}, task_type="CAUSAL_LM"),
}


def make(name, config):
    def adapted():
        base = transformers.AutoModelForCausalLM.from_pretrained(BASE, dtype=torch.float32, attn_implementation="eager")
        model = peft.get_peft_model(base, config).eval()
        for key, value in model.named_parameters():
            if "lora_" in key:
                value.copy_(torch.randn_like(value) * 0.2)
        return model, lambda tokens: run(model, tokens), dict(model.named_parameters())

    model, values = search(name, adapted)
    folder = FOLDER / "adapters" / name
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    path = folder / "adapter_config.json"
    settings = json.loads(path.read_text()) | dict(base_model_name_or_path="llama")
    settings["target_modules"].sort()
    path.write_text(json.dumps(settings, indent=2) + "\n")
    write(folder / "expected.json", values)


for name, config in CASES.items():
    make(name, config)
