"""Miniature benchmarks, written in the exact form in which the real ones are published."""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from support.photographs import scene

HEIGHT, WIDTH = 6, 8


def depth_m(seed: int = 0, height: int = HEIGHT, width: int = WIDTH) -> NDArray[np.float32]:
    """Return depth of 1 to 9 m, (height, width) float32, no two pixels of which are alike."""
    return np.random.default_rng(seed).uniform(1, 9, (height, width)).astype(np.float32)


def photograph(path: Path, height: int = HEIGHT, width: int = WIDTH) -> NDArray[np.uint8]:
    """Write a photograph, its folder too, and return it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rgb = scene(height, width)
    Image.fromarray(rgb).save(path)
    return rgb


def png16(path: Path, values: NDArray[np.generic]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.rint(values).astype(np.uint16)).save(path)


def pfm(path: Path, values: NDArray[np.float32], *, byte_order: str = "<") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = values.shape
    scale = -1.0 if byte_order == "<" else 1.0
    rows = values[::-1].astype(f"{byte_order}f4").tobytes()
    path.write_bytes(f"Pf\n{width} {height}\n{scale}\n".encode() + rows)


def nyu(folder: Path, depth: NDArray[np.float32], raw: NDArray[np.float32], *, test: list[int]) -> NDArray[np.uint8]:
    """Write both files of NYU Depth V2, of as many photographs as ``depth`` (N, H, W) has, and return these."""
    import h5py
    from scipy.io import savemat

    count, height, width = depth.shape
    rgb = np.stack([np.roll(scene(height, width), index, axis=0) for index in range(count)])
    with h5py.File(folder / "nyu_depth_v2_labeled.mat", "w", userblock_size=512) as file:  # MATLAB 7.3 has such a block
        file["images"] = rgb.transpose(0, 3, 2, 1)  # (N, 3, W, H)
        file["depths"], file["rawDepths"] = depth.transpose(0, 2, 1), raw.transpose(0, 2, 1)
        kinds = [file.create_dataset(f"#refs#/{index}", data=[[ord(c)] for c in "study"]) for index in range(count)]
        file["sceneTypes"] = np.array([[kind.ref for kind in kinds]], dtype=h5py.ref_dtype)
    savemat(folder / "splits.mat", {"testNdxs": np.array(test, np.uint16)[:, None], "trainNdxs": np.uint16([[1]])})
    return rgb


def dpt(path: Path, values: NDArray[np.float32]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = values.shape
    header = np.float32(202021.25).tobytes() + np.array([width, height], "<i4").tobytes()
    path.write_bytes(header + values.astype("<f4").tobytes())


def sintel(folder: Path, sequence: str, number: int, values: NDArray[np.float32]) -> Path:
    """Write one frame of both renderings and its depth, and return the file of its depth."""
    for rendering in ("final", "clean"):
        photograph(folder / "training" / rendering / sequence / f"frame_{number:04d}.png", *values.shape)
    path = folder / "training" / "depth" / sequence / f"frame_{number:04d}.dpt"
    dpt(path, values)
    return path


def eth3d(folder: Path, scene_name: str, number: int, values: NDArray[np.float32]) -> Path:
    """Write one photograph of a scene and its depth, and return the file of its depth."""
    photograph(folder / scene_name / "images" / "dslr_images" / f"DSC_{number:04d}.JPG", *values.shape)
    path = folder / scene_name / "ground_truth_depth" / "dslr_images" / f"DSC_{number:04d}.JPG"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(values.astype("<f4").tobytes())
    return path


def diode(folder: Path, half: str, values: NDArray[np.float32], mask: NDArray[np.generic]) -> Path:
    """Write one photograph of a half with its depth (H, W, 1) and mask, and return the photograph's file."""
    name = f"00019_00183_{half}_000_010"
    path = folder / "val" / half / "scene_00019" / "scan_00183" / f"{name}.png"
    photograph(path, *values.shape)
    np.save(path.with_name(f"{name}_depth.npy"), values[..., None])
    np.save(path.with_name(f"{name}_depth_mask.npy"), mask)
    return path


def middlebury(folder: Path, scene_name: str, disparity: NDArray[np.float32], *, file_name: str = "disp0.pfm") -> Path:
    """Write one scene with a calibration of f = 400 px, B = 200 mm and doffs = 10 px, and return its folder."""
    home = folder / scene_name
    photograph(home / "im0.png", *disparity.shape)
    pfm(home / file_name, disparity)
    height, width = disparity.shape
    (home / "calib.txt").write_text(
        f"cam0=[400 0 {width / 2}; 0 400 {height / 2}; 0 0 1]\ncam1=[400 0 14; 0 400 {height / 2}; 0 0 1]\n"
        f"doffs=10\nbaseline=200\nwidth={width}\nheight={height}\nndisp=290\n"
    )
    return home


def kitti(folder: Path, drive: str, number: int, values: NDArray[np.float32], *, split: str = "val") -> str:
    """Write one photograph of a drive and its annotated depth [m], and return its line in Eigen's list."""
    picture = f"{drive[:10]}/{drive}/image_02/data/{number:010d}.png"
    depth = f"{drive}/proj_depth/groundtruth/image_02/{number:010d}.png"
    photograph(folder / "raw_data" / picture, *values.shape)
    png16(folder / "data_depth_annotated" / split / depth, values * 256)
    return f"{picture} {depth} 721.5377\n"


def da2k(folder: Path, annotations: dict[str, list[dict[str, object]]]) -> None:
    """Write the photographs that the annotations name, and the annotations."""
    for image in annotations:
        photograph(folder / image)
    (folder / "annotations.json").write_text(json.dumps(annotations))
