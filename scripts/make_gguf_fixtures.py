"""Makes Tests/ArchitecturesTests/Fixtures/gguf: the checkpoints of `families` and `encoders` as llama.cpp converts them.

Run: python scripts/make_gguf_fixtures.py [case ...]   (gguf 0.19), after the scripts of families and encoders

What to expect of a file is in the folder of its case. Some files say less than the folder, as the converter writes no key
for it: then expected values of their own lie beside them, <case>.json. The files are those that llama.cpp's converter of
2026-10 makes, tensor by tensor, and llama.cpp computes the expected values from them, up to its GELU in half precision.
"""

import dataclasses
import json
import sys

import gguf
import numpy
import safetensors.torch
import torch
import transformers

import architecture_cases
from architecture_cases import FOLDER
from gguf_tensors import CHANGES
from make_architecture_fixtures import run, search, write

# Keys that many architectures share, and where each is found in config.json (nested objects are laid flat). Where the
# converter writes what is true of real checkpoints only, as a feed-forward of four times the width, the true number is here.
KEYS = {
    "block_count": "num_hidden_layers n_layer n_layers num_layers",
    "context_length": "max_position_embeddings n_positions max_seq_len seq_length",
    "embedding_length": "hidden_size n_embd n_embed d_model dim",
    "feed_forward_length": "intermediate_size n_inner ffn_hidden_size hidden_dim",
    "attention.head_count": "num_attention_heads n_head n_heads",
    "attention.head_count_kv": "num_key_value_heads_per_layer num_key_value_heads kv_n_heads multi_query_group_num",
    "attention.key_length": "head_dim",
    "attention.value_length": "head_dim",
    "attention.layer_norm_rms_epsilon": "rms_norm_eps layernorm_epsilon",
    "attention.layer_norm_epsilon": "layer_norm_eps layer_norm_epsilon norm_epsilon",
    "attention.clamp_kqv": "clip_qkv",
    "rope.freq_base": "rope_theta rotary_emb_base",
    "expert_count": "num_local_experts num_experts n_routed_experts moe_num_experts",
    "expert_used_count": "num_experts_per_tok moe_top_k",
    "expert_feed_forward_length": "moe_intermediate_size",
    "expert_shared_feed_forward_length": "shared_expert_intermediate_size",
    "expert_shared_count": "n_shared_experts",
    "expert_weights_scale": "routed_scaling_factor",
    "expert_group_count": "n_group",
    "expert_group_used_count": "topk_group",
    "leading_dense_block_count": "first_k_dense_replace",
    "use_parallel_residual": "use_parallel_residual",
    "logit_scale": "logit_scale logits_scaling output_multiplier_scale",
    "embedding_scale": "embedding_multiplier embedding_multiplier_scale",
    "residual_scale": "residual_multiplier",
    "attention.scale": "attention_multiplier",
    "attention.output_scale": "attn_output_multiplier",
    "attn_logit_softcapping": "attn_logit_softcapping max_attn_value",
    "final_logit_softcapping": "final_logit_softcapping",
    "ssm.conv_kernel": "conv_kernel mamba_d_conv",
    "ssm.state_size": "state_size mamba_d_state",
    "ssm.time_step_rank": "time_step_rank mamba_dt_rank",
}


@dataclasses.dataclass
class Case:
    architecture: str
    keys: dict = dataclasses.field(default_factory=dict)  # more keys; None leaves one out
    source: str = ""  # the folder of the checkpoint, when it has another name
    loses: dict = dataclasses.field(default_factory=dict)  # what config.json would be, said what the file can say
    changes: tuple = ()  # besides those of the architecture


def partial_rotation(c):
    factor = c.get("partial_rotary_factor", c.get("rotary_pct", 1.0))
    return {"rope.dimension_count": int(factor * (c["hidden_size"] // c["num_attention_heads"])), "rope.freq_base": None}


def llama(c):
    head = c.get("head_dim") or c["hidden_size"] // c["num_attention_heads"]
    kind = c.get("rope_type", c.get("type"))
    return {"vocab_size": c["vocab_size"], "rope.dimension_count": head} | scaling(c, kind)


def scaling(c, kind):
    if kind not in ("linear", "yarn"):
        return {}
    names = {"factor": "factor", "original_context_length": "original_max_position_embeddings",
             "yarn_beta_fast": "beta_fast", "yarn_beta_slow": "beta_slow"}
    return {"rope.scaling.type": kind} | {f"rope.scaling.{key}": c[name] if "context" in key else float(c[name])
                                          for key, name in names.items() if name in c}


def phi3(c):
    original = c.get("original_max_position_embeddings", 4096)
    long = c["max_position_embeddings"] / original
    return partial_rotation(c) | {
        "rope.freq_base": c["rope_theta"], "rope.scaling.original_context_length": original,
        "attention.sliding_window": c.get("sliding_window") or 0,
        "rope.scaling.attn_factor": (1 + numpy.log(long) / numpy.log(original)) ** 0.5 if "long_factor" in c else None}


def deepseek(c, is_absorbed=True):
    """Today's form has the latent attention with one key head; the older one has its keys decompressed."""
    key, value, latent = c["qk_nope_head_dim"] + c["qk_rope_head_dim"], c["v_head_dim"], c["kv_lora_rank"]
    lengths = {"key_length": latent + c["qk_rope_head_dim"], "value_length": latent, "key_length_mla": key,
               "value_length_mla": value, "head_count_kv": 1} if is_absorbed else {"key_length": key, "value_length": value}
    return {f"attention.{name}": length for name, length in lengths.items()} | scaling(c, "yarn") | {
        "vocab_size": c["vocab_size"], "attention.kv_lora_rank": latent, "rope.dimension_count": c["qk_rope_head_dim"],
        "rope.scaling.yarn_log_multiplier": 0.1 * c["mscale_all_dim"]}


def falcon(c):
    groups = c["num_kv_heads"] if c["new_decoder_architecture"] else 1
    return {"tensor_data_layout": "jploski", "context_length": 2048, "attention.head_count_kv": groups,
            "feed_forward_length": c.get("ffn_hidden_size", 4 * c["hidden_size"])}


def mamba(c):
    return {"context_length": 2**20, "feed_forward_length": 0, "attention.head_count": 0, "ssm.dt_b_c_rms": False,
            "attention.layer_norm_epsilon": None, "attention.layer_norm_rms_epsilon": c["layer_norm_epsilon"],
            "ssm.inner_size": 2 * c["hidden_size"]}


def jamba(c):
    is_attention = [i % c["attn_layer_period"] == c["attn_layer_offset"] for i in range(c["num_hidden_layers"])]
    return {"attention.head_count_kv": [c["num_key_value_heads"] * here for here in is_attention],
            "ssm.inner_size": c["mamba_expand"] * c["hidden_size"]}


def roberta(c):
    return ENCODER | {"context_length": c["max_position_embeddings"] - c["pad_token_id"] - 1}


def minicpm(c):
    return {"embedding_scale": float(c["scale_emb"]), "residual_scale": c["scale_depth"] / c["num_hidden_layers"] ** 0.5,
            "logit_scale": c["hidden_size"] / c["dim_model_base"]}


def chatglm(c):
    return {"rope.dimension_count": c["hidden_size"] // c["num_attention_heads"] // 2, "rope.freq_base": 10000 * c["rope_ratio"]}


ENCODER = {"attention.causal": False}

CASES = {
    **{name: Case("llama", llama) for name in ("llama", "llama-3.1", "llama-yarn", "mixtral")},
    # Older files have a tensor for each expert.
    "mixtral-split": Case("llama", llama, source="mixtral"),
    # llama.cpp's converter calls Mistral's models "llama", too; others wrote their own name.
    "mistral": Case("mistral", lambda c: llama(c) | {"attention.sliding_window": c["sliding_window"]}),
    "smollm3": Case("smollm3", llama, loses=dict(no_rope_layers=[1, 1, 1, 0])),
    "qwen": Case("qwen", lambda c: {"attention.layer_norm_epsilon": None, "rope.freq_base": c["rotary_emb_base"],
                                    "attention.layer_norm_rms_epsilon": c["layer_norm_epsilon"]},
                 loses=dict(use_logn_attn=False, use_dynamic_ntk=False)),
    # Older files stretch positions without saying how; these are the same as the explicit form.
    "llama-linear": Case("llama", lambda c: llama(c) | scaling(c, "linear")),
    "llama-linear-untyped": Case("llama", lambda c: llama(c) | {"rope.scaling.factor": float(c["factor"])},
                                 source="llama-linear"),
    "llama-linear-old": Case("llama", lambda c: llama(c) | {"rope.scale_linear": float(c["factor"])},
                             source="llama-linear"),
    "granite": Case("granite", llama), "granitemoe": Case("granitemoe", llama), "decilm": Case("deci", llama),
    "qwen2": Case("qwen2", loses=dict(use_sliding_window=False, layer_types=["full_attention"] * 2)),
    "qwen2_moe-sparse": Case("qwen2moe"), "qwen3": Case("qwen3"), "qwen3_moe": Case("qwen3moe"),
    "gemma": Case("gemma", {"rope.freq_base": None}),
    "gemma2": Case("gemma2", lambda c: {"rope.freq_base": None, "attention.sliding_window": c["sliding_window"]},
                   loses=dict(query_pre_attn_scalar=12)),
    "gemma3": Case("gemma3", lambda c: {
        "attention.sliding_window": c["sliding_window"], "rope.freq_base": c["full_attention"]["rope_theta"],
        "rope.scaling.type": "linear", "rope.scaling.factor": c["full_attention"]["factor"]}),
    "gpt_oss-published": Case("gpt-oss", lambda c: scaling(c, "yarn") | {
        "attention.sliding_window": c["sliding_window"], "expert_feed_forward_length": c["intermediate_size"]}),
    "deepseek_v3": Case("deepseek2", lambda c: deepseek(c) | {
        "expert_gating_func": 2, "attention.q_lora_rank": c["q_lora_rank"], "expert_weights_norm": c["norm_topk_prob"]}),
    "phi": Case("phi2", partial_rotation), "phi3": Case("phi3", phi3), "phi3-longrope": Case("phi3", phi3),
    "gpt2": Case("gpt2"), "gpt_bigcode": Case("starcoder", {"attention.head_count_kv": 1}),
    "gpt_neox": Case("gptneox", partial_rotation),
    "starcoder2": Case("starcoder2", loses=dict(sliding_window=None)),
    "bloom": Case("bloom", lambda c: {"context_length": c["n_embed"], "feed_forward_length": 4 * c["n_embed"],
                                      "attention.head_count_kv": c["num_attention_heads"]}),
    "falcon-7b": Case("falcon", falcon), "falcon-40b": Case("falcon", lambda c: falcon(c) | {"rope.freq_base": None}),
    "mpt": Case("mpt", lambda c: {"attention.layer_norm_epsilon": 1e-5, "feed_forward_length": 4 * c["d_model"],
                                "attention.max_alibi_bias": float(c["alibi_bias_max"])}),
    "stablelm": Case("stablelm", partial_rotation), "stablelm-12b": Case("stablelm", partial_rotation),
    "olmo": Case("olmo", {"attention.layer_norm_epsilon": 1e-5}), "olmo2": Case("olmo2"),
    "cohere-plus": Case("command-r", {"rope.scaling.type": "none"}),
    "dbrx": Case("dbrx", {"attention.layer_norm_epsilon": 1e-5}),
    "grok-1": Case("grok", lambda c: {"rope.dimension_count": c["hidden_size"] // c["num_attention_heads"]}),
    "internlm2": Case("internlm2"), "minicpm": Case("minicpm", minicpm), "chatglm": Case("chatglm", chatglm),
    "exaone": Case("exaone", lambda c: {"attention.layer_norm_epsilon": None, "attention.layer_norm_rms_epsilon":
                                        c["layer_norm_epsilon"]} | llama(c)),
    "baichuan": Case("baichuan", lambda c: llama(c) | {"attention.head_count_kv": c["num_attention_heads"]}),
    "deepseek_v2-lite": Case("deepseek2", deepseek),
    "deepseek_v2-lite-old": Case("deepseek2", lambda c: deepseek(c, False), source="deepseek_v2-lite"),
    "mamba": Case("mamba", mamba), "jamba": Case("jamba", jamba),
    "bert": Case("bert", ENCODER, source="encoders/bert"),
    "roberta-score": Case("bert", lambda c: roberta(c) | {"classifier.output_labels": ["LABEL_0"]},
                          source="encoders/roberta-score"),
    "nomic_bert": Case("nomic-bert", lambda c: ENCODER | {"context_length": 2048}, source="encoders/nomic_bert"),
}


def add(writer, key, value):
    match float(value) if key.endswith("rope.freq_base") and value else value:
        case bool(): writer.add_bool(key, value)
        case int(): writer.add_uint32(key, value)
        case float() as number: writer.add_float32(key, number)
        case str(): writer.add_string(key, value)
        case list(): writer.add_array(key, value)


def metadata(case, config):
    flat = dict(config)
    for part in ("rope_parameters", "rope_scaling", "attn_config", "ffn_config"):
        flat |= flat.get(part) or {}
    flat = {key: value for key, value in flat.items() if value is not None}
    found = {key: next((flat[name] for name in names.split() if name in flat), None) for key, names in KEYS.items()}
    return found | (case.keys(flat) if callable(case.keys) else case.keys), flat


def tensors_of(folder):
    return safetensors.torch.load_file(folder / "model.safetensors")


def make(name, case):
    folder = FOLDER / (case.source if "/" in case.source else f"families/{case.source or name}")
    config = json.loads((folder / "config.json").read_text())
    keys, flat = metadata(case, config)
    (FOLDER / "gguf").mkdir(exist_ok=True)
    writer = gguf.GGUFWriter(FOLDER / f"gguf/{name}.gguf", case.architecture)
    for key, value in keys.items():
        add(writer, f"{case.architecture}.{key}", value)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([f"<{i}>" for i in range(96)])
    writer.add_token_types([gguf.TokenType.NORMAL] * 96)
    writer.add_token_merges(["< 0"])  # llama.cpp wants one
    if "type_vocab_size" in flat:
        writer.add_token_type_count(flat["type_vocab_size"])
    known = "llama" if case.architecture == "mistral" else case.architecture
    architecture = next(key for key, value in gguf.MODEL_ARCH_NAMES.items() if value == known)
    names = gguf.get_tensor_name_map(architecture, keys["block_count"])
    tensors = tensors_of(folder)
    for change in CHANGES.get(name, CHANGES.get(case.architecture, ())):
        tensors = change(tensors, flat)
    for old, tensor in sorted(tensors.items()):
        is_new = old.startswith(("blk.", "rope_", "output_norm"))
        new = old if is_new else names.get_name(old, try_suffixes=(".weight", ".bias"))
        writer.add_tensor(new, numpy.ascontiguousarray(tensor.numpy()))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    if case.loses:
        def less():
            reference = architecture_cases.CASES[name].reference
            if reference:
                model = reference(config | case.loses, tensors_of(folder))
                return None, model, model.weights
            model = transformers.AutoModelForCausalLM.from_pretrained(
                folder, dtype=torch.float32, attn_implementation="eager", **case.loses).eval()
            return None, lambda tokens: run(model, tokens), dict(model.named_parameters())

        write(FOLDER / f"gguf/{name}.json", search(name, less)[1])


if __name__ == "__main__":
    for name in sys.argv[1:] or CASES:
        make(name, CASES[name])
