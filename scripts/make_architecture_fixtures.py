"""Makes Tests/ArchitecturesTests/Fixtures: tiny random checkpoints of each family with the reference's own numbers.

Run: python scripts/make_architecture_fixtures.py   (transformers 5.23, torch 2.13)

Each folder is a Hugging Face checkpoint with expected.json beside it: a prompt, the log-probability of each of its
tokens after the first, and the tokens that greedy decoding adds.
"""

import json
import pathlib

import torch
import transformers

FOLDER = pathlib.Path(__file__).parent.parent / "Tests/ArchitecturesTests/Fixtures"
COMMON = dict(vocab_size=96, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
              num_key_value_heads=2, max_position_embeddings=256, bos_token_id=None, eos_token_id=None, pad_token_id=None)

CASES = {
    "llama": transformers.LlamaConfig(**COMMON, rms_norm_eps=1e-5),
    "llama-3.1": transformers.LlamaConfig(**{**COMMON, "head_dim": 16}, attention_bias=True, tie_word_embeddings=True,
        rope_parameters=dict(rope_type="llama3", rope_theta=500.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                             original_max_position_embeddings=32)),
    "llama-linear": transformers.LlamaConfig(**{**COMMON, "num_key_value_heads": 1},
        rope_parameters=dict(rope_type="linear", rope_theta=10000.0, factor=2.5)),
    "mistral": transformers.MistralConfig(**{**COMMON, "head_dim": 10}, sliding_window=7),
    "qwen2": transformers.Qwen2Config(**COMMON, tie_word_embeddings=True, use_sliding_window=True, sliding_window=9,
        max_window_layers=1),
}

for name, config in CASES.items():
    torch.manual_seed(sum(name.encode()))
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32, attn_implementation="eager").eval()
    with torch.no_grad():
        for parameter in model.parameters():
            # Larger than the usual initialization, so that every part matters.
            parameter.copy_(torch.randn_like(parameter) * (0.3 if parameter.dim() > 1 else 0.5) + (parameter.dim() == 1))
        prompt = torch.randint(0, config.vocab_size, (1, 45))
        scores = torch.log_softmax(model(prompt).logits.double(), -1)[0]
        tokens = prompt
        for _ in range(24):
            tokens = torch.cat([tokens, model(tokens).logits[:, -1:].argmax(-1)], 1)
    model.save_pretrained(FOLDER / name)
    expected = dict(
        prompt=prompt[0].tolist(),
        logProbabilities=[round(scores[i, t].item(), 7) for i, t in enumerate(prompt[0, 1:].tolist())],
        greedy=tokens[0, 45:].tolist())
    (FOLDER / name / "expected.json").write_text(json.dumps(expected))
    (FOLDER / name / "generation_config.json").unlink(missing_ok=True)
