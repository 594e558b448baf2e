"""Where outputs go: beside, into a file, into a mirrored tree, and never two into one."""

from pathlib import Path, PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearfar.cli.inputs import Input
from nearfar.cli.output_paths import plan_outputs
from nearfar.errors import OptionError
from nearfar.outputs.formats import FORMATS, Format


def inputs_of(*paths: str) -> list[Input]:
    return [Input(path=Path(path), place=PurePath(Path(path).name)) for path in paths]


def planned(*paths: str, out: str | None, formats: tuple[str, ...] = ()) -> list[str]:
    rows = plan_outputs(inputs_of(*paths), table=FORMATS, out=out, formats=formats, words=paths)
    return [Path(str(target.path)).as_posix() for row in rows for target in row]


def test_format_unknown_to_a_scan_rejected() -> None:
    toy = Format(name="toy", suffix=".jpg", tag="-toy", summary="", encode=lambda _map, _picture: b"")
    with pytest.raises(ValueError, match=r"no table of formats holds what writes -toy\.jpg"):
        plan_outputs(inputs_of("a.jpg"), table={"toy": toy}, out=None, formats=(), words=["a.jpg"])


def test_output_beside_photograph() -> None:
    assert planned("x/a.jpg", out=None) == ["x/a-depth.png"]


def test_file_format_by_suffix() -> None:
    (row,) = plan_outputs(inputs_of("a.jpg"), table=FORMATS, out="b.npy", formats=(), words=["a.jpg"])
    assert (row[0].path, row[0].format.name) == (Path("b.npy"), "npy")


def test_several_formats_need_folder() -> None:
    assert planned("x/a.jpg", out="out", formats=("png", "color", "npy")) == [
        "out/a-depth.png",
        "out/a-depth-color.png",
        "out/a-depth.npy",
    ]


def test_tree_mirrored() -> None:
    item = Input(path=Path("in/sub/a.jpg"), place=PurePath("sub/a.jpg"))
    (row,) = plan_outputs([item], table=FORMATS, out="out", formats=(), words=["in"])
    assert row[0].path == Path("out/sub/a-depth.png")


def test_same_stem_keeps_whole_name() -> None:
    assert planned("a.jpg", "a.PNG", "b.jpg", out="out") == [
        "out/a.jpg-depth.png",
        "out/a.PNG-depth.png",
        "out/b-depth.png",
    ]


def test_same_name_keeps_relative_path() -> None:
    assert planned("x/a.jpg", "y/a.jpg", out="out") == ["out/x/a.jpg-depth.png", "out/y/a.jpg-depth.png"]


def test_names_differing_in_case_kept_apart() -> None:
    assert len({path.casefold() for path in planned("A.jpg", "a.png", out="out")}) == 2


@given(
    st.lists(
        st.tuples(st.sampled_from(["x", "y", "x/z"]), st.sampled_from("aAb"), st.sampled_from([".jpg", ".png", ""])),
        unique=True,
        max_size=8,
    )
)
def test_outputs_never_collide(parts: list[tuple[str, str, str]]) -> None:
    paths = [f"{folder}/{stem}{suffix}" for folder, stem, suffix in parts]
    distinct = {path.casefold(): path for path in paths}
    out = planned(*distinct.values(), out="out", formats=("png", "npy"))
    assert len({path.casefold() for path in out}) == 2 * len(distinct)


@pytest.mark.parametrize(
    ("paths", "out", "formats", "said"),
    [
        (("a.jpg", "b.jpg"), "-", (), "one output of one photograph"),
        (("a.jpg",), "-", ("png", "npy"), "one output of one photograph"),
        (("a.jpg",), "b.png", ("png", "npy"), "do not fit in one file"),
        (("a.jpg",), "b.xyz", (), ".xyz"),
        (("a.jpg",), "out", ("gif",), "gif"),
        (("a.png",), "a.png", (), "is an input"),
    ],
)
def test_impossible_output_rejected(paths: tuple[str, ...], out: str, formats: tuple[str, ...], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        planned(*paths, out=out, formats=formats)
