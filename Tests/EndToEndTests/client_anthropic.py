"""Asks a running server with the official Anthropic client.

    python3 Tests/EndToEndTests/client_anthropic.py http://127.0.0.1:8080
"""

import sys

import anthropic

client = anthropic.Anthropic(base_url=sys.argv[1], api_key="none", max_retries=0)
question = [{"role": "user", "content": "Name three colors."}]
common = {"model": "smollm2", "max_tokens": 60, "messages": question, "temperature": 0}

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
    model="smollm2", max_tokens=40, messages=numbers, temperature=0, stop_sequences=[" "], system="Count on.")
assert stopped.stop_reason == "stop_sequence" and stopped.stop_sequence == " ", stopped

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
print("anthropic: messages, stream, events, count_tokens, stop sequences, errors")
