"""What an ONNX file says of itself in the metadata that nearfar writes to it: the kind of its map, and its input.

With it a network is as right when it is given as a file as it is by its card's name.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nearfar.models.schema import Kind, Normalization, PreprocessingName
from nearfar.onnx_header import read_metadata_props

_KIND, _MAX_DEPTH = "nearfar:kind", "nearfar:depth_cap_m"
_SIZE, _MULTIPLE, _PREPROCESSING = "nearfar:size", "nearfar:multiple", "nearfar:prepare"
_MEAN, _STD = "nearfar:mean", "nearfar:std"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class InputMetadata:
    """How a network's input is made.

    Attributes:
        size: The side that the network was made for. [px]
        multiple: Every side must be a multiple of this. [px]
        preprocessing: How a picture is resized.
        normalization: How channels are normalised.
    """

    size: int
    multiple: int
    preprocessing: PreprocessingName
    normalization: Normalization

    def props(self) -> Mapping[str, str]:
        """Return the ``metadata_props`` of a network's file."""
        return {
            _SIZE: str(self.size),
            _MULTIPLE: str(self.multiple),
            _PREPROCESSING: self.preprocessing.value,
            _MEAN: " ".join(map(str, self.normalization.mean)),
            _STD: " ".join(map(str, self.normalization.std)),
        }


def read_input_metadata(path: Path) -> InputMetadata | None:
    """Return how the input of an ONNX file is made, by its metadata; None where that is silent, or cannot be read.

    A damaged file is no error here: the engine, which reads all of it, reports that.
    """
    try:
        props = read_metadata_props(path)
        mean, std = ([float(number) for number in props[key].split()] for key in (_MEAN, _STD))
        metadata = InputMetadata(
            size=int(props[_SIZE]),
            multiple=int(props[_MULTIPLE]),
            preprocessing=PreprocessingName(props[_PREPROCESSING]),
            normalization=Normalization(mean=(mean[0], mean[1], mean[2]), std=(std[0], std[1], std[2])),
        )
    except (OSError, LookupError, ValueError):
        return None
    is_possible = (
        metadata.multiple > 0
        and metadata.size > 0
        and metadata.size % metadata.multiple == 0
        and all(map(math.isfinite, (*mean, *std)))
    )
    return metadata if is_possible else None
