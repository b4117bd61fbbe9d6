"""Makes Tests/ArchitecturesTests/Fixtures/encoders: tiny random encoders and cross-encoders with the reference's numbers.

Run: python scripts/make_encoder_fixtures.py   (transformers 5.24, torch 2.13)

Each folder is a Hugging Face checkpoint with expected.json beside it: a prompt, with tokenTypes where the family has them,
`hidden`, the last hidden states row by row, and `score`, the one logit of a cross-encoder.
"""

import re
import sys

import torch
import transformers as t

from architecture_cases import FOLDER, Case, rope
from make_architecture_fixtures import randomize, save, write
from reference_encoders import JinaBert

PROMPT = 24
SIZE = dict(vocab_size=96, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=44)
BERT = dict(**SIZE, max_position_embeddings=48, pad_token_id=0)
# Positions of these begin behind the padding token's id.
ROBERTA = dict(**SIZE, max_position_embeddings=50, bos_token_id=0, pad_token_id=1, eos_token_id=2, type_vocab_size=1,
               layer_norm_eps=1e-5)
NOMIC = dict(n_embd=32, n_head=4, n_layer=2, n_inner=44, n_positions=8192, vocab_size=96, type_vocab_size=2)

DEBERTA = dict(**SIZE, max_position_embeddings=48, pad_token_id=0, relative_attention=True, layer_norm_eps=1e-7)
# As V3: near distances each have a vector, those farther away share some, which are those of both queries and keys.
DEBERTA_3 = dict(**DEBERTA, position_buckets=8, max_relative_positions=24, norm_rel_ebd="layer_norm", share_att_key=True,
                 pos_att_type=["p2c", "c2p"], position_biased_input=False, type_vocab_size=0)
NARROW = dict(**BERT, embedding_size=20)
MODERN = dict(**SIZE | dict(num_hidden_layers=4), max_position_embeddings=48, local_attention=8, pad_token_id=0,
              bos_token_id=None, eos_token_id=None, cls_token_id=None, sep_token_id=None)
GTE = dict(**SIZE, max_position_embeddings=48, pad_token_id=0)
# Frequencies of "ntk" with a factor of 2: those of a base twice as large, divided by 2^(2 / 8).
NTK = rope("linear", 2 * 500.0, factor=2 ** (2 / 8))
JINA = dict(
    model_type="bert", architectures=["JinaBertForMaskedLM"], **BERT | dict(num_attention_heads=4), type_vocab_size=2,
    layer_norm_eps=1e-12, hidden_act="gelu", position_embedding_type="alibi", feed_forward_type="geglu", emb_pooler="mean",
    attn_implementation="torch", torch_dtype="float32")


def as_published_gte(tensors):
    """The names of the code that came with the checkpoints: one matrix for queries, keys and values, one for both inputs."""
    names = {r"layers\.(\d+)\.self_attn\.": r"encoder.layer.\1.attention.", r"layers\.(\d+)\.mlp\.": r"encoder.layer.\1.mlp.",
             r"layers\.(\d+)\.post_attention_layernorm": r"encoder.layer.\1.attn_ln",
             r"layers\.(\d+)\.post_mlp_layernorm": r"encoder.layer.\1.mlp_ln"}
    for old, new in names.items():
        tensors = {re.sub(old, new, name): value for name, value in tensors.items()}
    for whole, parts in (("attention.qkv_proj", ["attention.q_proj", "attention.k_proj", "attention.v_proj"]),
                         ("mlp.up_gate_proj", ["mlp.up_proj", "mlp.gate_proj"])):
        for name in [name for name in tensors if parts[0] in name]:
            tensors[name.replace(parts[0], whole)] = torch.cat([tensors.pop(name.replace(parts[0], part)) for part in parts])
    return tensors


CASES = {
    "deberta-v2": Case(t.DebertaV2Config(
        **DEBERTA, max_relative_positions=10, pos_att_type=["c2p", "p2c"], type_vocab_size=2)),
    "deberta-v2-queries": Case(t.DebertaV2Config(**DEBERTA, pos_att_type=["c2p"], type_vocab_size=0)),
    "deberta-v3": Case(t.DebertaV2Config(**DEBERTA_3), edits=dict(pos_att_type="p2c|c2p")),
    "deberta-v3-score": Case(t.DebertaV2Config(**DEBERTA_3, num_labels=1)),
    "electra": Case(t.ElectraConfig(**NARROW), published=True),
    "electra-score": Case(t.ElectraConfig(**BERT, embedding_size=32, num_labels=1)),
    "albert": Case(t.AlbertConfig(**NARROW | dict(num_hidden_layers=4), num_hidden_groups=2), published=True),
    "albert-score": Case(t.AlbertConfig(**NARROW, num_labels=1)),
    "modernbert": Case(t.ModernBertConfig(**MODERN, rope_parameters=dict(
        full_attention=dict(rope_type="default", rope_theta=900.0),
        sliding_attention=dict(rope_type="default", rope_theta=50.0)))),
    "modernbert-published": Case(
        t.ModernBertConfig(**MODERN, norm_bias=True, attention_bias=True, mlp_bias=True),
        edits=dict(rope_parameters=None, layer_types=None, global_rope_theta=160000.0, local_rope_theta=10000.0,
                   global_attn_every_n_layers=3)),
    "modernbert-score": Case(t.ModernBertConfig(**MODERN, num_labels=1, classifier_pooling="mean")),
    "eurobert": Case(t.EuroBertConfig(
        **SIZE, num_key_value_heads=2, max_position_embeddings=48, pad_token_id=0, bos_token_id=None, eos_token_id=None,
        mask_token_id=1, **rope(theta=250000.0))),
    "eurobert-score": Case(t.EuroBertConfig(
        **SIZE, max_position_embeddings=48, pad_token_id=0, bos_token_id=None, eos_token_id=None, mask_token_id=1,
        num_labels=1, **rope(theta=250000.0))),
    "gte": Case(t.GteConfig(**GTE, type_vocab_size=1, **rope(theta=500.0))),
    "gte-published": Case(
        t.GteConfig(**GTE, type_vocab_size=0, **NTK), rewrite=as_published_gte,
        edits=dict(rope_parameters=None, rope_theta=500.0, rope_scaling=dict(type="ntk", factor=2.0), model_type="new",
                   architectures=["NewModel"], layer_norm_type="layer_norm", logn_attention_scale=False, pack_qkv=True)),
    "jina_bert": Case(JINA, reference=JinaBert),
    "embedding_gemma": Case(t.Gemma3TextConfig(
        **SIZE | dict(num_hidden_layers=4), head_dim=10, num_key_value_heads=1, max_position_embeddings=48,
        pad_token_id=0, bos_token_id=None, eos_token_id=None, use_bidirectional_attention=True, sliding_window=8,
        query_pre_attn_scalar=12, layer_types=["sliding_attention", "sliding_attention", "full_attention", "sliding_attention"],
        rope_parameters=dict(full_attention=dict(rope_type="default", rope_theta=1e5),
                             sliding_attention=dict(rope_type="default", rope_theta=1e3)))),
    "bert": Case(t.BertConfig(**BERT), published=True, extra={"embeddings.position_ids": torch.arange(48)[None]}),
    # As the first checkpoints of BERT: a prefix, and the old names of what LayerNorm has.
    "bert-legacy": Case(
        t.BertConfig(**BERT, hidden_act="gelu_new"), published=True,
        names={"^": "bert.", "LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}),
    "roberta": Case(t.RobertaConfig(**ROBERTA)),
    "distilbert": Case(
        t.DistilBertConfig(vocab_size=96, dim=32, hidden_dim=44, n_layers=2, n_heads=4, max_position_embeddings=48),
        published=True),
    "mpnet": Case(t.MPNetConfig(**BERT | dict(max_position_embeddings=50, pad_token_id=1, layer_norm_eps=1e-5)),
                  published=True),
    # Published checkpoints have the keys of GPT-2, which the class of transformers does not read.
    "nomic_bert": Case(
        t.NomicBertConfig(**SIZE, pad_token_id=0), loading=dict(config=t.NomicBertConfig(**SIZE, pad_token_id=0)),
        edits=dict.fromkeys(t.NomicBertConfig().to_dict()) | NOMIC | dict(
            model_type="nomic_bert", architectures=["NomicBertModel"], torch_dtype="float32", activation_function="swiglu",
            causal=False, layer_norm_epsilon=1e-12, max_trained_positions=2048, prenorm=False, parallel_block=False,
            qkv_proj_bias=False, mlp_fc1_bias=False, mlp_fc2_bias=False, rotary_emb_base=1000, rotary_emb_fraction=1.0,
            rotary_emb_interleaved=False, rotary_scaling_factor=None, use_rms_norm=False, pad_vocab_size_multiple=64)),
    "bert-score": Case(t.BertConfig(**BERT, num_labels=1), published=True),
    "roberta-score": Case(t.RobertaConfig(**ROBERTA, num_labels=1)),
}


def make(name, case):
    torch.manual_seed(sum(name.encode()))
    kind = t.AutoModelForSequenceClassification if name.endswith("-score") else t.AutoModel
    if case.reference:
        return make_own(name, case)
    model = kind.from_config(case.config, dtype=torch.float32, attn_implementation="eager").eval()
    randomize(dict(model.named_parameters()), 0)
    prompt = torch.randint(3, 96, (1, PROMPT))
    inputs, expected = dict(input_ids=prompt), dict(prompt=prompt[0].tolist())
    if getattr(case.config, "type_vocab_size", 1) > 1:
        inputs["token_type_ids"] = torch.arange(PROMPT)[None] // 10 % 2
        expected["tokenTypes"] = inputs["token_type_ids"][0].tolist()
    output = model(**inputs, output_hidden_states=True)
    # What is behind the last block counts, too, which the list of states does not have of all models.
    hidden = output.hidden_states[-1] if "score" in name else output.last_hidden_state
    if name.startswith("modernbert") and "score" in name:
        hidden = model.model(**inputs).last_hidden_state
    expected["hidden"] = [round(value, 6) for value in hidden.flatten().tolist()]
    if name.endswith("-score"):
        expected["score"] = round(output.logits.item(), 6)
    folder = FOLDER / "encoders" / name
    save(case, model, folder)
    write(folder / "expected.json", expected)
    if case.rewrite:
        return
    again = kind.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager", **case.loading).eval()
    assert torch.allclose(again(**inputs, output_hidden_states=True).hidden_states[-1], output.hidden_states[-1], atol=1e-5)


def make_own(name, case):
    model = case.reference(case.config)
    randomize(model.weights, 0)
    prompt, types = torch.randint(3, 96, (PROMPT,)), torch.arange(PROMPT) // 10 % 2
    folder = FOLDER / "encoders" / name
    save(case, model, folder)
    write(folder / "expected.json", dict(
        prompt=prompt.tolist(), tokenTypes=types.tolist(),
        hidden=[round(value, 6) for value in model(prompt, types).flatten().tolist()]))


if __name__ == "__main__":
    for name in sys.argv[1:] or CASES:
        make(name, CASES[name])
