"""Results of lm-evaluation-harness on small tasks, with a model that is a formula over the bytes it is asked about.

    pip install lm_eval torch
    python scripts/make_task_fixtures.py Tests/EvaluationTests/Fixtures/tasks

The formula stands in for a model on both sides, so that prompts, draws of examples, filters, metrics and errors are compared to the
last digit. Writes the data and results.json; the task files are written by hand.
"""

import json
import os
import pathlib
import random
import sys

os.environ["DISABLE_MULTIPROC"] = "1"
os.environ["HF_DATASETS_OFFLINE"] = "1"

from lm_eval import simple_evaluate  # noqa: E402
from lm_eval.api.model import LM  # noqa: E402
from lm_eval.tasks import TaskManager  # noqa: E402


def number(text):
    value = 7
    for byte in text.encode():
        value = (value * 31 + byte) % 1_000_003
    return value


class Formula(LM):
    def loglikelihood(self, requests, disable_tqdm=False):
        values = [number(r.args[0] + "\0" + r.args[1]) for r in requests]
        return [(-(v % 9973) / 1000 - 0.001, v % 3 == 0) for v in values]

    def loglikelihood_rolling(self, requests, disable_tqdm=False):
        return [-(number(r.args[0]) % 9973) / 100 - 1 for r in requests]

    def generate_until(self, requests, disable_tqdm=False):
        return [f" So 12 and {number(r.args[0]) % 3}. #### {number(r.args[0]) % 4}." for r in requests]


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    generator = random.Random(2)
    words = "cat dog naïve 北京 sun, moon. it's (odd) tree".split(" ")

    def text(count):
        return " ".join(generator.choice(words) for _ in range(count))

    def write(name, rows):
        (folder / name).write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows))

    def choice(rows):
        return [{"question": text(6), "choices": [text(generator.randint(1, 3)) for _ in range(4)], "label": generator.randrange(4),
                 "word": text(1), "number": str(generator.randrange(4))} for _ in range(rows)]

    write("questions.jsonl", choice(30))
    write("examples.jsonl", choice(40))
    write("pages.jsonl", [{"page": text(generator.randint(5, 30)) + generator.choice(["", "\n", " "])} for _ in range(8)])
    os.chdir(folder)
    manager = TaskManager(include_path=str(folder), include_defaults=False)
    names = ["choice_own", "last_word", "pages", "numbers", "pair"]
    output = simple_evaluate(
        Formula(), tasks=names, task_manager=manager, log_samples=True, bootstrap_iters=10000, verbosity="ERROR")
    prompts = {n: [s["arguments"][0][0] if isinstance(s["arguments"], list) else s["arguments"]["gen_args_0"]["arg_0"]
                   for s in output["samples"][n][:5]] for n in output["samples"] if n != "pages"}
    (folder / "results.json").write_text(json.dumps(
        {"results": output["results"], "groups": output.get("groups"), "prompts": prompts}, ensure_ascii=False, indent=1, default=str))


main()
