"""Tiny checkpoints and what mergekit (0.1.5, from PyPI, without its pins) makes of them, for MergingTests.

    pip install --no-deps mergekit==0.1.5 && pip install immutables
    python scripts/make_merge_fixtures.py Tests/MergingTests/Fixtures

Writes the models (two layers of a Llama with 16 channels), each case's YAML, and the results: a hash of all tensors where ours
are equal bit for bit, the tensors where a sum over a whole tensor has another order here.
"""

import hashlib
import json
import os
import pathlib
import shutil
import sys
import tempfile

import torch
import yaml
from mergekit.config import MergeConfiguration
from mergekit.merge import MergeOptions, run_merge
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

HIDDEN, INNER, LAYERS = 16, 24, 2
WORDS = "the a cat dog house tree river runs sleeps eats sees red blue green big small and or not on in under".split()


def config(vocabulary, **changes):
    return {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": HIDDEN, "intermediate_size": INNER,
        "num_hidden_layers": LAYERS, "num_attention_heads": 2, "num_key_value_heads": 1, "vocab_size": vocabulary,
        "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": False,
        "bos_token_id": 0, "eos_token_id": 1, "hidden_act": "silu", "torch_dtype": "float32", **changes,
    }


def tensors(generator, vocabulary, layers=LAYERS):
    def normal(*shape):
        return torch.randn(*shape, generator=generator) * 0.3

    result = {"model.embed_tokens.weight": normal(vocabulary, HIDDEN)}
    for layer in range(layers):
        prefix = f"model.layers.{layer}"
        result |= {
            f"{prefix}.input_layernorm.weight": 1 + normal(HIDDEN) * 0.1,
            f"{prefix}.self_attn.q_proj.weight": normal(HIDDEN, HIDDEN),
            f"{prefix}.self_attn.k_proj.weight": normal(HIDDEN // 2, HIDDEN),
            f"{prefix}.self_attn.v_proj.weight": normal(HIDDEN // 2, HIDDEN),
            f"{prefix}.self_attn.o_proj.weight": normal(HIDDEN, HIDDEN),
            f"{prefix}.post_attention_layernorm.weight": 1 + normal(HIDDEN) * 0.1,
            f"{prefix}.mlp.up_proj.weight": normal(INNER, HIDDEN),
            f"{prefix}.mlp.gate_proj.weight": normal(INNER, HIDDEN),
            f"{prefix}.mlp.down_proj.weight": normal(HIDDEN, INNER),
        }
    return result | {"model.norm.weight": 1 + normal(HIDDEN) * 0.1, "lm_head.weight": normal(vocabulary, HIDDEN)}


def tokenizer(folder, words):
    tokens = ["<s>", "</s>"] + words
    model = Tokenizer(models.WordLevel({token: index for index, token in enumerate(tokens)}, unk_token="</s>"))
    model.pre_tokenizer = pre_tokenizers.Whitespace()
    model.add_special_tokens([AddedToken("<s>", special=True), AddedToken("</s>", special=True)])
    model.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>",
        "model_max_length": 64}))


def model(folder, name, state, words=WORDS, **changes):
    path = folder / name
    path.mkdir(parents=True, exist_ok=True)
    vocabulary = len(words) + 2
    (path / "config.json").write_text(json.dumps(config(vocabulary, **changes), indent=1))
    (path / "generation_config.json").write_text(json.dumps({"bos_token_id": 0, "eos_token_id": 1}))
    save_file({key: value.contiguous() for key, value in state.items()}, path / "model.safetensors", {"format": "pt"})
    tokenizer(path, words)


def changed(base, generator, scale, share=1.0):
    def change(value):
        noise = torch.randn(value.shape, generator=generator) * scale
        return value + noise * (torch.rand(value.shape, generator=generator) < share)

    return {name: change(value) for name, value in base.items()}


def write_models(folder):
    generator = torch.Generator().manual_seed(20)
    base = tensors(generator, len(WORDS) + 2)
    model(folder, "base", base)
    model(folder, "a", changed(base, generator, 0.05))
    model(folder, "b", changed(base, generator, 0.08, 0.5))
    model(folder, "c", changed(base, generator, 0.03))
    half = changed(base, generator, 0.05)
    model(folder, "half", {name: value.bfloat16() for name, value in half.items()}, torch_dtype="bfloat16")
    # Other words in another order, and two of them new.
    words = list(reversed(WORDS))[:-2] + ["horse", "moon"]
    model(folder, "words", tensors(generator, len(words) + 2), words)
    tied = changed(base, generator, 0.05)
    del tied["lm_head.weight"]
    model(folder, "tied", tied, tie_word_embeddings=True)


def models_of(*entries, **top):
    return {"models": [{"model": name} | ({"parameters": parameters} if parameters else {}) for name, parameters in entries],
            **top}


def tuned(method, first, second, **parameters):
    return models_of(("a", first), ("b", second), ("base", {}), merge_method=method, base_model="base", dtype="float32",
                     parameters=parameters)


EXACT = {
    "linear": models_of(("a", {"weight": 0.3}), ("b", {"weight": 0.9}), ("c", {"weight": 0.25}), merge_method="linear"),
    "linear_sum": models_of(("a", {"weight": 0.3}), ("b", {"weight": -0.9}), merge_method="linear",
                            parameters={"normalize": False}),
    "linear_gradient": models_of(
        ("a", {"weight": [{"filter": "mlp", "value": [0.1, 0.9]}, {"filter": "self_attn", "value": [1, 0.5, 0.2]},
                          {"value": 0.4}]}),
        ("b", {"weight": [0.2, 0.3]}), merge_method="linear", dtype="float32"),
    "linear_half": models_of(("half", {"weight": 0.3}), ("a", {"weight": 0.7}), merge_method="linear",
                             out_dtype="bfloat16"),
    "linear_float16": models_of(("a", {"weight": 0.3}), ("b", {"weight": 0.7}), merge_method="linear", dtype="float16"),
    "linear_tied": models_of(("tied", {"weight": 0.3}), ("b", {"weight": 0.7}), merge_method="linear"),
    "task_arithmetic": tuned("task_arithmetic", {"weight": 0.7}, {"weight": -0.2}, **{"lambda": 0.8}),
    "task_arithmetic_normal": tuned("task_arithmetic", {"weight": 0.7}, {"weight": 0.4}, normalize=True),
    "ties": tuned("ties", {"weight": 0.7, "density": 0.4}, {"weight": 0.5, "density": 0.6}, int8_mask=True),
    "ties_gradient": tuned("ties", {"weight": [0.2, 0.8], "density": [{"filter": "mlp", "value": 0.1}, {"value": [1, 0.3]}]},
                           {"weight": 0.5, "density": 0.6}, normalize=False),
    "ties_three": models_of(("a", {"weight": 1, "density": 0.3}), ("b", {"weight": 1, "density": 0.5}),
                            ("c", {"weight": 0.3, "density": 0.9}), merge_method="ties", base_model="base"),
    "breadcrumbs": tuned("breadcrumbs", {"weight": 0.7, "density": 0.6, "gamma": 0.05}, {"weight": 0.5, "density": 0.9}),
    "breadcrumbs_ties": tuned("breadcrumbs_ties", {"weight": 0.7, "density": 0.6}, {"weight": 0.5, "density": 0.4},
                              **{"lambda": 1.1}),
    "dare_all": tuned("dare_ties", {"weight": 0.7, "density": 1}, {"weight": 0.5, "density": 1}),
    "nearswap": models_of(("a", {}), ("base", {}), merge_method="nearswap", base_model="base", parameters={"t": 0.03}),
    "ram": tuned("ram", {}, {}, epsilon=0.02),
    "ramplus": tuned("ramplus_tl", {}, {}, epsilon=0.02),
    "passthrough": {"merge_method": "passthrough", "dtype": "float32", "slices": [
        {"sources": [{"model": "a", "layer_range": [0, 2]}]}, {"sources": [{"model": "b", "layer_range": [0, 1]}]},
        {"sources": [{"model": "c", "layer_range": [1, 2], "parameters": {
            "scale": [{"filter": "o_proj", "value": 0.5}, {"filter": "down_proj", "value": 0}, {"value": 1}]}}]}]},
    "slices_linear": {"merge_method": "linear", "dtype": "float32", "slices": [
        {"sources": [{"model": "a", "layer_range": [0, 1], "parameters": {"weight": 1}},
                     {"model": "b", "layer_range": [1, 2], "parameters": {"weight": 0.3}}]},
        {"sources": [{"model": "c", "layer_range": [0, 2], "parameters": {"weight": 0.7}},
                     {"model": "a", "layer_range": [0, 2], "parameters": {"weight": [0, 1]}}]}]},
    "modules": {"merge_method": "linear", "modules": {"default": {"parameters": {"normalize": False}, "models": [
        {"model": "a", "parameters": {"weight": 0.5}}, {"model": "b", "parameters": {"weight": 0.25}}]}}},
    "words_base": models_of(("words", {"weight": 0.5}), ("a", {"weight": 0.5}), merge_method="linear", base_model="a",
                            tokenizer_source="base"),
    "words_model": models_of(("words", {"weight": 0.5}), ("a", {"weight": 0.5}), ("b", {"weight": 0.25}),
                             merge_method="linear",
                             tokenizer={"source": "words", "tokens": {
                                 "moon": {"source": {"kind": "model_token", "model": "a", "token": "tree"}},
                                 "horse": {"source": {"kind": "zero"}},
                                 "river": {"source": "words", "force": True}}, "pad_to_multiple_of": 8}),
}

NEAR = {
    "slerp": models_of(("a", {}), ("words", {}), merge_method="slerp", base_model="a", parameters={
        "t": [{"filter": "self_attn", "value": [0, 0.5, 0.3, 1]}, {"filter": "mlp", "value": 0.25}, {"value": 0.5}]}),
    "slerp_near": models_of(("c", {}), ("base", {}), merge_method="slerp", base_model="base", parameters={"t": 0.4}),
    "nuslerp": models_of(("a", {"weight": 0.3}), ("words", {"weight": 0.9}), merge_method="nuslerp"),
    "nuslerp_rows": models_of(("a", {"weight": 0.3}), ("b", {"weight": 0.9}), merge_method="nuslerp", base_model="base",
                              parameters={"nuslerp_flatten": False}),
    "nuslerp_columns": models_of(("a", {"weight": 0.3}), ("words", {"weight": 0.9}), merge_method="nuslerp",
                                 parameters={"nuslerp_flatten": False, "nuslerp_row_wise": True}),
    "multislerp": models_of(("a", {"weight": 0.3}), ("words", {"weight": 0.9}), ("c", {"weight": 0.5}),
                            merge_method="multislerp"),
    "multislerp_base": tuned("multislerp", {"weight": 0.3}, {"weight": 0.9}, normalize_weights=False),
    "karcher": models_of(("a", {}), ("words", {}), ("b", {}), merge_method="karcher", parameters={"max_iter": 20}),
    "model_stock": models_of(("a", {}), ("b", {}), ("c", {}), merge_method="model_stock", base_model="base"),
    "model_stock_rows": tuned("model_stock", {}, {}, filter_wise=True),
    "sce": tuned("sce", {}, {}, select_topk=0.4),
    "sce_all": models_of(("a", {}), ("b", {}), ("c", {}), merge_method="sce", base_model="base"),
    "arcee_fusion": models_of(("a", {}), ("base", {}), merge_method="arcee_fusion", base_model="base"),
}


def write_adapter(models, cases):
    """A LoRA adapter of PEFT with random products, one on the embedding, and the model that PEFT merges it into."""
    import peft
    import transformers

    torch.manual_seed(21)
    base = transformers.AutoModelForCausalLM.from_pretrained(models / "base", dtype=torch.float32)
    settings = peft.LoraConfig(r=4, lora_alpha=6, use_rslora=True, bias="none", task_type="CAUSAL_LM",
                               target_modules=["q_proj", "down_proj", "embed_tokens"], alpha_pattern={"down_proj": 3})
    model = peft.get_peft_model(base, settings)
    for name, value in model.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(value, std=0.2)
    model.base_model.peft_config["default"].base_model_name_or_path = "base"
    model.save_pretrained(models / "adapter")
    (models / "adapter" / "README.md").unlink(missing_ok=True)
    save_file({name: value.contiguous() for name, value in model.merge_and_unload().state_dict().items()},
              cases / "adapter.safetensors")


def write_shares(models, cases):
    """How much of the squares of each change the best product of rank 4 has."""
    base, tuned = (load_file(models / name / "model.safetensors") for name in ("base", "b"))
    shares = {}
    for name in base:
        if base[name].dim() == 2:
            values = torch.linalg.svdvals((tuned[name] - base[name]).double()) ** 2
            shares[name] = (values[:4].sum() / values.sum()).item()
    (cases / "shares.json").write_text(json.dumps(shares, indent=1) + "\n")


def write_routers(models, cases):
    """The routers that mergekit-moe makes of prompts, from embeddings and from states."""
    import transformers
    from mergekit.common import ModelReference
    from mergekit.moe.config import Expert
    from mergekit.moe.router import get_gate_params, get_hidden_states, tokenize_prompts

    experts = [Expert(source_model="a", positive_prompts=["the cat sees", "a dog runs"], negative_prompts=["red tree"]),
               Expert(source_model="b", positive_prompts=["blue river", "green house on"])]
    words = transformers.AutoTokenizer.from_pretrained(models / "base")
    words.padding_side, words.pad_token = "left", words.bos_token
    routers = {"cheap_embed": get_gate_params(ModelReference.parse(str(models / "base")), words, experts, mode="cheap_embed")}
    model = transformers.AutoModelForCausalLM.from_pretrained(models / "base", dtype=torch.float32)
    vectors = []
    for expert in experts:
        # One by one, so that padding has no part in it.
        def states(prompts):
            return sum(get_hidden_states(model, tokenize_prompts([prompt], words), average=False) for prompt in prompts) / len(prompts)

        vector = states(expert.positive_prompts)
        if expert.negative_prompts:
            vector = vector - states(expert.negative_prompts)
        vectors.append(vector / vector.norm(dim=-1, keepdim=True))
    routers["hidden"] = torch.stack(vectors).permute(1, 0, 2)
    save_file({name: value.contiguous() for name, value in routers.items()}, cases / "routers.safetensors")


def digest(state):
    total = hashlib.sha256()
    for name in sorted(state):
        total.update(name.encode())
        total.update(state[name].contiguous().view(torch.uint8).numpy().tobytes())
    return total.hexdigest()


def main(folder, full=None):
    folder = pathlib.Path(folder).resolve()
    models, cases = folder / "models", folder / "cases"
    shutil.rmtree(folder, ignore_errors=True)
    cases.mkdir(parents=True)
    write_models(models)
    os.chdir(models)
    hashes = {}
    for name, case in (EXACT | NEAR).items():
        text = yaml.dump(case, sort_keys=False)
        (cases / f"{name}.yml").write_text(text)
        with tempfile.TemporaryDirectory() as place:
            out = pathlib.Path(full) / name if full else pathlib.Path(place) / name
            options = MergeOptions(quiet=True, write_model_card=False)
            run_merge(MergeConfiguration.model_validate(yaml.safe_load(text)), str(out), options)
            state = load_file(out / "model.safetensors")
            if name in EXACT:
                hashes[name] = digest(state)
            else:
                save_file(state, cases / f"{name}.safetensors")
    write_adapter(models, cases)
    write_shares(models, cases)
    write_routers(models, cases)
    (cases / "hashes.json").write_text(json.dumps(hashes, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
