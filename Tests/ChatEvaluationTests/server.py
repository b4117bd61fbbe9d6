"""A server of completions and chats whose model is a formula over the texts it is asked about; prints its port.

The first part of the path says how it behaves: /good, /marked (a mark stands before prompts, as a token that begins texts does),
/writing (it writes a token although none is wanted),
/refusing (as llama.cpp's server), /silent (it ignores that prompts are to be scored), /dying (three answers, then nothing but 503).
"""
import http.server
import json
import re
import sys
import threading

lock = threading.Lock()
answers = {"dying": 3}


def number(text):
    value = 7
    for byte in text.encode():
        value = (value * 31 + byte) % 1_000_003
    return value


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        mode = self.path.split("/")[1]
        with lock:
            if mode in answers:
                answers[mode] -= 1
                if answers[mode] < 0:
                    return self.answer(503, {"error": {"message": "overloaded"}})
        if self.path.endswith("/chat/completions"):
            return self.chat(body)
        if not self.path.endswith("/completions"):
            return self.answer(404, {"error": {"message": "no such path"}})
        if mode == "refusing" and body.get("echo"):
            return self.answer(400, {"error": {"message": "Only no echo is supported"}})
        prompt = body["prompt"]
        text = f" So 12 and {number(prompt) % 3}. #### {number(prompt) % 4}."
        choice = {"index": 0, "text": text, "logprobs": None}
        if body.get("echo") and mode != "silent":
            pieces = ([("<s>")] if mode == "marked" else []) + re.findall(r"\s*\S+|\s+$", prompt)
            values = [None] + [-(number(piece) % 97) / 10 for piece in pieces[1:]]
            offsets = [sum(map(len, pieces[:i])) for i in range(len(pieces))]
            best = [None] + [{piece: value, "other": value + (0.5 if number(piece) % 2 else -0.5)}
                             for piece, value in zip(pieces[1:], values[1:])]
            choice["text"] = prompt
            choice["logprobs"] = {"tokens": pieces, "token_logprobs": values, "text_offset": offsets, "top_logprobs": best}
            if mode == "writing":
                for key, value in (("tokens", " more"), ("token_logprobs", -9.0), ("top_logprobs", {" more": -9.0}),
                                   ("text_offset", len(prompt))):
                    choice["logprobs"][key].append(value)
        self.answer(200, {"choices": [choice], "usage": {"completion_tokens": 1 if mode == "writing" else 0}})

    def chat(self, body):
        said = body["messages"][-1]["content"]
        text = f"<think>So 9.\n\nOr 8?</think>So 12 and {number(said) % 3}. #### {number(said) % 4}.\n\nQ: more"
        events = [{"choices": [{"delta": {"content": piece}}]} for piece in re.findall(r".{1,7}", text, re.S)]
        data = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
        self.send(200, "text/event-stream", data.encode())

    def answer(self, status, value):
        self.send(status, "application/json", json.dumps(value).encode())

    def send(self, status, kind, data):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
