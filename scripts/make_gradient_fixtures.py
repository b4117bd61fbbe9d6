"""Makes Tests/ArchitecturesTests/Fixtures/gradients: the loss of every tiny checkpoint in `families`, and its gradient.

Run: python scripts/make_gradient_fixtures.py [case ...]   (transformers 5.23, torch 2.13), after make_architecture_fixtures.py

The prompt of expected.json is cut in two texts; the loss is sum(weight x cross-entropy) / sum(weights) over both, with the
weight 1, 0.5, 0 or 2 by the token's place in the prompt. Of the gradient of each tensor, under its name in the checkpoint, its
norm and the sum of its elements times cos(index) are kept: no element can be wrong or elsewhere without changing these. The
reference computes in float64 where it can.
"""

import itertools
import json
import re
import sys
import tempfile

import safetensors.torch
import torch
import transformers


from architecture_cases import CASES, FOLDER
from make_architecture_fixtures import run

torch.set_grad_enabled(True)
CUT = 29


def loss_of(logits, prompt):
    weights = torch.tensor([1.0, 0.5, 0.0, 2.0])[torch.arange(len(prompt)) % 4].double()
    total, divisor = 0, 0
    for start, end in [(0, CUT), (CUT, len(prompt))]:
        scores = torch.log_softmax(logits(prompt[start:end]).double(), -1)
        chosen = scores[:-1].gather(-1, prompt[start + 1:end, None])[:, 0]
        total = total - (weights[start + 1:end] * chosen).sum()
        divisor += weights[start + 1:end].sum()
    return total / divisor


def summary(gradient):
    values = gradient.double().flatten()
    return [values.norm().item(), (values * torch.cos(torch.arange(len(values), dtype=torch.float64))).sum().item()]


def of_transformers(case, folder, prompt):
    """The model writes its gradients as if they were its weights, so that they get the names of checkpoints."""
    model = (case.model or transformers.AutoModelForCausalLM).from_pretrained(
        folder, dtype=torch.float64, attn_implementation=case.attention, experts_implementation="eager",
        **case.loading).eval()
    # XGLM makes constants of the default type.
    torch.set_default_dtype(torch.float64)
    loss = loss_of(lambda tokens: run(model, tokens), prompt)
    loss.backward()
    torch.set_default_dtype(torch.float32)
    with torch.no_grad():
        for value in itertools.chain(model.parameters(), model.buffers()):
            value.copy_(torch.zeros_like(value) if value.grad is None else value.grad)
    with tempfile.TemporaryDirectory() as saved:
        model.save_pretrained(saved)
        gradients = safetensors.torch.load_file(f"{saved}/model.safetensors")
    for old, new in case.names.items():
        gradients = {re.sub(old, new, name): value for name, value in gradients.items()}
    return loss, case.rewrite(gradients) if case.rewrite else gradients


def unpublished(case, tensors):
    """The tensors as the reference has them: `published` is asked where it puts each number."""
    model = case.reference(case.config)
    shapes = {name: value.shape for name, value in model.weights.items()}
    places = torch.arange(sum(value.numel() for value in model.weights.values())).split(
        [value.numel() for value in model.weights.values()])
    model.weights = {name: place.reshape(shapes[name]) for name, place in zip(shapes, places)}
    flat = torch.cat([torch.zeros(place.numel()) for place in places])
    for name, place in model.published().items():
        flat[place.flatten()] = tensors[name].flatten()
    return {name: flat[place].requires_grad_() for name, place in model.weights.items()}


def of_reference(case, folder, prompt):
    weights = unpublished(case, safetensors.torch.load_file(folder / "model.safetensors"))
    model = case.reference(case.config, weights)
    loss = loss_of(model, prompt)
    loss.backward()
    model.weights = {name: torch.zeros_like(value) if value.grad is None else value.grad for name, value in weights.items()}
    return loss, model.published()


def make(name, case):
    folder = FOLDER / "families" / name
    prompt = torch.tensor(json.loads((folder / "expected.json").read_text())["prompt"])
    loss, gradients = (of_reference if case.reference else of_transformers)(case, folder, prompt)
    path = FOLDER / "gradients" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    values = {key: [float(f"{v:.8g}") for v in summary(value)] for key, value in sorted(gradients.items())}
    path.write_text(json.dumps(dict(loss=loss.item(), gradients=values)) + "\n")


if __name__ == "__main__":
    # The reference of rwkv-5 has no gradient.
    for name in sys.argv[1:] or CASES:
        if name != "rwkv-5":
            make(name, CASES[name])
