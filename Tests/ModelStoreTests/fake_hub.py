"""A small server that speaks the Hugging Face hub's interface, with faults on demand.

Run: python3 fake_hub.py FOLDER. It prints its two ports, the hub's and that of the host files are redirected to, and
serves FOLDER/ORG/REPO/... Requests are logged to FOLDER/log, one JSON object a line. FOLDER/faults.json may hold
{"FILE": ["cut:1000", "status:503", "retry-after:429", "wrong", "portal", "pointer"]}: one fault is used up per request of a file;
"LISTING" stands for the list of files. "private" is the only gated owner; its token is "secret".
"""
import hashlib, http.server, json, os, re, socketserver, sys, threading

folder = sys.argv[1]
faults_path = os.path.join(folder, "faults.json")
lock = threading.Lock()


def take_fault(name):
    with lock:
        try:
            faults = json.load(open(faults_path))
        except FileNotFoundError:
            return None
        queue = faults.get(name) or []
        if not queue:
            return None
        fault = queue.pop(0)
        json.dump(faults, open(faults_path, "w"))
        return fault


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
        self.wfile.write(body)

    def do_GET(self):
        authorization = self.headers.get("Authorization")
        with lock, open(os.path.join(folder, "log"), "a") as log:
            log.write(json.dumps({"port": self.server.server_port, "path": self.path, "range": self.headers.get("Range"),
                                  "authorization": authorization}) + "\n")
        if self.server is storage:
            return self.serve_file(self.path.lstrip("/"))
        listing = re.fullmatch(r"/api/models/([^/]+/[^/]+)/revision/([^/?]+)\?blobs=true", self.path)
        file = re.fullmatch(r"/([^/]+/[^/]+)/resolve/([0-9a-f]+)/(.+)", self.path)
        repository = (listing or file).group(1) if listing or file else ""
        if repository.startswith("private/") and authorization != "Bearer secret":
            return self.answer(401)
        root = os.path.join(folder, repository)
        if not repository or not os.path.isdir(root):
            return self.answer(404)
        if listing:
            return self.list(root)
        if os.path.getsize(os.path.join(root, file.group(3))) < 100:
            return self.serve_file(repository + "/" + file.group(3))
        location = f"http://127.0.0.1:{storage.server_port}/{repository}/{file.group(3)}"
        self.answer(302, headers=[("Location", location)])

    def list(self, root):
        fault = take_fault("LISTING")
        if fault and fault.startswith("status:"):
            return self.answer(int(fault[7:]))
        if fault == "garbage":
            return self.answer(200, b"{")
        if fault == "portal":
            return self.answer(200, b"\n<!doctype HTML><title>Log in</title>")
        siblings = []
        for parent, _, names in os.walk(root):
            for name in sorted(names):
                path = os.path.join(parent, name)
                data = open(path, "rb").read()
                sibling = {"rfilename": os.path.relpath(path, root), "size": len(data),
                           "blobId": hashlib.sha1(data).hexdigest()}
                if len(data) >= 100:
                    sibling["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 130}
                siblings.append(sibling)
        siblings.append({"rfilename": "../../escape.json", "size": 1, "blobId": "0"})
        commit = hashlib.sha1(json.dumps(siblings).encode()).hexdigest()
        self.answer(200, json.dumps({"sha": commit, "siblings": siblings}).encode())

    def serve_file(self, path):
        data = open(os.path.join(folder, path), "rb").read()
        fault = take_fault(os.path.basename(path))
        start = 0
        requested = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        if requested and fault != "whole":
            start = int(requested.group(1))
            if start >= len(data) or fault == "status:416":
                return self.answer(416)
        if fault and fault.startswith("status:"):
            return self.answer(int(fault[7:]))
        if fault and fault.startswith("retry-after:"):
            return self.answer(int(fault[12:]), headers=[("Retry-After", "0")])
        if fault == "portal":
            return self.answer(200, b"<!DOCTYPE html><title>Log in</title>", [("Content-Type", "text/html")])
        if fault == "pointer":
            return self.answer(200, b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")
        if fault == "wrong":
            data = bytes([data[0] ^ 1]) + data[1:] if start == 0 else data[:-1] + bytes([data[-1] ^ 1])
        body = data[start:]
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if fault and fault.startswith("cut:"):
            self.wfile.write(body[: int(fault[4:])])
            self.wfile.flush()
            self.connection.close()
            self.close_connection = True
            return
        if fault == "slow":
            import time
            for offset in range(0, len(body), 65536):
                self.wfile.write(body[offset : offset + 65536])
                time.sleep(0.02)
            return
        self.wfile.write(body)


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        pass


hub = Server(("127.0.0.1", 0), Handler)
storage = Server(("127.0.0.1", 0), Handler)
threading.Thread(target=storage.serve_forever, daemon=True).start()
print(hub.server_port, storage.server_port, flush=True)
# The server ends with the test that started it and holds the other end of this pipe.
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
hub.serve_forever()
