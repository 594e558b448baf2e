"""One photograph of a benchmark, and what was measured of it: ``Sample`` and ``Truth``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from nearfar.arrays import MapF32, frozen, require_map
from nearfar.errors import ArrayError, DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from nearfar.image.reader import Picture


class Space(StrEnum):
    """What the numbers of a truth mean."""

    DEPTH = "depth"
    DISPARITY = "disparity"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """What was measured at each pixel of one photograph, before any protocol's crop or cap.

    Attributes:
        values: (H, W) float32, read-only: depth along the camera's axis, or disparity up to scale, with no shift;
            greater than 0 where ``valid``, and 0 everywhere else. [m, or up to scale; or relative]
        valid: (H, W) bool, read-only: the pixels that were measured. It may be that none was.
        space: Whether the values are depth or disparity.

    Raises:
        ArrayError: The two differ in shape, or a value is not finite, not greater than 0 where it was measured, or
            not 0 where nothing was.
    """

    values: MapF32
    valid: NDArray[np.bool_]
    space: Space

    def __post_init__(self) -> None:
        values = require_map(self.values, what="Truth.values")
        if self.valid.shape != values.shape or self.valid.dtype != np.bool_:
            got = f"{self.valid.shape} {self.valid.dtype}"
            raise ArrayError(f"Truth.valid must be {values.shape} bool like the values, got {got}")
        if wrong := np.count_nonzero((values > 0) != self.valid) + np.count_nonzero(values < 0):
            raise ArrayError(f"Truth.values must be greater than 0 where valid and 0 elsewhere: {wrong} are not")
        object.__setattr__(self, "values", frozen(values))
        object.__setattr__(self, "valid", frozen(self.valid))

    @classmethod
    def measured(cls, values: NDArray[np.generic], *, space: Space, valid: NDArray[np.bool_] | None = None) -> Truth:
        """Return the truth of a stored map: what is NaN, infinite, 0 or less in it was not measured.

        Args:
            values: (H, W) of any number type [m, or up to scale].
            space: Whether the values are depth or disparity.
            valid: (H, W) bool: where else nothing was measured, such as a data set's own mask; None for nowhere.

        Example:
            >>> truth = Truth.measured(np.array([[2, np.inf], [0, np.nan]]), space=Space.DEPTH)
            >>> truth.values.tolist(), truth.valid.tolist()
            ([[2.0, 0.0], [0.0, 0.0]], [[True, False], [False, False]])

        Raises:
            ArrayError: ``values`` is not a map, or ``valid`` is not of its shape.
        """
        if valid is not None and valid.shape != values.shape:
            raise ArrayError(f"valid is {valid.shape}, and its map is {values.shape}: they must be of one size")
        with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and so invalid
            stored = values.astype(np.float32)
        known = np.isfinite(stored) & (stored > 0)
        if valid is not None:
            known &= valid
        return cls(values=np.where(known, stored, np.float32(0)), valid=known, space=space)

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width [px]."""
        height, width = self.values.shape
        return height, width


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One photograph of a data set and its truth, neither of them read before it is asked for.

    Attributes:
        name: What it is called: unique in its data set, a relative path without suffix such as
            ``alley_1/frame_0001``; predictions are looked for under it.
        read_picture: Returns the photograph; PictureError says why it cannot.
        read_truth: Returns what was measured; DataError says why it cannot.
        group: The scene or split that it belongs to, for tables by group; empty where the data set has none.

    Raises:
        DataError: The name is no relative path.
    """

    name: str
    read_picture: Callable[[], Picture]
    read_truth: Callable[[], Truth]
    group: str = ""

    def __post_init__(self) -> None:
        parts = PurePosixPath(self.name).parts
        if not parts or parts[0] == "/" or ".." in parts or "\\" in self.name:
            raise DataError(f"a sample's name must be a relative path such as scene/frame_0001, got {self.name!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """What was found of a data set on this machine.

    Attributes:
        name: Its name in ``nearfar.evaluate.dataset.DATASETS``, such as ``nyu``.
        samples: The photographs that are there with their truth, in the published order, each name once.
        missing: The files that should be there and are not, relative to the data set's folder.
        expected: How many samples the published split has; None where there is no published number.

    Raises:
        DataError: There is no sample, or two have one name.
    """

    name: str
    samples: tuple[Sample, ...]
    missing: tuple[str, ...] = ()
    expected: int | None = None

    def __post_init__(self) -> None:
        if not self.samples:
            raise DataError(f"{self.name}: a data set must have at least one sample")
        seen: set[str] = set()
        for sample in self.samples:
            if sample.name in seen:
                raise DataError(f"{self.name}: two samples are called {sample.name}: rename one of them")
            seen.add(sample.name)
