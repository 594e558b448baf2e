"""What a file says of the map in it, in the same words in every format that has room for words, and its numbers."""

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

# What a fact's name begins with where a file has names of its own.
PREFIX = "nearfar:"
SOFTWARE = f"nearfar {__version__}"
# What the fact 'kind' begins with: it tells a reader which of the two a file is.
_KINDS = {Kind.DISPARITY: "disparity, relative", Kind.DEPTH: "depth, metric"}
# And how it goes on where the numbers are the map's own.
_AS_THEY_ARE = {Kind.DISPARITY: "larger is nearer, no unit", Kind.DEPTH: "metres, larger is farther"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredMap:
    """What is in a file of a map, as it is there.

    Attributes:
        values: (H, W) numbers of any type, finite or not; those of nearfar's own 16-bit PNG with its range undone.
        facts: What the file says of itself, by :func:`describe_map`; empty if it says nothing.
    """

    values: NDArray[np.generic]
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> Kind | None:
        """What the file says that its numbers are; None if it says nothing.

        Raises:
            ValueError: It says that they are something else.
        """
        said = self.facts.get("kind")
        if said is None:
            return None
        for kind, beginning in _KINDS.items():
            if said.startswith(beginning):
                return kind
        raise ValueError(f"it says of itself that it is something else: {said}")

    @property
    def provenance(self) -> Provenance:
        """What the file says that made it."""
        return Provenance(
            **{each.name: self.facts[each.name] for each in fields(Provenance) if each.name in self.facts}
        )


def get_kind(depth_map: DepthMap) -> Kind:
    """Return which of the two a map is."""
    return Kind.DEPTH if isinstance(depth_map, Depth) else Kind.DISPARITY


def describe_map(depth_map: DepthMap, picture: Picture | None, *, numbers: str | None = None) -> dict[str, str]:
    """Return what a file says of a map: ``kind``, what made it, and ``source``, the picture's name, where there is one.

    Args:
        depth_map: The map.
        picture: The photograph that it is of.
        numbers: What the file's numbers are, where they are not the map's own.
    """
    kind = get_kind(depth_map)
    return {"kind": f"{_KINDS[kind]}: {numbers or _AS_THEY_ARE[kind]}"} | describe_provenance(depth_map, picture)


def describe_provenance(depth_map: DepthMap, picture: Picture | None) -> dict[str, str]:
    """Return what a file says of what made a map, as ``Provenance`` names it, and of the picture where there is one."""
    made_by = {name: said for name, said in asdict(depth_map.provenance).items() if said}
    told = made_by | ({"source": picture.name} if picture else {})
    # Names of files may hold bytes that are no text.
    return {name: said.encode(errors="backslashreplace").decode() for name, said in told.items()}


def format_png_text(facts: Mapping[str, str]) -> dict[str, str]:
    """Return the text chunks of a PNG that say these facts, and who wrote it."""
    return {"Software": SOFTWARE} | {f"{PREFIX}{name}": said for name, said in facts.items()}


def format_jpeg_comment(facts: Mapping[str, str]) -> bytes:
    """Return the comment of a JPEG that says these facts, and who wrote it."""
    return "; ".join([SOFTWARE, *facts.values()]).encode()


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
