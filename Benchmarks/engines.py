"""Swiftlet and its peers, each measured in processes of their own. All give tests as `swiftlet bench --json` does."""

import json
import sys
import tempfile
from pathlib import Path

import models
import processes

# Steps that several texts make together.
STEPS = 32
PEERS = Path(__file__).resolve().parent / "peers"


def key(test):
    """What a test measures, in words."""
    if test["test"] == "prompt":
        return f"prompt of {test['tokens']}"
    texts = f", {test['sequences']} texts" if test["sequences"] > 1 else ""
    return f"generation after {test['depth']}{texts}"


class Engine:
    """A program; `cpu_seconds` is what its processes took so far, which is not the neighbors' noise."""

    name = ""
    version = ""

    def __init__(self, threads):
        self.threads = threads
        self.cpu_seconds = 0.0

    def run(self, *command, environment=None):
        run = processes.run([str(part) for part in command], environment)
        self.cpu_seconds += run.cpu_seconds
        return run

    def speeds(self, case):
        """Tokens per second by what is measured; empty if this engine cannot do it."""
        raise NotImplementedError

    def start(self, path):
        """Seconds to the first token and peak memory, or nothing; `first_seconds` where the first start is another."""
        return {}

    @staticmethod
    def by_key(output):
        return {key(test): test["per_second"] for test in output["tests"]}


class Swiftlet(Engine):
    name = "Swiftlet"

    def __init__(self, program, threads):
        super().__init__(threads)
        self.program = program
        self.version = self.run(program, "--version").output.decode().strip()

    def bench(self, path, *options):
        return json.loads(self.run(self.program, "bench", path, "-r", 1, "-t", self.threads, "--json", *options).output)

    def speeds(self, case):
        speeds = self.by_key(self.bench(case.path, "-p", case.prompt, "-n", case.generate))
        if case.sequences:
            options = ["-p", 0, "-n", STEPS, "--sequences", ",".join(map(str, case.sequences))]
            speeds |= self.by_key(self.bench(case.path, *options))
        return speeds

    def limits(self):
        return json.loads(self.run(self.program, "kernels", "--limits", "--json", "-t", self.threads).output)["limits"]

    def start(self, path):
        models.FOLDER.mkdir(exist_ok=True)
        # The first start packs the weights; the second keeps them when it has answered, and later ones map them.
        with tempfile.TemporaryDirectory(dir=models.FOLDER) as home:
            first, _, later = (self.run(
                self.program, "run", path, "Hello", "--raw", "--max-tokens", 1, "--temperature", 0, "-t", self.threads,
                "-c", 512, environment={"SWIFTLET_HOME": home}) for _ in range(3))
        return {"first_seconds": first.first_byte_seconds, "seconds": later.first_byte_seconds,
                "memory": max(first.peak_memory, later.peak_memory)}


class LlamaCpp(Engine):
    name = "llama.cpp"

    def __init__(self, python, threads):
        super().__init__(threads)
        self.python = python
        self.version = version(python, "llama_cpp_python")

    def bench(self, path, *options):
        command = [self.python, PEERS / "llama_cpp_speed.py", path, "--threads", self.threads, *options]
        return json.loads(self.run(*command).output)

    def speeds(self, case):
        speeds = self.by_key(self.bench(case.path, "--prompt", case.prompt, "--generate", case.generate))
        if case.sequences:
            options = ["--generate", STEPS, "--sequences", ",".join(map(str, case.sequences))]
            speeds |= self.by_key(self.bench(case.path, *options))
        return speeds

    def start(self, path):
        command = [self.python, PEERS / "llama_cpp_speed.py", path, "--threads", self.threads, "--first-token"]
        run = self.run(*command)
        output = json.loads(run.output)
        # Python's own share is none of llama.cpp's.
        return {"seconds": output["first_token_seconds"], "memory": run.peak_memory - output["memory_before_loading"]}


class OpenVINO(Engine):
    name = "OpenVINO GenAI"

    # What its reader of GGUF files knows.
    FORMATS = {"Q4_0", "Q4_1", "Q4_K", "Q4_K_M", "Q6_K", "Q8_0", "F16"}

    def __init__(self, python, threads):
        super().__init__(threads)
        self.python = python
        self.version = version(python, "openvino_genai")

    def speeds(self, case):
        if case.format not in self.FORMATS:
            return {}
        command = [self.python, PEERS / "openvino_speed.py", case.path, "--threads", self.threads,
                   "--prompt", case.prompt, "--generate", case.generate]
        try:
            return self.by_key(json.loads(self.run(*command).output))
        except processes.Failure as failure:
            print(f"{self.name} cannot run {case.name}: {str(failure).splitlines()[-1]}", file=sys.stderr)
            self.FORMATS = self.FORMATS - {case.format}
            return {}


def version(python, package):
    """The installed version; raises Failure if there is none."""
    code = f"import importlib.metadata as m; print(m.version('{package}'))"
    return processes.run([python, "-c", code]).output.decode().strip()


def peers(python, threads):
    """Those that are installed."""
    found = []
    for kind in (LlamaCpp, OpenVINO):
        try:
            found.append(kind(python, threads))
        except (processes.Failure, TypeError):
            print(f"{kind.name} is missing and is left out; Benchmarks/setup.sh installs it", file=sys.stderr)
    return found
