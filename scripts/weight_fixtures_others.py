"""Files of llama2.c, written as its export.py publishes them, and adapters that PEFT saves with what PEFT adds."""

import json
import struct

import numpy as np
import peft
import torch
import transformers

SIZES = {"dim": 32, "hidden": 64, "layers": 2, "heads": 4, "kv": 2, "vocab": 12, "context": 16}


def llama2c(folder):
    folder = folder / "llama2c"
    folder.mkdir()
    numbers = np.random.default_rng(5)
    dim, hidden, layers, heads, kv, vocab, context = SIZES.values()
    key_value = dim // heads * kv

    def draw(*shape):
        return numbers.normal(0, 0.1, shape).astype(np.float32)

    shapes = {"self_attn.q_proj": (dim, dim), "self_attn.k_proj": (key_value, dim), "self_attn.v_proj": (key_value, dim),
              "self_attn.o_proj": (dim, dim), "mlp.gate_proj": (hidden, dim), "mlp.down_proj": (dim, hidden),
              "mlp.up_proj": (hidden, dim)}
    weights = {key: [draw(*shape) for _ in range(layers)] for key, shape in shapes.items()}
    first, second = [draw(dim) for _ in range(layers)], [draw(dim) for _ in range(layers)]
    norm, embedding, output = draw(dim), draw(vocab, dim), draw(vocab, dim)
    attention, rest = list(weights)[:4], list(weights)[4:]

    def flat(*lists):
        return b"".join(array.tobytes() for arrays in lists for array in arrays)

    def header(version, shared, group=None):
        data = struct.pack("<Ii7iB", 0x616B3432, version, dim, hidden, layers, heads, kv, vocab, context, shared)
        return (data + (struct.pack("<i", group) if group else b"")).ljust(256, b"\0")

    for name, shared in [("version-0.bin", True), ("version-0-output.bin", False)]:
        frequencies = draw(context, dim // heads)
        data = struct.pack("<7i", dim, hidden, layers, heads, kv, vocab if shared else -vocab, context)
        data += flat([embedding], first, *[weights[key] for key in attention], second, *[weights[key] for key in rest],
                     [norm, frequencies], [] if shared else [output])
        (folder / name).write_bytes(data)
    (folder / "version-1.bin").write_bytes(header(1, 0) + flat(first, second, [norm, embedding], *weights.values(), [output]))

    group, data, quantized = 32, header(2, 1, 32) + flat(first, second, [norm]), {}
    for name, array in [("model.embed_tokens", embedding)] + [
            (f"model.layers.{layer}.{key}", array) for key in weights for layer, array in enumerate(weights[key])]:
        groups = array.reshape(-1, group)
        scales = np.abs(groups).max(1, keepdims=True) / 127
        codes = np.round(groups / scales).astype(np.int8)
        data += codes.tobytes() + scales.astype(np.float32).tobytes()
        quantized[name] = (codes.astype(np.float32) * scales).reshape(array.shape)
    (folder / "version-2.bin").write_bytes(data)

    plain = {"model.embed_tokens": embedding, "model.norm": norm, "lm_head": output}
    for layer in range(layers):
        plain |= {f"model.layers.{layer}.input_layernorm": first[layer],
                  f"model.layers.{layer}.post_attention_layernorm": second[layer]}
        plain |= {f"model.layers.{layer}.{key}": arrays[layer] for key, arrays in weights.items()}
    # The sums tell tensors apart; the fixtures stay small.
    (folder / "expected.json").write_text(json.dumps({
        "plain": {f"{name}.weight": [float(array.flat[1]), float(array.sum(dtype=np.float64))] for name, array in plain.items()},
        "quantized": {f"{name}.weight": [float(array.flat[1]), float(array.sum(dtype=np.float64))]
                      for name, array in quantized.items()}}))


def adapters(folder):
    folder = folder / "adapters"
    torch.manual_seed(9)

    def llama():
        return transformers.LlamaForCausalLM(transformers.LlamaConfig(
            hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2, vocab_size=20,
            tie_word_embeddings=False))

    def gpt2():
        return transformers.GPT2LMHeadModel(transformers.GPT2Config(n_embd=16, n_layer=1, n_head=2, vocab_size=20))

    samples = {
        "plain": (llama, {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "v_proj"]}),
        "stabilized": (llama, {"r": 4, "lora_alpha": 8, "use_rslora": True, "target_modules": ["down_proj"]}),
        "patterns": (llama, {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "k_proj"],
                             "rank_pattern": {"layers.1.self_attn.q_proj": 2, r".*\.0\..*k_proj": 3},
                             "alpha_pattern": {"k_proj": 5}}),
        "saved": (llama, {"r": 2, "lora_alpha": 2, "target_modules": ["q_proj"], "modules_to_save": ["lm_head"]}),
        "embedding": (llama, {"r": 2, "lora_alpha": 6, "target_modules": ["embed_tokens", "o_proj"]}),
        "gpt2": (gpt2, {"r": 2, "lora_alpha": 2, "target_modules": ["c_attn"], "fan_in_fan_out": True, "bias": "lora_only"}),
        "binary": (llama, {"r": 4, "lora_alpha": 8, "target_modules": ["gate_proj"]}),
        "dora": (llama, {"r": 4, "lora_alpha": 8, "use_dora": True, "target_modules": ["q_proj"]}),
    }
    expected = {}
    for name, (make_model, options) in samples.items():
        base = make_model()
        before = {key: value.clone() for key, value in base.state_dict().items()}
        model = peft.get_peft_model(base, peft.LoraConfig(task_type="CAUSAL_LM", **options))
        for key, parameter in model.named_parameters():
            if "lora_" in key or "modules_to_save" in key or (key.endswith("bias") and parameter.requires_grad):
                torch.nn.init.normal_(parameter, std=0.3)
        model.save_pretrained(folder / name, safe_serialization=name != "binary", save_embedding_layers=False)
        (folder / name / "README.md").unlink(missing_ok=True)
        if name == "binary" and (folder / name / "adapter_model.safetensors").exists():
            from safetensors.torch import load_file
            torch.save(load_file(folder / name / "adapter_model.safetensors"), folder / name / "adapter_model.bin")
            (folder / name / "adapter_model.safetensors").unlink()
        after = model.merge_and_unload().state_dict()
        changed = {key: (after[key] - before[key]) for key in before if not torch.equal(after[key], before[key])}
        expected[name] = {key: {"shape": list(delta.shape), "row": delta[0].flatten().tolist(), "sum": delta.double().sum().item()}
                          for key, delta in changed.items()}
    (folder / "expected.json").write_text(json.dumps(expected))


def make(folder):
    llama2c(folder)
    adapters(folder)
