"""One photograph of a benchmark, its ground truth, and which part of it is scored."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from nearfar.arrays import MapF32, freeze, require_map
from nearfar.errors import ArrayError, DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from nearfar.arrays import RgbU8
    from nearfar.image.reader import Picture
    from nearfar.models.schema import Kind

SizeHw: TypeAlias = tuple[int, int]
Point: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroundTruth:
    """The ground truth of one photograph, before any protocol's crop or range.

    Attributes:
        values: (H, W) float32, read-only: depth along the camera's axis, or disparity up to scale, with no shift;
            greater than 0 where ``valid``, and 0 everywhere else. [m, or up to scale; or relative]
        valid: (H, W) bool, read-only: the pixels that were measured. It may be that none was.
        kind: Whether the values are depth or disparity.

    Raises:
        ArrayError: The two differ in shape, or a value is not finite, not greater than 0 where it was measured, or
            not 0 where nothing was.
    """

    values: MapF32
    valid: NDArray[np.bool_]
    kind: Kind

    def __post_init__(self) -> None:
        values = require_map(self.values, what="GroundTruth.values")
        if self.valid.shape != values.shape or self.valid.dtype != np.bool_:
            got = f"{self.valid.shape} {self.valid.dtype}"
            raise ArrayError(f"GroundTruth.valid must be {values.shape} bool like the values, got {got}")
        if wrong := np.count_nonzero((values > 0) != self.valid) + np.count_nonzero(values < 0):
            raise ArrayError(f"GroundTruth.values must be greater than 0 where valid and 0 elsewhere: {wrong} are not")
        object.__setattr__(self, "values", freeze(values))
        object.__setattr__(self, "valid", freeze(self.valid))

    @classmethod
    def from_map(
        cls, values: NDArray[np.generic], *, kind: Kind, valid: NDArray[np.bool_] | None = None
    ) -> GroundTruth:
        """Return the truth of a stored map: what is NaN, infinite, 0 or less in it was not measured.

        Args:
            values: (H, W) of any number type [m, or up to scale].
            kind: Whether the values are depth or disparity.
            valid: (H, W) bool: where else nothing was measured, such as a data set's own mask; None for nowhere.

        Example:
            >>> from nearfar.models.schema import Kind
            >>> truth = GroundTruth.from_map(np.array([[2, np.inf], [0, np.nan]]), kind=Kind.DEPTH)
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
        return cls(values=np.where(known, stored, np.float32(0)), valid=known, kind=kind)

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width [px]."""
        height, width = self.values.shape
        return height, width


class Nearer(StrEnum):
    """Which of two points is nearer."""

    FIRST = "point1"
    SECOND = "point2"
    TIE = "tie"

    @property
    def opposite(self) -> Nearer:
        """The same answer after the two points have changed places."""
        return {Nearer.FIRST: Nearer.SECOND, Nearer.SECOND: Nearer.FIRST}.get(self, self)


@dataclass(frozen=True, slots=True, kw_only=True)
class PointPair:
    """Two points of one photograph, and which of them is nearer.

    Attributes:
        image: The photograph, as the data set names it.
        point1: Row and column, from the top left of the upright photograph [px].
        point2: Likewise [px].
        closer: ``Nearer.FIRST`` or ``Nearer.SECOND``.
    """

    image: str
    point1: Point
    point2: Point
    closer: Nearer


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One photograph of a data set and its truth, neither of them read before it is asked for.

    Attributes:
        name: What it is called: unique in its data set, a relative path without suffix such as
            ``alley_1/frame_0001``; predictions are looked for under it.
        read_picture: Returns the photograph; PictureError says why it cannot.
        read_truth: Returns what was measured; DataError says why it cannot.
        group: The scene or split that it belongs to, for tables by group; empty where the data set has none.
        pairs: The annotated points, where the data set has these in place of a map of the truth.

    Raises:
        DataError: The name is no relative path.
    """

    name: str
    read_picture: Callable[[], Picture]
    read_truth: Callable[[], GroundTruth]
    group: str = ""
    pairs: tuple[PointPair, ...] = ()

    def __post_init__(self) -> None:
        parts = PurePosixPath(self.name).parts
        if not parts or parts[0] == "/" or ".." in parts or "\\" in self.name:
            raise DataError(f"a sample's name must be a relative path such as scene/frame_0001, got {self.name!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """A data set as it lies on this machine.

    Attributes:
        name: Its name in ``nearfar.evaluate.datasets.DATASETS``, such as ``nyu``.
        folder: Where it lies.
        samples: The photographs that are there with their truth, in the published order, each name once.
        missing: The files that should be there and are not, relative to the data set's folder.
        expected: How many samples the published split has; None where there is no published number.

    Raises:
        DataError: There is no sample, or two have one name.
    """

    name: str
    folder: Path
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


class Crop(StrEnum):
    """Which part of a picture is scored."""

    NONE = "none"
    NYU_EIGEN = "nyu-eigen"
    KITTI_EIGEN = "kitti-eigen"
    KITTI_GARG = "kitti-garg"


# Rows and columns, from and to: in pixels of a picture of that very size, or as shares of any.
_NYU_HW, _NYU_EIGEN = (480, 640), (slice(45, 471), slice(41, 601))
_SHARES: Mapping[Crop, tuple[float, float, float, float]] = {
    Crop.KITTI_GARG: (0.40810811, 0.99189189, 0.03594771, 0.96405229),
    Crop.KITTI_EIGEN: (0.3324324, 0.91351351, 0.0359477, 0.96405229),
}


def slice_window(size_hw: SizeHw, window_hw: SizeHw) -> tuple[slice, slice]:
    """Return the bottom rows and the middle columns that a window takes of a picture.

    Source: the KITTI depth benchmark's crop as in github.com/cleinc/bts, pytorch/bts_eval.py (do_kb_crop).

    Raises:
        DataError: The picture is smaller than the window.
    """
    (height, width), (window_height, window_width) = size_hw, window_hw
    if height < window_height or width < window_width:
        raise DataError(f"a picture of {width}x{height} cannot be cut to the {window_width}x{window_height} asked for")
    top, left = height - window_height, (width - window_width) // 2
    return slice(top, height), slice(left, left + window_width)


def crop_window(rgb: RgbU8, window_hw: SizeHw | None) -> RgbU8:
    """Return a photograph (H, W, 3) cut to the window; whole if there is none."""
    if window_hw is None:
        return rgb
    rows, columns = slice_window((rgb.shape[0], rgb.shape[1]), window_hw)
    return np.ascontiguousarray(rgb[rows, columns])


def crop_mask(shape: tuple[int, ...], crop: Crop) -> NDArray[np.bool_]:
    """Return (H, W) bool: the part of a picture that a crop scores.

    Source: Eigen et al. (NYU and KITTI) and Garg et al., arXiv 1603.04992, as in github.com/cleinc/bts,
    pytorch/bts_eval.py.

    Raises:
        DataError: The crop is made for pictures of another size.
    """
    height, width = shape
    inside = np.zeros((height, width), bool)
    if crop is Crop.NONE:
        inside[:] = True
    elif crop is Crop.NYU_EIGEN:
        if (height, width) != _NYU_HW:
            raise DataError(f"the crop {crop} is for pictures of 640x480, and this one is {width}x{height}")
        inside[_NYU_EIGEN] = True
    else:
        top, bottom, left, right = _SHARES[crop]
        inside[int(top * height) : int(bottom * height), int(left * width) : int(right * width)] = True
    return inside
