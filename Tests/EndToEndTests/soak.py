"""Uses a running server badly: cancellations, malformed bodies, disconnects, over-long prompts, many users at once.

    python3 Tests/EndToEndTests/soak.py http://127.0.0.1:8080 PID REQUESTS

The server must run with --deterministic. Every answer must be right or a typed error, no user may get another's words, nothing may
be left in work at the end, and memory must stay where it was after the first fifth.
"""

import asyncio
import json
import random
import sys

address, pid, total = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
host, port = address.split("//")[1].split(":")
port = int(port)
random.seed(7)
USERS = [f"user{n} whose word is {word}" for n, word in enumerate(["plum", "iron", "cloud", "seven", "north", "violin"])]
SHARED = "You are the keeper of a large house with many rooms, and you answer briefly. " * 12
expected = {}
statuses, kinds = {}, {}
unread = "x" * 200_000


def resident():
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * 4096


async def send(method, path, body, headers="", cut=None):
    """Sends a request; with `cut` the connection ends after so many bytes of the answer."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(data)}\r\n{headers}\r\n".encode() + data)
        await writer.drain()
        if cut is not None:
            if cut: await asyncio.wait_for(reader.read(cut), 60)
            return None, b""
        answer = await asyncio.wait_for(reader.read(), 240)
    finally:
        writer.close()
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 "), answer[:200]
    assert b"\r\nx-request-id: " in head.lower(), head
    if b"transfer-encoding: chunked" in head.lower():
        parts = b""
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            parts, rest = parts + rest[:int(size, 16)], rest[int(size, 16) + 2:]
            if size == b"0": break
        rest = parts
    return int(head.split()[1]), rest


def chat(user, stream=False, tokens=12):
    return {"messages": [{"role": "system", "content": SHARED}, {"role": "user", "content": f"I am {user}. Say my word."}],
            "temperature": 0, "max_tokens": tokens, "stream": stream}


async def right(user):
    status, body = await send("POST", "/v1/chat/completions", chat(user))
    if status == 429: return status
    text = json.loads(body)["choices"][0]["message"]["content"]
    assert expected.setdefault(user, text) == text, (user, expected[user], text)
    return status


async def streamed(user):
    status, body = await send("POST", "/v1/chat/completions", chat(user, stream=True))
    if status == 429: return status
    events = [json.loads(part[6:]) for part in body.decode().split("\n\n") if part.startswith("data: {")]
    text = "".join(event["choices"][0]["delta"].get("content") or "" for event in events if event["choices"])
    assert body.rstrip().endswith(b"data: [DONE]") and expected.setdefault(user, text) == text, (user, text)
    return status


async def cancelled(user):
    await send("POST", "/v1/chat/completions", chat(user, stream=True, tokens=200), cut=random.choice([0, 1, 400, 3000]))


async def malformed(_):
    body = random.choice([
        b"", b"{", b"[]", b"\xff\xfe", b'{"messages":' + b"[" * 600, b'{"messages":[{"role":"user"}]}', b'{"prompt":1e999}',
        json.dumps(chat("x") | {"temperature": "hot"}).encode(), json.dumps(chat("x") | {"response_format": {"type": "sound"}}).encode(),
        json.dumps(chat("x") | {"what": 1}).encode(), json.dumps(chat("x") | {"model": "nobody"}).encode(), bytes(random.randbytes(300)),
        json.dumps(chat("x") | {"n": 100_000}).encode(), json.dumps(chat("x") | {"grammar": "root ::= ("}).encode()])
    path = random.choice(["/v1/chat/completions", "/v1/completions", "/completion", "/api/chat", "/v1/messages", "/v1/responses"])
    status, answer = await send("POST", path, body)
    assert 400 <= status < 500 and "error" in json.loads(answer), (status, path, body[:80], answer[:200])
    return status


async def too_long(_):
    status, answer = await send("POST", "/v1/completions", {"prompt": unread, "max_tokens": 1})
    assert status == 400 and json.loads(answer)["error"]["code"] == "context_length_exceeded", answer[:200]
    return status


async def half_a_body(_):
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n{\"prompt\":")
    await writer.drain()
    writer.close()


async def late(user):
    status, answer = await send("POST", "/v1/chat/completions", chat(user, tokens=400), "x-request-timeout: 0.05\r\n")
    assert status in (200, 429, 504), (status, answer[:200])
    return status


WORK = [(right, 40), (streamed, 20), (cancelled, 18), (malformed, 12), (too_long, 3), (half_a_body, 4), (late, 3)]


async def main():
    for user in USERS: await right(user)
    started, base = 0, None
    running = set()

    async def one():
        work = random.choices([work for work, _ in WORK], [weight for _, weight in WORK])[0]
        status = await work(random.choice(USERS))
        statuses[status] = statuses.get(status, 0) + 1
        kinds[work.__name__] = kinds.get(work.__name__, 0) + 1

    while started < total or running:
        while started < total and len(running) < 24:
            running.add(asyncio.create_task(one()))
            started += 1
            if started == total // 5: base = resident()
        done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for task in done: task.result()
    for _ in range(100):
        _, text = await send("GET", "/metrics", b"")
        metrics = dict(line.rsplit(" ", 1) for line in text.decode().splitlines() if line.startswith("swiftlet_"))
        value = lambda name: sum(float(v) for k, v in metrics.items() if k.split("{")[0] == "swiftlet_" + name)
        if value("requests_running") == value("requests_waiting") == 0: break
        await asyncio.sleep(0.1)
    else:
        raise AssertionError(f"left in work: {metrics}")
    for user in USERS: await right(user)
    grown = resident() - base
    assert grown < 48 << 20, f"memory grew by {grown >> 20} MiB from {base >> 20} MiB"
    assert value("cache_bytes") <= value("cache_limit_bytes"), metrics
    print(f"soak: {total} requests {kinds}, answers {statuses}, {base >> 20} MiB + {grown >> 10} KiB")


asyncio.run(main())
