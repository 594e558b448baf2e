"""A protocol, and samples of known depth with a predictor that comes near it."""

import numpy as np
from numpy.typing import NDArray

from nearfar.errors import DataError
from nearfar.evaluate.predictors import (
    Predictor,
)
from nearfar.evaluate.protocol import find_protocol
from nearfar.evaluate.sample import GroundTruth, Sample
from nearfar.evaluate.score import Prediction
from nearfar.image.reader import Picture
from nearfar.models.schema import Kind
from support import benchmarks

RULES = find_protocol("pairs")


VALUES = benchmarks.depth_m(3)


def sample(name: str, depth: NDArray[np.float32], group: str = "") -> Sample:
    rgb = np.zeros((*depth.shape, 3), np.uint8)
    return Sample(
        name=name,
        group=group,
        read_picture=lambda: Picture(rgb=rgb, name=name),
        read_truth=lambda: GroundTruth.from_map(depth, kind=Kind.DEPTH),
    )


def predictor(asked: list[str], *, noise: float = 0.02, title: str = "ours") -> Predictor:
    def predict(one: Sample) -> Prediction:
        asked.append(one.name)
        if one.name == "broken":
            raise DataError("there is none")
        if one.name == "huge":
            raise MemoryError
        truth = one.read_truth()
        values = 1 / truth.values + np.random.default_rng(len(one.name)).normal(0, noise, truth.values.shape)
        return Prediction(values=values.astype(np.float32), kind=Kind.DISPARITY)

    return Predictor(title=title, kind=Kind.DISPARITY, facts={"predictions": title}, predict=predict)


SAMPLES = [sample(name, benchmarks.depth_m(i, 30, 40), group=name[0]) for i, name in enumerate(("a1", "a22", "b333"))]
