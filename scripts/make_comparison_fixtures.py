"""Numbers for comparisons of two runs: exact McNemar tests by SciPy, paired bootstrap intervals by NumPy.

    pip install scipy numpy
    python scripts/make_comparison_fixtures.py Tests/EvaluationTests/Fixtures
"""

import json
import pathlib
import sys

import numpy
from scipy.stats import binomtest


def interval(first, second, samples=1000):
    generator = numpy.random.RandomState(0)
    values = []
    for _ in range(samples):
        drawn = generator.choice(len(first), size=len(first))
        values.append(numpy.mean(second[drawn]) - numpy.mean(first[drawn]))
    return [float(value) for value in numpy.percentile(values, [2.5, 97.5])]


def main():
    tests = [[a, b, float(binomtest(a, a + b, 0.5).pvalue) if a + b else 1.0]
             for a, b in [(0, 0), (3, 3), (1, 3), (0, 5), (10, 2), (12, 25), (200, 260), (1500, 1400), (2000, 3000)]]
    generator = numpy.random.default_rng(3)
    pairs = []
    for count in (7, 40):
        first = generator.integers(0, 2, count).astype(float)
        second = numpy.where(generator.random(count) < 0.3, 1 - first, first)
        pairs.append((first, second))
    pairs.append((generator.normal(size=25), generator.normal(0.3, 1, size=25)))
    bootstrap = [{"first": a.tolist(), "second": b.tolist(), "interval": interval(a, b)} for a, b in pairs]
    path = pathlib.Path(sys.argv[1]) / "comparison.json"
    path.write_text(json.dumps({"mcnemar": tests, "bootstrap": bootstrap}) + "\n")


main()
