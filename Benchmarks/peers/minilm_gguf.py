"""Writes all-MiniLM-L6-v2 as the GGUF file that llama.cpp reads: python minilm_gguf.py FOLDER OUT.gguf

The matrices are f16, as llama.cpp's converter makes them; the rest is f32.
"""

import json
import sys
from pathlib import Path

import gguf
import numpy
from safetensors.numpy import load_file

PARTS = {
    "attention.self.query": "attn_q", "attention.self.key": "attn_k", "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output", "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up", "output.dense": "ffn_down", "output.LayerNorm": "layer_output_norm",
}
OTHERS = {
    "embeddings.word_embeddings.weight": "token_embd.weight",
    "embeddings.position_embeddings.weight": "position_embd.weight",
    "embeddings.token_type_embeddings.weight": "token_types.weight",
    "embeddings.LayerNorm.weight": "token_embd_norm.weight", "embeddings.LayerNorm.bias": "token_embd_norm.bias",
}


def main():
    folder, target = Path(sys.argv[1]), sys.argv[2]
    settings = json.loads((folder / "config.json").read_text())
    writer = gguf.GGUFWriter(target, "bert")
    writer.add_block_count(settings["num_hidden_layers"])
    writer.add_context_length(settings["max_position_embeddings"])
    writer.add_embedding_length(settings["hidden_size"])
    writer.add_feed_forward_length(settings["intermediate_size"])
    writer.add_head_count(settings["num_attention_heads"])
    writer.add_layer_norm_eps(settings["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    vocabulary = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")[: settings["vocab_size"]]
    special = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("jina-v2-en")
    # A visible space begins a word.
    writer.add_token_list([
        word if word in special else word[2:] if word.startswith("##") else "\u2581" + word for word in vocabulary])
    writer.add_token_types([3 if word in special else 1 for word in vocabulary])
    writer.add_token_type_count(settings["type_vocab_size"])
    writer.add_bos_token_id(vocabulary.index("[CLS]"))
    writer.add_eos_token_id(vocabulary.index("[SEP]"))
    writer.add_unk_token_id(vocabulary.index("[UNK]"))
    writer.add_sep_token_id(vocabulary.index("[SEP]"))
    writer.add_pad_token_id(vocabulary.index("[PAD]"))
    writer.add_mask_token_id(vocabulary.index("[MASK]"))
    for name, values in load_file(folder / "model.safetensors").items():
        place = ours(name)
        if place:
            is_matrix = values.ndim == 2 and not place.startswith(("position_embd", "token_types"))
            writer.add_tensor(place, values.astype(numpy.float16 if is_matrix else numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def ours(name):
    """The name in the file, or None for what sentence vectors do not need."""
    if name in OTHERS:
        return OTHERS[name]
    if not name.startswith("encoder.layer."):
        return None
    layer, part = name.removeprefix("encoder.layer.").split(".", 1)
    part, kind = part.rsplit(".", 1)
    return f"blk.{layer}.{PARTS[part]}.{kind}"


if __name__ == "__main__":
    main()
