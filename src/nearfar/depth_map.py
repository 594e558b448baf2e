"""What a depth network says about a photograph, as one validated value: ``Disparity``, or ``Depth`` in metres.

The two share their attributes and are never one another: nothing but known distances turns one into the other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeAlias, cast

import numpy as np

from nearfar.arrays import MapF32, freeze, reduce_to_fields, require_map
from nearfar.errors import ArrayError, OptionError

if TYPE_CHECKING:
    import os

    from numpy.typing import DTypeLike, NDArray
    from PIL import Image

    from nearfar.image.reader import Picture

# How many values are worked on at a time in float64: half a megabyte, which stays in the processor's cache.
_BLOCK_VALUES = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What made a map: enough to make it again.

    Attributes:
        model: The model's id, as ``nearfar models list`` prints it, or the path of an ONNX file.
        engine: The runtime and its provider, such as ``onnxruntime CPUExecutionProvider``.
        recipe: The preparation, with the network's input size, such as ``aspect 686x518``.
        calibration: The known distances that its metres come from, such as ``120,340 2.5 m; 20,30 8 m``; empty where
            there were none.
    """

    model: str = "unknown"
    engine: str = "unknown"
    recipe: str = "unknown"
    calibration: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class _Map:
    """What both kinds of map have in common; not a kind of its own."""

    values: MapF32
    provenance: Provenance = Provenance()

    _unit: ClassVar[str]  # what ``repr`` writes behind the range

    __reduce__ = reduce_to_fields

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", freeze(require_map(self.values, what=f"{type(self).__name__}.values")))

    def __repr__(self) -> str:
        """Return one line: kind, width and height, range and model; the numbers are in ``values``."""
        height, width = self.values.shape
        low, high = self.values.min(), self.values.max()
        return f"<{type(self).__name__} {width}×{height} px, {low:g} to {high:g}{self._unit}, {self.provenance.model}>"

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[np.generic]:  # noqa: FBT001 - NumPy's protocol
        """Return the values for ``np.asarray(map)``: read-only, and the same memory, unless they must be copied.

        Source: NumPy's array protocol of version 2, https://numpy.org/doc/stable/reference/arrays.classes.html

        Raises:
            ValueError: ``copy`` is False, and another ``dtype`` needs a copy.
        """
        if copy is False and dtype is not None and np.dtype(dtype) != self.values.dtype:
            raise ValueError(f"a map is float32, and of dtype {np.dtype(dtype)} only as a copy: leave out copy=False")
        return self.values.astype(np.float32 if dtype is None else dtype, copy=bool(copy))

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width [px]."""
        height, width = self.values.shape
        return height, width

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        format: str | None = None,  # noqa: A002 - what every library calls it
        picture: Picture | None = None,
    ) -> None:
        """Write the map to ``path`` whole or not at all, replacing what is there.

        Args:
            path: The file; its suffix chooses the format, as on the command line.
            format: A name from ``nearfar.outputs.formats.FORMATS`` instead of the suffix.
            picture: The photograph, for formats that show it beside the map.

        Raises:
            OptionError: No format has that name or suffix, or it needs the picture.
            MissingExtraError: The format needs a library that is not installed.
            OutputError: The file cannot be written.
        """
        from nearfar.outputs.formats import save

        save(cast("DepthMap", self), path, format=format, picture=picture)  # there are no other kinds than the two

    def to_image(self, *, colormap: str = "inferno", legend: bool = False) -> Image.Image:
        """Return the map in colour as a Pillow image, RGB, to look at: the pixels that notebooks show.

        Args:
            colormap: A name from ``nearfar.outputs.colormaps.COLORMAPS``.
            legend: Whether a scale in percent stands below a ``Disparity``; below a ``Depth`` always one in metres.

        Raises:
            OptionError: No colour map has this name.
        """
        from PIL import Image

        from nearfar.outputs.color import ColorStyle, render_map

        return Image.fromarray(render_map(cast("DepthMap", self), ColorStyle(colormap=colormap, legend=legend)))

    def _repr_png_(self) -> bytes:
        """Return the map in colour as a PNG, which notebooks show of a value."""
        from nearfar.outputs.formats import FORMATS

        return FORMATS["color"].encode(cast("DepthMap", self), None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Disparity(_Map):
    """Inverse depth of every pixel, up to an unknown scale **and** shift: larger is nearer.

    It is not a distance. Two maps have no common scale, and 0 has no meaning of its own.

    Attributes:
        values: (H, W) float32, finite, read-only, upright like the photograph. [relative]
        provenance: What made it.

    ``np.asarray(map)`` is ``values``, ``repr`` is one line, and copies and unpickled maps are read-only too.

    Example:
        >>> import numpy as np
        >>> disparity = Disparity(values=np.array([[0.0, 1.0], [2.0, 5.0]], np.float32))
        >>> disparity.normalize().tolist()
        [[0.0, 0.20000000298023224], [0.4000000059604645, 1.0]]
        >>> disparity
        <Disparity 2×2 px, 0 to 5 (relative), unknown>

    Raises:
        ArrayError: ``values`` is not a finite (H, W) float32 array.
    """

    _unit = " (relative)"

    @property
    def range(self) -> tuple[float, float]:
        """The farthest and the nearest value [relative]."""
        return float(self.values.min()), float(self.values.max())

    def normalize(self) -> MapF32:
        """Return the values spread over 0 (farthest) to 1 (nearest), (H, W) float32; all 0 if the map is flat.

        A map is flat when its range is within float32 rounding of its largest value: dividing by such a range would
        turn rounding noise into a picture.
        """
        far, near = self.range
        return _rescale(self.values, far, near)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Depth(_Map):
    """Distance of every pixel from the camera, along the direction it looks in, in metres: larger is farther.

    It comes from a metric model, which estimates it, or from a disparity and known distances: metres are its unit,
    not its accuracy.

    Attributes:
        values: (H, W) float32, finite, greater than 0, read-only, upright like the photograph. [m]
        provenance: What made it.

    ``np.asarray(map)`` is ``values``, ``repr`` is one line, and copies and unpickled maps are read-only too.

    Example:
        >>> import numpy as np
        >>> depth = Depth(values=np.array([[1.0, 2.0], [4.0, 8.0]], np.float32))
        >>> depth.range
        (1.0, 8.0)
        >>> depth.normalize().round(2).tolist()
        [[1.0, 0.4300000071525574], [0.14000000059604645, 0.0]]
        >>> depth
        <Depth 2×2 px, 1 to 8 m, unknown>

    Raises:
        ArrayError: ``values`` is not a finite (H, W) float32 array, or holds a value that is not greater than 0.
    """

    _unit = " m"

    def __post_init__(self) -> None:
        _Map.__post_init__(self)  # super() does not work in a slotted dataclass
        least = self.values.min()
        if least <= 0:
            count = np.count_nonzero(self.values <= 0)
            raise ArrayError(f"Depth.values must be greater than 0 metres, got {count} that are not, such as {least:g}")

    @property
    def range(self) -> tuple[float, float]:
        """The nearest and the farthest distance [m]."""
        return float(self.values.min()), float(self.values.max())

    def normalize(self) -> MapF32:
        """Return what pictures show: 0 (farthest) to 1 (nearest), (H, W) float32; all 0 if the map is flat.

        It is inverse depth (1/m) that is spread, not depth: near is bright as it is in every other picture, and what
        is near, where a metre is a large difference, keeps its detail beside what is far.
        """
        near, far = self.range
        return _rescale(self.values, 1 / far, 1 / near, inverse=True)


DepthMap: TypeAlias = Disparity | Depth


def _rescale(values: MapF32, low: float, high: float, *, inverse: bool = False) -> MapF32:
    """Return ``values``, or 1 over them, from ``low`` to ``high`` as 0 to 1; all 0 if these differ by rounding only.

    In float64, because the range of float32 values need not be a float32 itself; and a few rows at a time, because a
    photograph in float64 is large and leaves the processor's cache at every step.
    """
    if high - low <= float(np.finfo(np.float32).eps) * max(abs(low), abs(high)):
        return np.zeros(values.shape, np.float32)
    spread = np.empty(values.shape, np.float32)
    count = max(1, _BLOCK_VALUES // values.shape[1])
    for rows in (slice(first, first + count) for first in range(0, len(values), count)):
        block = np.divide(1, values[rows], dtype=np.float64) if inverse else values[rows].astype(np.float64)
        block -= low
        block /= high - low
        spread[rows] = np.clip(block, 0, 1, out=block)
    return spread


_WINDOW_SHARE = 1 / 100  # of the short side: the side of the square whose median is read, 3 pixels at least


@dataclass(frozen=True, slots=True, kw_only=True)
class PointSample:
    """What a map says at a place.

    Attributes:
        value: The median of a square around it. [relative, or m]
        percent: Where that lies in the range of what pictures show: 0 the farthest, 100 the nearest. [%]
        side_px: The side of the square, an odd number; less of it is read at the photograph's border. [px]
        spread: The difference between the values at a quarter and at three quarters of the square. [as the value]
    """

    value: float
    percent: float
    side_px: int
    spread: float


def sample_at(depth_map: DepthMap, x: float, y: float) -> PointSample:
    """Return what a map says at a place: the median of a square around it, 1 % of the short side and 3 pixels at least.

    Args:
        depth_map: The map.
        x: From the left, 0 the first pixel's centre. [px]
        y: From the top, 0 the first pixel's centre. [px]

    Raises:
        OptionError: The place is outside the picture.
    """
    height, width = depth_map.size_hw
    column, row = (math.floor(place + 0.5) if math.isfinite(place) else -1 for place in (x, y))
    if not (0 <= column < width and 0 <= row < height):
        raise OptionError(
            f"point {x:g},{y:g} is outside the picture, whose pixels are 0,0 (top left) to {width - 1},{height - 1}"
        )
    reach = max(1, round(min(height, width) * _WINDOW_SHARE / 2))
    square = depth_map.values[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]
    low, value, high = (float(number) for number in np.quantile(square.astype(np.float64), (0.25, 0.5, 0.75)))
    return PointSample(value=value, percent=_to_percent(value, depth_map), side_px=2 * reach + 1, spread=high - low)


def _to_percent(value: float, depth_map: DepthMap) -> float:
    first, last = depth_map.range
    is_depth = isinstance(depth_map, Depth)
    low, high, at = (1 / last, 1 / first, 1 / value) if is_depth else (first, last, value)
    return 100 * (at - low) / (high - low) if high > low else 0.0
