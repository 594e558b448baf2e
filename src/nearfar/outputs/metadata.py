"""The metadata of map files, the same in every format that has room for text, and ``StoredMap``, a map as read."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING

from nearfar._version import __version__
from nearfar.depth_map import Depth, Provenance
from nearfar.image.reader import MAX_PIXELS
from nearfar.models.schema import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from nearfar.depth_map import DepthMap
    from nearfar.image.reader import Picture

# The prefix of nearfar's keys in files that have keys of their own.
PREFIX = "nearfar:"
SOFTWARE = f"nearfar {__version__}"
# What the text of the key 'kind' begins with: it tells a reader which of the two a file is.
_KINDS = {Kind.DISPARITY: "disparity, relative", Kind.DEPTH: "depth, metric"}
# And how it goes on where the file's numbers are the map's own.
_AS_THEY_ARE = {Kind.DISPARITY: "larger is nearer, no unit", Kind.DEPTH: "metres, larger is farther"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredMap:
    """A map as a file holds it.

    Attributes:
        values: (H, W) numbers of any type, finite or not; those of nearfar's own 16-bit PNG with its range undone.
        metadata: The file's metadata, text by key, as :func:`describe_map` writes it; empty if it has none.
    """

    values: NDArray[np.generic]
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> Kind | None:
        """What its numbers are, by its metadata; None if that does not say.

        Raises:
            ValueError: They are something else.
        """
        text = self.metadata.get("kind")
        if text is None:
            return None
        for kind, beginning in _KINDS.items():
            if text.startswith(beginning):
                return kind
        raise ValueError(f"it says of itself that it is something else: {text}")

    @property
    def provenance(self) -> Provenance:
        """What made it, by its metadata."""
        return Provenance(
            **{each.name: self.metadata[each.name] for each in fields(Provenance) if each.name in self.metadata}
        )


def get_kind(depth_map: DepthMap) -> Kind:
    """Return the kind of a map: disparity or depth."""
    return Kind.DEPTH if isinstance(depth_map, Depth) else Kind.DISPARITY


def describe_map(depth_map: DepthMap, picture: Picture | None, *, numbers: str | None = None) -> dict[str, str]:
    """Return a map's metadata: ``kind``, what made it, and ``source``, the picture's name, where there is one.

    Args:
        depth_map: The map.
        picture: The photograph that it is of.
        numbers: A description of the file's numbers, where they are not the map's own.
    """
    kind = get_kind(depth_map)
    return {"kind": f"{_KINDS[kind]}: {numbers or _AS_THEY_ARE[kind]}"} | describe_provenance(depth_map, picture)


def describe_provenance(depth_map: DepthMap, picture: Picture | None) -> dict[str, str]:
    """Return a map's provenance, by the fields of ``Provenance``, and the picture's name, if any, as ``source``."""
    metadata = {key: text for key, text in asdict(depth_map.provenance).items() if text}
    metadata |= {"source": picture.name} if picture else {}
    # Names of files may hold bytes that are no text.
    return {key: text.encode(errors="backslashreplace").decode() for key, text in metadata.items()}


def format_png_text(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return the text chunks of a PNG with this metadata, and with the program that wrote it."""
    return {"Software": SOFTWARE} | {f"{PREFIX}{key}": text for key, text in metadata.items()}


def format_jpeg_comment(metadata: Mapping[str, str]) -> bytes:
    """Return the comment of a JPEG with this metadata, and with the program that wrote it."""
    return "; ".join([SOFTWARE, *metadata.values()]).encode()


def squeeze_map(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return an array of one map as (H, W): (1, H, W) and (H, W, 1) are one too.

    Raises:
        ValueError: It is not one map of numbers.
    """
    if array.ndim == 3 and 1 in (array.shape[0], array.shape[2]):
        array = array[0] if array.shape[0] == 1 else array[..., 0]
    if array.ndim != 2 or array.dtype.kind not in "fiub" or array.size == 0:
        raise ValueError(f"it must hold one map of numbers (H, W), and holds {array.shape} {array.dtype}")
    return array


def require_size(width: int, height: int) -> None:
    """Refuse a file whose header promises more than any map, before it is unpacked.

    Raises:
        ValueError: It does.
    """
    if width * height > MAX_PIXELS:
        raise ValueError(f"it is {width} by {height} pixels, more than any photograph that nearfar reads")
