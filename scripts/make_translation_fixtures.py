"""Makes Tests/InferenceTests/Fixtures/translation: tiny random translators with their tokenizers, as folders on the Hub are.

Run: python scripts/make_translation_fixtures.py   (transformers 5.24, sentencepiece 0.2, torch 2.13)

Each folder is a whole checkpoint; expected.json beside it has, for some texts and pairs of languages, the ids that the
reference's tokenizer makes of the source text, those that the model answers greedily, and those that beam search finds.
"""

import io
import json
import pathlib
import shutil
import sys

import sentencepiece
import torch
import transformers as t

FOLDER = pathlib.Path(__file__).parent.parent / "Tests/InferenceTests/Fixtures/translation"
CORPUS = [
    "The house is wonderful and the garden is large.", "Das Haus ist wunderbar, und der Garten ist groß.",
    "La maison est merveilleuse et le jardin est grand.", "She sells sea shells by the sea shore.",
    "Wer anderen eine Grube gräbt, fällt selbst hinein.", "Ein Satz mit x, das war wohl nix.",
    "It was the best of times, it was the worst of times.", "Il n'y a pas de fumée sans feu.",
    "The quick brown fox jumps over the lazy dog 1234567890 times!", "Fische, Frösche und Füchse; Äpfel & Öl?",
] * 3
TEXTS = ["The house is wonderful.", "  two  spaces, a Ω and 12 more", "le jardin", "Frösche über Füchse"]
SIZES = dict(d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4, decoder_attention_heads=4,
             encoder_ffn_dim=36, decoder_ffn_dim=36, max_position_embeddings=128)


def pieces(path, kind, size=160):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS), model_writer=model, vocab_size=size, model_type=kind, character_coverage=1.0,
        hard_vocab_limit=False, minloglevel=2)
    path.write_bytes(model.getvalue())
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    return [processor.IdToPiece(i) for i in range(processor.GetPieceSize())]


def marian(folder):
    source = pieces(folder / "source.spm", "unigram")
    target = pieces(folder / "target.spm", "unigram", 120)
    names = ["</s>", "<unk>", ">>deu<<", ">>fra<<"] + sorted((set(source[3:]) | set(target[3:]))) + ["<pad>"]
    # A piece without a number is unknown wherever it is found.
    (folder / "vocab.json").write_text(json.dumps({name: i for i, name in enumerate(names)}))
    (folder / "tokenizer_config.json").write_text(json.dumps(dict(
        tokenizer_class="MarianTokenizer", source_lang="en", target_lang="gmw", model_max_length=512)))
    pad = len(names) - 1
    config = t.MarianConfig(**SIZES, vocab_size=len(names), pad_token_id=pad, eos_token_id=0, decoder_start_token_id=pad,
                            forced_eos_token_id=None, scale_embedding=True, activation_function="swish")
    return config, t.MarianTokenizer.from_pretrained(folder), [(None, "de"), (None, "fr")]


def m2m_100(folder):
    names = ["<s>", "<pad>", "</s>", "<unk>"] + pieces(folder / "sentencepiece.bpe.model", "bpe")[3:]
    (folder / "vocab.json").write_text(json.dumps({name: i for i, name in enumerate(names)}))
    tokenizer = t.M2M100Tokenizer(folder / "vocab.json", folder / "sentencepiece.bpe.model")
    languages = sorted(tokenizer.lang_token_to_id, key=tokenizer.lang_token_to_id.get)
    (folder / "special_tokens_map.json").write_text(json.dumps(dict(
        bos_token="<s>", eos_token="</s>", pad_token="<pad>", unk_token="<unk>", additional_special_tokens=languages)))
    config = t.M2M100Config(**SIZES, vocab_size=len(names) + len(languages) + 8, pad_token_id=1, eos_token_id=2,
                            bos_token_id=0, decoder_start_token_id=2, forced_eos_token_id=None, scale_embedding=True)
    return config, tokenizer, [("en", "de"), ("fr", "en")]


def t5(folder):
    names = pieces(folder / "spiece.model", "unigram")
    config = t.T5Config(vocab_size=len(names), d_model=32, d_kv=8, d_ff=40, num_layers=2, num_heads=4, pad_token_id=0,
                        eos_token_id=2, decoder_start_token_id=0, task_specific_params=dict(
                            translation_en_to_de=dict(prefix="translate English to German: ")))
    return config, sentencepiece.SentencePieceProcessor(model_file=str(folder / "spiece.model")), [("en", "de"), ("en", "fr")]


def source_ids(name, tokenizer, text, pair):
    source, target = pair
    if name == "marian":
        return tokenizer({"de": ">>deu<<", "fr": ">>fra<<"}[target] + text).input_ids
    if name == "m2m_100":
        tokenizer.src_lang = source
        return tokenizer(text).input_ids
    language = {"de": "German", "fr": "French"}[target]
    return tokenizer.encode(f"translate English to {language}: {text}") + [2]


def make(name):
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    config, tokenizer, pairs = globals()[name](folder)
    torch.manual_seed(len(name))
    model = t.AutoModelForSeq2SeqLM.from_config(config, dtype=torch.float32, attn_implementation="eager").eval()
    for key, value in model.named_parameters():
        value.copy_((value if value.dim() == 1 else 0) + torch.randn_like(value) * 0.3)
        if "embed_positions" in key:
            value.copy_(model.get_submodule(key[:-len(".weight")]).create_weight())
    model.generation_config.update(forced_eos_token_id=None, max_length=None)
    model.save_pretrained(folder)
    cases = []
    for pair in pairs:
        for text in TEXTS:
            ids = source_ids(name, tokenizer, text, pair)
            forced = dict(forced_bos_token_id=tokenizer.get_lang_id(pair[1])) if name == "m2m_100" else {}
            # The engine stops where an answer ends; here it says so many tokens at the most.
            answer = model.generate(torch.tensor([ids]), num_beams=1, do_sample=False, max_new_tokens=12, **forced)[0].tolist()
            best = model.generate(torch.tensor([ids]), num_beams=3, do_sample=False, max_new_tokens=8, **forced)[0].tolist()
            cases.append(dict(source=pair[0], target=pair[1], text=text, ids=ids, answer=answer, best=best))
    (folder / "expected.json").write_text(json.dumps(dict(cases=cases)) + "\n")
    print(name, cases[0])


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    for name in sys.argv[1:] or ["marian", "m2m_100", "t5"]:
        make(name)
