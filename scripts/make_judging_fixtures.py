"""Numbers for judged pairs and arenas by scikit-learn and pandas: ratings as FastChat fits them, and win rates without the share of length.

    pip install scikit-learn pandas numpy
    python scripts/make_judging_fixtures.py Tests/EvaluationTests/Fixtures
"""

import json
import math
import pathlib
import random
import sys

import numpy
import pandas
from sklearn.linear_model import LogisticRegression


def fit(rows, targets, strength):
    """A tie counts as half a win and half a defeat."""
    rows, targets = numpy.array(rows), numpy.array(targets)
    model = LogisticRegression(fit_intercept=False, C=strength, solver="newton-cg", tol=1e-12, max_iter=10_000)
    model.fit(numpy.vstack([rows, rows]), numpy.repeat([1, 0], len(rows)),
              sample_weight=numpy.concatenate([targets, 1 - targets]))
    return model.coef_[0]


def main():
    generator = random.Random(5)
    strengths = {"alpha": 0.0, "beta": 0.7, "gamma": -0.4, "delta": 1.1}
    names = sorted(strengths)
    votes = []
    for _ in range(400):
        first, second = generator.sample(names, 2)
        chance = 1 / (1 + math.exp(strengths[second] - strengths[first]))
        draw = generator.random()
        winner = "tie" if draw < 0.15 else "tie (bothbad)" if draw < 0.2 else "model_a" if generator.random() < chance else "model_b"
        votes.append({"model_a": first, "model_b": second, "winner": winner})
    value = {"model_a": 1.0, "model_b": 0.0}
    rows = [[math.log(10) * ((n == v["model_a"]) - (n == v["model_b"])) for n in names] for v in votes]
    # Next to no penalty, as FastChat fits them; only differences are determined then.
    ratings = 400 * fit(rows, [value.get(v["winner"], 0.5) for v in votes], 1e12)

    pairs = []
    for _ in range(60):
        lengths = [generator.randint(20, 900), generator.randint(20, 900)]
        chance = 1 / (1 + math.exp(-0.4 - (lengths[0] - lengths[1]) / 300))
        pairs.append({"lengths": lengths, "score": generator.choice([0.5, 1.0, 1.0]) if generator.random() < chance else 0.0})
    gaps = pandas.Series([p["lengths"][0] - p["lengths"][1] for p in pairs])
    features = numpy.column_stack([numpy.ones(len(pairs)), numpy.tanh(gaps / gaps.std())])
    weights = fit(features, [p["score"] for p in pairs], 100)
    # All wins: without the penalty there would be no finite weights.
    separable = fit([[1, 0.5], [1, -0.2], [1, 0.1]], [1, 1, 1], 100)
    output = {
        "votes": votes, "ratings": {n: float(r - ratings.mean()) for n, r in zip(names, ratings)},
        "pairs": pairs, "weights": weights.tolist(), "length_controlled": float(1 / (1 + math.exp(-weights[0]))),
        "separable": separable.tolist(),
    }
    (pathlib.Path(sys.argv[1]) / "judging.json").write_text(json.dumps(output) + "\n")


main()
