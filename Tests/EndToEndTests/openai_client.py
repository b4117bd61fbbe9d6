#!/usr/bin/env python3
"""Talks to a running server with the official OpenAI client and checks what comes back.

    python3 Tests/EndToEndTests/openai_client.py http://127.0.0.1:8080/v1 [MODEL]

Needs `pip install openai` (tried with 2.x). Exit code 1 and the failed check if something is wrong.
"""
import sys

import openai

base = sys.argv[1]
client = openai.OpenAI(base_url=base, api_key="none", max_retries=0)
models = [m.id for m in client.models.list()]
model = sys.argv[2] if len(sys.argv) > 2 else models[0]
assert model in models, (model, models)
assert client.models.retrieve(model).id == model
messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Say hello."}]

whole = client.chat.completions.create(model=model, messages=messages, temperature=0, max_tokens=24, seed=1)
assert whole.choices[0].message.role == "assistant" and whole.choices[0].message.content
assert whole.choices[0].finish_reason in ("stop", "length")
assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens
print("chat:", repr(whole.choices[0].message.content))

chunks = list(
    client.chat.completions.create(
        model=model, messages=messages, temperature=0, max_tokens=24, seed=1, stream=True,
        stream_options={"include_usage": True},
    )
)
assert chunks[0].choices[0].delta.role == "assistant"
assert chunks[-1].choices == [] and chunks[-1].usage.completion_tokens == whole.usage.completion_tokens
streamed = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
assert streamed == whole.choices[0].message.content, streamed
assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == whole.choices[0].finish_reason

several = client.chat.completions.create(model=model, messages=messages, max_tokens=8, n=3, seed=3)
assert sorted(c.index for c in several.choices) == [0, 1, 2]

scored = client.chat.completions.create(
    model=model, messages=messages, temperature=0, max_tokens=4, logprobs=True, top_logprobs=3)
content = scored.choices[0].logprobs.content
assert len(content) == scored.usage.completion_tokens
assert all(c.logprob <= 0 and 1 <= len(c.top_logprobs) <= 3 for c in content)
assert all(c.bytes is not None for c in content)

text = client.completions.create(
    model=model, prompt=["Once upon", "The sea"], max_tokens=4, n=2, temperature=0.5, seed=1, echo=True, logprobs=2)
assert [c.index for c in text.choices] == [0, 1, 2, 3]
assert text.choices[0].text.startswith("Once upon") and text.choices[2].text.startswith("The sea")
report = text.choices[0].logprobs
assert report.token_logprobs[0] is None and report.top_logprobs[0] is None
assert len({len(report.tokens), len(report.token_logprobs), len(report.top_logprobs), len(report.text_offset)}) == 1
assert report.text_offset == sorted(report.text_offset)

ids = client.completions.create(
    model=model, prompt=[[5, 6, 7]], max_tokens=3, extra_body={"return_token_ids": True, "ignore_eos": True})
assert ids.choices[0].model_extra["prompt_token_ids"] == [5, 6, 7]
assert len(ids.choices[0].model_extra["token_ids"]) == ids.usage.completion_tokens

prompt = client.completions.create(
    model=model, prompt=[5, 6, 7], max_tokens=0, echo=True, logprobs=1)
assert len(prompt.choices[0].logprobs.tokens) == 3 and prompt.usage.completion_tokens == 0

parts = list(client.completions.create(model=model, prompt="Once", max_tokens=4, temperature=0, stream=True))
assert parts[-1].choices[0].finish_reason


def refused(kind, **arguments):
    try:
        client.chat.completions.create(**{"model": model, "messages": messages, "max_tokens": 1, **arguments})
    except kind as error:
        return error.body
    raise AssertionError(f"{arguments} was not refused")


assert refused(openai.NotFoundError, model="no-such-model")["code"] == "model_not_found"
assert refused(openai.BadRequestError, temperature=-1)["param"] == "temperature"
assert refused(openai.BadRequestError, messages=[])["param"] == "messages"
image = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:"}}]}]
assert refused(openai.BadRequestError, messages=image)["param"] == "messages[0].content[0].type"

with client.chat.completions.create(model=model, messages=messages, stream=True, max_tokens=500) as stream:
    for _, _chunk in zip(range(3), stream):
        pass
assert client.chat.completions.create(model=model, messages=messages, max_tokens=2).choices
print(f"openai {openai.__version__}: everything as expected")
