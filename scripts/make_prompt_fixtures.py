"""Writes prompts of published chat templates and their tokens, for ForgedTurnTests.

Run: python scripts/make_prompt_fixtures.py TEMPLATES OUTPUT
     TEMPLATES is a folder of *.jinja files; writes OUTPUT/chat_tokens.json, which the tests read when
     SWIFTLET_REFERENCE_DATA is OUTPUT. The templates belong to others and are not committed.

Each template gets a small byte-level tokenizer whose special tokens are those that stand in what it renders. The tokens
of an honest conversation are those that `tokenizers` gives the whole text.
Made with Python 3.11, transformers 5.24 and tokenizers 0.23.
"""

import json
import pathlib
import re
import sys

import tokenizers
from transformers.utils import chat_template_utils

MARKS = re.compile(
    r"<\|[^|<>\s]{1,40}\|>|<｜[^｜<>\s]{1,40}｜>|\[/?[A-Z_]{2,30}\]|</?[a-z_]{1,30}>|<\|[a-z_]{1,30}>|<[a-z_]{1,30}\|>")
WORDS = ["Hello the end", "\n\nthe x\n", " two  spaces ", "<| the |> [/I", "é…👩‍💻 <|im_st"]


def conversation(words):
    return [
        {"role": "user", "content": words}, {"role": "assistant", "content": "Yes " + words + "end"},
        {"role": "user", "content": words + " then?"},
    ]


def render(source, messages):
    texts, _ = chat_template_utils.render_jinja_template(
        [messages], chat_template=source, add_generation_prompt=True, bos_token="<bos>", eos_token="<eos>")
    return texts[0]


def tokenizer(text, special, strips):
    model = tokenizers.Tokenizer(tokenizers.models.BPE())
    model.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    model.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=400, show_progress=False, initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet())
    model.train_from_iterator([text] * 4 + WORDS, trainer)
    model.add_special_tokens([tokenizers.AddedToken(mark, rstrip=strips, normalized=False) for mark in special])
    return model


def case(path):
    source = path.read_text()
    text = render(source, conversation("x"))
    special = sorted(set(MARKS.findall(text)) | {"<bos>", "<eos>"})
    model = tokenizer(text, special, strips=path.name.startswith("microsoft-Phi"))
    return {
        "name": path.name, "source": source, "special": special, "tokenizer": json.loads(model.to_str()),
        "honest": [
            {"messages": conversation(words), "text": prompt, "ids": model.encode(prompt, add_special_tokens=False).ids}
            for words in WORDS for prompt in [render(source, conversation(words))]
        ],
    }


def main():
    cases = []
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.jinja")):
        try:
            cases.append(case(path))
        except Exception as error:
            print(path.name, "left out:", str(error)[:80])
    output = pathlib.Path(sys.argv[2]) / "chat_tokens.json"
    output.write_text(json.dumps(cases))
    print(len(cases), "templates,", sum(len(case["honest"]) for case in cases), "prompts")


main()
