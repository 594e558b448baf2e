"""Which part of a photograph is scored: the crops of the literature."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from nearfar.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from nearfar.arrays import RgbU8

SizeHw: TypeAlias = tuple[int, int]


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


def window(size_hw: SizeHw, window_hw: SizeHw) -> tuple[slice, slice]:
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


def windowed(rgb: RgbU8, window_hw: SizeHw | None) -> RgbU8:
    """Return a photograph (H, W, 3) cut to the window; whole if there is none."""
    if window_hw is None:
        return rgb
    rows, columns = window((rgb.shape[0], rgb.shape[1]), window_hw)
    return np.ascontiguousarray(rgb[rows, columns])


def cropped(shape: tuple[int, ...], crop: Crop) -> NDArray[np.bool_]:
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
