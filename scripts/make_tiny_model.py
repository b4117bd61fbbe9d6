"""Makes Tests/InferenceTests/Fixtures/tiny.gguf: a complete model of 100 KB with random weights.

Run: python scripts/make_tiny_model.py   (gguf 0.19.0, numpy 2.4)

A Llama with a byte-level BPE of 300 tokens and a chat template, for tests that need everything but meaning.
"""

import pathlib

import gguf
import numpy as np

HIDDEN, INTERMEDIATE, LAYERS, HEADS, KV_HEADS, CONTEXT = 32, 48, 2, 4, 2, 256
MERGES = ["t h", "th e", "i n", "e r", "a n", "Ġ t", "Ġt h", "Ġth e", "o u", "Ġ a", "r e", "o n", "Ġ s", "a t", "e n",
          "n d", "an d", "Ġ and", "i s", "o r", "in g", "e s", "l l", "Ġ w", "Ġ b", "l o", "h e", "Ġ f", "e d", "Ġ c",
          "v e", "m e", "Ġ m", "Ġ d", "Ġ p", "Ġ o", "Ġ h", "Ġ l", "Ġ n", "Ġ g", "o f"]
TEMPLATE = ("{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + "
            "'<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}")


def byte_alphabet():
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    shifted = iter(range(256, 512))
    return [chr(b) if b in printable else chr(next(shifted)) for b in range(256)]


tokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"] + byte_alphabet() + [m.replace(" ", "") for m in MERGES]
types = [3] * 3 + [1] * (len(tokens) - 3)
random = np.random.default_rng(1)


def weights(*shape):
    return random.normal(0, 0.4, shape).astype(np.float32)


path = pathlib.Path(__file__).parent.parent / "Tests/InferenceTests/Fixtures/tiny.gguf"
writer = gguf.GGUFWriter(path, "llama")
writer.add_name("Tiny")
writer.add_block_count(LAYERS)
writer.add_context_length(CONTEXT)
writer.add_embedding_length(HIDDEN)
writer.add_feed_forward_length(INTERMEDIATE)
writer.add_head_count(HEADS)
writer.add_head_count_kv(KV_HEADS)
writer.add_layer_norm_rms_eps(1e-5)
writer.add_rope_freq_base(10000.0)
writer.add_vocab_size(len(tokens))
writer.add_tokenizer_model("gpt2")
writer.add_tokenizer_pre("gpt-2")
writer.add_token_list(tokens)
writer.add_token_types(types)
writer.add_token_merges(MERGES)
writer.add_bos_token_id(1)
writer.add_eos_token_id(2)
writer.add_add_bos_token(False)
writer.add_chat_template(TEMPLATE)
writer.add_tensor("token_embd.weight", weights(len(tokens), HIDDEN))
writer.add_tensor("output_norm.weight", 1 + weights(HIDDEN))
head = HIDDEN // HEADS
for layer in range(LAYERS):
    for name, shape in {
        "attn_norm": (HIDDEN,), "ffn_norm": (HIDDEN,), "attn_q": (HIDDEN, HIDDEN), "attn_k": (KV_HEADS * head, HIDDEN),
        "attn_v": (KV_HEADS * head, HIDDEN), "attn_output": (HIDDEN, HIDDEN), "ffn_gate": (INTERMEDIATE, HIDDEN),
        "ffn_up": (INTERMEDIATE, HIDDEN), "ffn_down": (HIDDEN, INTERMEDIATE),
    }.items():
        values = weights(*shape)
        writer.add_tensor(f"blk.{layer}.{name}.weight", values + 1 if len(shape) == 1 else values)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
