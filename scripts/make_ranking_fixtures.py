"""Numbers of ranx, pytrec_eval, scikit-learn, scipy and Python's own random, to compare with.

    pip install ranx pytrec-eval-terrier scikit-learn scipy numpy
    python scripts/make_ranking_fixtures.py Tests/EvaluationTests/Fixtures
"""

import json
import math
import pathlib
import random
import sys

import numpy
import pytrec_eval
import ranx
import scipy.optimize
import scipy.stats
import sklearn.metrics

generator = random.Random(3)
judgments, run = {}, {}
for query in range(40):
    documents = [f"d{n}" for n in generator.sample(range(60), 30)]
    judgments[f"q{query}"] = {d: generator.choice([0, 0, 0, 1, 2, 3]) for d in generator.sample(documents, 8)}
    judgments[f"q{query}"]["d999"] = 1
    run[f"q{query}"] = {d: generator.choice([0.1, 0.2, 0.5]) if query % 4 == 0 else generator.random() for d in documents}
measures = {"ndcg", "ndcg_cut_5", "ndcg_cut_10", "recip_rank", "recall_5", "recall_10", "map", "map_cut_10", "P_5", "success_5"}
trec = pytrec_eval.RelevanceEvaluator(judgments, measures).evaluate(run)
# ranx ranks equal scores in an order of its own, so it is asked only where there are none.
plain = {q for q in run if int(q[1:]) % 4}
names = ["ndcg", "ndcg@5", "mrr", "recall@5", "map", "map@10", "precision@5", "hit_rate@5"]
by_ranx = ranx.evaluate(ranx.Qrels({q: judgments[q] for q in plain}), ranx.Run({q: run[q] for q in plain}), names)

labels = [generator.choice("abc") for _ in range(200)]
guesses = [label if generator.random() < 0.6 else generator.choice("abcd") for label in labels]
scores = [generator.choice([1.0, 2.0, 3.0, 3.5]) for _ in range(100)]
others = [score + generator.gauss(0, 1) for score in scores]
homogeneity, completeness, v_measure = sklearn.metrics.homogeneity_completeness_v_measure(labels, guesses)

players = ["alpha", "beta", "gamma", "delta", "winner"]
battles = []
for _ in range(300):
    first, second = generator.sample(players, 2)
    outcome = generator.choice(["first", "second", "tie"])
    if first == "winner":
        outcome = "first"
    if second == "winner":
        outcome = "second"
    battles.append([first, second, outcome])
value = {"first": 1.0, "second": 0.0, "tie": 0.5}
elo = {}
for first, second, outcome in battles:
    a, b = elo.get(first, 1000), elo.get(second, 1000)
    expected = 1 / (1 + 10 ** ((b - a) / 400))
    elo[first], elo[second] = a + 4 * (value[outcome] - expected), b - 4 * (value[outcome] - expected)


def loss(ratings):
    total = 0
    for first, second, outcome in battles:
        gap = ratings[players.index(first)] - ratings[players.index(second)]
        total += value[outcome] * numpy.logaddexp(0, -gap) + (1 - value[outcome]) * numpy.logaddexp(0, gap)
    return total + sum(0.05 * numpy.logaddexp(0, -r) + 0.05 * numpy.logaddexp(0, r) for r in ratings)


best = scipy.optimize.minimize(
    loss, numpy.zeros(len(players)), method="Nelder-Mead",
    options={"xatol": 1e-9, "fatol": 1e-13, "maxiter": 200000, "maxfev": 200000, "adaptive": True}).x
best = scipy.optimize.minimize(loss, best, method="Powell", options={"xtol": 1e-12, "ftol": 1e-15}).x
terry = {p: 1000 + 400 * r / math.log(10) for p, r in zip(players, best)}

probabilities = [generator.random() for _ in range(100)]
outcomes = [int(generator.random() < p) for p in probabilities]
numpy.random.seed(11)
draws = {
    "sample": [[seed, n, k, random.Random(seed).sample(range(n), k)] for seed, n, k in
               [(1234, 100, 5), (1234, 20, 5), (0, 21, 3), (7, 1000, 25), (42, 12, 12), (-5, 50, 6), (2**40, 300, 4)]],
    "random": [random.Random(1234).random() for _ in range(1)],
    "choices": random.Random(9).choices(range(17), k=20),
    "shuffle": (lambda l: (random.Random(5).shuffle(l), l)[1])(list(range(30))),
    "numpy": [int(x) for x in numpy.random.choice(numpy.arange(37), size=40)],
}
output = {
    "judgments": judgments, "run": run, "trec": {m: sum(q[m] for q in trec.values()) / len(trec) for m in measures},
    "ranx": {k: float(v) for k, v in by_ranx.items()}, "labels": labels, "guesses": guesses,
    "accuracy": sklearn.metrics.accuracy_score(labels, guesses),
    "macro_f1": sklearn.metrics.f1_score(labels, guesses, average="macro"),
    "weighted_f1": sklearn.metrics.f1_score(labels, guesses, average="weighted"),
    "mcc": sklearn.metrics.matthews_corrcoef(labels, guesses), "kappa": sklearn.metrics.cohen_kappa_score(labels, guesses),
    "v": [homogeneity, completeness, v_measure], "scores": scores, "others": others,
    "pearson": scipy.stats.pearsonr(scores, others).statistic, "spearman": scipy.stats.spearmanr(scores, others).statistic,
    "battles": battles, "elo": elo, "bradley_terry": terry, "probabilities": probabilities, "outcomes": outcomes,
    "brier": sklearn.metrics.brier_score_loss(outcomes, probabilities), "draws": draws,
    "pass": [[n, c, k, 1.0 if n - c < k else 1.0 - float(numpy.prod(1.0 - k / numpy.arange(n - c + 1, n + 1)))]
             for n, c, k in [(10, 3, 1), (10, 3, 5), (10, 0, 10), (200, 7, 100), (5, 5, 5), (5, 4, 2)]],
}
(pathlib.Path(sys.argv[1]) / "ranking.json").write_text(json.dumps(output))
