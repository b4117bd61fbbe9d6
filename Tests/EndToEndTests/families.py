"""Asks a server of the tiny checkpoints for the log-probabilities and the greedy tokens of each one's prompt."""

import json
import pathlib
import sys
import urllib.request

url, fixtures, expected_models = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
TOLERANCE = 1e-4


def post(path, body):
    request = urllib.request.Request(url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


with urllib.request.urlopen(url + "/v1/models") as response:
    models = [model["id"] for model in json.load(response)["data"] if model["id"].startswith("/")]
compared = 0
for model in models:
    path = pathlib.Path(model)
    folder = path if path.is_dir() else path.parent if path.suffix == ".pth" else fixtures / "families" / path.stem
    expected = json.loads((folder / "expected.json").read_text())
    body = dict(model=model, prompt=expected["prompt"], temperature=0, echo=True, logprobs=1, return_token_ids=True,
                ignore_eos=True)
    choice = post("/v1/completions", body | dict(max_tokens=24))["choices"][0]
    scores = choice["logprobs"]["token_logprobs"][1:len(expected["prompt"])]
    config = folder / "config.json"
    text = config.read_text() if config.exists() else ""
    if any(kind in text for kind in ('"dynamic"', '"longrope"', '"use_dynamic_ntk": true')):
        # Positions depend on the length of the text, and only one that will not grow has exactly those of its length.
        choice = post("/v1/completions", body | dict(max_tokens=0))["choices"][0]
        scores = choice["logprobs"]["token_logprobs"][1:len(expected["prompt"])]
    else:
        assert choice["token_ids"] == expected["greedy"], f"{model}: {choice['token_ids']}, not {expected['greedy']}"
    worst = max(abs(a - b) for a, b in zip(scores, expected["logProbabilities"], strict=True))
    assert worst < TOLERANCE, f"{model}: {worst} from the reference"
    compared += 1
print(f"{compared} models say over HTTP what their references say")
assert compared >= expected_models, f"{compared} models, not {expected_models}"
