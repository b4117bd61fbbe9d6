"""Asks a running server for values of a type through instructor, by tools and by JSON.

    python3 Tests/EndToEndTests/client_instructor.py http://127.0.0.1:8080
"""

import logging
import sys
from typing import Literal

import instructor
import openai
import pydantic


class Pet(pydantic.BaseModel):
    kind: Literal["cat", "dog"]
    name: str = pydantic.Field(max_length=12)
    age: int = pydantic.Field(ge=0, le=30)


logging.disable()
client = openai.OpenAI(base_url=sys.argv[1] + "/v1", api_key="none", max_retries=0)
request = dict(
    model="smollm2", messages=[{"role": "user", "content": "A dog called Rex, three years old."}], max_tokens=200,
    response_model=Pet, max_retries=0)
for mode in (instructor.Mode.TOOLS, instructor.Mode.TOOLS_STRICT, instructor.Mode.JSON, instructor.Mode.JSON_SCHEMA,
             instructor.Mode.MD_JSON):
    for seed in range(2):
        # Where only JSON is asked for and not a schema, what it holds is up to the model: a cold one then.
        isBound = mode in (instructor.Mode.TOOLS, instructor.Mode.TOOLS_STRICT, instructor.Mode.JSON_SCHEMA)
        try:
            pet = instructor.from_openai(client, mode=mode).create(**request, temperature=1.2 if isBound else 0, seed=seed)
            assert isinstance(pet, Pet) and 0 <= pet.age <= 30, (mode, pet)
        except Exception as error:
            # The schema is in the prompt alone: a small model may miss it, and the answer must still be JSON.
            if isBound or "json_invalid" in str(error):
                raise
partial = instructor.from_openai(client, mode=instructor.Mode.TOOLS).create_partial(**request, temperature=1, seed=5)
assert isinstance(list(partial)[-1], pydantic.BaseModel)
print("instructor: all passed")
