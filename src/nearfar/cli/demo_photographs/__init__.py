"""The photographs that ``nearfar demo`` runs on; ``photographs.toml`` says whose they are and under which licence."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

_FOLDER = Path(str(files("nearfar.cli.demo_photographs")))


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPhotograph:
    """A photograph that comes with nearfar.

    Attributes:
        file: Its file's name, in this folder.
        title: What to call it.
        shows: What is to be seen, for those who cannot see it.
        author: Who made it.
        licence: An SPDX identifier, or ``public domain``.
        source: The package that this copy was read out of, and where that package states the licence.
        url: Where it comes from.
    """

    file: str
    title: str
    shows: str
    author: str
    licence: str
    source: str
    url: str

    @property
    def path(self) -> Path:
        """Where the file is."""
        return _FOLDER / self.file


def demo_photographs() -> tuple[DemoPhotograph, ...]:
    """Return the photographs, in the order in which to show them."""
    listed = tomllib.loads((_FOLDER / "photographs.toml").read_text(encoding="utf-8"))
    return tuple(DemoPhotograph(**fields) for fields in listed["photograph"])
