"""Asks a running server with the official Anthropic client.

    python3 Tests/EndToEndTests/client_anthropic.py http://127.0.0.1:8080
"""

import sys

import anthropic

client = anthropic.Anthropic(base_url=sys.argv[1], api_key="none", max_retries=0)
question = [{"role": "user", "content": "Name three colors."}]
common = {"model": "smollm2", "max_tokens": 60, "messages": question, "extra_body": {"temperature": 0}}

message = client.messages.create(**common)
text = message.content[0].text
assert message.stop_reason == "end_turn" and message.role == "assistant" and text, message
assert message.usage.input_tokens + message.usage.cache_read_input_tokens > 10 and message.usage.output_tokens > 2

with client.messages.stream(**common) as stream:
    assert "".join(stream.text_stream) == text
    final = stream.get_final_message()
assert final.stop_reason == "end_turn" and final.usage.output_tokens == message.usage.output_tokens, final

kinds = [event.type for event in client.messages.create(**common, stream=True)]
assert kinds[0] == "message_start" and kinds[-2:] == ["message_delta", "message_stop"], kinds

count = client.messages.count_tokens(model="smollm2", messages=question)
assert count.input_tokens == message.usage.input_tokens + message.usage.cache_read_input_tokens, count

cut = client.messages.create(**{**common, "max_tokens": 3})
assert cut.stop_reason == "max_tokens" and cut.usage.output_tokens == 3
numbers = [{"role": "user", "content": "Count: one, two,"}, {"role": "assistant", "content": "one, two,"}]
stopped = client.messages.create(
    model="smollm2", max_tokens=40, messages=numbers, extra_body={"temperature": 0}, stop_sequences=[" "], system="Count on.")
assert stopped.stop_reason == "stop_sequence" and stopped.stop_sequence == " ", stopped

weather = {
    "name": "weather", "description": "Tells the weather.",
    "input_schema": {
        "type": "object", "required": ["city"], "additionalProperties": False,
        "properties": {"city": {"type": "string", "maxLength": 12}, "days": {"enum": [1, 3, 7]}}},
}
asking = {**common, "messages": [{"role": "user", "content": "What is the weather in Paris?"}], "max_tokens": 80,
          "tools": [weather], "tool_choice": {"type": "any"}}
called = client.messages.create(**asking)
use = called.content[-1]
assert called.stop_reason == "tool_use" and use.type == "tool_use" and use.name == "weather", called
assert 0 < len(use.input["city"]) <= 12 and use.input.get("days", 1) in (1, 3, 7), use
with client.messages.stream(**asking) as stream:
    kinds = {event.type for event in stream}
    assert stream.get_final_message().content[-1].input == use.input
assert "input_json" in kinds, kinds
following = asking["messages"] + [
    {"role": "assistant", "content": called.content},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": use.id, "content": "Sunny, 25 degrees."}]},
]
told = client.messages.create(**{**asking, "messages": following, "tool_choice": {"type": "none"}})
assert told.content[0].type == "text" and told.content[0].text, told

for change, kind in [
    ({"model": "nobody"}, anthropic.NotFoundError),
    ({"messages": []}, anthropic.BadRequestError),
    ({"messages": [{"role": "user", "content": [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}]}]}, anthropic.BadRequestError),
]:
    try:
        client.messages.create(**{**common, **change})
    except kind as error:
        assert error.body["type"] == "error" and error.body["error"]["message"], error.body
    else:
        raise AssertionError(f"not refused: {change}")
print("anthropic: messages, stream, events, count_tokens, stop sequences, tools, errors")
