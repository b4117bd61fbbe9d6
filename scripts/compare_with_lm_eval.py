"""Results of lm-evaluation-harness's `hf` model and of `swiftlet eval` on the same weights.

    pip install lm_eval torch transformers gguf
    python scripts/compare_with_lm_eval.py MODEL.gguf SWIFTLET WORKFOLDER

The weights of a GGUF file are written out in f32 as a Hugging Face folder that both read; tasks are those of the tests. Prints each
metric of both, and fails where an accuracy differs at all or a perplexity by more than a ten-thousandth.
"""

import json
import os
import pathlib
import subprocess
import sys
import time

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["DISABLE_MULTIPROC"] = "1"
import torch  # noqa: E402
from lm_eval import simple_evaluate  # noqa: E402
from lm_eval.models.huggingface import HFLM  # noqa: E402
from lm_eval.tasks import TaskManager  # noqa: E402
from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402

gguf, swiftlet, work = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], pathlib.Path(sys.argv[3]).resolve()
tasks = (pathlib.Path(__file__).resolve().parent.parent / "Tests/EvaluationTests/Fixtures/tasks").resolve()
folder = work / "model"
if not folder.exists():
    model = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    # A model that was read from GGUF does not save itself; one of the same configuration with its tensors does.
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    plain = type(model)(model.config).float()
    plain.load_state_dict({name: tensor.float() for name, tensor in model.state_dict().items()})
    plain.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
names = ["choice_zero", "choice_shots", "last_word", "pages", "numbers"]
start = time.monotonic()
mine = json.loads(subprocess.run(
    [swiftlet, "eval", *[str(tasks / f"{n}.yaml") for n in names], "--model", str(folder), "--limit", "12", "--json"],
    check=True, capture_output=True).stdout)["results"]
mine_seconds = time.monotonic() - start
os.chdir(tasks)
model = HFLM(pretrained=str(folder), device="cpu", dtype="float32", batch_size=4)
start = time.monotonic()
theirs = simple_evaluate(
    model, tasks=names, limit=12, bootstrap_iters=0,
    task_manager=TaskManager(include_path=str(tasks), include_defaults=False))["results"]
their_seconds = time.monotonic() - start
worst = 0
for task in names:
    for key, value in theirs[task].items():
        if "," not in key or "_stderr" in key or not isinstance(value, float):
            continue
        other = mine[task][key]
        limit = 1e-4 * abs(value) if "perplexity" in key or "brier" in key or "bits" in key else 0
        worst += abs(other - value) > limit + 1e-12
        print(f"{task:14} {key:24} {value:.10g} {other:.10g}", "" if abs(other - value) <= limit + 1e-12 else "DIFFERS")
print(f"seconds: lm_eval {their_seconds:.1f} without loading, swiftlet {mine_seconds:.1f} with loading")
sys.exit(1 if worst else 0)
