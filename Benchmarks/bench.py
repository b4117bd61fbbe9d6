"""Measures Swiftlet and its peers side by side: same machine, same files, same threads, in turns.

    make bench                    # sets up the peers, measures the usual, writes docs/benchmarks.md
    make bench EVERYTHING=1       # every format, a 7B shape, long contexts: hours
    make bench AVX2=1             # all programs without AVX-512, as on most people's machines: docs/benchmarks-avx2.md

Each turn measures Swiftlet, then each peer, then the machine's limits, each in new processes that warm up first. On a
machine that others use too, turns with more than --noise of the CPU taken by others are measured again, at most
--patience times as many as wanted, and the quietest count: the choice looks at the noise, never at the results.
"""

import argparse
import datetime
import json
import os
import sys
import time
from pathlib import Path

import context
import engines
import machine
import models
import processes
import report
import sentences

HERE = Path(__file__).resolve().parent
SECTIONS = ["speed", "start", "context", "sentences"]


def main():
    arguments = parse()
    begin = time.monotonic()
    if arguments.avx2:
        os.environ |= {"SWIFTLET_KERNELS": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}
    python = find_python(arguments)
    swiftlet = engines.Swiftlet(arguments.swiftlet, arguments.threads)
    peers = engines.peers(python, arguments.threads) if python else []
    result = {
        "date": datetime.date.today().isoformat(), "machine": machine.describe(), "threads": arguments.threads,
        "rounds": arguments.rounds, "everything": arguments.everything, "avx2": arguments.avx2,
        "versions": {engine.name: engine.version for engine in [swiftlet, *peers]},
    }
    if "speed" in arguments.only or "start" in arguments.only:
        result["cases"] = measure_cases(arguments, swiftlet, peers, python)
    if "context" in arguments.only:
        result["context"] = context.measure(arguments, swiftlet, peers)
    if "sentences" in arguments.only and arguments.encoder:
        result["sentences"] = sentences.measure(arguments, python)
    result["minutes"] = round((time.monotonic() - begin) / 60, 1)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(result, indent=2) + "\n")
    markdown = report.markdown(result)
    print(markdown)
    if arguments.markdown:
        Path(arguments.markdown).write_text(markdown)


def parse():
    parser = argparse.ArgumentParser(description="Measure Swiftlet and its peers side by side.")
    parser.add_argument("--swiftlet", required=True, help="the built command")
    parser.add_argument("--model", required=True, help="SmolLM2-135M-Instruct as a GGUF file")
    parser.add_argument("--encoder", help="the folder of all-MiniLM-L6-v2; without it sentences are not measured")
    parser.add_argument("--threads", type=int, default=2, help="threads of all (default: 2)")
    parser.add_argument("--rounds", type=int, default=3, help="turns that count (default: 3)")
    parser.add_argument("--everything", action="store_true", help="every format, larger shapes, longer contexts")
    parser.add_argument("--cases", action="append", metavar="SHAPE:FORMATS", default=[],
                        help="measure these instead, such as tinyllama-1.1b:Q4_0,Q8_0; may be repeated")
    parser.add_argument("--only", type=lambda text: text.split(","), default=SECTIONS,
                        help=f"sections to measure, of {','.join(SECTIONS)}")
    parser.add_argument("--noise", type=float, default=0.03, help="share of the CPU others may take (default: 0.03)")
    parser.add_argument("--patience", type=int, default=2, help="most turns, as a multiple of --rounds (default: 2)")
    parser.add_argument("--avx2", action="store_true", help="hold all programs to AVX2; the peers are those of .venv-bench-avx2")
    parser.add_argument("--peer-python", help="a Python with the peers (default: the one of .venv-bench)")
    parser.add_argument("--json", help="write every measurement to this file")
    parser.add_argument("--markdown", help="write the tables to this file")
    arguments = parser.parse_args()
    for name in ("rounds", "threads", "patience"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name} wants a number from 1")
    if not os.access(arguments.swiftlet, os.X_OK):
        parser.error(f"{arguments.swiftlet} is no program; build it: make build")
    if not os.path.isfile(arguments.model):
        parser.error(f"there is no file {arguments.model}")
    arguments.wanted = dict(case.split(":", 1) for case in arguments.cases)
    if any(shape not in models.SIZES for shape in arguments.wanted):
        parser.error(f"--cases knows the shapes {', '.join(models.SIZES)}")
    if not arguments.wanted:
        arguments.wanted = models.EVERYTHING if arguments.everything else models.USUAL
    return arguments


def find_python(arguments):
    if arguments.peer_python:
        return arguments.peer_python
    own = HERE.parent / (".venv-bench-avx2" if arguments.avx2 else ".venv-bench") / "bin" / "python"
    if not own.exists():
        setup = "Benchmarks/setup.sh avx2" if arguments.avx2 else "Benchmarks/setup.sh"
        print(f"no peers are installed, so Swiftlet is measured alone; run: {setup}", file=sys.stderr)
        return None
    return str(own)


def measure_cases(arguments, swiftlet, peers, python):
    results = []
    for case in models.cases(arguments.wanted, arguments.model, arguments.swiftlet, python):
        turns = quietest(arguments, case.name, [swiftlet, *peers], lambda: measure(arguments, case, swiftlet, peers))
        results.append({
            "shape": case.shape, "format": case.format, "file_size": os.path.getsize(case.path),
            "weights": case.weights, "turns": turns,
        })
        models.remove(case, arguments.model)
    return results


def measure(arguments, case, swiftlet, peers):
    """One turn of all engines."""
    turn = {"speeds": {}, "starts": {}, "limits": swiftlet.limits()}
    for engine in [swiftlet, *peers]:
        if "speed" in arguments.only:
            turn["speeds"][engine.name] = engine.speeds(case)
        if "start" in arguments.only and case.shape == "SmolLM2-135M":
            turn["starts"][engine.name] = engine.start(case.path)
    # The bandwidth of shared machines changes within minutes.
    for name, value in swiftlet.limits().items():
        turn["limits"][name] = max(turn["limits"][name], value)
    return turn


def quietest(arguments, name, programs, measure):
    """Repeats a turn until enough were quiet; the quietest in the order they were measured."""
    turns = []
    while len(turns) < arguments.rounds * arguments.patience:
        neighbors = processes.Neighbors()
        own = sum(engine.cpu_seconds for engine in programs)
        turn = measure()
        turn["noise"] = neighbors.share(sum(engine.cpu_seconds for engine in programs) - own)
        turns.append(turn)
        noise = turn["noise"]
        print(f"{name}: turn {len(turns)}" + ("" if noise is None else f", others took {noise:.1%} of the CPU"),
              file=sys.stderr)
        if sum(turn["noise"] is None or turn["noise"] <= arguments.noise for turn in turns) >= arguments.rounds:
            break
    best = sorted(turns, key=lambda turn: turn["noise"] or 0)[: arguments.rounds]
    return [turn for turn in turns if turn in best]


if __name__ == "__main__":
    try:
        main()
    except processes.Failure as failure:
        sys.exit(f"error: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
