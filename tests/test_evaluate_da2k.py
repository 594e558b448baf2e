"""DA-2K is scored strictly: ties are not right, and a constant answer scores nothing."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearfar.errors import ArrayError, DataError
from nearfar.evaluate.da2k import Tally, order_by_map, score_answers, score_pairs
from nearfar.evaluate.datasets import open_dataset
from nearfar.evaluate.sample import DataSet, Nearer, PointPair, Sample
from nearfar.evaluate.score import Prediction
from nearfar.models.schema import Kind
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


def da2k(folder: Path) -> DataSet:
    return open_dataset("da2k", folder)


def ramp() -> Prediction:
    """Lower in the picture is nearer."""
    return Prediction(kind=Kind.DISPARITY, values=np.repeat(np.arange(6, dtype=np.float32)[:, None], 8, axis=1))


def test_samples_with_scene_and_points(folder: Path) -> None:
    found = da2k(folder)
    room, lake = found.samples
    assert (room.group, room.name, lake.group) == ("indoor", "images/indoor/room", "underwater")
    assert room.pairs[0] == PointPair(image=ROOM, point1=(5, 7), point2=(0, 1), closer=Nearer.FIRST)
    assert room.read_picture().size_hw == (6, 8)
    assert found.missing == ()
    with pytest.raises(DataError, match="pairs of points and no map"):
        room.read_truth()


def test_archive_folder_located(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    above = tmp_path_factory.mktemp("above")
    folder.rename(above / "DA-2K")
    assert len(da2k(above).samples) == 2


def test_missing_photographs_listed(folder: Path) -> None:
    (folder / LAKE).unlink()
    assert da2k(folder).missing == (LAKE,)
    (folder / ROOM).unlink()
    with pytest.raises(
        DataError,
        match=r"lacks images/indoor/room.png, .*lake.png.*huggingface\.co/datasets/depth-anything/DA-2K",
    ):
        da2k(folder)


def tally(prediction: Prediction, samples: tuple[Sample, ...]) -> Tally:
    return sum((score_pairs(prediction, sample.pairs) for sample in samples), Tally())


def test_score_over_pairs(folder: Path) -> None:
    samples = da2k(folder).samples
    assert [(found.right, found.pairs) for found in (tally(ramp(), (sample,)) for sample in samples)] == [
        (2, 2),
        (0, 1),
    ]
    overall = tally(ramp(), samples)
    assert overall == Tally(pairs=3, right=2, asked=2, swapped=2)
    assert overall.accuracy == pytest.approx(2 / 3)


def test_flat_map_counts_ties(folder: Path) -> None:
    flat = Prediction(values=np.ones((6, 8), np.float32), kind=Kind.DISPARITY)
    overall = tally(flat, da2k(folder).samples)
    assert overall == Tally(pairs=3, tied=3)
    assert overall.accuracy == 0


@pytest.mark.parametrize(("constant", "asked", "swapped"), [(Nearer.FIRST, 3, 0), (Nearer.SECOND, 0, 3)])
def test_constant_answer_scores_zero(folder: Path, constant: Nearer, asked: int, swapped: int) -> None:
    pairs = [pair for sample in da2k(folder).samples for pair in sample.pairs]
    found = score_answers(lambda first, second: constant, pairs)
    assert (found.asked, found.swapped, found.right, found.accuracy) == (asked, swapped, 0, 0)


def test_depth_nearer_where_less(folder: Path) -> None:
    metres = Prediction(values=(10 - ramp().values).astype(np.float32), kind=Kind.DEPTH)
    for sample in da2k(folder).samples:
        assert score_pairs(metres, sample.pairs) == score_pairs(ramp(), sample.pairs)


@given(st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_order_independent_of_first_point(row_values: list[int]) -> None:
    nearer = order_by_map(Prediction(values=np.array([row_values], np.float32), kind=Kind.DISPARITY))
    for first in range(6):
        for second in range(6):
            assert nearer((0, first), (0, second)) is nearer((0, second), (0, first)).opposite


def test_map_of_other_size_rejected(folder: Path) -> None:
    pairs = da2k(folder).samples[0].pairs
    small = Prediction(values=np.ones((5, 8), np.float32), kind=Kind.DISPARITY)
    with pytest.raises(DataError, match=r"point \[5, 7\] lies outside the map of 8×5"):
        score_pairs(small, pairs)


def test_map_with_nan_rejected(folder: Path) -> None:
    spoilt = Prediction(values=np.full((6, 8), np.nan, np.float32), kind=Kind.DISPARITY)
    with pytest.raises(ArrayError, match="must be finite"):
        score_pairs(spoilt, da2k(folder).samples[0].pairs)


def test_accuracy_of_no_pairs_rejected() -> None:
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
def test_malformed_annotations_rejected(folder: Path, said: str, message: str) -> None:
    (folder / "annotations.json").write_text(said)
    with pytest.raises(DataError, match=rf"annotations\.json: .*{message}"):
        da2k(folder)


def test_missing_annotations_name_source(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"lacks annotations\.json.*DA-2K\.zip"):
        da2k(tmp_path)
