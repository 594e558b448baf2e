"""Where every output goes, decided before anything is computed."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nearfar.cli.inputs import STDIN, Input, own_endings
from nearfar.errors import OptionError
from nearfar.outputs.formats import Format, endings, find_format, select_formats

STDOUT = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One output of one photograph.

    Attributes:
        path: The file; None for standard output.
        format: Its file format.
    """

    path: Path | None
    format: Format

    @property
    def paths(self) -> list[Path]:
        """All the files: of most formats one, of some several with names that begin alike."""
        if self.path is None:
            return []
        return [self.path, *(self.path.with_name(self.path.stem + ending) for ending in self.format.companions)]


def plan_outputs(
    inputs: Sequence[Input],
    *,
    table: Mapping[str, Format],
    out: str | None,
    formats: Sequence[str],
    words: Sequence[str],
    also_read: Sequence[Path] = (),
) -> list[list[Target]]:
    """Return the outputs of each input, in the order of the inputs; no two have the same path.

    Where neither ``formats`` nor the suffix of ``out`` says which, they are of the first format of the table.

    Without ``out`` they stand beside their photograph. ``out`` is a file if it has a suffix, is no folder and one
    photograph is given by name; otherwise a folder, which mirrors the input tree. ``also_read`` are other files that
    no output may replace.

    Raises:
        OptionError: The output cannot be what was asked for, or would replace an input.
        ValueError: A scan of a folder could take what a format of the table writes for a photograph: it is a row of
            no table that ``own_endings`` knows.
    """
    if unknown := set(endings(table.values())).difference(own_endings()):
        raise ValueError(f"no table of formats holds what writes {', '.join(sorted(unknown))}")
    if out == STDOUT:
        planned = [[_plan_stdout(inputs, _select_formats(formats, table))]]
    elif out is not None and _names_file(out, words):
        planned = [[_plan_file(Path(out), formats, table)]]
    else:
        planned = _plan_folders(inputs, None if out is None else Path(out), _select_formats(formats, table))
    _forbid_replacing([item.path for item in inputs if item.path is not None], planned)
    _forbid_replacing(also_read, planned)
    return planned


def _select_formats(formats: Sequence[str], table: Mapping[str, Format]) -> list[Format]:
    return select_formats(formats or [next(iter(table))], table)


def _names_file(out: str, words: Sequence[str]) -> bool:
    path = Path(out)
    one = len(words) == 1 and not Path(words[0]).is_dir()
    return one and bool(path.suffix) and not out.endswith(("/", os.sep)) and not path.is_dir()


def _plan_stdout(inputs: Sequence[Input], chosen: Sequence[Format]) -> Target:
    if len(inputs) != 1 or len(chosen) > 1:
        raise OptionError(
            f"'-o -' writes one output of one photograph, not {len(inputs)} in {len(chosen)} formats: give -o a folder"
        )
    if chosen[0].companions:
        raise OptionError(f"'-o -' writes one file, and {chosen[0].name} is several: give -o a file or a folder")
    return Target(path=None, format=chosen[0])


def _plan_file(path: Path, formats: Sequence[str], table: Mapping[str, Format]) -> Target:
    if len(formats) > 1:
        raise OptionError(f"{path}: {len(formats)} formats do not fit in one file: give -o a folder")
    return Target(path=path, format=find_format(path, formats[0] if formats else None, table))


def _plan_folders(inputs: Sequence[Input], out: Path | None, chosen: Sequence[Format]) -> list[list[Target]]:
    stems = _resolve_stems(inputs, out)
    return [
        [Target(path=stem.with_name(f"{stem.name}{each.tag}{each.suffix}"), format=each) for each in chosen]
        for stem in stems
    ]


def _resolve_stems(inputs: Sequence[Input], out: Path | None) -> list[Path]:
    """Return where each input's outputs go, less tag and suffix.

    ``a.jpg`` and ``a.png`` in one folder would both give ``a``: all that collide keep their whole name, and if that is
    not enough, their path below the folder that they have in common.
    """
    stems = [_output_folder(item, out) / item.place.stem for item in inputs]
    for index in _find_clashes(stems):
        stems[index] = _output_folder(inputs[index], out) / inputs[index].place.name
    clashing = _find_clashes(stems)
    common = _common_folder([inputs[index] for index in clashing])
    for index in clashing:
        stems[index] = (out or common) / os.path.relpath(inputs[index].path or STDIN, common)
    return stems


def _find_clashes(stems: Sequence[Path]) -> list[int]:
    seen = Counter(_path_key(stem) for stem in stems)
    return [index for index, stem in enumerate(stems) if seen[_path_key(stem)] > 1]


def _output_folder(item: Input, out: Path | None) -> Path:
    if out is not None:
        return out / item.place.parent
    return Path() if item.path is None else item.path.parent


def _common_folder(items: Sequence[Input]) -> Path:
    parents = [os.path.abspath(item.path.parent) for item in items if item.path is not None]  # noqa: PTH100
    return Path(os.path.commonpath(parents)) if parents else Path()


def _path_key(path: Path) -> str:
    # Two names that differ only in case are one file on macOS and Windows, and two that links lead to one place, too.
    return os.path.realpath(path).casefold()


def _forbid_replacing(read: Sequence[Path], planned: Sequence[Sequence[Target]]) -> None:
    sources = {_path_key(path) for path in read}
    for path in (path for row in planned for target in row for path in target.paths):
        if _path_key(path) in sources:
            raise OptionError(f"{path} is an input: what is made of it would replace it; choose another -o")
