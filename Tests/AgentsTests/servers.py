"""Small servers for tests, with nothing but Python's own library.

    servers.py mcp    speaks the Model Context Protocol on standard input and output
    servers.py http   answers chats in three formats; prints its port
"""
import http.server
import json
import os
import sys
import threading


def mcp():
    for line in sys.stdin:
        message = json.loads(line)
        if "id" not in message:
            continue
        answer = {"jsonrpc": "2.0", "id": message["id"]}
        if message["method"] == "initialize":
            answer["result"] = {"protocolVersion": message["params"]["protocolVersion"], "capabilities": {"tools": {}},
                                "serverInfo": {"name": "test", "version": "1"}}
        elif message["method"] == "tools/list":
            schema = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
            answer["result"] = {"tools": [{"name": name, "description": name, "inputSchema": schema}
                                          for name in ("shout", "fail", "leave")]}
        elif message["params"]["name"] == "leave":
            sys.exit(3)
        else:
            text = message["params"]["arguments"].get("text", "")
            failed = message["params"]["name"] == "fail"
            answer["result"] = {"content": [{"type": "text", "text": text.upper()}], "isError": failed}
        # A server may say other things in between.
        print(json.dumps({"jsonrpc": "2.0", "method": "notifications/message", "params": {}}))
        print(json.dumps(answer), flush=True)


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{self.server.server_port}/page")
            self.end_headers()
            return
        self.answer("text/html", ["<html><body><h1>Opening hours</h1><p>The museum opens at nine.</p></body></html>"])

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/chat/completions"):
            said = body["messages"][-1]["content"]
            events = [
                {"choices": [{"delta": {"role": "assistant", "content": "You said "}}]},
                {"choices": [{"delta": {"content": said}}]},
                {"choices": [{"delta": {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "clock", "arguments": "{\"a\""}}]}}]},
                {"choices": [{"delta": {"tool_calls": [{"index": 0, "function": {"arguments": ": 1}"}}]}, "finish_reason": "tool_calls"}]},
                {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 3}},
            ] if said != "fail" else [{"error": {"message": "out of order"}}]
        elif self.path.endswith("/messages"):
            events = [
                {"type": "message_start", "message": {"usage": {"input_tokens": 7}}},
                {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
                {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": body["system"]}},
                {"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "a", "name": "clock"}},
                {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "{\"a\": 1}"}},
                {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {"output_tokens": 3}},
            ]
        else:
            events = [
                {"candidates": [{"content": {"parts": [{"text": "one "}]}}]},
                {"candidates": [{"content": {"parts": [{"text": "two"}, {"functionCall": {"name": "clock", "args": {"a": 1}}}]}}],
                 "usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 3}},
            ]
        self.answer("text/event-stream", [f"data: {json.dumps(event)}\n\n" for event in events] + ["data: [DONE]\n\n"]
                    if "completions" in self.path else [f"data: {json.dumps(event)}\n\n" for event in events])

    def answer(self, kind, pieces):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        for piece in pieces:
            self.wfile.write(piece.encode())
            self.wfile.flush()


if sys.argv[1] == "mcp":
    mcp()
else:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)

    def leave_with_the_tests():
        sys.stdin.read()
        os._exit(0)

    # Whoever started this may only know the process of a wrapper.
    threading.Thread(target=leave_with_the_tests, daemon=True).start()
    server.serve_forever()
