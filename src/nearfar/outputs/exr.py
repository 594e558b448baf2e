"""Maps as OpenEXR: float32, in a channel that is called what it is, with what made it in the header.

Disparity is in a channel ``disparity``: 'Z' is OpenEXR's name for distance from the camera, and a program that took
disparity for it would defocus and composite the wrong way round. Depth is in ``Z``, in metres. Either file has the same
numbers again as ``Y``, because programs that open pictures (Photoshop, GIMP, Blender's image editor, Nuke's rgba) look
for red, green and blue or for luminance, and show nothing or refuse where there is neither. The second copy adds about
a hundredth to the file: both rows are deflated together, and up to 8192 pixels a row, one is in reach of the other.

Source: OpenEXR, "Technical Introduction", naming of channels (Y: luminance; Z: distance of the front of a sample from
the viewer); blender/blender, source/blender/imbuf/intern/openexr/openexr_api.cpp, imb_load_openexr.
"""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Protocol

import numpy as np

from nearfar.errors import MissingExtraError
from nearfar.models.schema import Kind
from nearfar.outputs.metadata import PREFIX, SOFTWARE, StoredMap, describe_map, get_kind, require_size, squeeze_map

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

    from numpy.typing import NDArray

    from nearfar.depth_map import DepthMap
    from nearfar.image.reader import Picture

CHANNELS = {Kind.DISPARITY: "disparity", Kind.DEPTH: "Z"}
_LUMINANCE = "Y"


class _Channel(Protocol):
    """What is used of ``OpenEXR.Channel``; the library has no types."""

    pixels: NDArray[np.generic]


class _Part(Protocol):
    """What is used of ``OpenEXR.Part``."""

    header: Mapping[str, object]
    channels: Mapping[str, _Channel]


def import_openexr() -> ModuleType:
    """Return the OpenEXR library.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        import OpenEXR
    except ImportError as error:
        raise MissingExtraError.of("OpenEXR", extra="exr", purpose="an EXR file") from error
    library: ModuleType = OpenEXR
    return library


def encode_exr(depth_map: DepthMap, picture: Picture | None = None) -> bytes:
    """Return the map as an EXR file: ``disparity`` [relative] or ``Z`` [m], and ``Y``; float32, compressed by scanline.

    Raises:
        MissingExtraError: The extra ``exr`` is not installed.
    """
    library = import_openexr()
    metadata = describe_map(depth_map, picture)
    header = {f"{PREFIX}{key}": text for key, text in metadata.items()}
    header |= {"comments": metadata["kind"], "software": SOFTWARE}
    header |= {"compression": library.ZIPS_COMPRESSION, "type": library.scanlineimage}
    values = np.ascontiguousarray(depth_map.values)
    buffer = io.BytesIO()
    library.File(header, {CHANNELS[get_kind(depth_map)]: values, _LUMINANCE: values}).write(buffer)
    return buffer.getvalue()


def decode_exr(data: bytes) -> StoredMap:
    """Return what is in an EXR file of a map: nearfar's, or another's with one channel whose name tells.

    Raises:
        MissingExtraError: The extra ``exr`` is not installed.
        ValueError: It is damaged, or larger than any photograph that nearfar reads; or no channel is a map, or several
            may be.
    """
    library = import_openexr()
    for part in _read_parts(library, data, header_only=True):
        require_size(*_read_size_wh(part.header, "dataWindow"))
    parts = _read_parts(library, data)
    channels = {name: (part, channel.pixels) for part in parts for name, channel in part.channels.items()}
    part, values = channels[_choose_channel({name: pixels for name, (_, pixels) in channels.items()})]
    size_wh = _read_size_wh(part.header, "displayWindow")
    if _read_size_wh(part.header, "dataWindow") != size_wh or values.shape[1::-1] != size_wh:
        raise ValueError(
            "its values are not one a pixel of its display window: write it whole, without crop or overscan"
        )
    header = {key: text for key, text in part.header.items() if isinstance(text, str)}
    metadata = {key.removeprefix(PREFIX): text for key, text in header.items() if key.startswith(PREFIX)}
    return StoredMap(values=squeeze_map(values), metadata=metadata)


def _read_parts(library: ModuleType, data: bytes, *, header_only: bool = False) -> Sequence[_Part]:
    try:
        with redirect_stdout(io.StringIO()):  # where it prints what is wrong with a damaged file
            parts: Sequence[_Part] = library.File(io.BytesIO(data), not header_only, header_only).parts
    except (RuntimeError, ValueError) as error:
        raise ValueError("it is damaged, or not whole") from error
    if not parts:
        raise ValueError("it is damaged, or not whole")
    return parts


def _read_size_wh(header: Mapping[str, object], window: str) -> tuple[int, int]:
    lower, upper = np.asarray(header[window]).tolist()  # both inclusive
    return upper[0] - lower[0] + 1, upper[1] - lower[1] + 1


def _choose_channel(channels: Mapping[str, NDArray[np.generic]]) -> str:
    """Return the name of the channel that is the map.

    Names are ``channel`` or ``layer.channel``, whole (``Z``) or in words (``ViewLayer.Depth.V``, as Blender's pass is).
    A Z that stands beside an X of its layer is a direction, not a distance.
    """
    words_by_name = {name: [word.lower() for word in name.split(".")] for name in channels}
    by_name = (
        [name for name, words in words_by_name.items() if "disparity" in words],
        [name for name, words in words_by_name.items() if "depth" in words],
        [
            name
            for name, words in words_by_name.items()
            if words[-1] == "z" and [*words[:-1], "x"] not in words_by_name.values()
        ],
        list(channels) if len(channels) == 1 else [],
        _find_grey(channels),
        [name for name in channels if name == _LUMINANCE],
    )
    matches = next((names for names in by_name if names), [])
    if len(matches) != 1:
        problem = f"several channels may be its map, {', '.join(matches)}" if matches else "no channel of it is a map"
        raise ValueError(f"{problem}: it has {', '.join(channels) or 'none'}; a map is called disparity, depth, Z or Y")
    return matches[0]


def _find_grey(channels: Mapping[str, NDArray[np.generic]]) -> list[str]:
    """Return one of red, green and blue if they are one another's copies, as some programs write what is grey."""
    if not {"R", "G", "B"} <= channels.keys():
        return []
    is_grey = all(np.array_equal(channels["R"], channels[name]) for name in "GB")
    return ["R"] if is_grey else []
