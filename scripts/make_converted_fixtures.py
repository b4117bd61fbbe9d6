"""Makes files of Tests/ArchitecturesTests/Fixtures/gguf by llama.cpp's own converter, of the checkpoints in `families`.

Run: python -O scripts/make_converted_fixtures.py LLAMA_CPP case ...   (a checkout of llama.cpp of 2026-11; transformers 5.24)

make_gguf_fixtures.py writes what the converter writes for families that llama.cpp has had for long. Here the converter itself
runs, but for the vocabulary, of which the checkpoints have none. What to expect of a file is in the folder of its case.
"""

import json
import logging
import math
import pathlib
import shutil
import sys
import tempfile

import torch
import transformers

from architecture_cases import FOLDER
from make_architecture_fixtures import expected, run, write

sys.path.insert(1, f"{sys.argv[1]}/gguf-py")
sys.path.insert(1, sys.argv[1])
import gguf
from conversion import ModelBase, ModelType, get_model_architecture, get_model_class


# Keys of config.json as published that transformers 5 writes otherwise.
HYBRID = dict(layer_types=["mamba", "attention"])
PUBLISHED = {"cohere2": dict(rotary_pct=1.0), "minimax_m2": dict(rotary_dim=6), "granitemoehybrid": HYBRID,
             "granitemoehybrid-dense": HYBRID}
# What the files do not say, and what is then true of them.
LOSES = {"mamba2": dict(time_step_limit=(0.0, math.inf)), "olmoe": dict(clip_qkv=None),
         "granitemoehybrid-dense": dict(position_embedding_type="nope")}


def vocabulary(model):
    """What llama.cpp wants of a vocabulary."""
    model.gguf_writer.add_tokenizer_model("gpt2")
    model.gguf_writer.add_tokenizer_pre("default")
    model.gguf_writer.add_token_list([f"<{i}>" for i in range(96)])
    model.gguf_writer.add_token_types([gguf.TokenType.NORMAL] * 96)
    model.gguf_writer.add_token_merges(["< 0"])


def make(name):
    folder = FOLDER / "families" / name
    hparams = ModelBase.load_hparams(folder, False) | PUBLISHED.get(name, {})
    kind = get_model_class(get_model_architecture(hparams, ModelType.TEXT))
    kind.set_vocab = vocabulary
    target = FOLDER / f"gguf/{name}.gguf"
    with tempfile.TemporaryDirectory() as copy:
        # The converter looks for tokens that it has no use for.
        shutil.copytree(folder, copy, dirs_exist_ok=True)
        (pathlib.Path(copy) / "tokenizer.json").write_text(json.dumps(dict(
            added_tokens=[], model=dict(vocab={f"<{i}>": i for i in range(96)}))))
        model = kind(pathlib.Path(copy), gguf.LlamaFileType.ALL_F32, target, hparams=hparams, model_name=name)
        model.write()
    if name in LOSES or name == "gemma3n":
        expect_less(name, folder)
    return gguf.MODEL_ARCH_NAMES[model.model_arch]


def expect_less(name, folder):
    """Values of the file's own. Tokens beyond Gemma 3n's own table have a row of zeros in it, not that of the first token."""
    model = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", experts_implementation="eager", **LOSES.get(name, {})).eval()
    if name == "gemma3n":
        table = model.model.embed_tokens_per_layer
        missing = model.config.vocab_size - len(table.weight)
        table.weight = torch.nn.Parameter(torch.cat([table.weight, torch.zeros(missing, table.weight.shape[1])]))
        model.config.vocab_size_per_layer_input = model.config.vocab_size
    prompt = torch.tensor(json.loads((folder / "expected.json").read_text())["prompt"])
    write(FOLDER / f"gguf/{name}.json", expected(lambda tokens: run(model, tokens), prompt)[0])


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    for name in sys.argv[2:]:
        try:
            print(name, make(name), flush=True)
        except (Exception, SystemExit) as error:
            pathlib.Path(FOLDER / f"gguf/{name}.gguf").unlink(missing_ok=True)
            print(name, "FAILED", type(error).__name__, str(error)[:300], flush=True)
