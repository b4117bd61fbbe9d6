"""The ways to scale positions at run time, on the checkpoint `llama`: what the option says, and the reference's logits.

Each entry takes the checkpoint's config and tensors and gives the parameters and a function from tokens to logits.
"""

import torch
import transformers

import reference_models as own


def scaled(rope_type, original=256, theta=10000.0, **parameters):
    """As transformers scales them; `original` is the context that the checkpoint was trained on."""

    def entry(config, tensors):
        return dict(kind=rope_type, **parameters), lambda tokens: llama(config, tensors, dict(
            rope_type=rope_type, rope_theta=theta, **parameters), original, tokens)

    return entry


def llama(config, tensors, rope, original, tokens):
    """The logits of transformers' Llama with these tensors and `rope` for rope_parameters."""
    settings = config | dict(rope_parameters=rope, max_position_embeddings=original)
    model = transformers.LlamaForCausalLM._from_config(
        transformers.LlamaConfig(**settings), dtype=torch.float32, attn_implementation="eager").eval()
    model.load_state_dict(tensors)
    return model(tokens[None], use_cache=False).logits[0]


def ntk(config, tensors, alpha=4.0):
    """NTK-aware scaling with a fixed alpha: another base, for every length."""
    head = config["hidden_size"] // config["num_attention_heads"]
    theta = config["rope_parameters"]["rope_theta"] * alpha ** (head / (head - 2))
    return dict(kind="ntk", factor=alpha), lambda tokens: llama(
        config, tensors, dict(rope_type="default", rope_theta=theta), 256, tokens)


def dynamic_linear(config, tensors, original=32):
    """Linear scaling by as much as the text is longer than the original context."""
    return dict(kind="dynamic-linear", original_max_position_embeddings=original), lambda tokens: llama(
        config, tensors, dict(rope_type="linear", rope_theta=config["rope_parameters"]["rope_theta"],
                              factor=max(1.0, len(tokens) / original)), 256, tokens)


def dynamic(config, tensors, original=32, factor=2.0):
    parameters, logits = scaled("dynamic", original, factor=factor)(config, tensors)
    return parameters | dict(original_max_position_embeddings=original), logits


class SelfExtend(own.Llama):
    """arXiv 2401.01325: neighbours keep their distance; further ones have floor(position / group), queries shifted."""

    group, window = 4, 8

    def scores(self, q, k):
        theta, at = self.config.rope_theta, torch.arange(len(q))
        near = own.angles(at.float(), q.shape[-1], theta)
        far_q = own.angles((at // self.group + self.window - self.window // self.group).float(), q.shape[-1], theta)
        far_k = own.angles((at // self.group).float(), q.shape[-1], theta)
        is_near = at[:, None] - at[None] < self.window
        return torch.where(is_near, own.scores(own.rotate(q, near), own.rotate(k, near)),
                           own.scores(own.rotate(q, far_q), own.rotate(k, far_k)))


class InfiniteLM(own.Llama):
    """LM-Infinite, arXiv 2308.16137: the first `start` tokens and the last `window` are seen, distances end at `window`."""

    start, window = 4, 16

    def scores(self, q, k):
        theta, at = self.config.rope_theta, torch.arange(len(q))
        distance = at[:, None] - at[None]
        turn = own.angles(at.float(), q.shape[-1], theta)
        furthest = own.angles(torch.full((1,), float(self.window)), q.shape[-1], theta).expand(len(q), -1)
        near, far = own.scores(own.rotate(q, turn), own.rotate(k, turn)), own.scores(own.rotate(q, furthest), k)
        seen = (distance < self.window) | (at[None] < self.start)
        return torch.where(distance < self.window, near, far).masked_fill(~seen, -torch.inf)


def own_model(model, kind, **parameters):
    return lambda config, tensors: (dict(kind=kind, **parameters), model(
        config | dict(rope_theta=config["rope_parameters"]["rope_theta"]), tensors))


POSITIONS = {
    "linear": scaled("linear", factor=2.0),
    "ntk": ntk,
    "dynamic-linear": dynamic_linear,
    "dynamic": dynamic,
    "yarn": scaled("yarn", factor=4.0, original_max_position_embeddings=64),
    "llama3": scaled("llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32),
    "longrope": scaled("longrope", factor=6.4, original_max_position_embeddings=40, short_factor=[1.0, 1.25, 1.5, 2.0],
                       long_factor=[1.0, 2.0, 4.0, 7.5]),
    "selfextend": own_model(SelfExtend, "selfextend", group=SelfExtend.group, window=SelfExtend.window),
    "lm-infinite": own_model(InfiniteLM, "lm-infinite", start=InfiniteLM.start, window=InfiniteLM.window),
}
