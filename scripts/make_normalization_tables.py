"""Writes Sources/Engine/Tokenization/Normalization/DecompositionData.swift from Python's unicodedata.

Run: python3 scripts/make_normalization_tables.py   (Python 3.12 or newer; its Unicode version is written to the file)
"""

import pathlib
import sys
import unicodedata

TARGET = pathlib.Path(__file__).parent.parent / "Sources/Engine/Tokenization/Normalization/DecompositionData.swift"


def records(kind):
    for code in range(0x110000):
        if 0xAC00 <= code <= 0xD7A3:
            continue
        scalar = chr(code)
        mapping = unicodedata.decomposition(scalar)
        if not mapping:
            continue
        is_compatibility = mapping.startswith("<")
        parts = [int(part, 16) for part in mapping.split() if not part.startswith("<")]
        if is_compatibility != (kind == "compatibility"):
            continue
        mark = ""
        if kind == "canonical" and len(parts) == 2 and unicodedata.normalize("NFC", scalar) == scalar:
            mark = "+"
        yield mark + "-".join(f"{value:x}" for value in [code, *parts])


def lines(kind):
    line = ""
    for record in records(kind):
        if len(line) + len(record) + 1 > 110:
            yield line
            line = ""
        line += record + " "
    yield line


def main():
    out = [
        f"// Made by scripts/make_normalization_tables.py from Unicode {unicodedata.unidata_version}; do not edit.",
        "",
        "/// One-step decompositions: `code-part-part`, in hexadecimal; a plus marks pairs that compose again.",
        "enum DecompositionData {",
    ]
    for kind in ("canonical", "compatibility"):
        out += [f'    static let {kind}: StaticString = """']
        out += ["        " + line.rstrip() + " \\" for line in lines(kind)]
        out += ['        """']
    out += ["}", ""]
    text = "\n".join(out).replace(' \\\n        """', '\n        """')
    TARGET.write_text(text)
    print(len(text), "bytes", file=sys.stderr)


main()
