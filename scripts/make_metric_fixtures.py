"""Scores of the text metrics' reference implementations on odd texts.

    pip install sacrebleu rouge-score nltk jiwer numpy
    python scripts/make_metric_fixtures.py Tests/EvaluationTests/Fixtures [--wordnet FOLDER]

Writes text_metrics.json. The small WordNet in Fixtures/wordnet is made here too, in WordNet's own format, and METEOR with
synonyms is scored over it; --wordnet takes scores over a full one instead, to a file that is not committed.
"""

import collections
import json
import logging
import math
import pathlib
import random
import re
import string
import sys

import jiwer
import nltk
import numpy
from nltk.corpus.reader.wordnet import WordNetCorpusReader
from nltk.stem.porter import PorterStemmer
from nltk.translate.meteor_score import meteor_score
from rouge_score import rouge_scorer, scoring
from sacrebleu.metrics import BLEU, CHRF, TER

logging.getLogger("sacrebleu").setLevel(logging.ERROR)

WORDS = (
    "the a of to and in is it on cat cats sat mat dog dogs running ran quickly relational conditional happily skies dying"
    " hopping hoped agreed feed controlling adoption argument enjoy flies died car automobile big large"
    " naïve café cafe\u0301 ÉCOLE Straße ΟΔΟΣ İstanbul 北京 大学 日本語 テスト ひらがな 한국어 привет мир עברית"
    " 1,000.50 3.14 2024-05-01 don't it's well-known e.g. U.S.A. (yes) \"quoted\" &quot;x&quot; &amp; a/b x=y $5 50% ½ Ⅷ"
    " emoji 😀👍🏽 zero\u200bwidth non\u00a0breaking ... , . ! ? ; : - – — “curly” 、 。 （全角） ！ ¿ 's John's"
).split(" ")


def text(generator, longest):
    words = [generator.choice(WORDS) for _ in range(generator.randint(0, longest))]
    return generator.choice([" ", " ", " ", "  ", "\t"]).join(words)


def edited(generator, source):
    words = source.split(" ")
    for _ in range(generator.randint(0, 6)):
        kind = generator.randrange(5)
        place = generator.randrange(len(words) + 1)
        if kind == 0:
            words.insert(place, generator.choice(WORDS))
        elif kind == 1 and words:
            del words[place % len(words)]
        elif kind == 2 and words:
            words[place % len(words)] = generator.choice(WORDS)
        elif kind == 3 and len(words) > 3:
            start = generator.randrange(len(words) - 2)
            piece = words[start : start + 3]
            del words[start : start + 3]
            place = generator.randrange(len(words) + 1)
            words[place:place] = piece
        elif words:
            words[place % len(words)] = words[place % len(words)].upper()
    return " ".join(words)


def segments(generator):
    cases = [
        ("yes", ["no"]), ("", [""]), ("", ["a b c"]), ("a b c", [""]), ("the the the the the", ["the cat", "the the"]),
        ("the cat sat on the mat .", ["the cat is on the mat ."]), (" \t ", ["a"]), ("A B C", ["a b c"]),
        ("first line\nsecond - line\n- third", ["first line\nsecond line third"]), ("a.b,c", ["a . b , c"]),
        ("b c d e f g a", ["a b c d e f g"]), ("x y z", ["a b c", "x y", "x y z w", ""]),
    ]
    for index in range(240):
        reference = text(generator, generator.choice([3, 8, 20, 45]))
        references = [reference] + [edited(generator, reference) for _ in range(generator.choice([0, 0, 1, 2]))]
        cases.append((edited(generator, reference) if index % 4 else text(generator, 12), references))
    return cases


def squad_words(answer):
    answer = "".join(c for c in answer.lower() if c not in set(string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", answer).split())


def squad_f1(answer, reference):
    mine, other = squad_words(answer).split(), squad_words(reference).split()
    if not mine or not other:
        return float(mine == other)
    common = sum((collections.Counter(mine) & collections.Counter(other)).values())
    if common == 0:
        return 0.0
    precision, recall = common / len(mine), common / len(other)
    return 2 * precision * recall / (precision + recall)


SETTINGS = {
    "bleu": lambda: BLEU(), "bleu-eff": lambda: BLEU(effective_order=True), "bleu-char": lambda: BLEU(tokenize="char"),
    "bleu-intl": lambda: BLEU(tokenize="intl"), "bleu-none": lambda: BLEU(tokenize="none"),
    "bleu-zh": lambda: BLEU(tokenize="zh"), "bleu-lc": lambda: BLEU(lowercase=True),
    "bleu-floor": lambda: BLEU(smooth_method="floor"), "bleu-addk": lambda: BLEU(smooth_method="add-k"),
    "bleu-nosmooth": lambda: BLEU(smooth_method="none"), "chrf": lambda: CHRF(), "chrf++": lambda: CHRF(word_order=2),
    "chrf-lc-space": lambda: CHRF(lowercase=True, whitespace=True), "chrf-eps": lambda: CHRF(eps_smoothing=True),
    "ter": lambda: TER(), "ter-norm": lambda: TER(normalized=True), "ter-nopunct": lambda: TER(no_punct=True),
    "ter-asian": lambda: TER(normalized=True, no_punct=True, asian_support=True), "ter-case": lambda: TER(case_sensitive=True),
}


def reader(folder):
    nltk.data.path.append(str(folder))
    # Numbers of other versions are not needed, and would be sought in nltk's own download.
    WordNetCorpusReader.map_wn = lambda self, *arguments: {}
    return WordNetCorpusReader(str(folder), None)


def wordnet(folder):
    """A WordNet of six sets: offsets are the places of the lines."""
    folder.mkdir(parents=True, exist_ok=True)
    sets = {
        "noun": [["car", "automobile", "motor_vehicle"], ["sky", "heaven"], ["man", "adult_male"]],
        "verb": [["agree", "concur"], ["run", "sprint", "run"]],
        "adj": [["big", "large"], ["galore(ip)"]],
        "adv": [["quickly", "fast"]],
    }
    letters = {"noun": "n", "verb": "v", "adj": "a", "adv": "r"}
    for part, groups in sets.items():
        data, index = "  1 A small WordNet for tests, in the format of wndb(5WN).\n", collections.defaultdict(list)
        for group in groups:
            offset = len(data.encode())
            words = " ".join(f"{word} 0" for word in group)
            data += f"{offset:08d} 03 {letters[part]} {len(group):02x} {words} 000 | a gloss\n"
            for word in dict.fromkeys(group):
                index[re.sub(r"\(.*", "", word).lower()].append(offset)
        lines = [
            f"{word} {letters[part]} {len(o)} 0 {len(o)} 0 " + " ".join(f"{x:08d}" for x in o) + "  "
            for word, o in sorted(index.items())
        ]
        (folder / f"data.{part}").write_text(data)
        (folder / f"index.{part}").write_text("  1 A small WordNet for tests.\n" + "\n".join(lines) + "\n")
        (folder / f"{part}.exc").write_text({"noun": "men man\nskies sky\n", "verb": "ran run\n"}.get(part, ""))
    (folder / "lexnames").write_text("".join(f"{n:02d}\tnoun.x\t1\n" for n in range(45)))
    return reader(folder)


class NoWordNet:
    def synsets(self, word):
        return []


def main():
    folder = pathlib.Path(sys.argv[1])
    full = sys.argv[sys.argv.index("--wordnet") + 1] if "--wordnet" in sys.argv else None
    generator = random.Random(7)
    cases = segments(generator)
    synonyms = reader(full) if full else wordnet(folder / "wordnet")
    metrics = {name: make() for name, make in SETTINGS.items()}
    stemmed = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL", "rougeLsum"], use_stemmer=True)
    plain = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL", "rougeLsum"])
    rows = []
    for hypothesis, references in cases:
        scores = {name: metric.sentence_score(hypothesis, references).score for name, metric in metrics.items()}
        for suffix, scorer in [("", plain), ("-stem", stemmed)]:
            lines = [t.replace(" . ", " .\n") for t in [hypothesis] + references]
            for name, score in scorer.score_multi(lines[1:], lines[0]).items():
                scores[name + suffix] = list(score)
        words = [t.split() for t in references]
        scores["meteor"] = meteor_score(words, hypothesis.split(), wordnet=NoWordNet())
        scores["meteor-wordnet"] = meteor_score(words, hypothesis.split(), wordnet=synonyms)
        scores["exact_match"] = max(float(squad_words(hypothesis) == squad_words(r)) for r in references)
        scores["f1"] = max(squad_f1(hypothesis, r) for r in references)
        if references[0].strip():
            wer = jiwer.process_words(references[0], hypothesis)
            cer = jiwer.process_characters(references[0], hypothesis)
            for name, out in [("wer", wer), ("cer", cer)]:
                scores[name] = [out.hits, out.substitutions, out.insertions, out.deletions]
            scores["wer-measures"] = [wer.wer, wer.mer, wer.wip, wer.wil]
        rows.append({"hypothesis": hypothesis, "references": references, "scores": scores})
    if full:
        pathlib.Path(sys.argv[-1] + ".full.json").write_text(json.dumps([[r["hypothesis"], r["references"], r["scores"]["meteor-wordnet"]] for r in rows]))
    pairs = [(h, r[:2]) for h, r in cases if len(r) > 1]
    hypotheses, streams = [h for h, _ in pairs], [list(s) for s in zip(*[r for _, r in pairs])]
    corpus = {"hypotheses": hypotheses, "references": streams, "scores": {}}
    for name, make in SETTINGS.items():
        metric = make()
        score = metric.corpus_score(hypotheses, streams)
        version = f"|version:{metric.get_signature().info['version']}"
        corpus["scores"][name] = [score.score, str(metric.get_signature()).replace(version, ""), score.name]
    numpy.random.seed(5)
    aggregator = scoring.BootstrapAggregator()
    for h, r in pairs:
        aggregator.add_scores({"rougeL": plain.score_multi(r, h)["rougeL"]})
    result = aggregator.aggregate()["rougeL"]
    corpus["rougeL-bootstrap"] = [list(result.low), list(result.mid), list(result.high)]
    ordinary = [h for h, _ in pairs][:40]
    bleu = BLEU(effective_order=True)
    corpus["self-bleu"] = numpy.mean(
        [bleu.sentence_score(h, ordinary[:i] + ordinary[i + 1 :]).score for i, h in enumerate(ordinary)])
    grams = collections.Counter(tuple(h.split()[i : i + 2]) for h in hypotheses for i in range(len(h.split()) - 1))
    total = sum(grams.values())
    corpus["distinct-2"] = len(grams) / total
    corpus["entropy-2"] = -sum(c / total * math.log(c / total) for c in grams.values())
    stemmer = PorterStemmer()
    vocabulary = sorted({w.lower() for w in WORDS} | set(
        "caresses ponies ties caress cats feed agreed plastered bled motoring sing conflated troubled sized hopping tanned"
        " falling hissing fizzed failing filing happy sky relational conditional rational valenci hesitanci digitizer"
        " conformabli radicalli differentli vileli analogousli vietnamization predication operator feudalism decisiveness"
        " hopefulness callousness formaliti sensitiviti sensibiliti triplicate formative formalize electriciti electrical"
        " hopeful goodness revival allowance inference airliner gyroscopic adjustable defensible irritant replacement"
        " adjustment dependent adoption homologou communism activate angulariti homologous effective bowdlerize probate rate"
        " cease controll roll dying lying news innings spied died enjoy yyyy syzygy oed ing eed geologi theologi hopefulli"
        " generally naturalli of is ab ied ies".split()))
    stems = [[w, stemmer.stem(w)] for w in vocabulary]
    output = {"segments": rows, "corpus": corpus, "stems": stems}
    (folder / "text_metrics.json").write_text(json.dumps(output, ensure_ascii=False))


main()
