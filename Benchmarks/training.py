"""Compares training with PyTorch's in the same run: tokens a second and the largest memory, alternating.

    pip install torch transformers peft gguf tokenizers
    python Benchmarks/training.py SWIFTLET pretrain [--steps N] [--rounds N]
    python Benchmarks/training.py SWIFTLET lora MODEL.gguf [--steps N] [--rounds N]

SWIFTLET is the built command. `pretrain` trains a Llama of 14 million parameters from random weights on batches of 4 x 256 tokens,
against PyTorch in f32 and with autocast to bf16; `lora` an adapter of rank 8 on all linear matrices of MODEL, against PEFT. All have
the same texts, AdamW, and as many threads as there are cores. A speed is the median over the steps after the first two.
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parent.parent
BATCH, LENGTH = 4, 256


def texts():
    """The words of the documentation, in pieces of some hundred."""
    words = " ".join(path.read_text() for path in sorted((ROOT / "docs").glob("*.md"))).split()
    return [" ".join(words[start:start + 400]) for start in range(0, len(words) - 400, 400)]


def make_model(folder):
    """A folder with a Llama of random weights and a tokenizer of byte pairs."""
    import torch
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=8192, special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(texts(), trainer)
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|endoftext|>").save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=8192, hidden_size=384, intermediate_size=1024, num_hidden_layers=6, num_attention_heads=6, num_key_value_heads=6,
        max_position_embeddings=512, tie_word_embeddings=True, eos_token_id=0, bos_token_id=0)
    transformers.LlamaForCausalLM(config).save_pretrained(folder)


def swiftlet(command, model, folder, steps, adapter):
    folder = pathlib.Path(tempfile.mkdtemp(dir=folder))
    (folder / "texts.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts()))
    recipe = f"""base_model: {model}
datasets: [{{path: texts.jsonl, type: completion}}]
sequence_len: {LENGTH}
min_sample_len: {LENGTH}
micro_batch_size: {BATCH}
max_steps: {steps}
learning_rate: 1e-4
save_strategy: "no"
output_dir: {folder}/out
"""
    if adapter:
        recipe += f"adapter: {adapter}\nlora_r: 8\nlora_target_linear: true\n"
    (folder / "recipe.yaml").write_text(recipe)
    child = subprocess.Popen([command, "train", str(folder / "recipe.yaml")], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = child.stderr.read().decode()
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(errors)
    lines = [json.loads(line) for line in (folder / "out/metrics.jsonl").read_text().splitlines()]
    speeds = [line["tokens_per_second"] for line in lines[2:]]
    return statistics.median(speeds), usage.ru_maxrss / 1024, [line["loss"] for line in lines]


def torch_run(model, steps, autocast, adapter):
    """Runs in a process of its own, so that its memory is its own."""
    code = [sys.executable, __file__, "torch", str(model), "--steps", str(steps)]
    code += ["--autocast"] if autocast else []
    code += ["--adapter"] if adapter else []
    result = json.loads(subprocess.run(code, check=True, capture_output=True).stdout.decode().splitlines()[-1])
    return result["speed"], result["memory"], result["losses"]


def torch_child(model, steps, autocast, adapter):
    import torch
    import transformers

    path = pathlib.Path(model)
    if path.is_dir():
        tokenizer = transformers.AutoTokenizer.from_pretrained(path)
        network = transformers.AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32)
    else:
        tokenizer = transformers.AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
        network = transformers.AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)
    if adapter:
        import peft
        network = peft.get_peft_model(network, peft.LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM"))
    network.train()
    ids = [token for text in texts() for token in tokenizer(text)["input_ids"]]
    rows = torch.tensor(ids[:len(ids) // LENGTH * LENGTH]).view(-1, LENGTH)
    optimizer = torch.optim.AdamW([v for v in network.parameters() if v.requires_grad], lr=1e-4)
    speeds, losses = [], []
    for step in range(steps):
        batch = rows[torch.arange(step * BATCH, (step + 1) * BATCH) % len(rows)]
        began = time.monotonic()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=autocast):
            loss = network(input_ids=batch, labels=batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        speeds.append(batch.numel() / (time.monotonic() - began))
        losses.append(loss.item())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(dict(speed=statistics.median(speeds[2:]), memory=memory, losses=losses)))


def compare(runs, rounds):
    results = {name: [] for name, _ in runs}
    for _ in range(rounds):
        for name, run in runs:
            results[name].append(run())
            speed, memory, losses = results[name][-1]
            print(f"{name:24} {speed:9.0f} tokens/s  {memory:7.0f} MiB  loss {losses[0]:.3f} -> {losses[-1]:.3f}", flush=True)
    base, *others = [name for name, _ in runs]
    best = {name: (max(r[0] for r in results[name]), min(r[1] for r in results[name])) for name, _ in runs}
    for name in others:
        print(f"{base} / {name}: {best[base][0] / best[name][0]:.2f}x the speed, {best[base][1] / best[name][1]:.2f}x the memory")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command")
    parser.add_argument("method")
    parser.add_argument("model", nargs="?")
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--autocast", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--adapter", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.command == "torch":
        return torch_child(options.method, options.steps, options.autocast, options.adapter)
    with tempfile.TemporaryDirectory() as folder:
        if options.method == "pretrain":
            make_model(folder + "/model")
            model = folder + "/model"
            runs = [("swiftlet", lambda: swiftlet(options.command, model, folder, options.steps, None)),
                    ("PyTorch f32", lambda: torch_run(model, options.steps, False, False)),
                    ("PyTorch bf16 autocast", lambda: torch_run(model, options.steps, True, False))]
        else:
            model = os.path.abspath(options.model)
            runs = [("swiftlet lora", lambda: swiftlet(options.command, model, folder, options.steps, "lora")),
                    ("swiftlet qlora", lambda: swiftlet(options.command, model, folder, options.steps, "qlora")),
                    ("PEFT f32", lambda: torch_run(model, options.steps, False, True)),
                    ("PEFT bf16 autocast", lambda: torch_run(model, options.steps, True, True))]
        compare(runs, options.rounds)


main()
