"""Writes Sources/Engine/Tokenization/Splitting/ScalarClassRuns.swift: the Unicode class of every scalar, run by run.

The classes are read off the reference itself: each property is matched by the regular-expression engine of Hugging
Face's tokenizers over one text of all scalars, so that the table and the reference agree on the version of Unicode.

    python scripts/make_scalar_classes.py      (made with tokenizers 0.23.3, Unicode 16.0)

A run is a letter for its class and, unless it is 1, its length in scalars; an `h` before the letter marks Script=Han.
"""

import pathlib

from tokenizers import Regex, pre_tokenizers

PROPERTIES = {  # ScalarClass by letter; white space first because it cuts across the general categories
    "w": r"\s",
    "u": r"\p{Lu}\p{Lt}",
    "l": r"\p{Ll}",
    "o": r"\p{Lm}\p{Lo}",
    "m": r"\p{M}",
    "d": r"\p{Nd}",
    "n": r"\p{Nl}\p{No}",
    "p": r"\p{P}",
    "s": r"\p{S}",
}
TARGET = pathlib.Path(__file__).parent.parent / "Sources/Engine/Tokenization/Splitting/ScalarClassRuns.swift"
SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def members(characters):
    """The scalars that a character class matches."""
    text = "".join(map(chr, SCALARS))
    splitter = pre_tokenizers.Split(Regex(f"[^{characters}]+"), "removed")
    return [SCALARS[i] for _, (start, end) in splitter.pre_tokenize_str(text) for i in range(start, end)]


def main():
    classes = ["x"] * 0x110000
    for letter, characters in reversed(PROPERTIES.items()):
        for scalar in members(characters):
            classes[scalar] = letter
    for scalar in members(r"\p{Han}"):
        classes[scalar] = "h" + classes[scalar]
    classes[ord(" ")] = "b"
    classes[ord("\r")] = classes[ord("\n")] = "r"

    runs, start = "", 0
    for scalar in range(1, 0x110001):
        if scalar == 0x110000 or classes[scalar] != classes[start]:
            length = scalar - start
            runs += classes[start] + (str(length) if length > 1 else "")
            start = scalar
    lines = [runs[i : i + 114] for i in range(0, len(runs), 114)]
    TARGET.write_text(
        "// Made by scripts/make_scalar_classes.py, which explains the notation. Unicode 16.0.\n"
        'let scalarClassRuns: StaticString = """\n    '
        + "\\\n    ".join(lines)
        + '\n    """\n'
    )


if __name__ == "__main__":
    main()
