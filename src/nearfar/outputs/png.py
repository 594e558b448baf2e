"""Maps as a 16-bit grey PNG that can be undone: what its numbers are and what made the map are in its text."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from nearfar import __version__
from nearfar.disparity import Depth, DepthMap, Disparity, Provenance
from nearfar.errors import ArrayError, PictureError
from nearfar.image import Picture
from nearfar.outputs.png_chunks import png_bytes

# The farthest that 16 bits of millimetres hold [m].
FARTHEST_M = 65.535

_PREFIX = "nearfar:"
# What the kinds begin with: they tell a reader which of the two a file is.
_DISPARITY, _DEPTH = "disparity, relative", "depth, metric"
_STEP_M = 0.001


def gray16(depth_map: DepthMap) -> NDArray[np.uint16]:
    """Return the numbers of the PNG: (H, W) uint16, rounded.

    A ``Disparity`` is spread over 0 (farthest) to 65535 (nearest); all 0 if it is flat. A ``Depth`` is in millimetres
    from 1 to 65535: what is farther than 65.535 m is clipped, and what is nearer than half a millimetre is 1, because 0
    means 'no value' wherever depth is kept as millimetres.
    """
    if isinstance(depth_map, Depth):
        return np.clip(_millimetres(depth_map), 1, 65535).astype(np.uint16)
    steps = depth_map.normalised()
    steps *= np.float32(65535)
    return np.rint(steps, out=steps).astype(np.uint16)


def clipped(depth: Depth) -> int:
    """Return how many pixels are too far for the PNG, by more than rounding: it shows them at 65.535 m.

    Example:
        >>> clipped(Depth(values=np.array([[65.0, 65.5354, 65.536, 80.0]], np.float32)))
        2
    """
    return int(np.count_nonzero(_millimetres(depth) > 65535)) if depth.range[1] > FARTHEST_M else 0


def encode(depth_map: DepthMap, picture: Picture | None = None) -> bytes:
    """Return the map as a 16-bit grey PNG.

    The text chunk ``nearfar:kind`` says what it holds: of a ``Disparity``, ``nearfar:range`` (farthest and nearest
    value) undoes it; of a ``Depth``, ``nearfar:step`` is what 1 stands for, and ``nearfar:clipped`` counts the pixels
    that were farther than it can say. ``nearfar:model``, ``nearfar:engine``, ``nearfar:recipe`` and, where there are
    such, ``nearfar:calibration`` (known distances) and ``nearfar:source`` (the picture) say what made it.
    """
    facts = _facts(depth_map) | {name: said for name, said in asdict(depth_map.provenance).items() if said}
    facts |= {"source": picture.name} if picture else {}
    text = {"Software": f"nearfar {__version__}"} | {f"{_PREFIX}{key}": value for key, value in facts.items()}
    return png_bytes(gray16(depth_map), text=text)


def read(path: str | Path) -> DepthMap:
    """Return the map that :func:`encode` wrote, of the kind that it was.

    Each value of a ``Disparity`` is within half a step of 1/65535 of the range, of a ``Depth`` within half a millimetre
    unless it was clipped, or 1 mm because it was less than half of one.

    Raises:
        PictureError: The file cannot be read, or is not such a PNG.
    """
    try:
        with Image.open(path, formats=["PNG"]) as image:
            image.load()
            text = dict(image.text) if isinstance(image, PngImagePlugin.PngImageFile) else {}
            steps = np.asarray(image)
    except (OSError, ValueError, SyntaxError) as error:
        raise PictureError(f"{path}: cannot be read as a PNG: {error}") from error
    made_by = {name: text[f"{_PREFIX}{name}"] for name in Provenance.__slots__ if f"{_PREFIX}{name}" in text}
    kind = text.get(f"{_PREFIX}kind", "nothing")
    try:
        if kind.startswith(_DEPTH):
            return Depth(values=_metres(steps, text), provenance=Provenance(**made_by))
        if kind.startswith(_DISPARITY):
            return Disparity(values=_relative(steps, text), provenance=Provenance(**made_by))
    except (KeyError, ValueError) as error:
        raise PictureError(f"{path}: its values cannot be restored by its text: {error}") from error
    raise PictureError(f"{path}: its 'nearfar:kind' text says {kind}, so its values cannot be restored")


def _facts(depth_map: DepthMap) -> dict[str, str]:
    if isinstance(depth_map, Depth):
        return {
            "kind": f"{_DEPTH}: millimetres, larger is farther, 0 would be no value",
            "step": f"{_STEP_M} m",
            "clipped": str(clipped(depth_map)),
        }
    far, near = depth_map.range
    return {"kind": f"{_DISPARITY}: larger is nearer, no unit", "range": f"{far!r} {near!r}"}


def _millimetres(depth: Depth) -> NDArray[np.float64]:
    # In float64: 65.535 is no float32, and its millimetres must not depend on how near the next one is.
    return np.rint(np.multiply(depth.values, 1 / _STEP_M, dtype=np.float64))


def _metres(steps: NDArray[np.generic], text: Mapping[str, str]) -> NDArray[np.float32]:
    number, unit = text[f"{_PREFIX}step"].split()
    if unit != "m":
        raise ArrayError(f"its step is in {unit!r}, not in metres")
    return (steps.astype(np.float64) * float(number)).astype(np.float32)


def _relative(steps: NDArray[np.generic], text: Mapping[str, str]) -> NDArray[np.float32]:
    far, near = (float(part) for part in text[f"{_PREFIX}range"].split())
    return (far + steps.astype(np.float64) * ((near - far) / 65535)).astype(np.float32)
