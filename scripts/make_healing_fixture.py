"""Makes Tests/InferenceTests/Fixtures/healing.json: what guidance's token healing makes of fifty prompts.

    pip install guidance==0.3.1 transformers gguf tokenizers torch
    python scripts/make_healing_fixture.py SMOLLM2.gguf

The tokenizer is SmolLM2's. The model is none: its logits are a hash of the tokens so far, so that a test needs no weights and
the choice among all tokens that healing allows is compared, not what one model finds likely.
"""

import json
import pathlib
import sys

import gguf
import guidance
import numpy as np
import tokenizers
import transformers
from guidance.models._base import Model
from guidance.models._engine import EngineInterpreter
from guidance.models._transformers import TransformersEngine

FIXTURE = pathlib.Path(__file__).parent.parent / "Tests/InferenceTests/Fixtures/healing.json"
SPECIAL_TOKENS = 17  # the first ids of SmolLM2's vocabulary
TOKENS = 5

PROMPTS = [
    "The link is <a href=\"http:", "import numpy as n", "Once upon a ti", "The capital of France is ", "Hello, wor",
    "def main(", "for i in ran", "    ret", "print(\"", "x = [1, 2, ", "The quick brown f", "She said: \"I", "A: yes\nB:",
    "{\"name\":", "{\"name\": \"", "SELECT * FR", "https://www.", "user@exam", "I am", "I am ", "I don'", "I don't", "end.",
    "end. ", "two\n", "two\n\n", "tab\t", "Überra", "naïve caf", "日本", "emoji 😀", "CamelCa", "snake_ca", "UPPER", "a", " a",
    "the the the", "3.", "12", "100 %", "(see fig", "[link](", "**bold", "# Head", "- item\n-", "<div cla", "</", "&am", "e.g",
    "whitespace   ",
]
PATTERNS = [None, "[a-z]+", "[a-zA-Z ,.]+", r"[^\n]+"]


def tokenizer(path):
    fields = gguf.GGUFReader(path).fields
    strings = lambda key: [bytes(fields[key].parts[i]).decode() for i in fields[key].data]
    vocabulary = {piece: number for number, piece in enumerate(strings("tokenizer.ggml.tokens"))}
    merges = [tuple(line.split(" ")) for line in strings("tokenizer.ggml.merges")]
    fast = tokenizers.Tokenizer(tokenizers.models.BPE(vocabulary, merges))
    fast.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(
        [tokenizers.pre_tokenizers.Digits(individual_digits=True), tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)])
    fast.decoder = tokenizers.decoders.ByteLevel()
    fast.add_special_tokens(list(vocabulary)[:SPECIAL_TOKENS])
    names = list(vocabulary)
    return transformers.PreTrainedTokenizerFast(tokenizer_object=fast, bos_token=names[1], eos_token=names[2])


class HashedEngine(TransformersEngine):
    """Logits that depend on all tokens before, and on nothing else."""

    contexts = []

    def get_logits(self, token_ids, include_all_uncached_tokens=False):
        self.contexts.append(list(token_ids))
        mask = (1 << 64) - 1
        state = 7
        for token in token_ids:
            state = ((state ^ token) * 0x9E3779B97F4A7C15 & mask) ^ (state >> 29)
        ids = np.arange(self.tokenizer._vocab_size, dtype=np.uint64)
        logits = (((np.uint64(state) ^ ids) * np.uint64(0xD1B54A32D192ED03)) >> np.uint64(40)).astype(np.float32)
        logits[self.unlikely] = -1
        return {"logits": logits[None, :], "n_tokens": len(token_ids), "n_cached": 0}


class NoModel:
    """What guidance asks of a model that it does not run."""

    class config:
        _name_or_path = "hash"
        max_position_embeddings = 8192
    device = "cpu"


def is_text(data):
    try:
        return bool(data.decode())
    except UnicodeDecodeError:
        return False


def main():
    engine = HashedEngine(NoModel(), tokenizer(sys.argv[1]))
    size = engine.tokenizer._vocab_size
    # Special tokens, and pieces of characters: guidance writes whole characters only.
    engine.unlikely = [i for i in range(size) if i < SPECIAL_TOKENS or not is_text(engine.tokenizer.decode([i]))]
    cases = []
    for number, prompt in enumerate(PROMPTS):
        pattern = PATTERNS[number % len(PATTERNS)]
        engine.contexts.clear()
        model = Model(interpreter=EngineInterpreter(engine), sampling_params={}, echo=False)
        model += prompt + guidance.gen("answer", max_tokens=TOKENS, regex=pattern, temperature=0)
        cases.append({
            "prompt": prompt, "pattern": pattern, "answer": model["answer"], "kept": engine.contexts[0],
        })
    assert len(cases) == 50
    FIXTURE.write_text(json.dumps({"bos": engine.tokenizer.bos_token_id, "tokens": TOKENS, "cases": cases}, ensure_ascii=False, indent=0) + "\n")
    print(sum(len(case["kept"]) for case in cases), "tokens kept of", len(cases), "prompts")


main()
