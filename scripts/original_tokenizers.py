"""The tokenizers that models were trained with, put together from a GGUF vocabulary.

llama.cpp departs from a few of them; for those `dump_gguf_vocabularies.py` writes the original's tokens, which count.
"""

import functools
import re

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors


def original(path, vocabulary):
    """For a file whose original is known a function from text to its tokens with and without special tokens (None for
    either where the original says nothing), else None: llama.cpp is held to be right."""
    makers = {"ggml-vocab-bert-bge": bert, "ggml-vocab-phi-3": llama, "ggml-vocab-deepseek-llm": deepseek}
    if make := makers.get(path.stem):
        whole, plain = make(vocabulary, (3, 4)), make(vocabulary, (4,))
        return lambda text: (whole.encode(text).ids, plain.encode(text, add_special_tokens=False).ids)
    if vocabulary["model"] == "rwkv":
        return lambda text: (None, longest_matches(vocabulary["tokens"], text.encode()))
    if path.with_suffix(".model").exists():
        return unigram(path.with_suffix(".model"), vocabulary)
    return None


def unigram(model, vocabulary):
    """SentencePiece's normalization and, with its sums of 64 bits, the model of the `tokenizers` library."""
    from sentencepiece import SentencePieceProcessor

    library = SentencePieceProcessor(model_file=str(model))
    texts = []
    for id, (piece, score, kind) in enumerate(zip(*(vocabulary[key] for key in ["tokens", "scores", "types"]))):
        texts.append((piece if kind in (1, 4) else f"\uffff{id}", 0 if kind == 4 else score))
    unigram = Tokenizer(models.Unigram(texts, unk_id=vocabulary["unknown"]))
    ids = {piece: id for id, piece in enumerate(vocabulary["tokens"])}

    def encode(text, kinds):
        """The stretches between pieces of these kinds are texts of their own."""
        special = [piece for piece, kind in zip(vocabulary["tokens"], vocabulary["types"]) if kind in kinds]
        pattern = "|".join(map(re.escape, sorted(special, key=len, reverse=True)))
        found = []
        for part in re.split(f"({pattern})", text) if special else [text]:
            found += [ids[part]] if part in special else unigram.encode(library.normalize(part)).ids
        return found

    def both(text):
        return encode(text, (2, 3, 4)) + [library.eos_id()], encode(text, (4,))

    return both


def longest_matches(tokens, text):
    """RWKV's definition of a text's tokens; the first piece stands for the end of a text and is no text."""
    ids = pieces_of(tuple(tokens))
    longest = max(map(len, ids))
    found = []
    while text:
        length = next(length for length in range(min(longest, len(text)), 0, -1) if text[:length] in ids)
        found.append(ids[text[:length]])
        text = text[length:]
    return found


@functools.cache
def pieces_of(tokens):
    def unescape(token):
        return token.encode("latin-1").decode("unicode_escape").encode("latin-1")

    return {unescape(token): id for id, token in enumerate(tokens) if id > 0}


def add(tokenizer, vocabulary, kinds, strip=False):
    """Adds the pieces of these kinds: 3 control, 4 user-defined."""
    for piece, kind in zip(vocabulary["tokens"], vocabulary["types"]):
        # Where special tokens are unwanted, an end of the text is, too, whatever kind it is said to be.
        if (kind in kinds and (piece != "</s>" or 3 in kinds)) or (piece == "<unk>" and 3 in kinds):
            right = strip and piece not in ("<unk>", "<s>", "<|endoftext|>")
            token = AddedToken(piece, rstrip=right, normalized=False, special=kind == 3)
            tokenizer.add_special_tokens([token]) if kind == 3 else tokenizer.add_tokens([token])


def bert(vocabulary, kinds):
    pieces = {}
    for id, piece in enumerate(vocabulary["tokens"]):
        # Files write words with a visible space and their continuations without signs.
        special = piece.startswith("[") and piece.endswith("]") and len(piece) > 2
        pieces[piece if special else piece[1:] if piece.startswith("▁") else "##" + piece] = id
    tokenizer = Tokenizer(models.WordPiece(pieces, unk_token="[UNK]", max_input_chars_per_word=10**6))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    if 3 in kinds:
        tokenizer.add_special_tokens(["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"])
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", pieces["[SEP]"]), ("[CLS]", pieces["[CLS]"]))
    return tokenizer


def llama(vocabulary, kinds):
    pieces = {piece: id for id, piece in enumerate(vocabulary["tokens"])}
    scores = vocabulary["scores"]
    merges = []
    for piece, id in pieces.items():
        parts = [(piece[:i], piece[i:]) for i in range(1, len(piece))]
        known = [(left, right) for left, right in parts if left in pieces and right in pieces]
        merges += [(left, right, id) for left, right in sorted(known, key=lambda p: (pieces[p[0]], pieces[p[1]]))]
    merges = [(left, right) for left, right, id in sorted(merges, key=lambda merge: -scores[merge[2]])]
    tokenizer = Tokenizer(models.BPE(pieces, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A", special_tokens=[("<s>", pieces["<s>"])])
    tokenizer.decoder = decoders.Fuse()
    add(tokenizer, vocabulary, kinds, strip=True)
    return tokenizer


DEEPSEEK_LETTERS = (
    r"[A-Za-z\x{B5}\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{1BA}\x{1BC}-\x{1BF}\x{1C4}-\x{293}\x{295}-\x{2AF}"
    r"\x{370}-\x{373}\x{376}\x{377}\x{37B}-\x{37D}\x{37F}\x{386}\x{388}-\x{38A}\x{38C}\x{38E}-\x{3A1}"
    r"\x{3A3}-\x{3F5}\x{3F7}-\x{481}\x{48A}-\x{52F}\x{531}-\x{556}\x{10A0}-\x{10C5}\x{13A0}-\x{13F5}"
    r"\x{13F8}-\x{13FD}\x{1C90}-\x{1CBA}\x{1CBD}-\x{1CBF}\x{1D00}-\x{1D2B}\x{1D6B}-\x{1D77}\x{1D79}-\x{1D9A}"
    r"\x{1E00}-\x{1F15}\x{1F18}-\x{1F1D}\x{1F20}-\x{1F45}\x{1F48}-\x{1F4D}\x{1F50}-\x{1F57}\x{1F59}\x{1F5B}"
    r"\x{1F5D}\x{1F5F}-\x{1F7D}\x{1F80}-\x{1FB4}\x{1FB6}-\x{1FBC}\x{1FBE}\x{1FC2}-\x{1FC4}\x{1FC6}-\x{1FCC}"
    r"\x{1FD0}-\x{1FD3}\x{1FD6}-\x{1FDB}\x{1FE0}-\x{1FEC}\x{1FF2}-\x{1FF4}\x{1FF6}-\x{1FFC}\x{2102}\x{2107}"
    r"\x{210A}-\x{2113}\x{2115}\x{2119}-\x{211D}\x{2124}\x{2126}\x{2128}\x{212A}-\x{212D}\x{212F}-\x{2134}\x{2139}"
    r"\x{213C}-\x{213F}\x{2145}-\x{2149}\x{214E}\x{2183}\x{2184}\x{2C00}-\x{2C7B}\x{2C7E}-\x{2CE4}"
    r"\x{2CEB}-\x{2CEE}\x{2CF2}\x{2CF3}\x{A640}-\x{A66D}\x{A680}-\x{A69B}\x{A722}-\x{A76F}\x{A771}-\x{A787}"
    r"\x{A78B}-\x{A78E}\x{AB70}-\x{ABBF}\x{FB00}-\x{FB06}\x{FB13}-\x{FB17}\x{FF21}-\x{FF3A}\x{FF41}-\x{FF5A}"
    r"\x{10400}-\x{1044F}\x{104B0}-\x{104D3}\x{104D8}-\x{104FB}\x{10C80}-\x{10CB2}\x{10CC0}-\x{10CF2}"
    r"\x{118A0}-\x{118DF}\x{1E900}-\x{1E943}]"
)


def deepseek(vocabulary, kinds):
    pieces = {piece: id for id, piece in enumerate(vocabulary["tokens"])}
    merges = [tuple(merge.split(" ")) for merge in vocabulary["merges"]]
    tokenizer = Tokenizer(models.BPE(pieces, merges))
    patterns = [
        "[\r\n]", r"\s?" + DEEPSEEK_LETTERS + "+",
        r"\s?[!-/:-~\x{FF01}-\x{FF0F}\x{FF1A}-\x{FF5E}\x{2018}-\x{201F}\x{3000}-\x{3002}]+",
        r"\s+$", r"[\x{4E00}-\x{9FA5}\x{800}-\x{4E00}\x{AC00}-\x{D7FF}]+",
    ]
    splits = [pre_tokenizers.Split(Regex(pattern), "isolated") for pattern in patterns]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        splits + [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    begin = vocabulary["tokens"][vocabulary["beginOfText"]]
    add(tokenizer, vocabulary, kinds)
    if vocabulary.get("addBeginOfText", False):
        tokenizer.post_processor = processors.TemplateProcessing(
            f"{begin} $A", special_tokens=[(begin, pieces[begin])]
        )
    return tokenizer
