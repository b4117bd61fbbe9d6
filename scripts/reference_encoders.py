"""Short references of encoders that transformers does not have, written from the published code of each."""

import torch
import torch.nn.functional as F

from reference_models import Reference


def slopes(heads):
    """ALiBi's for a number of heads that is a power of two."""
    return torch.tensor([2.0 ** (-8 * (head + 1) / heads) for head in range(heads)])


class JinaBert(Reference):
    """Jina embeddings v2: BERT, scores less by distance, gated networks whose first half is activated."""

    def shapes(self, c):
        d, inner = c.hidden_size, c.intermediate_size
        shapes = {"embeddings.word_embeddings.weight": (c.vocab_size, d),
                  "embeddings.token_type_embeddings.weight": (c.type_vocab_size, d)}
        shapes |= {f"embeddings.LayerNorm.{part}": (d,) for part in ("weight", "bias")}
        for i in range(c.num_hidden_layers):
            layer = f"encoder.layer.{i}"
            for name in ("self.query", "self.key", "self.value", "output.dense"):
                shapes |= {f"{layer}.attention.{name}.weight": (d, d), f"{layer}.attention.{name}.bias": (d,)}
            shapes |= {f"{layer}.{norm}.{part}": (d,) for norm in ("attention.output.LayerNorm", "mlp.layernorm")
                       for part in ("weight", "bias")}
            shapes |= {f"{layer}.mlp.gated_layers.weight": (2 * inner, d), f"{layer}.mlp.wo.weight": (d, inner),
                       f"{layer}.mlp.wo.bias": (d,)}
        return shapes

    def norm(self, name, x):
        return F.layer_norm(x, x.shape[-1:], self.weights[f"{name}.weight"], self.weights[f"{name}.bias"],
                            self.config.layer_norm_eps)

    def __call__(self, tokens, types):
        c, w = self.config, self.weights
        x = w["embeddings.word_embeddings.weight"][tokens] + w["embeddings.token_type_embeddings.weight"][types]
        x = self.norm("embeddings.LayerNorm", x)
        places = torch.arange(len(tokens))
        bias = -slopes(c.num_attention_heads)[:, None, None] * (places[:, None] - places).abs()
        for i in range(c.num_hidden_layers):
            layer = f"encoder.layer.{i}"
            q, k, v = (self.linear(f"{layer}.attention.self.{part}", x).unflatten(-1, (c.num_attention_heads, -1)).transpose(0, 1)
                       for part in ("query", "key", "value"))
            weights = (q @ k.transpose(1, 2) / q.shape[-1] ** 0.5 + bias).softmax(-1)
            mixed = self.linear(f"{layer}.attention.output.dense", (weights @ v).transpose(0, 1).flatten(1))
            x = self.norm(f"{layer}.attention.output.LayerNorm", x + mixed)
            gate, up = self.linear(f"{layer}.mlp.gated_layers", x).chunk(2, -1)
            x = self.norm(f"{layer}.mlp.layernorm", x + self.linear(f"{layer}.mlp.wo", F.gelu(gate) * up))
        return x
