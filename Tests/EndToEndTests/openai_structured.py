"""Asks a running server for answers of a form with the official OpenAI client.

    python3 Tests/EndToEndTests/openai_structured.py http://127.0.0.1:8080/v1
"""

import json
import sys
from typing import Literal

import openai
import pydantic


class Pet(pydantic.BaseModel, extra="forbid"):
    kind: Literal["cat", "dog"]
    name: str = pydantic.Field(max_length=12)
    age: int = pydantic.Field(ge=0, le=30)


client = openai.OpenAI(base_url=sys.argv[1], api_key="none", max_retries=0)
request = dict(model="smollm2", messages=[{"role": "user", "content": "Describe a pet."}], max_tokens=120)

for seed in range(3):
    parsed = client.chat.completions.parse(**request, response_format=Pet, temperature=1.5, seed=seed)
    assert isinstance(parsed.choices[0].message.parsed, Pet), parsed.choices[0]

schema = {"name": "pet", "schema": Pet.model_json_schema(), "strict": True}
chunks = client.chat.completions.create(
    **request, response_format={"type": "json_schema", "json_schema": schema}, stream=True)
text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
Pet.model_validate_json(text)

cut = client.chat.completions.create(
    **request | dict(max_tokens=3), response_format={"type": "json_schema", "json_schema": schema})
assert cut.choices[0].finish_reason == "length", cut.choices[0]

for extra in ({"guided_choice": ["cat", "dog"]}, {"structured_outputs": {"choice": ["cat", "dog"]}},
              {"grammar": 'root ::= "cat" | "dog"'}):
    answer = client.chat.completions.create(**request, extra_body=extra).choices[0].message.content
    assert answer in ("cat", "dog"), (extra, answer)
number = client.completions.create(model="smollm2", prompt="1, 2, 3, ", max_tokens=20, extra_body={"guided_regex": "[0-9]{1,3}"})
assert number.choices[0].text.isdigit(), number
answer = client.chat.completions.create(**request, extra_body={"json_schema": {"enum": [1, "two", None]}})
assert json.loads(answer.choices[0].message.content) in (1, "two", None), answer

for extra in ({"guided_choice": ["a"], "guided_regex": "b"}, {"guided_json": {"$dynamicRef": "#x"}}, {"guided_regex": "("}):
    try:
        client.chat.completions.create(**request, extra_body=extra)
        raise AssertionError(f"{extra} is not refused")
    except openai.BadRequestError as error:
        assert "guided_" in str(error), error
print(f"openai {openai.__version__}: answers keep to their form")
