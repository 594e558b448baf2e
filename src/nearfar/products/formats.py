"""A file format of a product: it encodes map, photograph and settings as the bytes of a file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from nearfar.errors import OptionError
from nearfar.outputs.formats import Format

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from nearfar.depth_map import DepthMap
    from nearfar.image.reader import Picture

Settings = TypeVar("Settings")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFormat(Generic[Settings]):
    """One format of a product, of one file or of several that name one another.

    Attributes:
        name: What ``--format`` calls it.
        suffix: Of its files, with the dot.
        tag: What its files' names end with before the suffix, where nearfar names them.
        summary: What it holds.
        encode: Turns map, photograph and settings into the bytes of a file; None of a format of several files.
        encode_files: Turns them and what the files' names begin with into the bytes of each file, by what its name
            ends with.
        companions: What the names of the files beside the first end with.
        require: Raises MissingExtraError where a library that it needs is not installed.
    """

    name: str
    suffix: str
    tag: str
    summary: str
    encode: Callable[[DepthMap, Picture, Settings], bytes] | None = None
    encode_files: Callable[[DepthMap, Picture, Settings, str], Mapping[str, bytes]] | None = None
    companions: tuple[str, ...] = ()
    require: Callable[[], object] = lambda: None

    def bind(self, settings: Settings) -> Format:
        """Return the format of products that are made with these settings."""
        return Format(
            name=self.name,
            suffix=self.suffix,
            tag=self.tag,
            summary=self.summary,
            encode=partial(self._encode, settings),
            encode_files=None if self.encode_files is None else partial(self._encode_files, settings),
            companions=self.companions,
            require=self.require,
        )

    def _encode(self, settings: Settings, depth_map: DepthMap, picture: Picture | None) -> bytes:
        if self.encode is None:
            raise OptionError(f"{self.name} is several files that name one another: it needs a path")
        return self.encode(depth_map, self._require(picture), settings)

    def _encode_files(
        self, settings: Settings, depth_map: DepthMap, picture: Picture | None, stem: str
    ) -> Mapping[str, bytes]:
        if self.encode_files is None:
            raise OptionError(f"{self.name} is one file")
        return self.encode_files(depth_map, self._require(picture), settings, stem)

    def _require(self, picture: Picture | None) -> Picture:
        if picture is None:
            raise OptionError(f"{self.name} is made of the photograph and its map: give the photograph as well")
        return picture
