"""The kind of map that an ONNX file gives, disparity or depth in metres, in the metadata that nearfar writes to it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nearfar.models.schema import Kind
from nearfar.onnx_header import read_metadata_props

_KIND, _MAX_DEPTH = "nearfar:kind", "nearfar:depth_cap_m"


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthKind:
    """A kind, and for depth the largest that the network can give [m]; None for disparity."""

    kind: Kind
    max_depth_m: float | None


def depth_kind_props(max_depth_m: float | None) -> Mapping[str, str]:
    """Return the ``metadata_props`` of a network's file: metres up to a largest depth [m], or with None disparity.

    Example:
        >>> depth_kind_props(20.0)
        {'nearfar:kind': 'depth', 'nearfar:depth_cap_m': '20'}
    """
    if max_depth_m is None:
        return {_KIND: Kind.DISPARITY.value}
    return {_KIND: Kind.DEPTH.value, _MAX_DEPTH: f"{max_depth_m:g}"}


def read_depth_kind(path: Path) -> DepthKind | None:
    """Return the kind that an ONNX file's metadata names; None where it names none, or cannot be read.

    A damaged file is no error here: the engine, which reads all of it, reports that.
    """
    try:
        props = read_metadata_props(path)
        kind, text = Kind(props[_KIND]), props.get(_MAX_DEPTH)
        max_depth_m = None if text is None else float(text)
    except (OSError, KeyError, ValueError):
        return None
    is_consistent = max_depth_m is None if kind is Kind.DISPARITY else 0 < (max_depth_m or 0) < math.inf
    return DepthKind(kind=kind, max_depth_m=max_depth_m) if is_consistent else None
