"""The index of a data set: the samples that are on this machine, and the names of those that are not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from nearfar.evaluate.datasets.readers import read_stored_picture
from nearfar.evaluate.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from nearfar.evaluate.sample import GroundTruth


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The samples that are in a folder, and the names of those that are missing.

    Attributes:
        samples: The photographs that are there with their truth, in the published order.
        missing: What should be there and is not: files relative to the folder, or a scene and how many it has.
        expected: How many samples the published split has; None where there is no published number.
    """

    samples: tuple[Sample, ...]
    missing: tuple[str, ...] = ()
    expected: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSetInfo:
    """How to get a data set, what its folder looks like, and its reader.

    Attributes:
        title: Its full name.
        source: Where to get it.
        licence: What its owners let one do with it, in a few words.
        layout: What the folder must look like, in one paragraph.
        read: Returns what is in a folder that exists; DataError says which file of it is damaged.
        benchmark: The name that its protocols are kept under, where it is another reading of a known data set.
    """

    title: str
    source: str
    licence: str
    layout: str
    read: Callable[[Path], Listing]
    benchmark: str | None = None

    @property
    def how_to_get(self) -> str:
        """Where it comes from and what its folder must look like, in sentences."""
        return f"{self.title} comes from {self.source}. {self.layout}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleFiles:
    """One sample that a data set should have, and where its files should be.

    Attributes:
        name: What the sample is called, as ``Sample.name``.
        picture: The photograph.
        truth: The files that ``read_truth`` reads.
        read_truth: Returns what was measured.
        group: As ``Sample.group``.
    """

    name: str
    picture: Path
    truth: tuple[Path, ...]
    read_truth: Callable[[], GroundTruth]
    group: str = ""


def index_samples(
    folder: Path, files: Iterable[SampleFiles], *, expected: int | None, missing: Iterable[str] = ()
) -> Listing:
    """Return the samples whose files are all there, and the names of the files that are not.

    Args:
        folder: What the names of missing files are relative to.
        files: Where each sample should be.
        expected: How many samples the published split has.
        missing: What is already known to be missing.
    """
    samples, absent = [], list(missing)
    for each in files:
        lacking = [path for path in (each.picture, *each.truth) if not path.is_file()]
        absent += [(path.relative_to(folder) if path.is_relative_to(folder) else path).as_posix() for path in lacking]
        if not lacking:
            read_picture = partial(read_stored_picture, each.picture)
            samples.append(
                Sample(name=each.name, read_picture=read_picture, read_truth=each.read_truth, group=each.group)
            )
    return Listing(samples=tuple(samples), missing=tuple(absent), expected=expected)


def first_folder(folder: Path, *candidates: str) -> Path:
    """Return the first of some folders below ``folder`` that is there, or the first of all if none is."""
    return next((folder / name for name in candidates if (folder / name).is_dir()), folder / candidates[0])
