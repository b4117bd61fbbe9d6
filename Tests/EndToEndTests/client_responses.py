"""Asks a running server for responses with the official OpenAI client, and through LangChain.

    python3 Tests/EndToEndTests/client_responses.py http://127.0.0.1:8080
"""

import json
import sys

import openai
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, Field

url = sys.argv[1] + "/v1"
client = openai.OpenAI(base_url=url, api_key="none", max_retries=0)
common = {"model": "smollm2", "temperature": 0, "max_output_tokens": 60}

response = client.responses.create(input="Name three colors.", **common)
assert response.status == "completed" and response.output_text and response.usage.output_tokens > 2, response
items = [{"role": "user", "content": [{"type": "input_text", "text": "Name three colors."}]}]
assert client.responses.create(input=items, **common).output_text == response.output_text

with client.responses.stream(input="Name three colors.", **common) as stream:
    deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
    final = stream.get_final_response()
assert "".join(deltas) == final.output_text == response.output_text
following = items + response.output + [{"role": "user", "content": "And one more?"}]
more = client.responses.create(input=following, instructions="Be brief.", **common)
assert more.usage.input_tokens > response.usage.input_tokens and more.usage.input_tokens_details.cached_tokens >= 0


class Person(BaseModel):
    name: str = Field(max_length=12)
    age: int = Field(ge=0, le=99)


parsed = client.responses.parse(input="Describe a person.", text_format=Person, model="smollm2", max_output_tokens=80)
assert isinstance(parsed.output_parsed, Person), parsed
weather = {
    "type": "function", "name": "weather", "description": "Tells the weather.", "strict": True,
    "parameters": {
        "type": "object", "required": ["city"], "additionalProperties": False,
        "properties": {"city": {"type": "string", "maxLength": 12}}},
}
asking = {"model": "smollm2", "input": "What is the weather in Paris?", "tools": [weather], "tool_choice": "required",
          "temperature": 0, "max_output_tokens": 80}
call = client.responses.create(**asking).output[-1]
assert call.type == "function_call" and call.name == "weather" and 0 < len(json.loads(call.arguments)["city"]) <= 12, call
with client.responses.stream(**asking) as stream:
    pieces = [event.delta for event in stream if event.type == "response.function_call_arguments.delta"]
    calls = [item for item in stream.get_final_response().output if item.type == "function_call"]
assert calls and "".join(pieces) == "".join(item.arguments for item in calls), (pieces, calls)
assert all(len(json.loads(item.arguments)["city"]) <= 12 for item in calls), calls
told = client.responses.create(
    input=[{"role": "user", "content": "What is the weather in Paris?"}, call,
           {"type": "function_call_output", "call_id": call.call_id, "output": "Sunny, 25 degrees."}], **common)
assert told.output_text, told
cut = client.responses.create(input="Name three colors.", **{**common, "max_output_tokens": 2})
assert cut.status == "incomplete" and cut.incomplete_details.reason == "max_output_tokens", cut
for change in ({"previous_response_id": "resp_1"}, {"truncation": "auto"}):
    try:
        client.responses.create(input="x", **common, **change)
    except openai.BadRequestError as error:
        assert error.param in change, error
    else:
        raise AssertionError(f"not refused: {change}")

for uses_responses in (False, True):
    chat = ChatOpenAI(
        base_url=url, api_key="none", model="smollm2", temperature=0, max_tokens=60, use_responses_api=uses_responses)
    answer = chat.invoke("Name three colors.")
    streamed = "".join(chunk.text if isinstance(chunk.text, str) else chunk.text() for chunk in chat.stream("Name three colors."))
    assert streamed and streamed == (answer.text if isinstance(answer.text, str) else answer.text()), (streamed, answer)
print("openai: responses.create, stream, parse; langchain-openai: invoke, stream with both APIs")
