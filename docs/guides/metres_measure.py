"""Measure how wrong metres from a few known distances are: on photographs whose every distance was measured.

    python docs/guides/metres_measure.py PAIRS [MODEL]

PAIRS is a folder with pairs.json (docs/reference/datasets.md). Points are drawn at random, 60 times a photograph and
number of points, until the farthest is 1.5 times as far as the nearest; each distance gets a measuring error of 2 %
(standard deviation). The error of a map is that of all its pixels: mean |metres - true| / true.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import nearfar
from nearfar import calibrate
from nearfar.errors import OptionError
from nearfar.evaluate.datasets import open_dataset
from nearfar.evaluate.sample import GroundTruth
from nearfar.models.schema import Kind

TRIALS, LEAST_RATIO, MEASURING_ERROR = 60, 1.5, 0.02


def drawn(
    truth: GroundTruth, count: int, random: np.random.Generator, *, is_one_wrong: bool
) -> list[tuple[float, float, float]]:
    """Return points as a user would measure them: (x, y, metres)."""
    rows, columns = np.nonzero(truth.valid)
    while True:
        chosen = random.choice(rows.size, count, replace=False)
        values = truth.values[rows[chosen], columns[chosen]].astype(float)
        metres = 1 / values if truth.kind is Kind.DISPARITY else values
        if metres.max() >= LEAST_RATIO * metres.min():
            break
    metres = metres * np.exp(random.normal(0, MEASURING_ERROR, count))
    if is_one_wrong:
        metres[random.integers(count)] *= random.choice([0.4, 2.5])
    return list(zip(columns[chosen].tolist(), rows[chosen].tolist(), metres.tolist(), strict=True))


def errors(
    disparity: nearfar.Disparity, truth: GroundTruth, count: int, random: np.random.Generator, *, is_one_wrong: bool
) -> Iterator[float | None]:
    """Yield the error of each trial's map; None where the points were refused."""
    true = truth.values[truth.valid].astype(float)
    true = 1 / true if truth.kind is Kind.DISPARITY else true
    for _ in range(TRIALS):
        try:
            found = calibrate(disparity, drawn(truth, count, random, is_one_wrong=is_one_wrong))
        except OptionError:
            yield None
            continue
        yield float(np.mean(np.abs(found.depth.values[truth.valid] - true) / true))


def main() -> None:
    """Measure, and print a row a number of points."""
    estimator = nearfar.load(sys.argv[2] if len(sys.argv) > 2 else "auto")
    pairs = []
    for sample in open_dataset("pairs", Path(sys.argv[1])).samples:
        disparity = estimator.estimate(sample.read_picture())
        if not isinstance(disparity, nearfar.Disparity):
            raise TypeError(f"{estimator.card.id} gives metres: there is nothing to calibrate")
        pairs.append((disparity, sample.read_truth()))
    for is_one_wrong in (False, True):
        for count in (2, 3, 4, 5, 8, 20)[2 if is_one_wrong else 0 :]:
            random = np.random.default_rng(0)
            found = [
                error
                for disparity, truth in pairs
                for error in errors(disparity, truth, count, random, is_one_wrong=is_one_wrong)
            ]
            kept = [error for error in found if error is not None]
            middle, worst = (100 * float(share) for share in np.quantile(kept, (0.5, 0.9)))
            refused = 100 * (1 - len(kept) / len(found))
            one_wrong = ", one of them wrong by 2.5 times" if is_one_wrong else ""
            sys.stdout.write(
                f"{count:3} points{one_wrong}: error {middle:4.0f} % (a tenth over {worst:4.0f} %), "
                f"refused {refused:3.0f} %\n"
            )


if __name__ == "__main__":
    main()
