"""DA-2K's score: how many pairs of points are put in the right order, strictly and with a control.

In every published annotation the first point is the nearer one, so whoever always answers "the first" is right about
all of them. Each pair is therefore asked twice, the second time with its points exchanged, and an answer counts only if
it is right both times. What is a tie is neither point, and so never right.

Source: Depth Anything V2 (arXiv 2406.09414), section 6, for the benchmark; its authors have published no scoring code.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from nearfar.arrays import require_map
from nearfar.errors import DataError
from nearfar.evaluate.sample import Nearer, PointPair
from nearfar.models.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from nearfar.evaluate.sample import Point
    from nearfar.evaluate.score import Prediction


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Counts of the answers to pairs of points; tallies can be added.

    Attributes:
        pairs: How many pairs were asked.
        right: How many were right both times: the score.
        asked: How many were right as they were asked.
        swapped: How many were right with their points exchanged: the control.
        tied: How many had no answer, because the two points are equally near.
    """

    pairs: int = 0
    right: int = 0
    asked: int = 0
    swapped: int = 0
    tied: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            pairs=self.pairs + other.pairs,
            right=self.right + other.right,
            asked=self.asked + other.asked,
            swapped=self.swapped + other.swapped,
            tied=self.tied + other.tied,
        )

    @property
    def accuracy(self) -> float:
        """The share of pairs that were right both times, 0 to 1.

        Raises:
            DataError: There are no pairs.
        """
        if not self.pairs:
            raise DataError("DA-2K: there is no accuracy of no pairs")
        return self.right / self.pairs

    def figures(self) -> dict[str, float]:
        """Return the counts, as the figures of a result."""
        return {name: float(count) for name, count in asdict(self).items()}


def score_pairs(prediction: Prediction, pairs: Sequence[PointPair]) -> Tally:
    """Return how a map orders the pairs of its photograph.

    Raises:
        ArrayError: The map is not finite.
        DataError: A point lies outside the map: it is not of the photograph's size, or the annotations are not of this
            photograph.
    """
    height, width = require_map(prediction.values, what="the prediction").shape
    for pair in pairs:
        for row, column in (pair.point1, pair.point2):
            if not (row < height and column < width):
                raise DataError(
                    f"{pair.image}: point [{row}, {column}] lies outside the map of {width}×{height}; "
                    "the map must be of the photograph's size"
                )
    return score_answers(order_by_map(prediction), pairs)


def order_by_map(prediction: Prediction) -> Callable[[Point, Point], Nearer]:
    """Return a function that orders points by a map of their photograph's size; equal values are a tie.

    Example:
        >>> import numpy as np
        >>> from nearfar.evaluate.score import Prediction
        >>> order = order_by_map(Prediction(values=np.array([[1, 2, 2]], np.float32), kind=Kind.DISPARITY))
        >>> [str(order((0, 0), (0, 1))), str(order((0, 1), (0, 0))), str(order((0, 1), (0, 2)))]
        ['point2', 'point1', 'tie']
    """
    nearness = prediction.values if prediction.kind is Kind.DISPARITY else -prediction.values

    def order(first: Point, second: Point) -> Nearer:
        if nearness[first] == nearness[second]:
            return Nearer.TIE
        return Nearer.FIRST if nearness[first] > nearness[second] else Nearer.SECOND

    return order


def score_answers(order: Callable[[Point, Point], Nearer], pairs: Iterable[PointPair]) -> Tally:
    """Return how pairs are answered, each asked twice.

    Args:
        order: Returns which of two points is nearer; ``order_by_map`` makes one of a map.
        pairs: The pairs.

    Example:
        >>> pair = PointPair(image="images/indoor/a.jpg", point1=(0, 0), point2=(0, 1), closer=Nearer.FIRST)
        >>> constant = score_answers(lambda first, second: Nearer.FIRST, [pair])
        >>> constant.asked, constant.swapped, constant.accuracy
        (1, 0, 0.0)
    """
    tally = Tally()
    for pair in pairs:
        asked = order(pair.point1, pair.point2)
        swapped = order(pair.point2, pair.point1).opposite
        right = (asked == pair.closer, swapped == pair.closer)
        tied = Nearer.TIE in (asked, swapped)
        tally += Tally(pairs=1, right=all(right), asked=right[0], swapped=right[1], tied=tied)
    return tally
