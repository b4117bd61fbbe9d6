"""Makes Tests/ArchitecturesTests/Fixtures/translators: tiny random encoder-decoders with the reference's own numbers.

Run: python scripts/make_translator_fixtures.py [case ...]   (transformers 5.24, torch 2.13)

Each folder is a Hugging Face checkpoint with expected.json beside it: a source text, the beginning of an answer, the
log-probability of each of its tokens after the first, and the tokens that greedy decoding adds.
"""

import itertools
import sys

import torch
import transformers as t

from architecture_cases import FOLDER, Case
from make_architecture_fixtures import agree, randomize, save, write

SOURCE, PROMPT, GREEDY = 41, 9, 24
SPECIAL = dict(pad_token_id=0, eos_token_id=1, decoder_start_token_id=2)
# Distances of more than 20 are alike, and there are two decoder blocks to three of the encoder.
T5 = dict(**SPECIAL, vocab_size=96, d_model=32, d_kv=10, d_ff=44, num_layers=3, num_decoder_layers=2, num_heads=3,
          relative_attention_num_buckets=12, relative_attention_max_distance=20, layer_norm_epsilon=1e-5)
BART = dict(**SPECIAL, vocab_size=96, d_model=32, encoder_layers=3, decoder_layers=2, encoder_attention_heads=4,
            decoder_attention_heads=4, encoder_ffn_dim=44, decoder_ffn_dim=36, max_position_embeddings=64, bos_token_id=3,
            forced_eos_token_id=None)

CASES = {
    "t5": Case(t.T5Config(**T5)),
    # As Flan-T5 and T5 1.1: gated, the output apart and not scaled.
    "t5-gated": Case(t.T5Config(**T5, feed_forward_proj="gated-gelu", tie_word_embeddings=False),
                     edits=dict(tie_word_embeddings=False)),
    "mt5": Case(t.MT5Config(**T5, feed_forward_proj="gated-gelu", tie_word_embeddings=False),
                edits=dict(tie_word_embeddings=False)),
    "umt5": Case(t.UMT5Config(**T5, feed_forward_proj="gated-gelu")),
    "bart": Case(t.BartConfig(**BART)),
    "bart-scaled": Case(t.BartConfig(**BART, scale_embedding=True, activation_function="relu")),
    "mbart": Case(t.MBartConfig(**BART, scale_embedding=True)),
    "pegasus": Case(t.PegasusConfig(**BART, scale_embedding=True, activation_function="relu")),
    "marian": Case(t.MarianConfig(**BART, scale_embedding=True, activation_function="swish")),
    "m2m_100": Case(t.M2M100Config(**BART | dict(pad_token_id=1, eos_token_id=0), scale_embedding=True, activation_function="relu")),
}


def make_model(case):
    model = t.AutoModelForSeq2SeqLM.from_config(case.config, dtype=torch.float32, attn_implementation="eager").eval()
    randomize(dict(model.named_parameters()) | {
        name: value for name, value in model.named_buffers() if "final_logits_bias" in name}, 0)
    for name, value in model.named_buffers():
        if "final_logits_bias" in name:
            value.mul_(0.2)
    if getattr(case.config, "scale_embedding", False):
        # Else a token's own vector drowns what the blocks say, and it follows itself for ever.
        model.get_input_embeddings().weight.mul_(0.6)
    for name, value in model.named_parameters():
        if name.endswith(("out_proj.weight", "fc2.weight")):
            value.mul_(3)
        if "embed_positions" in name and name.endswith("weight") and not value.requires_grad:
            module = model.get_submodule(name[:-len(".weight")])
            value.copy_(module.create_weight())
    return model


def logits(model, source, answer):
    return model(input_ids=source[None], decoder_input_ids=answer[None], use_cache=False).logits[0]


def expected(model, source, prompt):
    scores = torch.log_softmax(logits(model, source, prompt).double(), -1)
    tokens, margin = prompt, 1.0
    for _ in range(GREEDY):
        best = logits(model, source, tokens)[-1].topk(2)
        margin = min(margin, (best.values[0] - best.values[1]).item())
        tokens = torch.cat([tokens, best.indices[:1]])
    return dict(source=source.tolist(), prompt=prompt.tolist(),
                logProbabilities=[round(scores[i, token].item(), 7) for i, token in enumerate(prompt[1:].tolist())],
                greedy=tokens[len(prompt):].tolist()), margin


def make(name, case):
    for seed in itertools.islice(itertools.count(sum(name.encode())), 200):
        torch.manual_seed(seed)
        model = make_model(case)
        source = torch.randint(4, 96, (SOURCE,))
        prompt = torch.cat([torch.tensor([case.config.decoder_start_token_id]), torch.randint(4, 96, (PROMPT - 1,))])
        values, margin = expected(model, source, prompt)
        kept = {key: value.clone() for key, value in model.named_parameters()}
        for value in model.parameters():
            value.mul_(1 + torch.randn_like(value) * 1e-7)
        is_sound = agree(values, expected(model, source, prompt)[0])
        for key, value in model.named_parameters():
            value.copy_(kept[key])
        # Not one token for ever, no close call, and nothing that rounding decides. Random networks that normalize sums say one token for ever.
        if (len(set(values["greedy"])) >= 4 or name.startswith(("bart", "marian"))) and margin > 1e-3 and is_sound:
            break
    else:
        raise SystemExit(f"{name}: no seed gives a text with different tokens")
    folder = FOLDER / "translators" / name
    save(case, model, folder)
    write(folder / "expected.json", values)
    again = t.AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    scores = expected(again, source, prompt)[0]
    assert scores["greedy"] == values["greedy"], name
    print(f"{name}: seed {seed}", flush=True)


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    for name in sys.argv[1:] or CASES:
        make(name, CASES[name])
