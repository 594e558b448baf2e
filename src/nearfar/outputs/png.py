"""Maps as a 16-bit grey PNG that can be undone: what its numbers are and what made the map are in its text."""

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from nearfar.depth_map import Depth, DepthMap
from nearfar.image.pillow_settings import pillow_by_nearfar_rules
from nearfar.image.reader import Picture
from nearfar.models.schema import Kind
from nearfar.outputs.metadata import PREFIX, Stored, facts_of, png_text, require_size
from nearfar.outputs.png_chunks import png_bytes

# The farthest that 16 bits of millimetres hold [m].
FARTHEST_M = 65.535

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
    numbers, how = _numbers(depth_map)
    facts = facts_of(depth_map, picture, numbers=numbers) | how
    return png_bytes(gray16(depth_map), text=png_text(facts))


def decode(data: bytes) -> Stored:
    """Return what is in a grey PNG file; where its text says how its numbers are undone, the values that they were.

    Each value of a ``Disparity`` is then within half a step of 1/65535 of the range, of a ``Depth`` within half a
    millimetre unless it was clipped, or 1 mm because it was less than half of one.

    Raises:
        ValueError: It is not grey, its text does not say how it is undone, or it is larger than any photograph that
            nearfar reads.
        OSError: It is damaged.
        SyntaxError: It is damaged.
    """
    with pillow_by_nearfar_rules(), Image.open(io.BytesIO(data), formats=["PNG"]) as image:
        require_size(*image.size)
        if image.mode not in ("I;16", "I", "L"):
            raise ValueError(f"it is a picture in colour ({image.mode}), not a map: a map is grey, with 16 bits")
        image.load()
        text = image.text if isinstance(image, PngImagePlugin.PngImageFile) else {}
        steps = np.asarray(image)
    facts = {name.removeprefix(PREFIX): said for name, said in text.items() if name.startswith(PREFIX)}
    stored = Stored(values=steps, facts=facts)
    match stored.kind:
        case Kind.DISPARITY:
            return Stored(values=_relative(steps, facts), facts=facts)
        case Kind.DEPTH:
            return Stored(values=_metres(steps, facts), facts=facts)
    return stored


def source_of(path: Path) -> str | None:
    """Return the photograph that a PNG of nearfar's says it was made of; None if it says none, or is no PNG."""
    try:
        with pillow_by_nearfar_rules(), Image.open(path, formats=["PNG"]) as image:
            said = image.info.get(f"{PREFIX}source")  # its pixels are not read
    except (OSError, SyntaxError, ValueError):
        return None
    return said if isinstance(said, str) else None


def _numbers(depth_map: DepthMap) -> tuple[str, dict[str, str]]:
    """Return what the file's numbers are, and the facts that undo them."""
    if isinstance(depth_map, Depth):
        how = {"step": f"{_STEP_M} m", "clipped": str(clipped(depth_map))}
        return "millimetres, larger is farther, 0 would be no value", how
    far, near = depth_map.range
    return "larger is nearer, no unit", {"range": f"{far!r} {near!r}"}


def _millimetres(depth: Depth) -> NDArray[np.float64]:
    # In float64: 65.535 is no float32, and its millimetres must not depend on how near the next one is.
    return np.rint(np.multiply(depth.values, 1 / _STEP_M, dtype=np.float64))


def _metres(steps: NDArray[np.generic], facts: Mapping[str, str]) -> NDArray[np.float32]:
    number, unit = _said(facts, "step").split()
    if unit != "m":
        raise ValueError(f"its step is in {unit!r}, not in metres")
    return (steps.astype(np.float64) * float(number)).astype(np.float32)


def _relative(steps: NDArray[np.generic], facts: Mapping[str, str]) -> NDArray[np.float32]:
    far, near = (float(part) for part in _said(facts, "range").split())
    return (far + steps.astype(np.float64) * ((near - far) / 65535)).astype(np.float32)


def _said(facts: Mapping[str, str], name: str) -> str:
    if name not in facts:
        raise ValueError(f"its text has no {PREFIX}{name}, without which its numbers cannot be undone")
    return facts[name]
