"""Makes Tests/ArchitecturesTests/Fixtures/families: tiny random checkpoints of each family with the reference's own numbers.

Run: python scripts/make_architecture_fixtures.py [case ...]   (transformers 5.23, torch 2.13, rwkv 0.8)

Each folder is a Hugging Face checkpoint, with the tensor names and the keys of config.json that published checkpoints have,
and expected.json beside it: a prompt, the log-probability of each of its tokens after the first, and the tokens that greedy
decoding adds. The reference computes in float32, and computes the whole text again for each token, without a cache. That
matters where positions depend on the length of the text: dynamic NTK has another base for every length beyond
max_position_embeddings, longrope the long factors for all positions once the text is longer than the original context.
`llama` has more files, expected-<kind>.json: the same checkpoint, its positions scaled at run time as `parameters` says.
"""

import itertools
import json
import re
import shutil
import sys

import safetensors.torch
import torch
import transformers

from architecture_cases import CASES, FOLDER
from position_cases import POSITIONS
from reference_models import Llama

torch.set_num_threads(1)
torch.set_grad_enabled(False)
transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()

PROMPT, GREEDY = 45, 24


def run(model, tokens):
    """The logits as the first call of a fresh model gives them: dynamic NTK remembers the longest text that it saw."""
    for module in model.modules():
        if hasattr(module, "max_seq_len_cached"):
            module.max_seq_len_cached = 0
    return model(tokens[None], use_cache=False).logits[0]


def build(case):
    """A model as a function from tokens to rows of logits, with its parameters by name."""
    if case.reference:
        model = case.reference(case.config)
        return model, model, model.weights
    make = case.model._from_config if case.model else transformers.AutoModelForCausalLM.from_config
    model = make(
        case.config, dtype=torch.float32, attn_implementation=case.attention, experts_implementation="eager").eval()
    return model, lambda tokens: run(model, tokens), parameters_of(model)


def parameters_of(model):
    """Parameters, and the buffers that checkpoints have, too."""
    saved = model.state_dict()
    return dict(model.named_parameters()) | {
        name: value for name, value in model.named_buffers() if name in saved and ("correction_bias" in name or "layer_scalar" in name)}


def randomize(parameters, post_norm):
    """Matrices larger than the usual initialization, so that every part matters; vectors around what they were."""
    for name, value in parameters.items():
        around = value.dim() == 1 or any(part in name for part in ("A_log", "time_"))
        value.copy_((value if around else 0) + torch.randn_like(value) * 0.3 + ("post_" in name) * post_norm)


def expected(logits, prompt):
    """The values of expected.json, and how far the second token was from the first at the closest step."""
    scores = torch.log_softmax(logits(prompt).double(), -1)
    tokens, margin = prompt, 1.0
    for _ in range(GREEDY):
        best = logits(tokens)[-1].topk(2)
        margin = min(margin, (best.values[0] - best.values[1]).item())
        tokens = torch.cat([tokens, best.indices[:1]])
    return dict(prompt=prompt.tolist(),
                logProbabilities=[round(scores[i, t].item(), 7) for i, t in enumerate(prompt[1:].tolist())],
                greedy=tokens[PROMPT:].tolist()), margin


def agree(values, again):
    pairs = zip(values["logProbabilities"], again["logProbabilities"])
    return values["greedy"] == again["greedy"] and max(abs(a - b) for a, b in pairs) < 2e-5


def search(name, make):
    """The first seed from which `make` gives sound values: (model, values).

    Sound: not one token for ever, no close call, and nothing that rounding decides (weights a little off say the same).
    """
    for seed in itertools.count(sum(name.encode())):
        torch.manual_seed(seed)
        model, logits, parameters = make()
        prompt = torch.randint(2, 96, (PROMPT,))
        values, margin = expected(logits, prompt)
        if len(set(values["greedy"])) < 8 or margin < 1e-3:
            continue
        kept = {key: value.clone() for key, value in parameters.items()}
        for value in parameters.values():
            value.mul_(1 + torch.randn_like(value) * 1e-7)
        again, _ = expected(logits, prompt)
        for key, value in parameters.items():
            value.copy_(kept[key])
        if agree(values, again):
            print(f"{name}: seed {seed}", flush=True)
            return model, values


def publish(config):
    """config.json as transformers 4 wrote it, and as it is on the Hub."""
    config = config | dict(torch_dtype=config.pop("dtype"), transformers_version="4.44.2")
    config.pop("layer_types", None)
    if scaling := config.pop("rope_parameters", None):
        kind = scaling.pop("rope_type")
        config |= {key: scaling.pop(key) for key in ("rope_theta", "partial_rotary_factor") if key in scaling}
        if kind == "longrope":
            config["original_max_position_embeddings"] = scaling.pop("original_max_position_embeddings")
        config["rope_scaling"] = None if kind == "default" else {"rope_type" if kind == "llama3" else "type": kind} | scaling
    return config


def save(case, model, folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if case.reference:
        config, tensors = dict(case.config), model.published()
        if hasattr(model, "original"):
            torch.save(model.original(), folder / "model.pth")
    else:
        model.save_pretrained(folder)
        (folder / "generation_config.json").unlink(missing_ok=True)
        config = json.loads((folder / "config.json").read_text())
        tensors = safetensors.torch.load_file(folder / "model.safetensors")
    config = {key: value for key, value in ((publish(config) if case.published else config) | case.edits).items()
              if value is not None or key not in case.edits}
    for old, new in case.names.items():
        tensors = {re.sub(old, new, name): value for name, value in tensors.items()}
    tensors = case.rewrite(tensors) if case.rewrite else tensors
    tensors |= {name: value.clone() for name, value in case.extra.items()}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    safetensors.torch.save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def check(case, folder, values):
    """What was written says the same to transformers as the model that wrote it."""
    model = (case.model or transformers.AutoModelForCausalLM).from_pretrained(
        folder, dtype=torch.float32, attn_implementation=case.attention, experts_implementation="eager",
        **case.loading).eval()
    again, _ = expected(lambda tokens: run(model, tokens), torch.tensor(values["prompt"]))
    assert agree(values, again), folder


def check_own_llama(folder):
    """The Llama that references are derived from is the one of transformers."""
    config, values = (json.loads((folder / name).read_text()) for name in ("config.json", "expected.json"))
    model = Llama(config | dict(rope_theta=10000.0), safetensors.torch.load_file(folder / "model.safetensors"))
    again, _ = expected(model, torch.tensor(values["prompt"]))
    assert agree(values, again), folder


def write(path, values):
    path.write_text(json.dumps(values) + "\n")


def make_family(name, case):
    def make():
        model, logits, parameters = build(case)
        randomize(parameters, case.post_norm)
        return model, logits, parameters

    model, values = search(name, make)
    save(case, model, FOLDER / "families" / name)
    write(FOLDER / "families" / name / "expected.json", values)
    if not case.reference:
        check(case, FOLDER / "families" / name, values)


def make_positions(name, folder):
    tensors = safetensors.torch.load_file(folder / "model.safetensors")
    parameters, logits = POSITIONS[name](json.loads((folder / "config.json").read_text()), tensors)
    _, values = search(name, lambda: (None, logits, tensors))
    write(folder / f"expected-{name}.json", dict(parameters=parameters) | values)


if __name__ == "__main__":
    for name in sys.argv[1:] or CASES:
        make_family(name, CASES[name])
        if name == "llama":
            check_own_llama(FOLDER / "families/llama")
            for kind in POSITIONS:
                make_positions(kind, FOLDER / "families/llama")
