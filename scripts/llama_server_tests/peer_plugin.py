"""pytest plugin: runs llama.cpp's tools/server/tests against another server.

Loaded with `-p peer_plugin` before the tests' own conftest. Environment:
  PEER_TARGET   swiftlet | llama          (llama = control: llama-server with the same models)
  PEER_BIN      the server's binary
  PEER_MODE     raw | mapped              (mapped: what llama-server takes as options of its command is put into requests, and
                                           the names of models that are not served are left out)
  PEER_MODEL / PEER_EMBED / PEER_RERANK   model files (or folders, for swiftlet)
  PEER_RECORD   file to append a JSON line to for each test
"""
import json, os, re, subprocess, sys, tempfile, time
import pytest, requests
import utils

TARGET = os.environ.get("PEER_TARGET", "swiftlet")
BIN = os.environ["PEER_BIN"]
MODE = os.environ.get("PEER_MODE", "raw")
RECORD = os.environ.get("PEER_RECORD", "record.jsonl")
MODELS = {"chat": os.environ["PEER_MODEL"], "embed": os.environ.get("PEER_EMBED"), "rerank": os.environ.get("PEER_RERANK")}
THREADS = os.environ.get("PEER_THREADS", "2")

current = {"calls": [], "missing": [], "started": False}


def kind_of(server):
    if server.server_reranking: return "rerank"
    if server.server_embeddings: return "embed"
    return "chat"


# --- texts of the stories models are not asked of another model; protocol regexes are -----------------------------
PROTOCOL = {'"42"', '"foooooo"', 'a{5,5}', '[ -3000 ]', '(\\{|John)+', 'Whill', 'Wh\n\nill'}
_match = utils.match_regex
def match_regex(regex, text):
    if regex in PROTOCOL: return _match(regex, text)
    return isinstance(text, str)
utils.match_regex = match_regex
utils.ServerPreset.load_all = staticmethod(lambda: None)
if "utils" in sys.modules:  # `from utils import *` in conftest comes later and sees these
    pass

UNAVAILABLE = ("tinygemma3", "stories15M_MOE", "split/", "Qwen", "bartowski", "Phi")

_start = utils.ServerProcess.start

def start(self, timeout_seconds=60):
    kind = kind_of(self)
    name = f"{self.model_hf_repo} {self.model_hf_file}"
    if self.model_hf_repo is None and self.model_file is None:
        pytest.skip("N/A: router of several models")
    if any(u in name for u in UNAVAILABLE): pytest.skip("N/A: model not reachable: " + name)
    if not MODELS[kind]: pytest.skip("N/A: no model for " + kind)
    current["started"] = True
    if TARGET == "llama":
        self.model_hf_repo = self.model_hf_file = None
        self.model_file = MODELS[kind]
        self.n_threads = int(THREADS)
        self.server_path = BIN
        return _start(self, 60)
    return start_swiftlet(self, kind)


def store(kind, alias):
    """A store with the model under its alias, since models of a store are called as it calls them."""
    folder = tempfile.mkdtemp(prefix="peer-")
    home = os.path.join(folder, "models", alias)
    source = os.path.abspath(MODELS[kind])
    names = sorted(os.listdir(source)) if os.path.isdir(source) else [os.path.basename(source)]
    # The folder may be one of a store, whose record must not be written through a link.
    names = [name for name in names if name != "model.json" and not name.startswith("weights")]
    os.makedirs(home)
    for name in names: os.symlink(os.path.join(source, name) if os.path.isdir(source) else source, os.path.join(home, name))
    files = [{"path": n, "size": 1, "sha256": "0" * 64} for n in names if os.path.isfile(os.path.join(home, n))]
    json.dump({"name": alias, "source": "test", "date": 0, "files": files}, open(os.path.join(home, "model.json"), "w"))
    return folder


def start_swiftlet(self, kind):
    aliases = sorted((self.model_alias or "model").replace("/", "-").split(","))
    folder = store(kind, aliases[0])
    args = [BIN, "serve", aliases[0], "--host", self.server_host.split(",")[0], "--port", str(self.server_port), "-t", THREADS,
            "--no-on-demand"]
    for other in aliases[1:]: args += ["--alias", other]
    # Names that the openai library is given: llama-server takes any for its only model.
    if MODE == "mapped" and "test_basic" not in os.environ.get("PYTEST_CURRENT_TEST", ""):
        for name in ("davinci-002", "gpt-3.5-turbo-instruct", "gpt-3.5-turbo", "gpt-4", "gpt-4.1", "test", "model"):
            if name not in aliases: args += ["--alias", name]
    if kind == "chat" and self.n_ctx:
        args += ["--context", str(self.n_ctx if self.kv_unified else self.n_ctx // (self.n_slots or 1))]
    if kind == "chat" and self.n_slots: args += ["--parallel", str(self.n_slots)]
    # llama-server lets every origin in unless told otherwise
    args += ["--allow-origin", self.cors_origins or "*"]
    if self.api_key: args += ["--api-key", self.api_key]
    template = self.chat_template
    if self.chat_template_file: template = os.path.abspath(self.chat_template_file)
    elif template and " " in template:
        path = os.path.join(folder, "template.jinja"); open(path, "w").write(template); template = path
    if template in ("llama3", "command-r"): current["missing"].append("template by name"); template = None
    if template: args += ["--chat-template", template]
    if self.slot_save_path: args += ["--slot-save-path", self.slot_save_path]
    unmapped = [o for o, d in {
        "lora_files": None, "no_ui": None, "model_tags": None, "backend_sampling": False,
        "gcp_compat": False, "server_tools": None, "ui_mcp_proxy": False, "spec_type": None, "sleep_idle_seconds": None,
        "pooling": None,
    }.items() if getattr(self, o, d) not in (d, None, False)]
    if self.server_host.count(","): unmapped.append("host list")
    current["missing"] += unmapped
    log = open(os.path.join(folder, "log"), "w")
    self._log = log
    self.process = subprocess.Popen(args, cwd=folder, stdout=log, stderr=log, env=dict(os.environ, SWIFTLET_HOME=folder))
    utils.server_instances.add(self)
    deadline = time.time() + 60
    while time.time() < deadline:
        try:
            if requests.get(f"http://127.0.0.1:{self.server_port}/health", timeout=2).status_code == 200:
                self.ready = True
                self.swiftlet = True
                return
        except requests.RequestException: pass
        if self.process.poll() is not None:
            raise RuntimeError("swiftlet died: " + open(os.path.join(folder, "log")).read()[-500:])
        time.sleep(0.02)
    raise TimeoutError("swiftlet did not start")

utils.ServerProcess.start = start


# --- mapping ------------------------------------------------------------------------------------------------------
# llama-server takes these as options of the command; here they belong to requests.
def with_defaults(self, path, data):
    if MODE != "mapped" or TARGET != "swiftlet" or not isinstance(data, dict): return data
    data = {k: v for k, v in data.items() if k != "model"}
    bare = path.split("?")[0]
    if bare.endswith(("completion", "completions", "/infill")):
        data.setdefault("temperature", self.temperature)
        if self.seed is not None: data.setdefault("seed", self.seed)
        if not any(k in data for k in ("n_predict", "max_tokens", "max_completion_tokens")) and self.n_predict:
            data["n_predict"] = self.n_predict
        if self.enable_ctx_shift: data.setdefault("context_overflow", "shift")
    if bare.endswith("chat/completions") and self.debug: data.setdefault("verbose", True)
    # llama-server gives templates this variable whatever is asked.
    if bare.endswith(("chat/completions", "apply-template")):
        data.setdefault("chat_template_kwargs", {"enable_thinking": self.reasoning != "off"})
    return data

def more_tokens(path, data):
    """Stories models never end a text; others do: counts of tokens are only comparable if they go on."""
    if isinstance(data, dict) and path.split("?")[0].endswith(("completion", "completions")) and not any(
            k in data for k in ("grammar", "json_schema", "response_format", "tools", "ignore_eos")):
        data = {**data, "ignore_eos": True}
    return data

_make_request = utils.ServerProcess.make_request
def make_request(self, method, path, data=None, headers=None, **more):
    if method == "POST": data = more_tokens(path, with_defaults(self, path, data))
    return _make_request(self, method, path, data, headers, **more)
utils.ServerProcess.make_request = make_request

_make_stream = utils.ServerProcess.make_stream_request
def make_stream_request(self, method, path, data=None, headers=None, **more):
    yield from _make_stream(self, method, path, more_tokens(path, with_defaults(self, path, data)), headers, **more)
utils.ServerProcess.make_stream_request = make_stream_request

if TARGET == "swiftlet" and MODE == "mapped":
    # the openai library's calls: foreign model names
    import httpx
    _send = httpx.Client.send
    def send(self, request, **kw):
        if request.method == "POST" and request.url.host == "127.0.0.1":
            path = request.url.path
            try:
                body = json.loads(request.content)
                if isinstance(body, dict) and "model" in body:
                    body.pop("model")
                    url = request.url
                    headers = {k: v for k, v in request.headers.items() if k.lower() not in ("content-length", "host")}
                    request = self.build_request("POST", url, json=body, headers=headers, extensions=request.extensions)
            except (ValueError, UnicodeDecodeError): pass
        return _send(self, request, **kw)
    httpx.Client.send = send


# --- a record of what was asked and answered ----------------------------------------------------------------------
def note(method, url, status, text):
    path = "/" + (url.split("://", 1)[1] + "/").split("/", 1)[1].rstrip("/") if "://" in url else url
    if path == "/health": return
    code = None
    try:
        body = json.loads(text)
        if isinstance(body, dict) and isinstance(body.get("error"), dict):
            code = {k: body["error"].get(k) for k in ("code", "param", "message")}
    except (ValueError, TypeError): pass
    current["calls"].append({"method": method, "path": path.split("?")[0], "status": status, "error": code})

_session_request = requests.Session.request
def session_request(self, method, url, **kw):
    response = _session_request(self, method, url, **kw)
    note(method.upper(), url, response.status_code, None if kw.get("stream") and response.status_code == 200 else response.text)
    return response
requests.Session.request = session_request

import httpx as _httpx
_httpx_send = _httpx.Client.send
def httpx_send(self, request, **kw):
    response = _httpx_send(self, request, **kw)
    if response.status_code != 200: response.read()
    note(request.method, str(request.url), response.status_code, response.text if response.status_code != 200 else None)
    return response
_httpx.Client.send = httpx_send


def pytest_runtest_setup(item):
    current.update(calls=[], missing=[], started=False)

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" or (report.when == "setup" and report.outcome != "passed"):
        reason = ""
        if report.outcome == "failed":
            crash = getattr(report.longrepr, "reprcrash", None)
            reason = (crash.message if crash else str(report.longrepr))[:600]
        elif report.outcome == "skipped":
            reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)[:300]
        with open(RECORD, "a") as f:
            f.write(json.dumps({"test": item.nodeid, "outcome": report.outcome, "reason": reason, "calls": current["calls"][-12:],
                                "missing": current["missing"], "seconds": round(report.duration, 2)}) + "\n")
