"""How tensors differ in a GGUF file from those of the checkpoint: a list of changes for each architecture.

A change takes the tensors by name, and the flat config, and gives the tensors that take their place. Names stay those of the
checkpoint (a table of the package `gguf` has the new ones), unless a change gives the new name.
"""

import math
import re

import torch


def each(pattern, change):
    """A change of the tensors whose name matches: `change` gives one tensor, or several by the name that they get."""

    def apply(tensors, config):
        result = {}
        for name, tensor in tensors.items():
            if not re.search(pattern, name):
                result[name] = tensor
                continue
            new = change(tensor, config, name)
            result |= new if isinstance(new, dict) else {name: new}
        return result

    return apply


def drop(pattern):
    return each(pattern, lambda tensor, config, name: {})


def rename(pattern, new):
    return each(pattern, lambda tensor, config, name: {re.sub(pattern, new, name): tensor})


def heads_of(config, name):
    if "k_proj" not in name:
        return config["num_attention_heads"]
    layers = config.get("num_key_value_heads_per_layer")
    own = config.get("num_key_value_heads", config["num_attention_heads"])
    return layers[int(re.search(r"\d+", name)[0])] if layers else own


def turn_by_pairs(tensor, config, name):
    """The rotation's two halves of a head become neighbours."""
    return tensor.unflatten(0, (heads_of(config, name), 2, -1)).transpose(1, 2).reshape(tensor.shape)


def ungroup(tensor, config, name):
    """Queries, keys and values lie head by head (BLOOM, GPT-NeoX): all queries first, then all keys, all values."""
    return tensor.unflatten(0, (config["num_attention_heads"], 3, -1)).transpose(0, 1).reshape(tensor.shape)


def ungroup_falcon(tensor, config, name):
    """The same where several queries share a key and a value."""
    groups = config["num_kv_heads"] if config["new_decoder_architecture"] else 1
    head = config["hidden_size"] // config["num_attention_heads"]
    q, k, v = tensor.reshape(groups, -1, head, tensor.shape[1]).tensor_split([-2, -1], 1)
    return torch.cat([part.reshape(-1, tensor.shape[1]) for part in (q, k, v)])


def split_grouped(tensor, config, name):
    """InternLM 2: the queries of a key head, its key and its value take turns; each kind gets a tensor of its own."""
    head = config["hidden_size"] // config["num_attention_heads"]
    parts = tensor.unflatten(0, (config["num_key_value_heads"], -1)).tensor_split([-2 * head, -head], 1)
    return {name.replace("attention.wqkv", f"self_attn.{kind}_proj"): part.flatten(0, 1) for kind, part in zip("qkv", parts)}


def split_thirds(tensor, config, name):
    return {name.replace("W_pack", f"{kind}_proj"): part for kind, part in zip("qkv", tensor.chunk(3))}


def merge_experts(tensors, config):
    """One tensor for each kind of matrix, the experts along its first dimension."""
    result = {}
    for name, tensor in tensors.items():
        if match := re.fullmatch(r"(.*experts)\.(\d+)\.(\w+)\.weight", name):
            result.setdefault(f"{match[1]}.{match[3]}.weight", []).append((int(match[2]), tensor))
        else:
            result[name] = tensor
    return {name: torch.stack([expert for _, expert in sorted(value, key=lambda pair: pair[0])])
            if isinstance(value, list) else value for name, value in result.items()}


def stack_heads(tensors, config):
    """StableLM's norms, a tensor for each head, become one."""
    result = {name: tensor for name, tensor in tensors.items() if ".norms." not in name}
    for name in (name for name in tensors if ".norms.0." in name):
        parts = [tensors[name.replace(".0.weight", f".{head}.weight")] for head in range(heads_of(config, name.replace(
            "k_layernorm", "k_proj")))]
        result[name.replace(".norms.0", "")] = torch.stack(parts)
    return result


def frequency_factors(tensors, config):
    """Llama 3.1's divisors of the rotation's frequencies, as a tensor."""
    if config.get("rope_type") != "llama3":
        return tensors
    head, original = config["head_dim"], config["original_max_position_embeddings"]
    low, high, factor = config["low_freq_factor"], config["high_freq_factor"], config["factor"]
    factors = []
    for i in range(0, head, 2):
        turns = original / (2 * math.pi * config["rope_theta"] ** (i / head))
        smooth = min(max((turns - low) / (high - low), 0), 1)
        factors.append(1 / ((1 - smooth) / factor + smooth))
    return tensors | {"rope_freqs.weight": torch.tensor(factors)}


def long_factors(tensors, config):
    return tensors | {f"rope_factors_{kind}.weight": torch.tensor(config[f"{kind}_factor"])
                      for kind in ("long", "short") if f"{kind}_factor" in config}


def split_keys_from_values(tensor, config, name):
    """DeepSeek's decompression: keys transposed, for the query's side; values."""
    parts = tensor.unflatten(0, (config["num_attention_heads"], -1))
    k, v = parts.split([config["qk_nope_head_dim"], config["v_head_dim"]], 1)
    return {name.replace("kv_b", "k_b"): k.transpose(1, 2), name.replace("kv_b", "v_b"): v}


def split_gate(tensor, config, name):
    layer = re.search(r"\d+", name)[0]
    return {f"blk.{layer}.ffn_{kind}_exps.weight": part for kind, part in zip(("gate", "up"), tensor.chunk(2, 1))}


def unpack(tensor, config, name):
    experts = tensor.unflatten(0, (config["moe_num_experts"], -1))
    return {f"{name}.weight": experts.transpose(1, 2) if name.endswith("w2") else experts}


def drop_padding(tensor, config, name):
    """RoBERTa's positions begin behind the padding token's id; in the file they begin at zero."""
    return tensor[config["pad_token_id"] + 1:] if config["model_type"] == "roberta" else tensor


def split_interleaved(tensor, config, name):
    """gpt-oss: gates and what they multiply take turns along the last dimension; matrices are transposed."""
    layer = re.search(r"\d+", name)[0]
    ending = "bias" if name.endswith("_bias") else "weight"
    parts = dict(down=tensor) if "down_proj" in name else dict(gate=tensor[..., ::2], up=tensor[..., 1::2])
    return {f"blk.{layer}.ffn_{kind}_exps.{ending}": part if ending == "bias" else part.transpose(1, 2)
            for kind, part in parts.items()}


BY_PAIRS = each(r"[qk]_proj\.(weight|bias)$", turn_by_pairs)
STATE_SPACE = (each("A_log", lambda tensor, config, name: -tensor.exp()),
               each("conv1d.weight", lambda tensor, config, name: tensor.squeeze(1)))
PLUS_ONE = each("norm.weight$", lambda tensor, config, name: tensor + 1)
GROK = {r"attn\.([qkv])_proj": r"attn_\2", r"attn\.o_proj": "attn_output", r"pre_attn_norm\.scale": "attn_norm.weight",
        r"post_attn_norm\.scale": "attn_output_norm.weight", r"pre_moe_norm\.scale": "ffn_norm.weight",
        r"post_moe_norm\.scale": "layer_output_norm.weight", r"moe_block\.gate": "ffn_gate_inp",
        r"moe_block\.experts\.linear_v": "ffn_up_exps", r"moe_block\.experts\.linear_1": "ffn_down_exps",
        r"moe_block\.experts\.linear\.": "ffn_gate_exps."}

CHANGES = {
    "llama": (BY_PAIRS, merge_experts, frequency_factors),
    "mixtral-split": (BY_PAIRS, *(rename(rf".*layers\.(\d+)\..*experts\.(\d+)\.{old}", rf"blk.\1.ffn_{new}.\2")
                                  for old, new in (("w1", "gate"), ("w2", "down"), ("w3", "up")))),
    "mistral": (BY_PAIRS,), "smollm3": (BY_PAIRS,), "olmo": (BY_PAIRS,), "granite": (BY_PAIRS,), "deci": (BY_PAIRS,),
    "minicpm": (BY_PAIRS,), "internlm2": (each("wqkv", split_grouped), BY_PAIRS), "exaone": (frequency_factors,),
    "baichuan": (each("W_pack", split_thirds), BY_PAIRS), "chatglm": (rename("^transformer.", ""),),
    "granitemoe": (BY_PAIRS, each("moe.input_linear", split_gate)),
    "qwen2moe": (merge_experts,), "qwen3moe": (merge_experts,),
    "gemma": (PLUS_ONE,), "gemma2": (PLUS_ONE,), "gemma3": (PLUS_ONE,),
    "gpt-oss": (each("experts", split_interleaved), rename("sinks$", "sinks.weight")), "phi3": (long_factors,),
    "gpt2": (drop(r"\.attn\.bias"), each(r"c_(attn|proj|fc)\.weight", lambda tensor, config, name: tensor.t())),
    "gptneox": (drop(r"attention\.bias"), each("query_key_value", ungroup)), "bloom": (each("query_key_value", ungroup),),
    "falcon": (each("query_key_value", ungroup_falcon),), "stablelm": (stack_heads,),
    "dbrx": (each("experts", unpack),),
    "grok": (merge_experts, rename(r"^model\.norm\.scale", "output_norm.weight"), *(
        rename(rf"^model\.layers\.(\d+)\.{old}", rf"blk.\1.{new}") for old, new in GROK.items())),
    "deepseek2": (merge_experts, each("kv_b_proj", split_keys_from_values), rename("e_score_correction_bias", "e_score_correction.bias")), "deepseek_v2-lite-old": (merge_experts,),
    "mamba": STATE_SPACE, "jamba": (merge_experts, rename(r"feed_forward\.experts", "mlp.experts"), *STATE_SPACE),
    "bert": (drop("^pooler|position_ids"), rename("^roberta.", ""), each("position_embeddings", drop_padding)),
}
