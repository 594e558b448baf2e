"""Benchmarks are read as they are published: miniature ones, whole and damaged."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from nearfar.errors import DataError, MissingExtraError, PictureError
from nearfar.evaluate.datasets import DATASETS, DataSet, diode, eth3d, find_benchmark, kitti, open_dataset, sintel
from nearfar.evaluate.sample import GroundTruth, Sample
from nearfar.models.schema import Kind
from support import benchmarks
from support.benchmarks import depth_m
from support.photographs import scene

ROOT = Path(__file__).resolve().parents[1]


def only(data: DataSet) -> Sample:
    (sample,) = data.samples
    return sample


def shows(truth: GroundTruth, values: NDArray[np.floating]) -> None:
    """Check that a truth is valid where ``values`` is not NaN, and says that there."""
    valid = ~np.isnan(values)
    np.testing.assert_array_equal(truth.valid, valid)
    np.testing.assert_allclose(truth.values, np.where(valid, values, 0), rtol=1e-6)


# What holds of all --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DATASETS)
def test_missing_folder_names_source(tmp_path: Path, name: str) -> None:
    with pytest.raises(
        DataError, match=f"{re.escape(str(tmp_path))}/none is no folder.*{re.escape(DATASETS[name].source[:25])}"
    ):
        open_dataset(name, tmp_path / "none")


@pytest.mark.parametrize("name", DATASETS)
def test_empty_folder_names_layout(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError) as caught:
        open_dataset(name, tmp_path)
    assert "holds no sample" in str(caught.value)
    assert DATASETS[name].layout in str(caught.value)


def test_unknown_data_set_lists_names(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'nyuv2'.*nyu, nyu-raw, kitti"):
        open_dataset("nyuv2", tmp_path)


def test_data_set_variants_lead_to_benchmark() -> None:
    assert {name: find_benchmark(name) for name in ("nyu", "nyu-raw", "sintel-clean", "kitti-selection")} == {
        "nyu": "nyu",
        "nyu-raw": "nyu",
        "sintel-clean": "sintel",
        "kitti-selection": "kitti-selection",
    }
    assert all(find_benchmark(name) in DATASETS for name in DATASETS)


def test_reference_documents_each_licence() -> None:
    page = (ROOT / "docs" / "reference" / "datasets.md").read_text(encoding="utf-8")
    for name, info in DATASETS.items():
        section = next(part for part in page.split("\n## ") if f"`{name}`" in part.splitlines()[0])
        assert info.licence in section, name
    for published in (kitti.EIGEN, kitti.SELECTION, sum(eth3d.SCENES.values()), sum(diode.HALVES.values())):
        assert f"{published:,}" in page


def test_published_counts_add_up() -> None:
    assert sum(sintel.FRAMES.values()) == 1064
    assert len(sintel.FRAMES) == 23
    assert sum(eth3d.SCENES.values()) == 454
    assert sum(diode.HALVES.values()) == 771


# NYU Depth V2 --------------------------------------------------------------------------------------------------------


@pytest.fixture
def nyu_folder(tmp_path: Path) -> Path:
    depth = np.stack([depth_m(seed) for seed in range(4)])
    raw = np.where(depth < 3, np.float32(0), depth)
    benchmarks.nyu(tmp_path, depth, raw, test=[2, 4])
    return tmp_path


def test_nyu_test_split_upright(nyu_folder: Path) -> None:
    data = open_dataset("nyu", nyu_folder)
    assert [sample.name for sample in data.samples] == ["0002", "0004"]
    assert (data.expected, data.missing, data.samples[0].group) == (654, (), "study")
    shows(data.samples[1].read_truth(), depth_m(3))
    expected = np.roll(scene(benchmarks.HEIGHT, benchmarks.WIDTH), 3, axis=0)
    np.testing.assert_array_equal(data.samples[1].read_picture().rgb, expected)


def test_nyu_raw_with_holes(nyu_folder: Path) -> None:
    truth = open_dataset("nyu-raw", nyu_folder).samples[0].read_truth()
    depth = depth_m(1)
    shows(truth, np.where(depth < 3, np.nan, depth))


def test_nyu_missing_file_named(nyu_folder: Path) -> None:
    (nyu_folder / "splits.mat").unlink()
    with pytest.raises(DataError, match=r"lacks splits\.mat\. .*horatio\.cs\.nyu\.edu"):
        open_dataset("nyu", nyu_folder)


def test_nyu_without_scene_types_ungrouped(nyu_folder: Path) -> None:
    import h5py

    with h5py.File(nyu_folder / "nyu_depth_v2_labeled.mat", "a") as file:
        del file["sceneTypes"]
    assert {sample.group for sample in open_dataset("nyu", nyu_folder).samples} == {""}


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        ("nyu_depth_v2_labeled.mat", lambda data: data[: len(data) // 2], "cannot be read as the labelled set"),
        ("nyu_depth_v2_labeled.mat", lambda data: b"", "cannot be read as the labelled set"),
        ("splits.mat", lambda data: data[:140], "testNdxs cannot be read"),
        ("splits.mat", lambda data: b"no MATLAB file", "testNdxs cannot be read"),
        ("splits.mat", lambda data: data.replace(b"testNdxs", b"lostNdxs"), "testNdxs cannot be read"),
    ],
)
def test_nyu_damaged_file_rejected(nyu_folder: Path, name: str, damage, message: str) -> None:
    path = nyu_folder / name
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=f"{name}: {message}"):
        open_dataset("nyu", nyu_folder)


def test_nyu_other_split_rejected(tmp_path: Path) -> None:
    depth = np.stack([depth_m(seed) for seed in range(2)])
    benchmarks.nyu(tmp_path, depth, depth, test=[1, 1449])
    with pytest.raises(DataError, match=r"must be from 1 to 2, got \[1449\]"):
        open_dataset("nyu", tmp_path)


def test_nyu_other_shape_rejected(nyu_folder: Path) -> None:
    import h5py

    with h5py.File(nyu_folder / "nyu_depth_v2_labeled.mat", "a") as file:
        del file["images"], file["depths"]
        file["images"], file["depths"] = np.zeros((4, 8, 6), np.uint8), np.ones((4, 3, 8, 6))
    sample = open_dataset("nyu", nyu_folder).samples[0]
    with pytest.raises(DataError, match=r"image 2 must be \(3, W, H\) uint8, got \(8, 6\)"):
        sample.read_picture()
    with pytest.raises(DataError, match=r"labeled\.mat: .*must be \(H, W\) float32"):
        sample.read_truth()


def test_nyu_fewer_depths_than_images_rejected(nyu_folder: Path) -> None:
    import h5py

    with h5py.File(nyu_folder / "nyu_depth_v2_labeled.mat", "a") as file:
        del file["rawDepths"]
        file["rawDepths"] = np.ones((3, 8, 6), np.float32)
    with pytest.raises(DataError, match="holds 4 images and 3 rawDepths"):
        open_dataset("nyu-raw", nyu_folder)


@pytest.mark.parametrize("package", ["h5py", "scipy"])
def test_nyu_missing_extra_named(nyu_folder: Path, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(__import__("sys").modules, package, None)
    if package == "scipy":
        monkeypatch.setitem(__import__("sys").modules, "scipy.io", None)
    with pytest.raises(MissingExtraError, match=rf"{package}.*nearfar\[evaluate\]"):
        open_dataset("nyu", nyu_folder)


# KITTI ---------------------------------------------------------------------------------------------------------------

DRIVE = "2011_09_26_drive_0002_sync"


def kitti_lines(folder: Path) -> list[str]:
    return [benchmarks.kitti(folder, DRIVE, number, depth_m(number), split="train") for number in (69, 54)]


def test_kitti_list_without_depthless_frames(tmp_path: Path) -> None:
    none = f"2011_09_26/{DRIVE}/image_02/data/0000000000.png None 721.5377\n"
    (tmp_path / "eigen_test_files_with_gt.txt").write_text("".join([*kitti_lines(tmp_path), none]))
    data = open_dataset("kitti", tmp_path)
    assert [sample.name for sample in data.samples] == [f"{DRIVE}/image_02/{n:010d}" for n in (69, 54)]
    assert (data.expected, data.missing, data.samples[0].group) == (652, (), DRIVE)
    shows(data.samples[0].read_truth(), np.rint(depth_m(69) * 256) / 256)
    assert data.samples[0].read_picture().size_hw == (6, 8)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("test_files.txt", f"2011_09_26/{DRIVE} 0000000069 l\n2011_09_26/{DRIVE} 54 l\n"),
        ("test_files_eigen.txt", "".join(f"2011_09_26/{DRIVE}/image_02/data/{n:010d}.png\n" for n in (69, 54))),
        ("eigen_test_files.txt", "".join(f"/mnt/raw/{DRIVE}/image_02/data/{n:010d}.jpg\n" for n in (69, 54))),
    ],
)
def test_kitti_list_formats(tmp_path: Path, name: str, lines: str) -> None:
    kitti_lines(tmp_path)
    (tmp_path / name).write_text(lines)
    assert [sample.name[-2:] for sample in open_dataset("kitti", tmp_path).samples] == ["69", "54"]


def test_kitti_alternative_layouts(tmp_path: Path) -> None:
    lines = kitti_lines(tmp_path)
    (tmp_path / "raw_data" / "2011_09_26" / DRIVE).rename(tmp_path / DRIVE)
    (tmp_path / "data_depth_annotated" / "train").rename(tmp_path / "gts")
    (tmp_path / "eigen_test_files_with_gt.txt").write_text("".join(lines))
    assert len(open_dataset("kitti", tmp_path).samples) == 2


def test_kitti_missing_files_named(tmp_path: Path) -> None:
    lines = kitti_lines(tmp_path)
    (tmp_path / "eigen_test_files_with_gt.txt").write_text("".join(lines))
    depth = f"data_depth_annotated/train/{DRIVE}/proj_depth/groundtruth/image_02/0000000054.png"
    (tmp_path / depth).unlink()
    data = open_dataset("kitti", tmp_path)
    assert len(data.samples) == 1
    assert data.missing == (depth.replace("train", "val"),)


def test_kitti_list_of_697_complete_with_652(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kitti_lines(tmp_path)
    (tmp_path / "test_files.txt").write_text("".join(f"2011_09_26/{DRIVE} {n} l\n" for n in (69, 54, 0)))
    assert open_dataset("kitti", tmp_path).missing
    monkeypatch.setattr(kitti, "EIGEN", 2)
    assert open_dataset("kitti", tmp_path).missing == ()


def test_kitti_missing_list_named(tmp_path: Path) -> None:
    kitti_lines(tmp_path)
    with pytest.raises(DataError, match=r"lacks eigen_test_files_with_gt\.txt.*cleinc/bts"):
        open_dataset("kitti", tmp_path)


def test_kitti_other_list_rejected(tmp_path: Path) -> None:
    (tmp_path / "test_files.txt").write_text("\nroom.jpg\n")
    with pytest.raises(DataError, match=r"test_files\.txt, line 2: names no photograph of KITTI: 'room\.jpg'"):
        open_dataset("kitti", tmp_path)


def test_kitti_eight_bit_depth_rejected(tmp_path: Path) -> None:
    (tmp_path / "test_files.txt").write_text(f"2011_09_26/{DRIVE} 69 l\n")
    kitti_lines(tmp_path)
    path = next(tmp_path.rglob("groundtruth/image_02/0000000069.png"))
    Image.fromarray(np.ones((6, 8), np.uint8)).save(path)
    with pytest.raises(DataError, match="must be a PNG of 16 bits"):
        only(open_dataset("kitti", tmp_path)).read_truth()


@pytest.mark.parametrize("below", [".", "val_selection_cropped", "depth_selection/val_selection_cropped"])
def test_kitti_selection_samples(tmp_path: Path, below: str) -> None:
    home = tmp_path / below
    benchmarks.photograph(home / "image" / f"{DRIVE}_image_0000000005_image_02.png")
    benchmarks.png16(home / "groundtruth_depth" / f"{DRIVE}_groundtruth_depth_0000000005_image_02.png", depth_m() * 256)
    benchmarks.photograph(home / "image" / f"{DRIVE}_image_0000000008_image_03.png")
    data = open_dataset("kitti-selection", tmp_path)
    assert (only(data).name, data.samples[0].group) == (f"{DRIVE}_image_0000000005_image_02", DRIVE)
    shows(only(data).read_truth(), np.rint(depth_m() * 256) / 256)
    assert data.expected == 1000
    assert [Path(name).name for name in data.missing] == [f"{DRIVE}_groundtruth_depth_0000000008_image_03.png"]


# ETH3D ---------------------------------------------------------------------------------------------------------------


def test_eth3d_float_rows_with_infinity(tmp_path: Path) -> None:
    depth = depth_m()
    depth[0, 1] = np.inf
    benchmarks.eth3d(tmp_path, "relief_2", 427, depth)
    data = open_dataset("eth3d", tmp_path)
    assert (only(data).name, only(data).group, data.expected) == ("relief_2/DSC_0427", "relief_2", 454)
    shows(only(data).read_truth(), np.where(np.isinf(depth), np.nan, depth))
    assert only(data).read_picture().size_hw == (6, 8)
    assert "office/ (26 photographs)" in data.missing
    assert len(data.missing) == 12


def test_eth3d_marigold_layout(tmp_path: Path) -> None:
    benchmarks.eth3d(tmp_path, "office", 219, depth_m())
    (tmp_path / "rgb" / "office").mkdir(parents=True)
    (tmp_path / "office" / "images").rename(tmp_path / "rgb" / "office" / "images")
    (tmp_path / "depth" / "office_dslr_depth").mkdir(parents=True)
    (tmp_path / "office").rename(tmp_path / "depth" / "office_dslr_depth" / "office")
    shows(only(open_dataset("eth3d", tmp_path)).read_truth(), depth_m())


def test_eth3d_undistorted_photograph_rejected(tmp_path: Path) -> None:
    path = benchmarks.eth3d(tmp_path, "office", 219, depth_m())
    benchmarks.photograph(tmp_path / "office" / "images" / "dslr_images" / path.name, 7, 8)
    with pytest.raises(DataError, match=r"192 bytes long, not 224 for the 8×7 pixels.*not of the undistorted"):
        only(open_dataset("eth3d", tmp_path)).read_truth()


def test_eth3d_unreadable_photograph_rejected(tmp_path: Path) -> None:
    path = benchmarks.eth3d(tmp_path, "office", 219, depth_m())
    (tmp_path / "office" / "images" / "dslr_images" / path.name).write_bytes(b"no photograph")
    with pytest.raises(DataError, match="cannot be read as a photograph"):
        only(open_dataset("eth3d", tmp_path)).read_truth()


def test_eth3d_depth_without_photograph_named(tmp_path: Path) -> None:
    benchmarks.eth3d(tmp_path, "office", 219, depth_m())
    path = benchmarks.eth3d(tmp_path, "office", 220, depth_m())
    (tmp_path / "office" / "images" / "dslr_images" / path.name).unlink()
    data = open_dataset("eth3d", tmp_path)
    assert "office/images/dslr_images/DSC_0220.JPG" in data.missing
    assert only(data).name == "office/DSC_0219"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_benchmark_photographs_as_stored(tmp_path: Path, orientation: int) -> None:
    path = benchmarks.eth3d(tmp_path, "office", 219, depth_m(0, 24, 32))
    picture = tmp_path / "office" / "images" / "dslr_images" / path.name
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(scene()).save(picture, quality=95, exif=exif)
    rgb = only(open_dataset("eth3d", tmp_path)).read_picture().rgb
    assert rgb.shape == (24, 32, 3)
    assert np.abs(rgb.astype(int) - scene()).max() < 25


# DIODE ---------------------------------------------------------------------------------------------------------------


def test_diode_mask(tmp_path: Path) -> None:
    mask = np.ones((6, 8))
    mask[2:, 3] = 0
    benchmarks.diode(tmp_path, "outdoor", depth_m(), mask)
    data = open_dataset("diode", tmp_path)
    assert only(data).name == "outdoor/scene_00019/scan_00183/00019_00183_outdoor_000_010"
    assert (only(data).group, data.expected, data.missing) == ("outdoor", 771, ("indoors/ (325 photographs)",))
    shows(only(data).read_truth(), np.where(mask == 1, depth_m(), np.nan))
    assert only(open_dataset("diode", tmp_path / "val")).name == only(data).name


@pytest.mark.parametrize("ending", [".png", "_depth.npy", "_depth_mask.npy"])
def test_diode_missing_file_named(tmp_path: Path, ending: str) -> None:
    path = benchmarks.diode(tmp_path, "indoors", depth_m(), np.ones((6, 8)))
    benchmarks.diode(tmp_path, "outdoor", depth_m(), np.ones((6, 8)))
    lost = path.with_name(path.stem + ending)
    lost.unlink()
    data = open_dataset("diode", tmp_path)
    assert data.missing == (lost.relative_to(tmp_path).as_posix(),)


def test_diode_without_measurements_empty_truth(tmp_path: Path) -> None:
    benchmarks.diode(tmp_path, "indoors", depth_m(), np.zeros((6, 8)))
    assert not only(open_dataset("diode", tmp_path)).read_truth().valid.any()


@pytest.mark.parametrize(
    ("ending", "stored", "message"),
    [
        ("_depth_mask.npy", np.ones((8, 6)), r"is \(6, 8\), and its mask .* is \(8, 6\)"),
        ("_depth.npy", np.ones((6, 8, 3)), r"must hold one map of numbers \(H, W\), and holds \(6, 8, 3\)"),
        ("_depth.npy", np.array([["far"]]), "must hold one map of numbers"),
        ("_depth.npy", np.array([[None]]), "cannot be read as a map in NPY"),
    ],
)
def test_diode_other_arrays_rejected(tmp_path: Path, ending: str, stored: NDArray[np.generic], message: str) -> None:
    path = benchmarks.diode(tmp_path, "indoors", depth_m(), np.ones((6, 8)))
    np.save(path.with_name(path.stem + ending), stored)
    with pytest.raises(DataError, match=message):
        only(open_dataset("diode", tmp_path)).read_truth()


@pytest.mark.parametrize("length", [0, 5, 100, -1])
def test_diode_truncated_file_rejected(tmp_path: Path, length: int) -> None:
    path = benchmarks.diode(tmp_path, "indoors", depth_m(), np.ones((6, 8)))
    depth = path.with_name(f"{path.stem}_depth.npy")
    depth.write_bytes(depth.read_bytes()[:length])
    with pytest.raises(DataError, match=r"_depth\.npy (cannot be read as a map in|is empty)"):
        only(open_dataset("diode", tmp_path)).read_truth()


# Sintel --------------------------------------------------------------------------------------------------------------


def test_sintel_renderings_share_depth(tmp_path: Path) -> None:
    benchmarks.sintel(tmp_path, "ambush_2", 21, depth_m())
    (tmp_path / "training" / "clean" / "ambush_2" / "frame_0021.png").unlink()
    data = open_dataset("sintel", tmp_path)
    assert (only(data).name, only(data).group, data.expected) == ("ambush_2/frame_0021", "ambush_2", 1064)
    shows(only(data).read_truth(), depth_m())
    assert len(data.missing) == 2 * 1063
    assert data.missing[0] == "training/final/alley_1/frame_0001.png"
    with pytest.raises(DataError, match=r"training/clean/alley_1/frame_0001\.png"):
        open_dataset("sintel-clean", tmp_path)


def test_sintel_archives_side_by_side(tmp_path: Path) -> None:
    benchmarks.sintel(tmp_path, "alley_1", 1, depth_m())
    depths = tmp_path / "MPI-Sintel-depth-training-20150305" / "training"
    depths.mkdir(parents=True)
    (tmp_path / "training" / "depth").rename(depths / "depth")
    (tmp_path / "MPI-Sintel-complete").mkdir()
    (tmp_path / "training").rename(tmp_path / "MPI-Sintel-complete" / "training")
    shows(only(open_dataset("sintel", tmp_path)).read_truth(), depth_m())
    shows(only(open_dataset("sintel-clean", tmp_path)).read_truth(), depth_m())


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data[:-1], "is 203 bytes long, and its header of 8×6 needs 204"),
        (lambda data: data + b"\0", "is 205 bytes long"),
        (lambda data: data[:8], "is 8 bytes long, too short"),
        (lambda data: b"PIEX" + data[4:], "and a .dpt file begins with 202021.25"),
        (lambda data: data[:4] + np.int32([-8, -6]).tobytes() + data[12:], "its header of -8×-6"),
    ],
)
def test_sintel_damaged_file_rejected(tmp_path: Path, damage, message: str) -> None:
    path = benchmarks.sintel(tmp_path, "alley_1", 1, depth_m())
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=rf"frame_0001\.dpt: .*{re.escape(message)}"):
        only(open_dataset("sintel", tmp_path)).read_truth()


def test_damaged_photograph_raises_picture_error(tmp_path: Path) -> None:
    benchmarks.sintel(tmp_path, "alley_1", 1, depth_m())
    path = tmp_path / "training" / "final" / "alley_1" / "frame_0001.png"
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(PictureError, match="frame_0001"):
        only(open_dataset("sintel", tmp_path)).read_picture()


# Middlebury ----------------------------------------------------------------------------------------------------------


def disparity_px() -> NDArray[np.float32]:
    disparity = np.random.default_rng(1).uniform(5, 90, (6, 8)).astype(np.float32)
    disparity[0, 0] = np.inf
    return disparity


def test_middlebury_metres_by_calibration(tmp_path: Path) -> None:
    benchmarks.middlebury(tmp_path, "Adirondack-perfect", disparity_px())
    benchmarks.middlebury(tmp_path, "Adirondack-imperfect", disparity_px() / 2)
    data = open_dataset("middlebury", tmp_path)
    assert (only(data).name, data.expected, len(data.missing)) == ("Adirondack", 23, 3 * 22)
    expected_m = 0.2 * 400 / (disparity_px() + 10)
    shows(only(data).read_truth(), np.where(np.isinf(disparity_px()), np.nan, expected_m))
    assert only(data).read_truth().kind is Kind.DEPTH


def test_middlebury_imperfect_rectification_as_fallback(tmp_path: Path) -> None:
    benchmarks.middlebury(tmp_path, "Umbrella-imperfect", disparity_px())
    assert only(open_dataset("middlebury", tmp_path)).name == "Umbrella"


def test_middlebury_evaluation_layout(tmp_path: Path) -> None:
    benchmarks.middlebury(tmp_path, "PianoL", disparity_px(), file_name="disp0GT.pfm")
    data = open_dataset("middlebury", tmp_path)
    assert (only(data).name, data.expected) == ("PianoL", 15)


def test_middlebury_disparity_beyond_infinity_invalid(tmp_path: Path) -> None:
    disparity = disparity_px()
    disparity[1, 1] = -10
    benchmarks.middlebury(tmp_path, "Umbrella-perfect", disparity)
    truth = only(open_dataset("middlebury", tmp_path)).read_truth()
    assert not truth.valid[1, 1]
    assert truth.valid.sum() == 46


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cam0=[400 0 4; 0 400 3; 0 0 1]\nbaseline=200\n", "'doffs'"),
        ("cam0=[f 0 4]\nbaseline=200\ndoffs=0\n", "could not convert"),
        ("cam0=[0 0 4]\nbaseline=200\ndoffs=0\n", "focal length 0.0 px"),
        ("cam0=[400 0 4]\nbaseline=inf\ndoffs=0\n", "baseline inf mm"),
        ("", "cam0"),
    ],
)
def test_middlebury_damaged_calibration_rejected(tmp_path: Path, text: str, message: str) -> None:
    home = benchmarks.middlebury(tmp_path, "Umbrella-perfect", disparity_px())
    (home / "calib.txt").write_text(text)
    with pytest.raises(DataError, match=rf"calib\.txt: .*{re.escape(message)}"):
        only(open_dataset("middlebury", tmp_path)).read_truth()


def test_middlebury_truncated_file_rejected(tmp_path: Path) -> None:
    home = benchmarks.middlebury(tmp_path, "Umbrella-perfect", disparity_px())
    path = home / "disp0.pfm"
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(DataError, match=r"disp0\.pfm cannot be read as a map in PFM"):
        only(open_dataset("middlebury", tmp_path)).read_truth()


# pairs.json ----------------------------------------------------------------------------------------------------------


def pair(folder: Path, **said: object) -> Sample:
    """Write a pair of which ``depth.npy`` is the truth unless said otherwise, and open it."""
    benchmarks.photograph(folder / "a" / "rgb.png")
    row = {"rgb": "a/rgb.png", "truth": "a/depth.npy", "kind": "depth", "licence": "mine", **said}
    (folder / "pairs.json").write_text(json.dumps({"desk": row}))
    if not (folder / "a" / "depth.npy").exists():
        np.save(folder / "a" / "depth.npy", depth_m())
    return only(open_dataset("pairs", folder))


def test_pairs_depth_within_near_far_and_crop(tmp_path: Path) -> None:
    truth = pair(tmp_path, near=2, far=6.5, crop=[1, 5, 2, 7]).read_truth()
    inside = np.zeros((6, 8), bool)
    inside[1:5, 2:7] = True
    inside &= (depth_m() > 2) & (depth_m() < 6.5)
    assert 0 < inside.sum() < 20
    shows(truth, np.where(inside, depth_m(), np.nan))


def test_pairs_disparity_offset(tmp_path: Path) -> None:
    benchmarks.png16(tmp_path / "a" / "disparity.png", np.arange(48).reshape(6, 8))
    said = {"kind": "disparity", "truth": "a/disparity.png", "scale": 4, "offset": 31.086}
    truth = pair(tmp_path, **said).read_truth()
    expected = np.arange(48).reshape(6, 8) / 4
    assert truth.kind is Kind.DISPARITY
    shows(truth, np.where(expected > 0, expected + 31.086, np.nan))


def test_pairs_npz_pfm_mask_and_rotated_bits(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    np.savez(tmp_path / "a" / "depth.npz", depth_m()[None])
    benchmarks.pfm(tmp_path / "a" / "depth.pfm", depth_m(), byte_order=">")
    mask = np.zeros((6, 8), np.uint8)
    mask[:3] = 255
    Image.fromarray(mask).save(tmp_path / "a" / "mask.png")
    millimetres = np.rint(depth_m() * 1000).astype(np.uint16)
    rotated = (millimetres << np.uint16(3)) | (millimetres >> np.uint16(13))
    benchmarks.png16(tmp_path / "a" / "sun.png", rotated)
    shows(pair(tmp_path, truth="a/depth.npz").read_truth(), depth_m())
    shows(pair(tmp_path, truth="a/depth.pfm", mask="a/mask.png").read_truth(), np.where(mask, depth_m(), np.nan))
    shows(pair(tmp_path, truth="a/sun.png", bits="sun", scale=1000).read_truth(), millimetres / 1000)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"kind": "metres"}, "'metres' is not a valid Kind"),
        ({"rgb": None}, "None must be text"),
        ({"scale": 0}, "scale must be above 0"),
        ({"scale": "x"}, "could not convert"),
        ({"near": 5, "far": 5}, "near from 0 and below far"),
        ({"crop": [0, 1, 2]}, "crop must be four whole numbers"),
        ({"crop": [5, 1, 0, 2]}, "crop must be .top, bottom, left, right."),
        ({"truth": "a/depth.exr"}, r"truth must be one of \.npy, \.npz, \.pfm, \.png"),
        ({"bits": "moon"}, "bits must be 'sun'"),
    ],
)
def test_pairs_wrong_row_rejected(tmp_path: Path, said: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=rf"pairs\.json, row desk: .*{message}"):
        pair(tmp_path, **said)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no JSON"),
        ("[1]", "must be an object of rows by name, got a list"),
        ('{"desk": 1}', "row desk: it must be an object"),
        ('{"desk": {"rgb": "a.png", "kind": "depth"}}', "row desk: 'truth' is missing"),
        ("{}", "holds no sample of pairs"),
    ],
)
def test_pairs_wrong_file_rejected(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "pairs.json").write_text(text)
    with pytest.raises(DataError, match=message):
        open_dataset("pairs", tmp_path)


def test_pairs_other_encoding_rejected(tmp_path: Path) -> None:
    (tmp_path / "pairs.json").write_bytes('{"Straße": 1}'.encode("latin-1"))
    with pytest.raises(DataError, match="is no UTF-8 text"):
        open_dataset("pairs", tmp_path)


def test_vanished_file_named(tmp_path: Path) -> None:
    path = benchmarks.sintel(tmp_path, "alley_1", 1, depth_m())
    sample = only(open_dataset("sintel", tmp_path))
    path.unlink()
    with pytest.raises(DataError, match=r"frame_0001\.dpt: cannot be read: No such file"):
        sample.read_truth()


def test_pairs_missing_files_named(tmp_path: Path) -> None:
    pair(tmp_path)
    rows = json.loads((tmp_path / "pairs.json").read_text())
    rows["far"] = {"rgb": "/nowhere/rgb.png", "truth": "../depth.npy", "kind": "depth"}
    (tmp_path / "pairs.json").write_text(json.dumps(rows))
    data = open_dataset("pairs", tmp_path)
    assert (data.missing, data.expected) == (("/nowhere/rgb.png", "../depth.npy"), 2)


def test_pairs_of_two_sizes_rejected(tmp_path: Path) -> None:
    benchmarks.photograph(tmp_path / "a" / "mask.png", 6, 7)
    sample = pair(tmp_path, mask="a/mask.png")
    with pytest.raises(DataError, match=r"mask\.png: is \(6, 7\), and a/depth\.npy is \(6, 8\)"):
        sample.read_truth()


def test_pairs_match_independent_scorer(shared: Path) -> None:
    rows = json.loads((shared / "pairs" / "pairs.json").read_text(encoding="utf-8"))
    data = open_dataset("pairs", shared / "pairs")
    assert [sample.name for sample in data.samples] == list(rows)
    for sample in data.samples:
        truth = sample.read_truth()
        assert truth.size_hw == sample.read_picture().size_hw
        assert truth.kind == rows[sample.name]["kind"]
        assert truth.valid.sum() > 1000


# A folder of one's own -----------------------------------------------------------------------------------------------


def own(folder: Path, meaning: str | None = None) -> Path:
    """Write a photograph to go with a map in ``truth/``, and return where the map belongs, without suffix."""
    benchmarks.photograph(folder / "photographs" / "garden" / "tree.jpg")
    (folder / "truth" / "garden").mkdir(parents=True, exist_ok=True)
    if meaning is not None:
        (folder / "truth.toml").write_text(meaning)
    return folder / "truth" / "garden" / "tree"


def test_folder_of_metres(tmp_path: Path) -> None:
    np.save(own(tmp_path).with_suffix(".npy"), depth_m())
    data = open_dataset("folder", tmp_path)
    assert (only(data).name, only(data).group, data.expected, data.missing) == ("garden/tree", "garden", 1, ())
    shows(only(data).read_truth(), depth_m())
    assert only(data).read_picture().size_hw == (6, 8)


def test_folder_of_scaled_pngs_and_disparity(tmp_path: Path) -> None:
    benchmarks.png16(own(tmp_path, "scale = 1000").with_suffix(".png"), depth_m() * 1000)
    shows(only(open_dataset("folder", tmp_path)).read_truth(), np.rint(depth_m() * 1000) / 1000)
    (tmp_path / "truth" / "garden" / "tree.png").unlink()
    benchmarks.pfm(own(tmp_path, 'kind = "disparity"').with_suffix(".pfm"), depth_m())
    truth = only(open_dataset("folder", tmp_path)).read_truth()
    assert truth.kind is Kind.DISPARITY
    shows(truth, depth_m())


def test_folder_of_pngs_without_scale_rejected(tmp_path: Path) -> None:
    benchmarks.png16(own(tmp_path).with_suffix(".png"), depth_m() * 1000)
    with pytest.raises(DataError, match=r"truth\.toml must say what they are: scale = 1000"):
        only(open_dataset("folder", tmp_path)).read_truth()


def test_folder_unpaired_files_named(tmp_path: Path) -> None:
    np.save(own(tmp_path).with_suffix(".npy"), depth_m())
    benchmarks.photograph(tmp_path / "photographs" / "alone.png")
    np.save(tmp_path / "truth" / "lost.npy", depth_m())
    data = open_dataset("folder", tmp_path)
    assert (data.missing, data.expected) == (("truth/alone.npy, .pfm or .png", "photographs/lost"), 3)


def test_folder_ambiguous_maps_rejected(tmp_path: Path) -> None:
    np.save(own(tmp_path).with_suffix(".npy"), depth_m())
    benchmarks.pfm(own(tmp_path).with_suffix(".pfm"), depth_m())
    with pytest.raises(DataError, match="which of them is meant"):
        open_dataset("folder", tmp_path)


@pytest.mark.parametrize(
    ("meaning", "message"),
    [
        ("kind = ", "is no TOML"),
        ('kind = "metres"', "kind must be 'depth' or 'disparity', got 'metres'"),
        ("scale = 0", "scale must be a number above 0, got 0"),
        ("scale = true", "scale must be a number above 0, got True"),
        ("unit = 1", "knows kind and scale only, got unit"),
    ],
)
def test_folder_wrong_meaning_rejected(tmp_path: Path, meaning: str, message: str) -> None:
    np.save(own(tmp_path, meaning).with_suffix(".npy"), depth_m())
    with pytest.raises(DataError, match=rf"truth\.toml: {message}"):
        open_dataset("folder", tmp_path)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "1"])
def test_colour_map_rejected(tmp_path: Path, mode: str) -> None:
    Image.fromarray(scene(6, 8)).convert(mode).save(own(tmp_path, "scale = 1000").with_suffix(".png"))
    with pytest.raises(DataError, match=f"must be a grey PNG of 8 or 16 bits.*mode {mode}"):
        only(open_dataset("folder", tmp_path)).read_truth()


@pytest.mark.parametrize("length", [0, 30, 60])
def test_truncated_png_named(tmp_path: Path, length: int) -> None:
    path = own(tmp_path, "scale = 1000").with_suffix(".png")
    benchmarks.png16(path, depth_m() * 1000)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(DataError, match=r"tree\.png: cannot be read as a PNG file"):
        only(open_dataset("folder", tmp_path)).read_truth()
