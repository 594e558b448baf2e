"""A plan of a short benchmark on a tiny graph."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from nearfar.benchmark.plan import BenchPlan, Duration
from nearfar.engines import ENGINES
from nearfar.image.reader import read_picture
from nearfar.models.select import infer_spec

ORT, OV = ENGINES
PICTURE = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)


def tensor(side: int = 28) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((1, 3, side, side), dtype=np.float32)


def bench_plan(path: Path, **changes: object) -> BenchPlan:
    pictures = (read_picture(PICTURE), read_picture(PICTURE[::-1].copy()))
    card = replace(infer_spec(path), input=replace(infer_spec(path).input, size=28))
    fast = Duration(rounds=2, turn_s=0.0, starts=1)
    return replace(BenchPlan(card=card, path=path, pictures=pictures, threads=1, duration=fast), **changes)
