"""Short references of the families that transformers does not have, written from the published code of each.

A model is made of a config (the keys of the published config.json) and of `weights` (the published names); called with
token ids it gives a row of logits for each. Everything is float32, one text at a time, nothing is cached.
"""

import functools
import math
import os
import re
import tempfile
import types

import torch
import torch.nn.functional as F


def rms_norm(x, weight, eps):
    return weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps))


def angles(positions, dimension, base):
    return positions[:, None] * (1.0 / base ** (torch.arange(0, dimension, 2).float() / dimension))


def rotate(x, angles):
    """Halves rotated against each other; x is [tokens, heads, dimension], angles [tokens, dimension / 2]."""
    cosine, sine = (torch.cat([f(angles)] * 2, -1)[:, None] for f in (torch.cos, torch.sin))
    low, high = x.chunk(2, -1)
    return x * cosine + torch.cat([-high, low], -1) * sine


def scores(q, k):
    """Query by key for each query head: [heads, tokens, tokens]; heads of k are shared by consecutive heads of q."""
    return torch.einsum("qhd,khd->hqk", q, k.repeat_interleave(q.shape[1] // k.shape[1], 1))


def attend(scores, v):
    """Causal softmax over the scores, the heads side by side: [tokens, heads * dimension]."""
    tokens = scores.shape[-1]
    weights = scores.masked_fill(torch.ones(tokens, tokens).triu(1).bool(), -torch.inf).softmax(-1)
    return torch.einsum("hqk,khd->qhd", weights, v.repeat_interleave(scores.shape[0] // v.shape[1], 1)).flatten(1)


class Reference:
    def __init__(self, config, weights=None):
        self.config = types.SimpleNamespace(**config)
        self.weights = weights or {
            name: torch.full(shape, float("norm" in name or "ln" in name) if name.endswith(("weight", "scale")) else 0.0)
            for name, shape in self.shapes(self.config).items()}

    def published(self):
        """The tensors as they are published, each under its name."""
        return self.weights

    def linear(self, name, x):
        return F.linear(x, self.weights[f"{name}.weight"], self.weights.get(f"{name}.bias"))


class Llama(Reference):
    """Llama as transformers computes it; the subclasses change what is said, and the check of `llama` covers the rest."""

    repeats = 1
    embedding_scale = residual_scale = output_scale = 1.0

    def kv_heads(self, layer):
        return self.config.num_key_value_heads

    def shapes(self, c):
        head, d = c.hidden_size // c.num_attention_heads, c.hidden_size
        shapes = {"model.embed_tokens.weight": (c.vocab_size, d), "model.norm.weight": (d,)}
        for i in range(c.num_hidden_layers):
            kv = (self.kv_heads(i) * head, d)
            shapes |= {f"model.layers.{i}.{name}.weight": shape for name, shape in {
                "input_layernorm": (d,), "post_attention_layernorm": (d,), "self_attn.q_proj": (d, d),
                "self_attn.k_proj": kv, "self_attn.v_proj": kv, "self_attn.o_proj": (d, d),
                "mlp.gate_proj": (c.intermediate_size, d), "mlp.up_proj": (c.intermediate_size, d), "mlp.down_proj": (d, c.intermediate_size)}.items()}
        for i in range(c.num_hidden_layers):
            for part in self.biased:
                name = f"model.layers.{i}.self_attn.{part}_proj"
                shapes[f"{name}.bias"] = shapes[f"{name}.weight"][:1]
        is_tied = getattr(c, "share_embedding", False) or c.tie_word_embeddings
        return shapes if is_tied else shapes | {"lm_head.weight": (c.vocab_size, d)}

    biased = ""

    def turn(self, q):
        return angles(torch.arange(len(q)).float(), q.shape[-1], self.config.rope_theta)

    def scores(self, q, k):
        return scores(rotate(q, self.turn(q)), rotate(k, self.turn(k)))

    def renamed(self, names):
        """The tensors under names in which patterns are replaced."""
        return {functools.reduce(lambda name, pair: re.sub(*pair, name), names.items(), name): value
                for name, value in self.weights.items()}

    def attention(self, layer, x):
        head = self.config.hidden_size // self.config.num_attention_heads
        q, k, v = (self.linear(f"{layer}.self_attn.{p}_proj", x).unflatten(-1, (-1, head)) for p in "qkv")
        return self.linear(f"{layer}.self_attn.o_proj", attend(self.scores(q, k) / math.sqrt(head), v))

    def __call__(self, tokens):
        c, w = self.config, self.weights
        x = w["model.embed_tokens.weight"][tokens] * self.embedding_scale
        for i in (i for i in range(c.num_hidden_layers) for _ in range(self.repeats)):
            layer = f"model.layers.{i}"
            h = rms_norm(x, w[f"{layer}.input_layernorm.weight"], c.rms_norm_eps)
            x = x + self.attention(layer, h) * self.residual_scale
            h = rms_norm(x, w[f"{layer}.post_attention_layernorm.weight"], c.rms_norm_eps)
            gate, up = (self.linear(f"{layer}.mlp.{p}_proj", h) for p in ("gate", "up"))
            x = x + self.linear(f"{layer}.mlp.down_proj", F.silu(gate) * up) * self.residual_scale
        return F.linear(rms_norm(x, w["model.norm.weight"], c.rms_norm_eps), self.head) * self.output_scale

    @property
    def head(self):
        return self.weights.get("lm_head.weight", self.weights["model.embed_tokens.weight"])


class MobileLLM(Llama):
    """Each block runs twice in a row, each run with keys and values of its own; the embedding is the head too."""

    repeats = 2


class DeciLM(Llama):
    def kv_heads(self, layer):
        return self.config.num_key_value_heads_per_layer[layer]


class InternLM2(Llama):
    """modeling_internlm2.py: for each key head the rows of its query heads, of its key and of its value in one tensor."""

    @property
    def biased(self):
        return "qkvo" if self.config.bias else ""

    def published(self):
        tensors = self.renamed({
            "embed_tokens": "tok_embeddings", "lm_head": "output", "input_layernorm": "attention_norm",
            "post_attention_layernorm": "ffn_norm", "self_attn.o_proj": "attention.wo", "mlp.gate_proj": "feed_forward.w1",
            "mlp.up_proj": "feed_forward.w3", "mlp.down_proj": "feed_forward.w2"})
        for name in [name for name in tensors if "q_proj" in name]:
            parts = [tensors.pop(name.replace("q_proj", f"{p}_proj")) for p in "qkv"]
            groups = [part.unflatten(0, (self.config.num_key_value_heads, -1)) for part in parts]
            tensors[name.replace("self_attn.q_proj", "attention.wqkv")] = torch.cat(groups, 1).flatten(0, 1)
        return tensors


class MiniCPM(Llama):
    """modeling_minicpm.py: what the parts add is scaled by the depth, and what the output reads by the width."""

    @property
    def embedding_scale(self):
        return self.config.scale_emb

    @property
    def residual_scale(self):
        return self.config.scale_depth / math.sqrt(self.config.num_hidden_layers)

    @property
    def output_scale(self):
        return self.config.dim_model_base / self.config.hidden_size


class Baichuan(Llama):
    """modeling_baichuan.py of both versions and sizes: only the 7Bs have max_position_embeddings, and rotary positions; only
    version 2 has z_loss_weight, and an output whose rows are brought to a length of 1."""

    def kv_heads(self, layer):
        return self.config.num_attention_heads

    def scores(self, q, k):
        if hasattr(self.config, "max_position_embeddings"):
            return super().scores(q, k)
        # Every head has its slope, times the position of the key; of six heads the last two are of the next power of two.
        powers = 2 ** math.floor(math.log2(q.shape[1]))
        slopes = [2 ** (-8 * (i + 1) / powers) for i in range(powers)]
        slopes += [2 ** (-4 * (2 * i + 1) / powers) for i in range(q.shape[1] - powers)]
        bias = torch.tensor(slopes)[:, None, None] * torch.arange(len(k))
        return scores(q, k) + bias * math.sqrt(q.shape[-1])

    @property
    def head(self):
        head = self.weights["lm_head.weight"]
        return F.normalize(head) if hasattr(self.config, "z_loss_weight") else head

    def published(self):
        tensors = dict(self.weights)
        for name in [name for name in tensors if "q_proj" in name]:
            parts = [tensors.pop(name.replace("q_proj", f"{p}_proj")) for p in "qkv"]
            tensors[name.replace("q_proj", "W_pack")] = torch.cat(parts)
        return tensors


class ChatGLM(Llama):
    """modeling_chatglm.py of ChatGLM 2 and 3 and GLM-4: the first half of each head is rotated, neighbours together."""

    biased = "qkv"

    def __init__(self, config, weights=None):
        super().__init__(config | dict(
            num_hidden_layers=config["num_layers"], num_key_value_heads=config["multi_query_group_num"],
            intermediate_size=config["ffn_hidden_size"], rms_norm_eps=config["layernorm_epsilon"],
            vocab_size=config["padded_vocab_size"], tie_word_embeddings=False), weights)

    def scores(self, q, k):
        turn = angles(torch.arange(len(q)).float(), q.shape[-1] // 2, 10000 * self.config.rope_ratio)[:, None]

        def rotate(x):
            even, odd = x[..., :2 * turn.shape[-1]].unflatten(-1, (-1, 2)).unbind(-1)
            pairs = [even * turn.cos() - odd * turn.sin(), odd * turn.cos() + even * turn.sin()]
            return torch.cat([torch.stack(pairs, -1).flatten(-2), x[..., 2 * turn.shape[-1]:]], -1)

        return scores(rotate(q), rotate(k))

    def published(self):
        tensors = self.renamed({
            "^model.embed_tokens": "transformer.embedding.word_embeddings", "^lm_head": "transformer.output_layer",
            "^model.norm": "transformer.encoder.final_layernorm", "^model.layers": "transformer.encoder.layers",
            "self_attn.o_proj": "self_attention.dense", "mlp.down_proj": "mlp.dense_4h_to_h"})
        for name in [name for name in tensors if "q_proj" in name]:
            parts = [tensors.pop(name.replace("q_proj", f"{p}_proj")) for p in "qkv"]
            tensors[name.replace("self_attn.q_proj", "self_attention.query_key_value")] = torch.cat(parts)
        for name in [name for name in tensors if "gate_proj" in name]:
            parts = [tensors.pop(name.replace("gate", p)) for p in ("gate", "up")]
            tensors[name.replace("gate_proj", "dense_h_to_4h")] = torch.cat(parts)
        return tensors


class Qwen(Reference):
    """Qwen 1: modeling_qwen.py of the published checkpoints. `w2` is the gate, and intermediate_size counts w1 and w2."""

    def shapes(self, c):
        d, inner = c.hidden_size, c.intermediate_size // 2
        shapes = {"transformer.wte.weight": (c.vocab_size, d), "transformer.ln_f.weight": (d,),
                  "lm_head.weight": (c.vocab_size, d)}
        for i in range(c.num_hidden_layers):
            shapes |= {f"transformer.h.{i}.{name}": shape for name, shape in {
                "ln_1.weight": (d,), "ln_2.weight": (d,), "attn.c_attn.weight": (3 * d, d), "attn.c_attn.bias": (3 * d,),
                "attn.c_proj.weight": (d, d), "mlp.w1.weight": (inner, d), "mlp.w2.weight": (inner, d),
                "mlp.c_proj.weight": (d, inner)}.items()}
        return shapes

    def __call__(self, tokens):
        c, w, n, head = self.config, self.weights, len(tokens), self.config.kv_channels
        # Dynamic NTK: alpha is a power of two minus one and grows with the length of the text (that of the prompt, cached).
        alpha = max(2 ** math.ceil(math.log2(n / c.seq_length) + 1) - 1, 1) if c.use_dynamic_ntk else 1
        turn = angles(torch.arange(n).float(), head, c.rotary_emb_base * alpha ** (head / (head - 2)))
        # logn: queries beyond seq_length grow by the logarithm of their position, counted from one.
        growth = torch.tensor([max(math.log(i, c.seq_length), 1) if c.use_logn_attn else 1 for i in range(1, n + 1)])
        x = w["transformer.wte.weight"][tokens]
        for i in range(c.num_hidden_layers):
            layer = f"transformer.h.{i}"
            h = rms_norm(x, w[f"{layer}.ln_1.weight"], c.layer_norm_epsilon)
            q, k, v = (p.unflatten(-1, (-1, head)) for p in self.linear(f"{layer}.attn.c_attn", h).chunk(3, -1))
            logits = scores(rotate(q, turn) * growth[:, None, None], rotate(k, turn)) / math.sqrt(head)
            x = x + self.linear(f"{layer}.attn.c_proj", attend(logits, v))
            h = rms_norm(x, w[f"{layer}.ln_2.weight"], c.layer_norm_epsilon)
            up, gate = (self.linear(f"{layer}.mlp.{p}", h) for p in ("w1", "w2"))
            x = x + self.linear(f"{layer}.mlp.c_proj", up * F.silu(gate))
        return self.linear("lm_head", rms_norm(x, w["transformer.ln_f.weight"], c.layer_norm_epsilon))


class Grok(Reference):
    """Grok-1: model.py of the release (GELU is the tanh form there), names of the hpcai-tech conversion. Gates are not
    renormalized after the choice of experts; the base of the rotation is 10000, and no key says so."""

    def shapes(self, c):
        d, head, inner = c.hidden_size, c.hidden_size // c.num_attention_heads, c.intermediate_size
        kv = (c.num_key_value_heads * head, d)
        shapes = {"model.embed_tokens.weight": (c.vocab_size, d), "model.norm.scale": (d,)}
        for i in range(c.num_hidden_layers):
            shapes |= {f"model.layers.{i}.{name}": shape for name, shape in {
                **{f"{norm}_norm.scale": (d,) for norm in ("pre_attn", "post_attn", "pre_moe", "post_moe")},
                "attn.q_proj.weight": (d, d), "attn.o_proj.weight": (d, d), "attn.k_proj.weight": kv,
                "attn.v_proj.weight": kv, "moe_block.gate.weight": (c.num_experts, d)}.items()}
            for e in range(c.num_experts):
                shapes |= {f"model.layers.{i}.moe_block.experts.{e}.{name}.weight": shape for name, shape in {
                    "linear": (inner, d), "linear_v": (inner, d), "linear_1": (d, inner)}.items()}
        return shapes

    def experts(self, layer, x):
        gates, chosen = self.linear(f"{layer}.gate", x).softmax(-1).topk(self.config.num_experts_per_tok)
        out = torch.zeros_like(x)
        for e in range(self.config.num_experts):
            gate, up = (self.linear(f"{layer}.experts.{e}.{p}", x) for p in ("linear", "linear_v"))
            share = (gates * (chosen == e)).sum(-1, keepdim=True)
            out += share * self.linear(f"{layer}.experts.{e}.linear_1", F.gelu(gate, approximate="tanh") * up)
        return out

    def __call__(self, tokens):
        c, w, head = self.config, self.weights, self.config.hidden_size // self.config.num_attention_heads
        turn = angles(torch.arange(len(tokens)).float(), head, 10000.0)
        x = w["model.embed_tokens.weight"][tokens] * c.embedding_multiplier_scale
        for i in range(c.num_hidden_layers):
            layer = f"model.layers.{i}"

            def norm(name, x):
                return rms_norm(x, w[f"{layer}.{name}_norm.scale"], c.rms_norm_eps)

            h = norm("pre_attn", x)
            q, k, v = (self.linear(f"{layer}.attn.{p}_proj", h).unflatten(-1, (-1, head)) for p in "qkv")
            logits = scores(rotate(q, turn), rotate(k, turn)) * c.attn_output_multiplier
            logits = c.max_attn_value * torch.tanh(logits / c.max_attn_value)
            x = x + norm("post_attn", self.linear(f"{layer}.attn.o_proj", attend(logits, v)))
            x = x + norm("post_moe", self.experts(f"{layer}.moe_block", norm("pre_moe", x)))
        logits = F.linear(rms_norm(x, w["model.norm.scale"], c.rms_norm_eps), w["model.embed_tokens.weight"])
        return logits * c.output_multiplier_scale


class Eagle(Reference):
    """RWKV-5.2, computed by the package `rwkv` from the original form of a checkpoint; `published` has the names of the
    conversion to Hugging Face's form. The weights are in bfloat16, as the original ones are, the computation is not."""

    names = {"emb.": "embeddings.", "ln0": "pre_ln", ".att.": ".attention.", ".ffn.": ".feed_forward.", "_mix_k": "_mix_key",
             "_mix_v": "_mix_value", "_mix_r": "_mix_receptance", "_mix_g": "_mix_gate"}

    def shapes(self, c):
        d, inner = c.hidden_size, int(c.hidden_size * 3.5) // 32 * 32
        heads = (d // c.head_size, c.head_size)
        norm, mix, square = {"weight": (d,), "bias": (d,)}, (1, 1, d), (d, d)
        ends = {"emb.weight": (c.vocab_size, d), "head.weight": (c.vocab_size, d)}
        parts = {"": ends, "ln_out.": norm, "blocks.0.ln0.": norm}
        for i in range(c.num_hidden_layers):
            parts |= {f"blocks.{i}.{name}.": norm for name in ("ln1", "ln2", "att.ln_x")}
            parts |= {f"blocks.{i}.att.": {
                "time_decay": heads, "time_faaaa": heads, **{f"time_mix_{p}": mix for p in "kvrg"},
                **{f"{p}.weight": square for p in ("key", "value", "receptance", "gate", "output")}}}
            parts |= {f"blocks.{i}.ffn.": {"time_mix_k": mix, "time_mix_r": mix, "key.weight": (inner, d),
                                          "receptance.weight": square, "value.weight": (d, inner)}}
        return {part + name: shape for part, shapes in parts.items() for name, shape in shapes.items()}

    def original(self):
        return {name: weight.bfloat16() for name, weight in self.weights.items()}

    def published(self):
        result = {}
        for name, weight in self.original().items():
            for old, new in self.names.items():
                name = name.replace(old, new)
            result[name if name == "head.weight" else f"rwkv.{name}"] = weight.float()
        return result

    @functools.cached_property
    def model(self):
        os.environ |= {"RWKV_JIT_ON": "0", "RWKV_CUDA_ON": "0"}
        from rwkv.model import RWKV
        with tempfile.TemporaryDirectory() as folder:
            # As floats: the package would round its normalized embedding to the type of the checkpoint.
            torch.save({name: weight.float() for name, weight in self.original().items()}, f"{folder}/model.pth")
            return RWKV(f"{folder}/model", "cpu fp32", verbose=False)

    def __call__(self, tokens):
        return self.model.forward(tokens.tolist(), None, full_output=True)[0]
