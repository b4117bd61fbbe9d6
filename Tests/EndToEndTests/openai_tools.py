"""Calls tools with the official OpenAI client; every call must be valid, whatever the model thinks of it.

    python3 Tests/EndToEndTests/openai_tools.py http://127.0.0.1:8080/v1
"""

import json
import sys
from typing import Literal

import openai
import pydantic


class Weather(pydantic.BaseModel):
    """The weather of a city."""

    model_config = pydantic.ConfigDict(extra="forbid")
    city: str = pydantic.Field(max_length=20)
    unit: Literal["celsius", "fahrenheit"]
    days: int = pydantic.Field(ge=1, le=7)


client = openai.OpenAI(base_url=sys.argv[1], api_key="none", max_retries=0)
weather = {"type": "function", "function": {
    "name": "weather", "description": "The weather of a city.", "parameters": Weather.model_json_schema()}}
now = {"type": "function", "function": {"name": "now", "description": "The time.", "parameters": {"type": "object", "properties": {}}}}
question = {"role": "user", "content": "What is the weather in Paris for the next 3 days?"}
request = dict(model="smollm2", messages=[question], tools=[weather, now], max_tokens=150)


def check(calls):
    for call in calls:
        if call.function.name == "weather":
            Weather.model_validate_json(call.function.arguments)
        else:
            assert (call.function.name, json.loads(call.function.arguments)) == ("now", {}), call
    assert len({call.id for call in calls}) == len(calls)


for seed in range(4):
    choice = client.chat.completions.create(
        **request, tool_choice="required", parallel_tool_calls=False, temperature=1.5, seed=seed).choices[0]
    assert choice.finish_reason == "tool_calls" and choice.message.content is None, choice
    assert len(choice.message.tool_calls) == 1
    check(choice.message.tool_calls)

named = dict(tool_choice={"type": "function", "function": {"name": "weather"}}, seed=1)
whole = client.chat.completions.create(**request, **named, temperature=1).choices[0].message.tool_calls[0]
assert whole.function.name == "weather"
check([whole])

# The same as a stream: the name first, then pieces of the arguments.
with client.chat.completions.stream(**request, **named, temperature=1) as stream:
    kinds = [event.type for event in stream]
    streamed = stream.get_final_completion().choices[0]
assert kinds.count("tool_calls.function.arguments.delta") > 1, kinds
assert streamed.finish_reason == "tool_calls"
assert streamed.message.tool_calls[0].function.arguments == whole.function.arguments

# Parsed into a type by the client.
parsed = client.chat.completions.parse(
    **request | dict(tools=[openai.pydantic_function_tool(Weather)]), tool_choice="required", parallel_tool_calls=False)
assert isinstance(parsed.choices[0].message.tool_calls[0].function.parsed_arguments, Weather)

# Left to the model: whatever it does is valid; several may come.
for seed in range(3):
    choice = client.chat.completions.create(**request, temperature=1, seed=seed).choices[0]
    if choice.finish_reason == "tool_calls":
        check(choice.message.tool_calls)

# The call and its result go back.
messages = [question, {"role": "assistant", "content": None, "tool_calls": [whole.model_dump()]},
            {"role": "tool", "tool_call_id": whole.id, "content": "Sunny, 21 degrees."}]
answer = client.chat.completions.create(
    **request | dict(messages=messages, max_tokens=40), tool_choice="none", temperature=0).choices[0]
assert answer.message.content and not answer.message.tool_calls, answer

cut = client.chat.completions.create(**request | dict(max_tokens=12), tool_choice="required").choices[0]
assert cut.finish_reason == "length", cut

broken = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"a": {"$dynamicRef": "#x"}}}}}
try:
    client.chat.completions.create(**request | dict(tools=[now, broken]))
    raise AssertionError("a schema that cannot be guaranteed is not refused")
except openai.BadRequestError as error:
    assert "tools[1].function.parameters" in str(error) and "$dynamicRef" in str(error), error
print(f"openai {openai.__version__}: calls of tools are valid")
