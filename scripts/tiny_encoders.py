"""Tiny tokenizers and bases of the fixtures of sentence encoders and rerankers."""

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast


def word_pieces(**options):
    letters = sorted(set("abcdefghijklmnopqrstuvwxyz,!?"))
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *("##" + letter for letter in letters)]
    pieces += ["the", "king", "queen", "man", "woman", "land", "##s", "sea", "rule", "and", "river", "sing", "no"]
    pieces = list(dict.fromkeys(pieces))
    tokenizer = Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]", model_max_length=40, **options)


def byte_pairs(template=True, more=(), merges=()):
    """`more` special tokens, and `merges` after the usual ones."""
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *more]
    merges = [("t", "h"), ("th", "e"), ("Ġ", "the"), ("i", "n"), ("in", "g"), ("a", "n"), ("k", "ing"), *merges]
    pieces = special + sorted(pre_tokenizers.ByteLevel.alphabet()) + [a + b for a, b in merges]
    tokenizer = Tokenizer(models.BPE({piece: i for i, piece in enumerate(pieces)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    if template:
        tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    else:
        tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 2)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", pad_token="<pad>", bos_token="<s>", eos_token="</s>",
        cls_token="<s>", sep_token="</s>", mask_token="<mask>", model_max_length=38, additional_special_tokens=list(more))


def configuration(kind, tokenizer, **more):
    sizes = {
        "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24,
        "vocab_size": len(tokenizer), "max_position_embeddings": 40, "pad_token_id": tokenizer.pad_token_id,
    }
    if kind is transformers.DistilBertConfig:
        sizes = {
            "dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 24, "vocab_size": len(tokenizer),
            "max_position_embeddings": 40, "pad_token_id": tokenizer.pad_token_id,
        }
    return kind(**sizes, initializer_range=0.4, **more)


def clean(folder):
    for name in ("README.md", "training_args.bin"):
        (folder / name).unlink(missing_ok=True)


def make_base(folder, model, tokenizer):
    torch.manual_seed(11)
    model = model()
    for name, parameter in model.named_parameters():
        if parameter.ndim == 1:
            parameter.copy_(parameter + 0.1 * torch.randn_like(parameter))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
