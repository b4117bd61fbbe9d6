"""Makes Tests/ArchitecturesTests/Fixtures/encoders: tiny random encoders and cross-encoders with the reference's numbers.

Run: python scripts/make_encoder_fixtures.py   (transformers 5.23, torch 2.13)

Each folder is a Hugging Face checkpoint with expected.json beside it: a prompt, with tokenTypes where the family has them,
`hidden`, the last hidden states row by row, and `score`, the one logit of a cross-encoder.
"""

import sys

import torch
import transformers as t

from architecture_cases import FOLDER, Case
from make_architecture_fixtures import randomize, save, write

PROMPT = 24
SIZE = dict(vocab_size=96, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=44)
BERT = dict(**SIZE, max_position_embeddings=48, pad_token_id=0)
# Positions of these begin behind the padding token's id.
ROBERTA = dict(**SIZE, max_position_embeddings=50, bos_token_id=0, pad_token_id=1, eos_token_id=2, type_vocab_size=1,
               layer_norm_eps=1e-5)
NOMIC = dict(n_embd=32, n_head=4, n_layer=2, n_inner=44, n_positions=8192, vocab_size=96, type_vocab_size=2)

CASES = {
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
    model = kind.from_config(case.config, dtype=torch.float32, attn_implementation="eager").eval()
    randomize(dict(model.named_parameters()), 0)
    prompt = torch.randint(3, 96, (1, PROMPT))
    inputs, expected = dict(input_ids=prompt), dict(prompt=prompt[0].tolist())
    if getattr(case.config, "type_vocab_size", 1) > 1:
        inputs["token_type_ids"] = torch.arange(PROMPT)[None] // 10 % 2
        expected["tokenTypes"] = inputs["token_type_ids"][0].tolist()
    output = model(**inputs, output_hidden_states=True)
    expected["hidden"] = [round(value, 6) for value in output.hidden_states[-1].flatten().tolist()]
    if name.endswith("-score"):
        expected["score"] = round(output.logits.item(), 6)
    folder = FOLDER / "encoders" / name
    save(case, model, folder)
    write(folder / "expected.json", expected)
    again = kind.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager", **case.loading).eval()
    assert torch.allclose(again(**inputs, output_hidden_states=True).hidden_states[-1], output.hidden_states[-1], atol=1e-5)


if __name__ == "__main__":
    for name in sys.argv[1:] or CASES:
        make(name, CASES[name])
