"""Writes Tests/TokenizationTests/Fixtures/splitting.json: how the reference cuts awkward strings.

    python scripts/make_splitting_fixtures.py      (made with tokenizers 0.23.3, regex 2026.11.15)

The pieces are those of tokenizers' Split with the behaviour "isolated"; patterns with the possessive quantifiers that
only tiktoken's engine reads are cut by the `regex` module.
"""

import json
import pathlib

import regex
from tokenizers import Regex, pre_tokenizers

TARGET = pathlib.Path(__file__).parent.parent / "Tests/TokenizationTests/Fixtures/splitting.json"
LETTERS = r"[^\r\n\p{L}\p{N}]?\p{L}+"
SPACES = r"|\s*[\r\n]+|\s+(?!\S)|\s+"
SHORT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CASED = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+%s"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*%s"
    r"|%s| ?[^\s\p{L}\p{N}]+[\r\n/]*" + SPACES
)
SYMBOLS = r"| ?[^\s\p{L}\p{N}]+[\r\n]*"
PATTERNS = {  # by the name in tokenizer.ggml.pre
    "gpt-2": [GPT2],
    "smollm": [r"\p{N}", GPT2],
    "llama-bpe": [SHORT + "|" + LETTERS + r"|\p{N}{1,3}" + SYMBOLS + SPACES],
    "qwen2": [SHORT + "|" + LETTERS + r"|\p{N}" + SYMBOLS + SPACES],
    "qwen35": [SHORT + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*" + SPACES],
    "tekken": [CASED % ("", "", r"\p{N}")],
    "gpt-4o": [CASED % (SHORT + "?", SHORT + "?", r"\p{N}{1,3}")],
    "deepseek-coder": [r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", "[一-龥ࠀ-一가-\ud7ff]+", r"\p{N}"],
    "deepseek-v3": [
        r"\p{N}{1,3}",
        "[一-龥\u3040-ゟ゠-ヿ]+",
        r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"""
        r"| ?[\p{P}\p{S}]+[\r\n]*" + SPACES,
    ],
    "falcon": [
        r"[\p{P}\$\+<=>\^~\|`]+",
        GPT2.removesuffix(r"|\s+"),
        "[0-9][0-9][0-9]",
    ],
    "bloom": [" ?[^(\\s|.,!?…。，、।۔،)]+"],
    "tiny_aya": [r"\d{1,3}(?=(?:\d{3})*\b)", CASED % (SHORT + "?", SHORT + "?", r"\p{N}{1,3}")],
    "superbpe": [r"\p{N}+", r"(?=(\d{3})+(?!\d))"],
}
CL100K = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$"
    r"|\s*[\r\n]|\s+(?!\S)|\s"
)
TEXTS = [
    "Hello, world!", " leading", "trailing ", "  two   three    ", "tabs\t\tand \t mixed", "a\nb\r\nc\n\nd", "end\n",
    "\n \n  x", "  \n  ", "I'll we've they're it's I'm he'd can't", "I'LL WE'VE IT'S", "x'\u017fy", "'s 'sabc 'x", "1 22 333 4444 55555",
    "٣٤٥٦ ৪৫ ⅧⅨ ½¼", "CamelCaseHTTPServer iPhone", "ÉCOLE école Éa ǅ ʰA", "漢字かなカナ々〇", "中文123英文abc", "한국어 텍스트", "हिन्दी में", "e\u0301 a\u0300\u0301b", "\u0301x \u0301",
    "😀😃 👩‍👩‍👧 x", "a\u200db", "(a+b)*c == d[0];", "path/to//file/\n", "...!?\n\n\nnext", "$100 €5 <tag> ~`", "a_b_c __init__",
    "\u00a0nbsp\u3000wide", "a\u180eb", "a\u0085b", "\x01\x02 c", "\ue000\ue001", "‘quoted’ “text”…", "1234567 12abc 1234 .5", "   12", "x  1", "ß ẞ ſs", "שלום עולם", "", "\r\r\n \r",
    "ΑΒΓ αβγ ΑβΓ", "A1B2", "don’t", "#hash @user", ".com -x", "東京2024年",
]


def isolated(patterns, text):
    splits = [pre_tokenizers.Split(Regex(p), "isolated") for p in patterns]
    return [piece for piece, _ in pre_tokenizers.Sequence(splits).pre_tokenize_str(text)]


def main():
    cases = [
        {"name": name, "regex": None, "pieces": [isolated(patterns, text) for text in TEXTS]}
        for name, patterns in PATTERNS.items()
    ]
    cases += [
        {"name": None, "regex": CL100K, "pieces": [regex.findall(CL100K, text) for text in TEXTS]},
    ]
    TARGET.write_text(json.dumps({"texts": TEXTS, "cases": cases}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
