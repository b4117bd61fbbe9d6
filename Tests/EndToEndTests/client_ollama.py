"""Asks a running server with the official Ollama client.

    python3 Tests/EndToEndTests/client_ollama.py http://127.0.0.1:8080
"""

import json
import sys

import ollama

client = ollama.Client(host=sys.argv[1])
GREEDY = {"temperature": 0, "num_predict": 12, "seed": 1}

names = [model.model for model in client.list().models]
assert "smollm2" in names and "minilm" in names, names
assert client.ps().models[0].model == "smollm2"
shown = client.show("smollm2")
assert "completion" in shown.capabilities and shown.details.family == "llama", shown

answer = client.generate("smollm2", "The capital of France is", raw=True, options=GREEDY)
assert "Paris" in answer.response and answer.done and answer.done_reason == "length", answer
assert answer.prompt_eval_count == 5 and answer.eval_count == 12 and answer.total_duration > answer.eval_duration > 0
again = client.generate("smollm2", "The capital of France is", raw=True, options=GREEDY)
assert again.response == answer.response and again.prompt_eval_count == 5, again

question = [{"role": "user", "content": "Name three colors."}]
whole = client.chat("smollm2:latest", question, options={"temperature": 0, "num_predict": 60})
pieces = list(client.chat("smollm2", question, stream=True, options={"temperature": 0, "num_predict": 60}))
assert "".join(piece.message.content for piece in pieces) == whole.message.content != "", whole
assert [piece.done for piece in pieces] == [False] * (len(pieces) - 1) + [True]
assert pieces[-1].eval_count == whole.eval_count and pieces[-1].done_reason == "stop"

schema = {
    "type": "object", "required": ["name", "age"], "additionalProperties": False,
    "properties": {"name": {"type": "string", "maxLength": 12}, "age": {"type": "integer", "minimum": 0, "maximum": 99}},
}
person = json.loads(client.chat("smollm2", [{"role": "user", "content": "Describe a person."}], format=schema).message.content)
assert set(person) == {"name", "age"}, person
json.loads(client.generate("smollm2", 'Answer with {"a": 1} and nothing else.', format="json", options={"temperature": 0}).response)

first = client.generate("smollm2", "My name is Ada.", options=GREEDY)
second = client.generate("smollm2", "What is my name?", context=first.context, options=GREEDY)
assert second.prompt_eval_count > first.prompt_eval_count

vectors = client.embed("minilm", ["a cat", "a kitten", "tax law"]).embeddings
assert len(vectors) == 3 and len(vectors[0]) == 384
near, far = (sum(a * b for a, b in zip(vectors[0], vectors[i])) for i in (1, 2))
assert near > far + 0.2, (near, far)
old = client.embeddings("minilm", "a cat").embedding
assert max(abs(a - b) for a, b in zip(old, vectors[0])) < 1e-5

for call, word in [
    (lambda: client.chat("nobody", question), "nobody"),
    (lambda: client.generate("smollm2", "x", images=[b"abc"]), "images"),
    (lambda: client.generate("smollm2", "x", options={"mirostat": 7}), "mirostat"),
]:
    try:
        call()
    except ollama.ResponseError as error:
        assert word in error.error and error.status_code in (400, 404), error
    else:
        raise AssertionError(f"not refused: {word}")
# Models made of others, copied, removed, loaded when they are asked for and let go of.
for state in client.create("mario", from_="smollm2", system="You are Mario.", parameters={"temperature": 0, "stop": ["."]}, stream=True):
    pass
assert state.status == "success", state
shown = client.show("mario")
assert shown.parameters.splitlines() == ["temperature 0", "stop ."] and "SYSTEM You are Mario." in shown.modelfile, shown
asked = client.chat("mario", [{"role": "user", "content": "Who are you?"}], options={"num_predict": 30})
assert asked.done_reason == "stop" and "." not in asked.message.content, asked
assert asked.message.content == client.chat(
    "smollm2", [{"role": "system", "content": "You are Mario."}, {"role": "user", "content": "Who are you?"}],
    options={"temperature": 0, "stop": ["."], "num_predict": 30}).message.content
assert "mario" in [model.model for model in client.ps().models]
assert client.generate("mario", keep_alive=0).done_reason == "unload"
assert "mario" not in [model.model for model in client.ps().models]
assert client.copy("mario", "luigi").status == "success"
assert client.generate("luigi", "Hi", keep_alive="1m", options=GREEDY).eval_count > 0
assert client.delete("mario").status == client.delete("luigi").status == "success"
assert not {"mario", "luigi"} & {model.model for model in client.list().models}
assert client.pull("smollm2" if len(sys.argv) < 3 else sys.argv[2]).status == "success"

print("ollama: create, copy, delete, pull, keep_alive, list, ps, show, generate, chat, format, context, embed, errors")
