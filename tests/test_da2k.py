"""DA-2K is scored strictly: ties are not right, and a constant answer scores nothing."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearfar.depth_map import Depth, Disparity
from nearfar.errors import DataError
from nearfar.evaluate.da2k import (
    Annotation,
    Answer,
    Tally,
    from_map,
    read_da2k,
    score_answers,
    score_da2k,
    score_map,
)
from support import benchmarks

ROOM, LAKE = "images/indoor/room.png", "images/underwater/lake.png"


def row(first: list[int], second: list[int]) -> dict[str, object]:
    return {"point1": first, "point2": second, "closer_point": "point1"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two photographs of 8×6, the first with two pairs."""
    rows = {ROOM: [row([5, 7], [0, 1]), row([2, 0], [1, 0])], LAKE: [row([0, 0], [5, 7])]}
    benchmarks.da2k(tmp_path, rows)
    return tmp_path


def ramp() -> Disparity:
    """Lower in the picture is nearer."""
    return Disparity(values=np.repeat(np.arange(6, dtype=np.float32)[:, None], 8, axis=1))


def test_photographs_are_read_with_scene_and_points(folder: Path) -> None:
    benchmark = read_da2k(folder)
    room, lake = benchmark.photographs
    assert (room.image, room.scene, room.name, lake.scene) == (ROOM, "indoor", "images/indoor/room", "underwater")
    assert room.annotations[0] == Annotation(image=ROOM, point1=(5, 7), point2=(0, 1), closer=Answer.FIRST)
    assert room.read_picture().size_hw == (6, 8)
    assert benchmark.missing == ()


def test_the_archives_own_folder_is_found(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    above = tmp_path_factory.mktemp("above")
    folder.rename(above / "DA-2K")
    assert len(read_da2k(above).photographs) == 2


def test_missing_photographs_are_named(folder: Path) -> None:
    (folder / LAKE).unlink()
    assert read_da2k(folder).missing == (LAKE,)
    (folder / ROOM).unlink()
    with pytest.raises(DataError, match=r"none of the 2 photographs.*huggingface\.co/datasets/depth-anything/DA-2K"):
        read_da2k(folder)


def test_the_score_is_by_scene_and_over_pairs(folder: Path) -> None:
    score = score_da2k((photograph, ramp()) for photograph in read_da2k(folder).photographs)
    assert {scene: (tally.right, tally.pairs) for scene, tally in score.scenes.items()} == {
        "indoor": (2, 2),
        "underwater": (0, 1),
    }
    assert score.overall == Tally(pairs=3, right=2, asked=2, swapped=2)
    assert score.overall.accuracy == pytest.approx(2 / 3)


def test_a_flat_map_scores_nothing_and_its_ties_are_counted(folder: Path) -> None:
    flat = Disparity(values=np.ones((6, 8), np.float32))
    score = score_da2k((photograph, flat) for photograph in read_da2k(folder).photographs)
    assert score.overall == Tally(pairs=3, tied=3)
    assert score.overall.accuracy == 0


@pytest.mark.parametrize(("constant", "asked", "swapped"), [(Answer.FIRST, 3, 0), (Answer.SECOND, 0, 3)])
def test_a_constant_answer_scores_nothing(folder: Path, constant: Answer, asked: int, swapped: int) -> None:
    annotations = [pair for photograph in read_da2k(folder).photographs for pair in photograph.annotations]
    tally = score_answers(lambda first, second: constant, annotations)
    assert (tally.asked, tally.swapped, tally.right, tally.accuracy) == (asked, swapped, 0, 0)


def test_metres_are_nearer_where_they_are_less(folder: Path) -> None:
    metres = Depth(values=(10 - ramp().values).astype(np.float32))
    for photograph in read_da2k(folder).photographs:
        assert score_map(metres, photograph) == score_map(ramp(), photograph)


@given(st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_a_map_answers_the_same_whichever_point_is_first(row_values: list[int]) -> None:
    nearer = from_map(Disparity(values=np.array([row_values], np.float32)))
    for first in range(6):
        for second in range(6):
            assert nearer((0, first), (0, second)) is nearer((0, second), (0, first)).exchanged


def test_a_map_of_another_size_is_refused(folder: Path) -> None:
    photograph = read_da2k(folder).photographs[0]
    small = Disparity(values=np.ones((5, 8), np.float32))
    with pytest.raises(DataError, match=r"point \[5, 7\] lies outside the map of 8×5"):
        score_map(small, photograph)


def test_no_pairs_have_no_accuracy() -> None:
    with pytest.raises(DataError, match="no accuracy of no pairs"):
        _ = Tally().accuracy


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("{", "is no JSON"),
        ("[]", "must be an object of lists"),
        ("{}", "must be an object of lists"),
        (json.dumps({"room.png": [row([0, 0], [1, 1])]}), "its folder is the scene"),
        (json.dumps({"images/../../x/room.png": [row([0, 0], [1, 1])]}), "its folder is the scene"),
        (json.dumps({ROOM: []}), "must have a list of annotations"),
        (json.dumps({ROOM: [1]}), "an annotation must be an object"),
        (json.dumps({ROOM: [{"point1": [0, 0], "closer_point": "point1"}]}), "'point2' is missing"),
        (json.dumps({ROOM: [row([0, 0], [1, -1])]}), "a point must be .row, column. in whole pixels"),
        (json.dumps({ROOM: [row([0, 0], [1, 1, 1])]}), "a point must be"),
        (json.dumps({ROOM: [{**row([0, 0], [1, 1]), "closer_point": "point3"}]}), "'point3' is not a valid"),
        (json.dumps({ROOM: [{**row([0, 0], [1, 1]), "closer_point": "tie"}]}), "must be point1 or point2"),
    ],
)
def test_annotations_of_another_form_are_refused(folder: Path, said: str, message: str) -> None:
    (folder / "annotations.json").write_text(said)
    with pytest.raises(DataError, match=rf"annotations\.json: .*{message}"):
        read_da2k(folder)


def test_without_annotations_it_says_where_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has no annotations\.json.*DA-2K\.zip"):
        read_da2k(tmp_path)
