"""Compares Swiftlet's speed and memory with llama.cpp's: same machine, same file, same threads, in turns.

    python3 Benchmarks/compare.py --swiftlet .build/release/swiftlet --model MODEL.gguf --markdown docs/benchmarks.md

Needs only Python 3.9 and, for the other side, Benchmarks/setup.sh; without it Swiftlet is measured alone. Each turn
measures Swiftlet, then llama.cpp, each in new processes that warm up first. On a machine that others use too, turns
with more than --noise of the CPU taken by others are measured again, at most --patience times as many as wanted, and
the quietest count: the choice looks at the noise, never at the results.
"""

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import processes
import report

HERE = Path(__file__).resolve().parent
PEER = HERE / "llama_cpp_peer.py"


def main():
    arguments = parse()
    peer = find_peer(arguments.peer_python)
    print("measuring the machine", file=sys.stderr)
    result = {
        "date": datetime.date.today().isoformat(),
        "cpu": cpu_model(),
        "system": f"{platform.system()} {platform.machine()}",
        "model": os.path.basename(arguments.model),
        "file_size": os.path.getsize(arguments.model),
        "threads": arguments.threads,
        "runs": arguments.runs,
        "prompt_tokens": arguments.prompt,
        "generated_tokens": arguments.generate,
        "limits": machine_limits(arguments.threads),
        "swiftlet_version": swiftlet_version(arguments.swiftlet),
        "llama_cpp_missing": peer is None,
        "turns": measure(arguments, peer),
    }
    markdown = report.markdown(result)
    print(markdown)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(result, indent=2) + "\n")
    if arguments.markdown:
        Path(arguments.markdown).write_text(markdown)


def parse():
    parser = argparse.ArgumentParser(description="Compare Swiftlet's speed and memory with llama.cpp's.")
    parser.add_argument("--swiftlet", required=True, help="the built command")
    parser.add_argument("--model", required=True, help="a GGUF file")
    parser.add_argument("--runs", type=int, default=5, help="turns that count (default: 5)")
    parser.add_argument("--threads", type=int, default=2, help="threads of both (default: 2)")
    parser.add_argument("--prompt", type=int, default=512, help="tokens of the prompt (default: 512)")
    parser.add_argument("--generate", type=int, default=64, help="tokens to generate (default: 64)")
    parser.add_argument("--noise", type=float, default=0.03, help="share of the CPU others may take (default: 0.03)")
    parser.add_argument("--patience", type=int, default=4, help="most turns, as a multiple of --runs (default: 4)")
    parser.add_argument("--peer-python", help="a Python with llama-cpp-python (default: the one of .venv-bench)")
    parser.add_argument("--json", help="write every measurement to this file")
    parser.add_argument("--markdown", help="write the table to this file")
    arguments = parser.parse_args()
    for name in ("runs", "threads", "prompt", "patience"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name} wants a number from 1")
    if arguments.generate < 2:
        parser.error("--generate wants a number from 2: the first token comes with the prompt")
    if not os.access(arguments.swiftlet, os.X_OK):
        parser.error(f"{arguments.swiftlet} is no program; build it: make build")
    if not os.path.isfile(arguments.model):
        parser.error(f"there is no file {arguments.model}")
    return arguments


def find_peer(python):
    """The Python that has llama.cpp, or None with a note on what to do."""
    if python is None:
        own = HERE.parent / ".venv-bench" / "bin" / "python"
        python = str(own) if own.exists() else sys.executable
    try:
        processes.run([python, "-c", "import llama_cpp"])
        return python
    except processes.Failure as failure:
        print(f"error: llama.cpp is missing, so Swiftlet is measured alone; run: Benchmarks/setup.sh\n{failure}",
              file=sys.stderr)
        return None


def measure(arguments, peer):
    turns = []
    while len(turns) < arguments.runs * arguments.patience:
        turn = measure_once(arguments, peer)
        turns.append(turn)
        noise = turn["noise"]
        print(f"turn {len(turns)}" + ("" if noise is None else f": others took {noise:.1%} of the CPU"), file=sys.stderr)
        if sum(noise is None or noise <= arguments.noise for noise in map(noise_of, turns)) >= arguments.runs:
            break
    quietest = sorted(turns, key=lambda turn: turn["noise"] or 0)[: arguments.runs]
    return [turn for turn in turns if turn in quietest]


def noise_of(turn):
    return turn["noise"]


def measure_once(arguments, peer):
    """One turn: the speed and the first token of each, one after the other."""
    neighbors = processes.Neighbors()
    own_seconds = 0.0

    def run(*command):
        nonlocal own_seconds
        run = processes.run([str(part) for part in command])
        own_seconds += run.cpu_seconds
        return run

    size = ["-p", arguments.prompt, "-n", arguments.generate]
    bench = run(arguments.swiftlet, "bench", arguments.model, *size, "-r", 1, "-t", arguments.threads, "--json")
    speed = json.loads(bench.output)
    turn = {"swiftlet": {
        "prompt_per_second": speed["prompt_per_second"],
        "predicted_per_second": speed["predicted_per_second"],
        "peak_memory": bench.peak_memory,
    }}
    if peer:
        size = ["--prompt", arguments.prompt, "--generate", arguments.generate]
        bench = run(peer, PEER, "speed", arguments.model, *size, "--threads", arguments.threads)
        turn["llama_cpp"] = json.loads(bench.output)
        # Python's own share is none of llama.cpp's.
        turn["llama_cpp"]["peak_memory"] = bench.peak_memory - turn["llama_cpp"].pop("memory_before_loading")
    first = run(arguments.swiftlet, "run", arguments.model, "Hello", "--raw", "--max-tokens", 1, "--temperature", 0,
                "-t", arguments.threads)
    turn["swiftlet"]["first_token_seconds"] = first.first_byte_seconds
    if peer:
        first = run(peer, PEER, "first-token", arguments.model, "--threads", arguments.threads)
        turn["llama_cpp"] |= json.loads(first.output)
    turn["noise"] = neighbors.share(own_seconds)
    return turn


def machine_limits(threads):
    """What limits.c measures; None without a C compiler."""
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "limits")
        flags = ["-O3", "-march=native", "-pthread"]
        try:
            processes.run([os.environ.get("CC", "cc"), *flags, str(HERE / "limits.c"), "-o", program])
            return json.loads(processes.run([program, str(threads)]).output)
        except processes.Failure as failure:
            print(f"error: the machine's limits are not measured: {failure}", file=sys.stderr)
            return None


def swiftlet_version(swiftlet):
    return processes.run([swiftlet, "--version"]).output.decode().strip()


def cpu_model():
    """The CPU's name and number of cores."""
    name = platform.processor() or platform.machine()
    if sys.platform == "darwin":
        name = subprocess.run(["sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True).stdout.strip()
    elif os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as file:
            fields = dict(line.split(":", 1) for line in file.read().split("\n\n")[0].splitlines() if ":" in line)
        fields = {key.strip(): value.strip() for key, value in fields.items()}
        name = fields.get("model name", name)
        if "cpu family" in fields:
            name += f" (family {fields['cpu family']}, model {fields['model']})"
        wanted = [flag for flag in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16") if flag in fields.get("flags", "")]
        name += f", {os.cpu_count()} cores" + (", " + " ".join(wanted) if wanted else "")
    return name


if __name__ == "__main__":
    try:
        main()
    except processes.Failure as failure:
        sys.exit(f"error: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
