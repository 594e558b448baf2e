"""Photographs for quantising: some to learn the ranges of the activations from, others to judge the result by."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nearfar.arrays import TensorF32
from nearfar.errors import OptionError, PictureError, os_reason
from nearfar.image.reader import read_picture
from nearfar.models.card import ModelSpec
from nearfar.preprocess import PREPROCESSINGS, preprocess

MOST_PHOTOGRAPHS = 48
"""Ranges hardly change after some dozens, and each costs several runs of the network."""

FEWEST_PHOTOGRAPHS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationSet:
    """Two sets of photographs with nothing in common.

    Attributes:
        calibration: To learn from.
        held_out: To judge by, and never seen while learning.
    """

    calibration: tuple[Path, ...]
    held_out: tuple[Path, ...]


def split_photographs(photographs: Iterable[Path]) -> CalibrationSet:
    """Return photographs in two sets: of each three in the order of their names, the second is held out.

    A file that is there twice, under whatever names, counts once, so that no picture is on both sides. Of more than
    ``MOST_PHOTOGRAPHS``, that many are taken, evenly over the names.

    Raises:
        PictureError: A file cannot be read.
        OptionError: Fewer than ``FEWEST_PHOTOGRAPHS`` are left.
    """
    different = {_digest(path): path for path in sorted(photographs, reverse=True)}
    ordered = sorted(different.values())
    if len(ordered) < FEWEST_PHOTOGRAPHS:
        raise OptionError(
            f"quantising needs {FEWEST_PHOTOGRAPHS} different photographs or more, to learn from some and judge by"
            f" others, got {len(ordered)}: give a folder with more"
        )
    count = min(len(ordered), MOST_PHOTOGRAPHS)
    taken = [ordered[index * len(ordered) // count] for index in range(count)]
    return CalibrationSet(
        calibration=tuple(path for index, path in enumerate(taken) if index % 3 != 1), held_out=tuple(taken[1::3])
    )


def tensors_of(
    photographs: Sequence[Path], card: ModelSpec, *, multiple: int | None, fixed_hw: tuple[int, int] | None
) -> list[TensorF32]:
    """Return photographs as the network takes them, each (1, 3, h, w) float32, by the card's recipe and size.

    Args:
        photographs: The files.
        card: The model's.
        multiple: What the graph says its sides are multiples of, or None for what the card says. [px]
        fixed_hw: The only (height, width) that the graph takes, or None. [px]

    Raises:
        PictureError: A file is not a photograph that can be read.
    """
    return [
        preprocess(
            read_picture(path).rgb,
            preprocessing=PREPROCESSINGS[card.preprocessing],
            normalization=card.input.normalization,
            size=card.input.size,
            multiple=multiple or card.input.multiple,
            fixed_hw=fixed_hw,
        ).tensor
        for path in photographs
    ]


def _digest(path: Path) -> bytes:
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError as error:
        raise PictureError(f"{path}: cannot be read: {os_reason(error)}") from error
