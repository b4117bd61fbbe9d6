"""Writes what published chat templates make of conversations, for the tests of the target Templating.

Run: python scripts/make_chat_fixtures.py TEMPLATES OUTPUT [VOCABULARIES]
     TEMPLATES is a folder of *.jinja files, VOCABULARIES one of *.gguf files; writes OUTPUT/chat_renders.json, which the
     tests read when SWIFTLET_REFERENCE_DATA is OUTPUT. The templates belong to others and are not committed.
Made with Python 3.11, transformers 5.23, jinja2 3.1.6 and gguf 0.19.
"""

import datetime
import json
import pathlib
import sys

import jinja2
from transformers.utils import chat_template_utils

from chat_conversations import CONVERSATIONS


class FixedClock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2025, 3, 9, 14, 5, 7)


def render(source, case):
    variables = dict(case.get("extra", {}))
    variables.setdefault("bos_token", "<bos>")
    variables.setdefault("eos_token", "<eos>")
    try:
        texts, _ = chat_template_utils.render_jinja_template(
            [case["messages"]], tools=case.get("tools"), documents=case.get("documents"), chat_template=source,
            add_generation_prompt=case["add_generation_prompt"], **variables)
        return {"text": texts[0]}
    except jinja2.TemplateError as error:
        # raise_exception raises exactly this class, everything else one derived from it.
        return {"raised": error.message} if type(error) is jinja2.TemplateError else {"error": repr(error)}
    except Exception as error:
        return {"error": repr(error)}


def templates(folder, vocabularies):
    for path in sorted(pathlib.Path(folder).glob("*.jinja")):
        yield path.name, path.read_text()
    if vocabularies:
        import gguf

        for path in sorted(pathlib.Path(vocabularies).glob("*.gguf")):
            field = gguf.GGUFReader(path).get_field("tokenizer.chat_template")
            if field:
                yield path.name, field.contents()


def main():
    chat_template_utils.datetime = FixedClock
    cases = [
        {**case, "add_generation_prompt": prompt} for case in CONVERSATIONS for prompt in (False, True)
    ]
    found = [
        {"name": name, "source": source, "results": [render(source, case) for case in cases]}
        for name, source in templates(sys.argv[1], sys.argv[3] if len(sys.argv) > 3 else None)
    ]
    output = pathlib.Path(sys.argv[2]) / "chat_renders.json"
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps({"conversations": cases, "templates": found}))
    results = [result for template in found for result in template["results"]]
    print(len(found), "templates,", len(cases), "conversations:", *(
        f"{sum(kind in result for result in results)} {kind}" for kind in ("text", "raised", "error")))


main()
