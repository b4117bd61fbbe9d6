"""A small HTTP server for the tests of WebClient; each path is a behaviour.

Run: python3 server.py. It prints two ports of the same server and ends when its standard input does. `/log` answers with the
requests so far as JSON: port, method, path, fields, body, and whether the client had left before the end.
"""
import http.server, json, os, socketserver, sys, threading, time

requests, counts, lock = [], {}, threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for key, value in headers:
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def begin_chunks(self, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def respond(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.split("?")[0]
        with lock:
            counts[path] = counts.get(path, 0) + 1
            count = counts[path]
            entry = {"port": self.server.server_port, "method": self.command, "path": self.path, "left": False,
                     "fields": {key.lower(): value for key, value in self.headers.items()}, "body": body.decode()}
            if path != "/log":
                requests.append(entry)
        parts = path.strip("/").split("/")
        if parts[0] == "log":
            self.answer(200, json.dumps(requests).encode(), [("Content-Type", "application/json")])
        elif parts[0] == "echo":
            self.answer(200, json.dumps(entry).encode(), [("Content-Type", "application/json")])
        elif parts[0] == "fail":  # /fail/STATUS/TIMES/NAME
            failing = count <= int(parts[2])
            self.answer(int(parts[1]) if failing else 200, b'{"error":\n "busy"}' if failing else b'"fine"',
                        [("Retry-After", "0")] if failing else [])
        elif parts[0] == "cut":  # /cut/TIMES/NAME
            if count <= int(parts[1]):
                self.connection.close()
                self.close_connection = True
            else:
                self.answer(200, b"whole")
        elif parts[0] == "redirect":  # /redirect/STATUS/other or /redirect/STATUS/same
            port = ports[1] if parts[2] == "other" else self.server.server_port
            self.answer(int(parts[1]), b"moved", [("Location", f"http://127.0.0.1:{port}/echo")])
        elif parts[0] == "loop":
            self.answer(302, headers=[("Location", "/loop")])
        elif parts[0] == "portal":
            self.answer(200, b"<!DOCTYPE html><title>Log in</title>", [("Content-Type", "text/html; charset=utf-8")])
        elif parts[0] == "slow":
            time.sleep(float(parts[1]))
            self.answer(200, b"late")
        elif parts[0] == "long":
            self.answer(200, b"x" * int(parts[1]))
        elif parts[0] == "endless":
            self.begin_chunks("application/octet-stream")
            try:
                while True:
                    self.chunk(b"x" * 65536)
            except OSError:
                entry["left"] = True
        elif parts[0] == "drip":
            self.begin_chunks("application/octet-stream")
            try:
                while True:
                    self.chunk(b"x")
                    time.sleep(0.02)
            except OSError:
                entry["left"] = True
        elif parts[0] == "events":
            self.begin_chunks("text/event-stream")
            data = "data: {\"token\":\"é\"}\n\n: comment\r\nevent: end\rdata: 1\r\ndata:2\nid: 7\n\n".encode()
            for byte in data:
                self.chunk(bytes([byte]))
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.answer(404, b"no such path")

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = respond


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        pass


servers = [Server(("127.0.0.1", 0), Handler) for _ in range(2)]
ports = [server.server_port for server in servers]
threading.Thread(target=servers[1].serve_forever, daemon=True).start()
print(*ports, flush=True)
# The server ends with the test that started it and holds the other end of this pipe.
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
servers[0].serve_forever()
