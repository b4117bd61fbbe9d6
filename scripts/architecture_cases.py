"""The table of tiny checkpoints that prove every decoder family: what each is made of, and what it is there to catch.

A case is a config of transformers or, with `reference`, the published keys of a family that transformers lacks.
`published` writes config.json in the form that most checkpoints on the Hub have (rope_theta and rope_scaling at the top),
otherwise as transformers 5 writes it (rope_parameters): a reader must take both.
"""

import dataclasses
import pathlib
from typing import Any

import torch
import transformers as t

import reference_models as own


FOLDER = pathlib.Path(__file__).parent.parent / "Tests/ArchitecturesTests/Fixtures"


@dataclasses.dataclass
class Case:
    config: Any
    reference: Any = None  # a class of reference_models, for families that transformers does not have
    model: Any = None  # its class, where transformers has it for no task of its own
    published: bool = False
    edits: dict = dataclasses.field(default_factory=dict)  # keys of config.json as published; None removes one
    loading: dict = dataclasses.field(default_factory=dict)  # what transformers 5.23 must be told to read it correctly
    names: dict = dataclasses.field(default_factory=dict)  # patterns in tensor names, and what published checkpoints have
    extra: dict = dataclasses.field(default_factory=dict)  # tensors that old checkpoints have and nobody needs
    rewrite: Any = None  # makes of the tensors by name those of a published checkpoint
    attention: str = "eager"
    post_norm: float = 0.0  # added to the norms behind a layer's parts: else the embedding drowns what the layers say


SIZE = dict(vocab_size=96, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=256)
NO_TOKENS = dict(bos_token_id=None, eos_token_id=None, pad_token_id=None)
GROUPED = dict(**SIZE, **NO_TOKENS, num_key_value_heads=2, intermediate_size=40)


def rope(kind="default", theta=10000.0, **parameters):
    return dict(rope_parameters=dict(rope_type=kind, rope_theta=theta, **parameters))


LONG_ROPE = dict(short_factor=[1.0, 1.25, 1.5, 2.0], long_factor=[1.0, 2.0, 4.0, 7.5])

LLAMA = {
    "llama": Case(t.LlamaConfig(**GROUPED, rms_norm_eps=1e-5)),
    "llama-3.1": Case(
        t.LlamaConfig(**GROUPED, head_dim=12, attention_bias=True, tie_word_embeddings=True, **rope(
            "llama3", 500.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32)),
        published=True),
    "llama-linear": Case(
        t.LlamaConfig(**GROUPED | dict(num_key_value_heads=1), **rope("linear", factor=2.5)), published=True),
    # The base grows with the length of the whole text, as soon as it is longer than max_position_embeddings.
    "llama-dynamic": Case(
        t.LlamaConfig(**GROUPED | dict(max_position_embeddings=30), **rope("dynamic", 1000.0, factor=2.0)), published=True),
    "llama-yarn": Case(t.LlamaConfig(**GROUPED | dict(num_key_value_heads=1), head_dim=16, tie_word_embeddings=True, **rope(
        "yarn", 1000.0, factor=4.0, original_max_position_embeddings=64, beta_fast=8.0, beta_slow=1.0))),
    "llama-mlp-bias": Case(
        t.LlamaConfig(**GROUPED, mlp_bias=True, hidden_act="gelu_pytorch_tanh"), edits=dict(rope_parameters=None)),
    "smollm3": Case(t.SmolLM3Config(**GROUPED | dict(num_hidden_layers=4), no_rope_layer_interval=3, tie_word_embeddings=True)),
    "mobilellm": Case(
        dict(**GROUPED, model_type="mobilellm", architectures=["MobileLLMForCausalLM"], hidden_act="silu", rms_norm_eps=1e-5,
             rope_theta=10000.0, rope_scaling=None, attention_bias=False, mlp_bias=False, pretraining_tp=1,
             tie_word_embeddings=False, share_embedding=True, layer_sharing=True),
        reference=own.MobileLLM),
    "decilm": Case(
        dict(**GROUPED | dict(num_hidden_layers=3, intermediate_size=20), model_type="deci", hidden_act="silu",
             architectures=["DeciLMForCausalLM"], rms_norm_eps=1e-5, rope_theta=10000.0, rope_scaling=None,
             attention_bias=False, tie_word_embeddings=False, num_key_value_heads_per_layer=[4, 2, 1]),
        reference=own.DeciLM),
    "granite": Case(
        t.GraniteConfig(**GROUPED, embedding_multiplier=6.0, attention_multiplier=0.2, residual_multiplier=0.3,
                        logits_scaling=1.5, tie_word_embeddings=False), published=True),
    "granitemoe": Case(t.GraniteMoeConfig(
        **GROUPED | dict(intermediate_size=16), num_local_experts=4, num_experts_per_tok=2, embedding_multiplier=2.0,
        attention_multiplier=0.25, residual_multiplier=0.8, logits_scaling=0.8, tie_word_embeddings=True)),
    "mistral": Case(t.MistralConfig(**GROUPED, head_dim=10, sliding_window=7), published=True),
    "mixtral": Case(t.MixtralConfig(
        **GROUPED | dict(intermediate_size=11), num_local_experts=4, num_experts_per_tok=2, sliding_window=None)),
}

QWEN_GEMMA = {
    # Longer than seq_length: logn attention, and dynamic NTK with one alpha from 41 to 80 tokens.
    "qwen": Case(
        dict(**SIZE, model_type="qwen", architectures=["QWenLMHeadModel"], intermediate_size=80, kv_channels=8,
             seq_length=40, rotary_emb_base=10000, rotary_pct=1.0, layer_norm_epsilon=1e-6, no_bias=True, use_logn_attn=True,
             use_dynamic_ntk=True, tie_word_embeddings=False, scale_attn_weights=True, bf16=False, fp16=False, fp32=True),
        reference=own.Qwen),
    "qwen2": Case(t.Qwen2Config(
        **GROUPED, tie_word_embeddings=True, use_sliding_window=True, sliding_window=9, max_window_layers=1)),
    "qwen2_moe": Case(
        t.Qwen2MoeConfig(
            **GROUPED | dict(num_hidden_layers=4, hidden_size=24, intermediate_size=28), moe_intermediate_size=8,
            shared_expert_intermediate_size=12, num_experts=4, num_experts_per_tok=2, norm_topk_prob=False,
            decoder_sparse_step=2, mlp_only_layers=[3], tie_word_embeddings=True),
        published=True),
    "qwen2_moe-sparse": Case(t.Qwen2MoeConfig(
        **GROUPED | dict(hidden_size=24), moe_intermediate_size=10, shared_expert_intermediate_size=14, num_experts=4,
        num_experts_per_tok=2, norm_topk_prob=False, tie_word_embeddings=False)),
    "qwen3": Case(t.Qwen3Config(**GROUPED | dict(intermediate_size=32), head_dim=12, tie_word_embeddings=True)),
    "qwen3_moe": Case(
        t.Qwen3MoeConfig(
            **GROUPED, head_dim=10, moe_intermediate_size=12, num_experts=4, num_experts_per_tok=2, norm_topk_prob=True,
            tie_word_embeddings=True),
        published=True),
    # Old configs say gelu, and mean the tanh form.
    "gemma": Case(
        t.GemmaConfig(**GROUPED | dict(num_key_value_heads=1), head_dim=12, tie_word_embeddings=True),
        edits=dict(hidden_act="gelu")),
    "gemma2": Case(
        t.Gemma2Config(**GROUPED, head_dim=12, sliding_window=8, query_pre_attn_scalar=20, attn_logit_softcapping=2.0,
                       final_logit_softcapping=3.0, tie_word_embeddings=True),
        published=True, post_norm=4.0),
}

MASK = torch.ones(1, 1, 72, 72).tril().bool()
MPT = dict(vocab_size=96, d_model=24, n_layers=2, max_seq_len=128)
MPT_ATTENTION = dict(alibi=True, alibi_bias_max=8, attn_impl="torch", attn_pdrop=0, attn_type="multihead_attention",
                     attn_uses_sequence_id=False, clip_qkv=None, prefix_lm=False, qk_ln=False, softmax_scale=None)
MPT_PUBLISHED = dict(architectures=["MPTForCausalLM"])

GPT = {
    "phi": Case(t.PhiConfig(**GROUPED, **rope(partial_rotary_factor=0.5)), published=True),
    "phi-qk-norm": Case(t.PhiConfig(**GROUPED, qk_layernorm=True, **rope(partial_rotary_factor=0.5))),
    "phi3": Case(t.Phi3Config(**GROUPED, sliding_window=None), published=True),
    "phi3-window": Case(t.Phi3Config(**GROUPED | dict(num_key_value_heads=4), sliding_window=11)),
    "phi3-longrope": Case(
        t.Phi3Config(**GROUPED, original_max_position_embeddings=40, sliding_window=None, **rope(
            "longrope", original_max_position_embeddings=40, **LONG_ROPE)), published=True),
    "gpt2": Case(
        t.GPT2Config(vocab_size=96, n_embd=32, n_head=4, n_layer=2, n_positions=72, n_inner=48, **NO_TOKENS),
        names={"^transformer.": ""}, edits=dict(n_ctx=72), extra={f"h.{layer}.attn.bias": MASK for layer in range(2)}),
    "gpt_bigcode": Case(t.GPTBigCodeConfig(
        vocab_size=96, n_embd=32, n_head=4, n_layer=2, n_positions=72, n_inner=56, multi_query=True, **NO_TOKENS)),
    "gpt_bigcode-mha": Case(t.GPTBigCodeConfig(
        vocab_size=96, n_embd=32, n_head=4, n_layer=2, n_positions=72, n_inner=40, multi_query=False, **NO_TOKENS)),
    "starcoder2": Case(
        t.Starcoder2Config(**GROUPED, sliding_window=10, use_bias=True, tie_word_embeddings=True), published=True),
    "gptj": Case(t.GPTJConfig(vocab_size=96, n_embd=32, n_head=4, n_layer=2, n_positions=256, n_inner=40, rotary_dim=6,
                              tie_word_embeddings=False, **NO_TOKENS)),
    "gpt_neox": Case(
        t.GPTNeoXConfig(**SIZE | dict(max_position_embeddings=72), **NO_TOKENS, intermediate_size=40,
                        **rope(partial_rotary_factor=0.25)),
        published=True, extra={f"gpt_neox.layers.{layer}.attention.bias": MASK for layer in range(2)},
        edits=dict(rope_theta=None, partial_rotary_factor=None, rotary_emb_base=10000, rotary_pct=0.25)),
    "gpt_neox-sequential": Case(t.GPTNeoXConfig(
        **SIZE, **NO_TOKENS, intermediate_size=40, use_parallel_residual=False, **rope(partial_rotary_factor=1.0))),
    "opt": Case(t.OPTConfig(
        **SIZE | dict(max_position_embeddings=80), **NO_TOKENS, ffn_dim=40, word_embed_proj_dim=32,
        do_layer_norm_before=True)),
    "opt-350m-like": Case(
        t.OPTConfig(**SIZE | dict(max_position_embeddings=80), **NO_TOKENS, ffn_dim=40, word_embed_proj_dim=24,
                    do_layer_norm_before=False),
        names={"^model.": ""}),
    "bloom": Case(
        t.BloomConfig(vocab_size=96, hidden_size=24, n_layer=2, n_head=6, **NO_TOKENS), names={"^transformer.": ""},
        edits=dict(hidden_size=None, n_embed=24, n_head=None, num_attention_heads=6)),
    "mpt": Case(
        t.MptConfig(**MPT, n_heads=4, attn_config=dict(clip_qkv=0.8, alibi=True)),
        edits=MPT_PUBLISHED | dict(attn_config=MPT_ATTENTION | dict(clip_qkv=0.8))),
    "mpt-odd-heads": Case(
        t.MptConfig(**MPT, n_heads=6, attn_config=dict(alibi=True)),
        edits=MPT_PUBLISHED | dict(attn_config=MPT_ATTENTION)),
}

FALCON = dict(vocab_size=96, num_hidden_layers=2, ffn_hidden_size=48, **NO_TOKENS)
DBRX = dict(attn_config=dict(model_type="", clip_qkv=0.9, kv_n_heads=2, rope_theta=500000.0),
            ffn_config=dict(model_type="", ffn_hidden_size=12, moe_num_experts=4, moe_top_k=2, moe_loss_weight=0.05))
DBRX_ROPE = rope(theta=500000.0)

OTHERS = {
    "falcon-7b": Case(
        t.FalconConfig(**FALCON | dict(ffn_hidden_size=96), hidden_size=24, num_attention_heads=3, multi_query=True,
                       parallel_attn=True),
        published=True, edits=dict(rope_theta=None, ffn_hidden_size=None)),
    "falcon-40b": Case(t.FalconConfig(
        **FALCON, hidden_size=32, num_attention_heads=4, num_kv_heads=2, new_decoder_architecture=True,
        tie_word_embeddings=False)),
    # Eager attention adds the position bias twice in transformers 5.23; SDPA adds it once, as the published code does.
    # 16 heads: the slopes are not powers of two, and are rounded to bfloat16 together with their product.
    "falcon-rw": Case(
        t.FalconConfig(**FALCON, hidden_size=32, num_attention_heads=16, alibi=True, bias=True, multi_query=False,
                       parallel_attn=False), attention="sdpa"),
    "stablelm": Case(
        t.StableLmConfig(**GROUPED, use_qkv_bias=True, layer_norm_eps=1e-5, **rope(partial_rotary_factor=0.25)),
        published=True),
    "stablelm-12b": Case(t.StableLmConfig(
        **GROUPED, qk_layernorm=True, use_parallel_residual=True, **rope(partial_rotary_factor=0.5))),
    "olmo": Case(t.OlmoConfig(**GROUPED | dict(num_key_value_heads=4), clip_qkv=0.7), published=True),
    "olmo2": Case(t.Olmo2Config(**GROUPED, **rope(theta=500000.0))),
    "cohere": Case(t.CohereConfig(**GROUPED, logit_scale=0.4, tie_word_embeddings=True), published=True),
    "cohere-plus": Case(t.CohereConfig(**GROUPED, logit_scale=0.6, use_qk_norm=True, tie_word_embeddings=True)),
    # transformers 5.23 forgets attn_config.rope_theta, where published checkpoints have the base of the rotation.
    "dbrx": Case(
        t.DbrxConfig(vocab_size=96, d_model=32, n_heads=4, n_layers=2, max_seq_len=256, **NO_TOKENS, **DBRX, **DBRX_ROPE),
        edits=DBRX | dict(rope_parameters=None, num_key_value_heads=None), loading=DBRX_ROPE),
    "grok-1": Case(
        dict(**GROUPED | dict(intermediate_size=16), model_type="grok-1", architectures=["Grok1ModelForCausalLM"],
             attn_output_multiplier=0.3535533905932738, embedding_multiplier_scale=5.656854249492381,
             output_multiplier_scale=0.5773502691896257, max_attn_value=2.5, rms_norm_eps=1e-5, num_experts=4,
             num_experts_per_tok=2, tie_word_embeddings=True),
        reference=own.Grok, post_norm=4.0),
    "jetmoe": Case(t.JetMoeConfig(
        **SIZE | dict(num_attention_heads=4), **NO_TOKENS, num_key_value_heads=2, kv_channels=8, intermediate_size=12,
        num_local_experts=3, num_experts_per_tok=2)),
    "deepseek_v2": Case(
        t.DeepseekV2Config(
            **GROUPED | dict(num_key_value_heads=4), q_lora_rank=12, kv_lora_rank=16, qk_nope_head_dim=6, qk_rope_head_dim=8,
            v_head_dim=10, moe_intermediate_size=8, n_routed_experts=6, num_experts_per_tok=3, n_shared_experts=2,
            routed_scaling_factor=2.5, topk_method="group_limited_greedy", n_group=3, topk_group=2, first_k_dense_replace=1,
            norm_topk_prob=False, **rope("yarn", 1000.0, factor=4.0, original_max_position_embeddings=64, beta_fast=8,
                                         beta_slow=1, mscale=1.2, mscale_all_dim=0.8)),
        published=True, edits=dict(head_dim=None, qk_head_dim=None, moe_layer_freq=1, scoring_func="softmax")),
    "deepseek_v2-lite": Case(t.DeepseekV2Config(
        **GROUPED | dict(num_key_value_heads=4), q_lora_rank=None, kv_lora_rank=16, qk_nope_head_dim=8, qk_rope_head_dim=4,
        v_head_dim=8, moe_intermediate_size=8, n_routed_experts=4, num_experts_per_tok=2, n_shared_experts=1,
        topk_method="greedy", n_group=1, topk_group=1, first_k_dense_replace=1, norm_topk_prob=False, **rope(
            "yarn", 100.0, factor=4.0, original_max_position_embeddings=64, beta_fast=8, beta_slow=1, mscale=0.707,
            mscale_all_dim=0.707))),
    "mamba": Case(t.MambaConfig(
        vocab_size=96, hidden_size=32, state_size=8, num_hidden_layers=2, conv_kernel=4, time_step_rank=4, **NO_TOKENS)),
    # Published configurations give the network's width before it is cut to two thirds, and list the blocks with attention.
    "lfm2": Case(
        t.Lfm2Config(**GROUPED | dict(num_hidden_layers=4, intermediate_size=70), conv_bias=True, conv_L_cache=4,
                     block_multiple_of=8, block_ffn_dim_multiplier=1.1, layer_types=["conv", "full_attention", "conv", "conv"],
                     **rope(theta=5000.0))),
    "lfm2-published": Case(
        t.Lfm2Config(**GROUPED | dict(num_hidden_layers=3), block_auto_adjust_ff_dim=False, full_attn_idxs=[2],
                     **rope(theta=5000.0)),
        published=True, edits=dict(block_ff_dim=40, intermediate_size=None, tie_word_embeddings=None, tie_embedding=True)),
    "jamba": Case(t.JambaConfig(
        **GROUPED | dict(hidden_size=16, num_hidden_layers=4, intermediate_size=12), attn_layer_period=4,
        attn_layer_offset=2,
        expert_layer_period=2, expert_layer_offset=1, num_experts=3, num_experts_per_tok=2, mamba_d_state=6, mamba_d_conv=4,
        mamba_expand=2, mamba_dt_rank=4, use_mamba_kernels=False, tie_word_embeddings=True)),
    "rwkv-4": Case(
        t.RwkvConfig(vocab_size=96, context_length=256, hidden_size=32, num_hidden_layers=2, intermediate_size=40,
                     rescale_every=0, **NO_TOKENS), edits=dict(rescale_every=6)),
    "rwkv-5": Case(
        dict(vocab_size=96, model_type="rwkv5", architectures=["Rwkv5ForCausalLM"], hidden_size=24, attention_hidden_size=24,
             head_size=8, intermediate_size=None, num_hidden_layers=2, context_length=4096, layer_norm_epsilon=1e-5,
             rescale_every=6, tie_word_embeddings=False, use_cache=True, bos_token_id=0, eos_token_id=0),
        reference=own.Eagle),
}

LLAMA_3_ROPE = rope("llama3", 500.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                    original_max_position_embeddings=32)
YARN = dict(factor=4.0, original_max_position_embeddings=64, beta_fast=8.0, beta_slow=1.0)
ALTERNATING = ["sliding_attention", "full_attention"]
EXPERTS = GROUPED | dict(num_hidden_layers=2, intermediate_size=24, num_experts_per_tok=2)
DEEPSEEK_ROUTING = dict(moe_intermediate_size=8, n_routed_experts=6, num_experts_per_tok=3, n_shared_experts=2, n_group=3,
                        topk_group=2, first_k_dense_replace=1, norm_topk_prob=True, routed_scaling_factor=1.5)

DENSE_2025 = {
    # Published configurations say rope_local_base_freq for the blocks with windows, rope_scaling for the others.
    "gemma3": Case(
        t.Gemma3TextConfig(
            **GROUPED | dict(num_hidden_layers=6, num_attention_heads=2, num_key_value_heads=1, intermediate_size=24, hidden_size=24), head_dim=12, sliding_window=8,
            query_pre_attn_scalar=12, rope_parameters=dict(
                full_attention=dict(rope_type="linear", rope_theta=1e6, factor=8.0),
                sliding_attention=dict(rope_type="default", rope_theta=10000.0))),
        post_norm=4.0),
    "gemma3-published": Case(
        t.Gemma3TextConfig(
            **GROUPED, head_dim=12, sliding_window=8, query_pre_attn_scalar=20, layer_types=ALTERNATING, rope_parameters=dict(
                full_attention=dict(rope_type="linear", rope_theta=5000.0, factor=2.0),
                sliding_attention=dict(rope_type="default", rope_theta=500.0))),
        edits=dict(rope_parameters=None, rope_theta=5000.0, rope_local_base_freq=500.0, sliding_window_pattern=2,
                   layer_types=None, _sliding_window_pattern=None, rope_scaling=dict(rope_type="linear", factor=2.0)),
        post_norm=4.0),
    "vaultgemma": Case(t.VaultGemmaConfig(
        **GROUPED, head_dim=12, sliding_window=8, query_pre_attn_scalar=20, attn_logit_softcapping=2.0,
        final_logit_softcapping=3.0)),
    "seed_oss": Case(t.SeedOssConfig(**GROUPED, head_dim=10, attention_out_bias=True, mlp_bias=True), published=True),
    "arcee": Case(t.ArceeConfig(**GROUPED, mlp_bias=True, **rope("yarn", 1000.0, **YARN))),
    "apertus": Case(t.ApertusConfig(**GROUPED, **LLAMA_3_ROPE), published=True),
    "helium": Case(t.HeliumConfig(**GROUPED, head_dim=8), published=True, edits=dict(rms_norm_eps=None)),
    "glm": Case(t.GlmConfig(**GROUPED, head_dim=12), published=True, edits=dict(rms_norm_eps=None)),
    "glm4": Case(t.Glm4Config(**GROUPED, head_dim=12, attention_bias=False), post_norm=1.0),
    "olmo3": Case(
        t.Olmo3Config(**GROUPED, sliding_window=7, layer_types=ALTERNATING, rope_parameters=dict(
            full_attention=dict(rope_type="yarn", rope_theta=1000.0, **YARN),
            sliding_attention=dict(rope_type="default", rope_theta=1000.0)))),
    "olmo3-published": Case(
        t.Olmo3Config(**GROUPED, sliding_window=7, layer_types=ALTERNATING, rope_parameters=dict(
            full_attention=dict(rope_type="yarn", rope_theta=500000.0, **YARN),
            sliding_attention=dict(rope_type="default", rope_theta=500000.0))),
        edits=dict(rope_parameters=None, rope_theta=500000.0, rope_scaling=dict(rope_type="yarn", **YARN))),
    "cohere2": Case(t.Cohere2Config(**GROUPED | dict(num_hidden_layers=4), sliding_window=6, logit_scale=0.5), published=True),
    "exaone4": Case(
        t.Exaone4Config(**GROUPED | dict(num_hidden_layers=4), head_dim=10, sliding_window=6, sliding_window_pattern=4),
        edits=dict(sliding_window_pattern="LLLG")),
    "exaone4-full": Case(t.Exaone4Config(**GROUPED, sliding_window=None, layer_types=["full_attention"] * 2, **LLAMA_3_ROPE)),
    "ernie4_5": Case(t.Ernie4_5Config(**GROUPED, head_dim=10, use_bias=True)),
    "hunyuan_v1_dense": Case(t.HunYuanDenseV1Config(
        **GROUPED, head_dim=12, **rope("dynamic", 1000.0, alpha=50.0, factor=1.0))),
    "nemotron": Case(t.NemotronConfig(**GROUPED, mlp_bias=True), published=True, edits=dict(partial_rotary_factor=None)),
    "persimmon": Case(t.PersimmonConfig(**SIZE, **NO_TOKENS, intermediate_size=40)),
    "nanochat": Case(t.NanoChatConfig(**GROUPED)),
    "bitnet": Case(t.BitNetConfig(**GROUPED)),
    "ministral": Case(t.MinistralConfig(**GROUPED, head_dim=10, sliding_window=7, layer_types=ALTERNATING)),
    "ministral3": Case(t.Ministral3Config(**GROUPED, head_dim=12, **rope(
        "yarn", 1000.0, **YARN | dict(original_max_position_embeddings=16), llama_4_scaling_beta=0.3, mscale=1.0,
        mscale_all_dim=1.0))),
}

MIXTURES_2025 = {
    "olmoe": Case(t.OlmoeConfig(**EXPERTS, num_experts=4, clip_qkv=1.5), published=True),
    "flex_olmo": Case(t.FlexOlmoConfig(**EXPERTS, num_experts=4)),
    "ernie4_5_moe": Case(t.Ernie4_5_MoeConfig(
        **GROUPED | dict(num_hidden_layers=3), moe_intermediate_size=8, moe_num_experts=5, moe_k=2, moe_num_shared_experts=2,
        moe_layer_start_index=1, use_bias=False)),
    "hunyuan_v1_moe": Case(t.HunYuanMoEV1Config(**GROUPED | dict(intermediate_size=24), head_dim=12, num_experts=4, moe_topk=2)),
    "glm4_moe": Case(
        t.Glm4MoeConfig(**GROUPED | DEEPSEEK_ROUTING, head_dim=12, use_qk_norm=True, attention_bias=True), published=True),
    "solar_open": Case(t.SolarOpenConfig(**GROUPED | DEEPSEEK_ROUTING, head_dim=12)),
    "dots1": Case(t.Dots1Config(**GROUPED | DEEPSEEK_ROUTING | dict(n_group=1, topk_group=1), head_dim=12)),
    "phimoe": Case(t.PhimoeConfig(
        **EXPERTS, num_local_experts=4, sliding_window=9, attention_bias=True, lm_head_bias=True), published=True),
    "granitemoeshared": Case(t.GraniteMoeSharedConfig(
        **EXPERTS, num_local_experts=4, shared_intermediate_size=16, embedding_multiplier=2.0, attention_multiplier=0.25,
        residual_multiplier=0.8, logits_scaling=0.8)),
    "minimax_m2": Case(t.MiniMaxM2Config(**EXPERTS, head_dim=12, num_local_experts=5, rope_parameters=dict(
        rope_type="default", rope_theta=5000.0, partial_rotary_factor=0.5)), published=True),
    "afmoe": Case(t.AfmoeConfig(
        **EXPERTS | dict(num_hidden_layers=4), moe_intermediate_size=8, num_experts=5, num_shared_experts=1, head_dim=12,
        sliding_window=7, route_scale=1.5, mup_enabled=True), post_norm=1.0),
}

LATENT = GROUPED | dict(num_key_value_heads=4, q_lora_rank=12, kv_lora_rank=16, qk_nope_head_dim=6, qk_rope_head_dim=8,
                        v_head_dim=10)
DELTA = dict(linear_conv_kernel_dim=3, linear_key_head_dim=6, linear_value_head_dim=10, linear_num_key_heads=2,
             linear_num_value_heads=4, layer_types=["linear_attention", "full_attention"], head_dim=8)
QWEN_EXPERTS = dict(moe_intermediate_size=8, shared_expert_intermediate_size=12, num_experts=4, num_experts_per_tok=2)

MIXTURES_2025 |= {
    "gpt_oss": Case(t.GptOssConfig(**EXPERTS, head_dim=12, num_local_experts=4, sliding_window=7, swiglu_limit=1.0, **rope(
        "yarn", 1000.0, **YARN, truncate=False))),
    "gpt_oss-published": Case(
        t.GptOssConfig(**EXPERTS, head_dim=12, num_local_experts=4, sliding_window=7, **rope(
            "yarn", 1000.0, **YARN, truncate=False)), published=True),
    # Pieces shorter than the prompt, a block without positions whose queries grow early.
    "llama4": Case(t.Llama4TextConfig(
        **EXPERTS | dict(num_hidden_layers=4, num_experts_per_tok=1), intermediate_size_mlp=28, num_local_experts=3, head_dim=8,
        attention_chunk_size=9, no_rope_layer_interval=4, interleave_moe_layer_step=2, floor_scale=10, attn_scale=0.5,
        **LLAMA_3_ROPE)),
    "deepseek_v3": Case(
        t.DeepseekV3Config(**LATENT | DEEPSEEK_ROUTING, **rope("yarn", 1000.0, **YARN, mscale=1.0, mscale_all_dim=1.0)),
        published=True, edits=dict(head_dim=None, qk_head_dim=None, rope_interleave=None, topk_method="noaux_tc",
                                   scoring_func="sigmoid", moe_layer_freq=1)),
    # Moonlight has no vector for queries.
    "deepseek_v3-lite": Case(t.DeepseekV3Config(
        **LATENT | DEEPSEEK_ROUTING | dict(q_lora_rank=None, n_group=1, topk_group=1, first_k_dense_replace=0),
        rope_interleave=False)),
    "glm4_moe_lite": Case(t.Glm4MoeLiteConfig(**LATENT | {
        key: value for key, value in DEEPSEEK_ROUTING.items() if key != "first_k_dense_replace"})),
    "youtu": Case(t.YoutuConfig(**LATENT, tie_word_embeddings=True)),
    "exaone_moe": Case(t.ExaoneMoeConfig(
        **GROUPED | dict(num_hidden_layers=4), head_dim=10, sliding_window=6, sliding_window_pattern=4, moe_intermediate_size=8,
        num_experts=4, num_experts_per_tok=2, num_shared_experts=2)),
    "lfm2_moe-unbiased": Case(t.Lfm2MoeConfig(
        **GROUPED | dict(num_hidden_layers=3), moe_intermediate_size=8, num_experts=4, num_experts_per_tok=2, num_dense_layers=1,
        layer_types=["conv", "full_attention", "conv"])),
    "lfm2_moe": Case(t.Lfm2MoeConfig(
        **GROUPED | dict(num_hidden_layers=3), conv_bias=True, conv_L_cache=4, moe_intermediate_size=8, num_experts=4,
        num_experts_per_tok=2, num_dense_layers=1, layer_types=["conv", "full_attention", "conv"])),
}

RECURRENT_2025 = {
    "qwen3_next": Case(t.Qwen3NextConfig(**GROUPED, **DELTA, **QWEN_EXPERTS)),
    "qwen3_5": Case(t.Qwen3_5TextConfig(**GROUPED, **DELTA | dict(linear_num_value_heads=2))),
    "qwen3_5_moe": Case(t.Qwen3_5MoeTextConfig(**GROUPED, **DELTA, **QWEN_EXPERTS)),
}

MAMBA = dict(mamba_n_heads=4, mamba_d_head=16, mamba_n_groups=2, mamba_d_state=6, mamba_d_conv=3, mamba_expand=2,
             mamba_chunk_size=8)
HYBRID = ["linear_attention", "full_attention"]

RECURRENT_2025 |= {
    "mamba2": Case(t.Mamba2Config(
        vocab_size=96, hidden_size=32, num_hidden_layers=2, num_heads=4, head_dim=16, n_groups=2, state_size=6, conv_kernel=3,
        chunk_size=8, time_step_limit=(0.3, 2.0), **NO_TOKENS)),
    "bamba": Case(t.BambaConfig(**GROUPED, **MAMBA, attn_layer_indices=[1])),
    "granitemoehybrid": Case(t.GraniteMoeHybridConfig(
        **GROUPED | dict(intermediate_size=16), **MAMBA, layer_types=HYBRID, num_local_experts=4, num_experts_per_tok=2,
        shared_intermediate_size=12, embedding_multiplier=2.0, attention_multiplier=0.25, residual_multiplier=0.8,
        logits_scaling=0.8, mamba_proj_bias=True)),
    "granitemoehybrid-dense": Case(t.GraniteMoeHybridConfig(
        **GROUPED | dict(intermediate_size=16), **MAMBA, layer_types=HYBRID, num_local_experts=0, num_experts_per_tok=0,
        shared_intermediate_size=24, position_embedding_type="rope", attention_multiplier=0.25)),
    "nemotron_h": Case(t.NemotronHConfig(
        **GROUPED | dict(num_hidden_layers=6), head_dim=8, layers_block_type=[
            "linear_attention", "linear_attention", "mlp", "full_attention", "moe", "linear_attention"],
        ssm_state_size=6, mamba_num_heads=4, mamba_head_dim=16, n_groups=2, conv_kernel=3, chunk_size=8, n_routed_experts=4,
        num_experts_per_tok=2, moe_intermediate_size=12, moe_shared_expert_intermediate_size=16, routed_scaling_factor=1.5)),
}

DENSE_2025 |= {
    "gpt_neo": Case(
        t.GPTNeoConfig(vocab_size=96, hidden_size=32, num_layers=2, num_heads=4, intermediate_size=40, window_size=6,
                       max_position_embeddings=80, attention_types=[[["global", "local"], 1]], **NO_TOKENS),
        edits=dict(attention_layers=None)),
    "jais2": Case(t.Jais2Config(**GROUPED, head_dim=12)),
    "minicpm3": Case(t.MiniCPM3Config(**LATENT, scale_emb=3, scale_depth=1.1, dim_model_base=16)),
}
RECURRENT_2025["falcon_mamba"] = Case(t.FalconMambaConfig(
    vocab_size=96, hidden_size=32, state_size=8, num_hidden_layers=2, conv_kernel=4, time_step_rank=4, **NO_TOKENS))

FACTORS = dict(
    lm_head_multiplier=0.8, embedding_multiplier=2.0, mlp_multipliers=[0.7, 1.3], key_multiplier=0.6, attention_out_multiplier=0.9,
    attention_in_multiplier=1.2, ssm_multipliers=[0.7, 0.8, 0.9, 1.1, 1.2], ssm_in_multiplier=1.3, ssm_out_multiplier=0.7)
RECURRENT_2025 |= {
    "falcon_h1": Case(t.FalconH1Config(**GROUPED, **MAMBA, **FACTORS, mamba_d_ssm=64)),
    "falcon_h1-norm": Case(t.FalconH1Config(
        **GROUPED, **MAMBA, mamba_d_ssm=64, mamba_rms_norm=True, mamba_proj_bias=True, attention_bias=True)),
}

CHATGLM = dict(
    model_type="chatglm", architectures=["ChatGLMModel"], num_layers=2, hidden_size=32, num_attention_heads=4, kv_channels=8,
    multi_query_attention=True, multi_query_group_num=2, ffn_hidden_size=40, layernorm_epsilon=1.5625e-7, padded_vocab_size=96,
    seq_length=256, rmsnorm=True, post_layer_norm=True, add_bias_linear=False, add_qkv_bias=True, rope_ratio=5.0,
    apply_residual_connection_post_layernorm=False)
PLAIN = dict(hidden_act="silu", rms_norm_eps=1e-5, tie_word_embeddings=False)
INTERNLM = dict(**GROUPED, **PLAIN, model_type="internlm2", architectures=["InternLM2ForCausalLM"], bias=False,
                rope_theta=10000.0, rope_scaling=None)
BAICHUAN = dict(
    **GROUPED | dict(num_key_value_heads=None), **PLAIN, model_type="baichuan", architectures=["BaichuanForCausalLM"],
    rope_theta=10000.0)

# Families that remote code defines, and old ones.
REMOTE = {
    "internlm2": Case(INTERNLM | dict(rope_theta=5000.0), reference=own.InternLM2),
    "internlm2-bias": Case(INTERNLM | dict(bias=True, num_key_value_heads=4), reference=own.InternLM2),
    "internlm3": Case(
        t.InternLM3Config(**GROUPED, head_dim=12, attention_bias=True, mlp_bias=True, **rope("dynamic", 1000.0, factor=6.0)),
        published=True, edits=dict(attention_bias=None, mlp_bias=None, qkv_bias=True, bias=True)),
    "exaone": Case(t.ExaoneConfig(**GROUPED, **LLAMA_3_ROPE), published=True, edits=dict(
        num_hidden_layers=None, rms_norm_eps=None, hidden_act=None, num_layers=2, layer_norm_epsilon=1e-5,
        activation_function="silu")),
    "minicpm": Case(
        dict(**GROUPED, **PLAIN, model_type="minicpm", architectures=["MiniCPMForCausalLM"], rope_theta=10000.0, scale_emb=12,
             scale_depth=1.4, dim_model_base=16, rope_scaling=None) | dict(tie_word_embeddings=True), reference=own.MiniCPM),
    "baichuan": Case(BAICHUAN, reference=own.Baichuan),
    "baichuan2-13b": Case(
        {key: value for key, value in BAICHUAN.items() if key != "max_position_embeddings"} | dict(
            hidden_size=36, num_attention_heads=6, model_max_length=256, z_loss_weight=0), reference=own.Baichuan),
    "chatglm": Case(CHATGLM, reference=own.ChatGLM),
    "codegen": Case(t.CodeGenConfig(
        vocab_size=96, n_embd=32, n_head=4, n_layer=2, n_positions=256, n_ctx=256, n_inner=40, rotary_dim=6, **NO_TOKENS)),
    "xglm": Case(t.XGLMConfig(
        vocab_size=96, d_model=32, ffn_dim=40, num_layers=2, attention_heads=4, max_position_embeddings=256,
        tie_word_embeddings=False, **NO_TOKENS | dict(pad_token_id=1))),
    "bloom-post-norm": Case(t.BloomConfig(
        vocab_size=96, hidden_size=32, n_layer=2, n_head=4, apply_residual_connection_post_layernorm=True, **NO_TOKENS)),
}

def published_olmo(tensors):
    """The convolutions of queries, keys and values apart, where transformers 5.24 cuts all in three equal parts; in blocks
    with attention norms behind it, under the names that OLMo 2 has for them."""
    for name in [name for name in tensors if "post_feedforward_layernorm" in name]:
        other = name.replace("post_feedforward_layernorm", "feedforward_layer_norm")
        tensors[name.replace("post_feedforward", "post_attention")] = tensors.pop(other)
    for name in [name for name in tensors if "q_conv1d" in name]:
        names = [name.replace("q_conv1d", f"{part}_conv1d") for part in "qkv"]
        keys = DELTA["linear_num_key_heads"] * DELTA["linear_key_head_dim"]
        whole = torch.cat([tensors[name] for name in names])
        tensors |= dict(zip(names, (part.clone() for part in whole.tensor_split([keys, 2 * keys]))))
    return tensors


GEMMA_ROPE = dict(
    full_attention=dict(rope_type="default", rope_theta=5000.0), sliding_attention=dict(rope_type="default", rope_theta=500.0))
LAYER_INPUTS = dict(hidden_size_per_layer_input=6, vocab_size_per_layer_input=80)

GEMMAS = {
    # Tokens beyond the table of the blocks' own vectors, sparse networks of several widths, keys of lower blocks.
    "gemma3n": Case(
        t.Gemma3nTextConfig(
            **GROUPED | dict(num_hidden_layers=6, num_attention_heads=2, num_key_value_heads=1, hidden_size=24), **LAYER_INPUTS,
            head_dim=12, sliding_window=8, layer_types=ALTERNATING * 3, num_kv_shared_layers=2, laurel_rank=5,
            activation_sparsity_pattern=[0.9, 0.8, 0.0, 0.0, 0.5, 0.0], final_logit_softcapping=3.0, rope_parameters=GEMMA_ROPE),
        post_norm=1.0),
    "gemma4": Case(
        t.Gemma4TextConfig(
            **GROUPED | dict(num_hidden_layers=6, num_attention_heads=2, num_key_value_heads=1, hidden_size=24),
            **LAYER_INPUTS | dict(vocab_size_per_layer_input=96), head_dim=12, global_head_dim=16, sliding_window=8,
            layer_types=ALTERNATING * 3, num_kv_shared_layers=2, use_double_wide_mlp=True, final_logit_softcapping=3.0,
            rope_parameters=GEMMA_ROPE | dict(full_attention=dict(
                rope_type="proportional", rope_theta=5000.0, partial_rotary_factor=0.5))),
        post_norm=1.0),
    "gemma4-moe": Case(
        t.Gemma4TextConfig(
            **GROUPED | dict(num_attention_heads=4, hidden_size=24), hidden_size_per_layer_input=0, head_dim=12,
            global_head_dim=16, num_global_key_value_heads=1, attention_k_eq_v=True, sliding_window=8, layer_types=ALTERNATING,
            enable_moe_block=True, num_experts=5, top_k_experts=2, moe_intermediate_size=8,
            rope_parameters=GEMMA_ROPE | dict(full_attention=dict(
                rope_type="proportional", rope_theta=5000.0, partial_rotary_factor=0.25))),
        edits=dict(per_layer_config=None, global_head_dim=16, num_global_key_value_heads=1), post_norm=1.0),
}

MIXTURES_2026 = {
    "mistral4": Case(t.Mistral4Config(**LATENT | DEEPSEEK_ROUTING, **rope(
        "yarn", 1000.0, **YARN | dict(original_max_position_embeddings=16), llama_4_scaling_beta=0.3, mscale=1.0,
        mscale_all_dim=1.0)), model=t.Mistral4ForCausalLM),
    # Everything is within what the indexer may choose.
    "deepseek_v32": Case(t.DeepseekV32Config(
        **LATENT | DEEPSEEK_ROUTING, index_topk=128, index_n_heads=2, index_head_dim=12,
        **rope("yarn", 1000.0, **YARN, mscale=1.0, mscale_all_dim=1.0))),
    "glm_moe_dsa": Case(t.GlmMoeDsaConfig(
        **LATENT | DEEPSEEK_ROUTING | dict(num_hidden_layers=3), index_topk=128, index_n_heads=2, index_head_dim=12,
        indexer_types=["full", "shared", "full"], **rope(theta=5000.0))),
    "mimo_v2_flash": Case(t.MiMoV2FlashConfig(
        **GROUPED | DEEPSEEK_ROUTING | dict(num_key_value_heads=1, num_hidden_layers=3, n_group=1, topk_group=1),
        head_dim=12, v_head_dim=8, attention_bias=True, sliding_window=7,
        layer_types=["full_attention", "sliding_attention", "sliding_attention"], rope_parameters=dict(
            full_attention=dict(rope_type="default", rope_theta=5000.0, partial_rotary_factor=0.334),
            sliding_attention=dict(rope_type="default", rope_theta=100.0, partial_rotary_factor=0.334)))),
    "minimax": Case(t.MiniMaxConfig(
        **EXPERTS | dict(num_hidden_layers=3), head_dim=10, num_local_experts=4, block_size=16,
        layer_types=["linear_attention", "full_attention", "linear_attention"], full_attn_alpha_factor=1.5,
        full_attn_beta_factor=0.8, linear_attn_alpha_factor=1.3, linear_attn_beta_factor=0.7, mlp_alpha_factor=1.2,
        mlp_beta_factor=0.9)),
    "diffllama": Case(t.DiffLlamaConfig(**GROUPED, attention_bias=True)),
    "olmo_hybrid": Case(
        t.OlmoHybridConfig(**GROUPED, **{key: value for key, value in DELTA.items() if key != "head_dim"}),
        rewrite=published_olmo),
    "kimi_linear": Case(t.KimiLinearConfig(
        **LATENT | DEEPSEEK_ROUTING | dict(q_lora_rank=None, num_hidden_layers=3, n_group=1, topk_group=1), num_experts=6,
        layer_types=["linear_attention", "full_attention", "linear_attention"],
        mlp_layer_types=["dense", "sparse", "sparse"], linear_head_dim=6, linear_num_heads=3, linear_conv_kernel_dim=3)),
}

CASES = {**RECURRENT_2025, **LLAMA, **QWEN_GEMMA, **GPT, **OTHERS, **DENSE_2025, **MIXTURES_2025, **REMOTE, **GEMMAS, **MIXTURES_2026}
