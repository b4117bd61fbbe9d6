"""Asks a running server for steered answers, for the importance of a prompt's words, and for searches.

    python3 Tests/EndToEndTests/steering.py http://127.0.0.1:8080
"""

import json
import sys
import urllib.error
import urllib.request


def post(path, **fields):
    request = urllib.request.Request(
        sys.argv[1] + path, json.dumps(fields).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as error:
        return json.load(error)


PROMPT = "Question: Who wrote the letter? Text: Bruno wrote the letter to Mia. Answer: The letter was written by"

# Each token's entropy stands beside its probability.
chat = post("/v1/chat/completions", messages=[{"role": "user", "content": "Say hello."}], max_tokens=4, logprobs=True,
            top_logprobs=3)
tokens = chat["choices"][0]["logprobs"]["content"]
assert tokens and all(0 <= token["entropy"] < 12 and len(token["top_logprobs"]) == 3 for token in tokens), tokens

# A passage that is suppressed changes what is likely, one at factor 1 nothing.
def first(**fields):
    reply = post("/v1/completions", prompt=PROMPT, max_tokens=1, temperature=0, logprobs=5, **fields)
    return reply["choices"][0]["logprobs"]["top_logprobs"][0]

same, plain = first(attention=[{"text": "Bruno", "factor": 1}]), first()
hidden = first(attention=[{"text": "Bruno", "factor": 0}])
louder = first(attention=[{"text": "Bruno", "factor": 5}])
assert max(plain, key=plain.get) == " Bruno", plain
assert all(abs(plain[text] - same[text]) < 0.05 for text in plain), (plain, same)
assert hidden.get(" Bruno", -99) < plain[" Bruno"] - 0.1, (plain, hidden)
error = post("/v1/completions", prompt=PROMPT, attention=[{"text": "Rome", "factor": 0}])["error"]
assert error["param"] == "attention[0]", error

# Of a prompt's words, the one that the answer repeats matters most.
parts = post("/v1/importance", prompt=PROMPT, answer=" Bruno")["parts"]
assert "".join(part["text"] for part in parts).endswith(PROMPT), parts
best = max(parts, key=lambda part: part["importance"])
assert "Bruno" in best["text"], sorted(parts, key=lambda part: -part["importance"])[:3]
in_chat = post("/v1/importance", messages=[{"role": "user", "content": "Hi"}], answer="Hello")["parts"]
assert any("Hi" in part["text"] for part in in_chat), in_chat

# Searches return several answers, the best first; of many samples the likeliest are returned.
found = post("/v1/completions", prompt=PROMPT, max_tokens=4, use_beam_search=True, n=3)["choices"]
assert len({choice["text"] for choice in found}) == 3 and " Bruno" in found[0]["text"], found
several = post("/v1/completions", prompt=PROMPT, max_tokens=4, n=2, best_of=6, seed=1)["choices"]
assert [choice["index"] for choice in several] == [0, 1], several

# A healed prompt is continued within its last word; a form holds from there on, and what the limit cuts is closed.
healed = post("/v1/completions", prompt="import numpy as n", max_tokens=2, temperature=0, token_healing=True)
assert healed["choices"][0]["text"].startswith("p"), healed
schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "minLength": 3}}}
cut = post("/v1/chat/completions", messages=[{"role": "user", "content": "An object."}], max_tokens=3,
           close_on_limit=True, response_format={"type": "json_schema", "json_schema": {"schema": schema}})
assert len(json.loads(cut["choices"][0]["message"]["content"])["a"]) >= 3, cut
assert cut["choices"][0]["finish_reason"] == "length", cut
print("steering over HTTP: all passed")
