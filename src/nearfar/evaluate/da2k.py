"""DA-2K's score: how many pairs of points are put in the right order, strictly and with a control.

In every published annotation the first point is the nearer one, so whoever always answers "the first" is right about
all of them. Each pair is therefore asked twice, the second time with its points exchanged, and an answer counts only if
it is right both times. What is a tie is neither point, and so never right.

Source: Depth Anything V2 (arXiv 2406.09414), section 6, for the benchmark; its authors have published no scoring code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nearfar.depth_map import Disparity
from nearfar.errors import DataError
from nearfar.evaluate.datasets.da2k import Annotation, Answer, Benchmark, Photograph, Point, read_da2k

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from nearfar.depth_map import DepthMap

__all__ = [
    "Annotation",
    "Answer",
    "Benchmark",
    "Photograph",
    "Point",
    "Score",
    "Tally",
    "from_map",
    "read_da2k",
    "score_answers",
    "score_da2k",
    "score_map",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How some pairs were answered. Tallies add up.

    Attributes:
        pairs: How many pairs were asked.
        right: How many were right both times: the score.
        asked: How many were right as they were asked.
        swapped: How many were right with their points exchanged: the control.
        tied: How many had no answer, because the two points were said to be equally near.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How well the pairs of a benchmark were answered.

    Attributes:
        scenes: The tally of each scene, in the order in which they were first met.
    """

    scenes: Mapping[str, Tally]

    @property
    def overall(self) -> Tally:
        """The tally of all pairs: the published figure is its accuracy, not the mean over scenes."""
        return sum(self.scenes.values(), Tally())


def from_map(prediction: DepthMap) -> Callable[[Point, Point], Answer]:
    """Return what answers by a map of a photograph's own size: strictly, so that equal values are a tie.

    Example:
        >>> import numpy as np
        >>> nearer = from_map(Disparity(values=np.array([[1.0, 2.0, 2.0]], np.float32)))
        >>> [str(nearer((0, 0), (0, 1))), str(nearer((0, 1), (0, 0))), str(nearer((0, 1), (0, 2)))]
        ['point2', 'point1', 'tie']
    """
    nearness = prediction.values if isinstance(prediction, Disparity) else -prediction.values

    def answer(first: Point, second: Point) -> Answer:
        if nearness[first] == nearness[second]:
            return Answer.TIE
        return Answer.FIRST if nearness[first] > nearness[second] else Answer.SECOND

    return answer


def score_map(prediction: DepthMap, photograph: Photograph) -> Tally:
    """Return how a map answers the pairs of its photograph.

    Raises:
        DataError: A point lies outside the map: it is not of the photograph's size, or the annotations are not of this
            photograph.
    """
    height, width = prediction.size_hw
    for annotation in photograph.annotations:
        for row, column in (annotation.point1, annotation.point2):
            if not (row < height and column < width):
                raise DataError(
                    f"{photograph.image}: point [{row}, {column}] lies outside the map of {width}×{height}; "
                    "the map must be of the photograph's size"
                )
    return score_answers(from_map(prediction), photograph.annotations)


def score_answers(answer: Callable[[Point, Point], Answer], annotations: Iterable[Annotation]) -> Tally:
    """Return how pairs are answered, each asked twice.

    Args:
        answer: Returns which of two points is nearer; ``from_map`` makes one of a map.
        annotations: The pairs.

    Example:
        >>> pair = Annotation(image="images/indoor/a.jpg", point1=(0, 0), point2=(0, 1), closer=Answer.FIRST)
        >>> constant = score_answers(lambda first, second: Answer.FIRST, [pair])
        >>> constant.asked, constant.swapped, constant.accuracy
        (1, 0, 0.0)
    """
    tally = Tally()
    for annotation in annotations:
        asked = answer(annotation.point1, annotation.point2)
        swapped = answer(annotation.point2, annotation.point1).exchanged
        right = (asked == annotation.closer, swapped == annotation.closer)
        tied = Answer.TIE in (asked, swapped)
        tally += Tally(pairs=1, right=all(right), asked=right[0], swapped=right[1], tied=tied)
    return tally


def score_da2k(predictions: Iterable[tuple[Photograph, DepthMap]]) -> Score:
    """Return how maps answer the pairs of their photographs, in all and by scene; one map is held at a time.

    Raises:
        DataError: A map is not of its photograph's size.
    """
    scenes: dict[str, Tally] = {}
    for photograph, prediction in predictions:
        scenes[photograph.scene] = scenes.get(photograph.scene, Tally()) + score_map(prediction, photograph)
    return Score(scenes=scenes)
