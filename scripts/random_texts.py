"""Random texts that are hard on tokenizers: scripts, marks, emoji, spaces, numbers, code, special tokens."""

import random

WORDS = """The quick brown fox can't won't I'LL we've HELLO don't 3.14159 1234567 0x1F x86_64 camelCase snake_case
http://example.org/a?b=c foo@bar.com naïve café Ångström straße ΑΒΓ Ελλάδα Привет мир שלום العربية हिन्दी ไทย
한국어 日本語 テスト 中文字符 ﬁne ½ ² ① Ⅷ № ™ 👩‍👩‍👧 🇩🇪 🤷🏽‍♂️ e\u0301 a\u0308\u0323 İstanbul ǅ ß \u00ad \u200b \ufeff
def return self for(int i=0;i<10;++i){} <|x|> </s> [MASK] ##ing ▁ Ġ don\u2019t """.split(" ")
SPACES = [" ", "  ", "   ", "\n", "\n\n", "\t", "\r\n", " \n ", "\u00a0", "\u3000", "\u2003", "", "", " " * 9]
RANGES = [
    (0x20, 0x7F), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x3FF), (0x400, 0x4FF), (0x590, 0x6FF), (0x900, 0x97F),
    (0xE00, 0xE7F), (0x1100, 0x11FF), (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x20A0, 0x2BFF), (0x3000, 0x30FF),
    (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFB00, 0xFFEF), (0x1F300, 0x1FAFF), (0x20000, 0x2A6DF),
]


def random_texts(count, special=(), seed=0):
    """`count` texts, the same for the same arguments; some contain members of `special`."""
    generator = random.Random(seed)
    special = list(special)[:64]
    texts = []
    for _ in range(count):
        parts = []
        for _ in range(generator.randrange(0, 12)):
            kind = generator.random()
            if kind < 0.5:
                parts.append(generator.choice(WORDS).strip("\n"))
            elif kind < 0.75:
                first, last = generator.choice(RANGES)
                parts.append("".join(chr(generator.randint(first, last)) for _ in range(generator.randrange(1, 6))))
            elif kind < 0.8 and special:
                parts.append(generator.choice(special))
            elif kind < 0.9:
                parts.append(str(generator.randrange(10 ** generator.randrange(1, 9))))
            else:
                parts.append(chr(generator.randrange(0x20)) * generator.randrange(1, 3))
            parts.append(generator.choice(SPACES))
        texts.append("".join(parts).encode("utf-8", "ignore").decode())
    return texts
