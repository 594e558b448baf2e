"""Photographs with what is known of their depth, kept on disk as a run reads them: small, decoded, each file whole.

They stand where rendered scenes stand in a run that learns from photographs: a seed chooses one and a window of it.
"""

import io
import json
import math
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np

from nearfar.arrays import MapF32, RgbU8
from nearfar.errors import DataError
from nearfar.files import make_folder, write_whole
from nearfar.lab.train.augment import Crop, crop_resize
from nearfar.lab.train.data import FIRST_TRAINING_SEED

FOLDER = "data"
"""Where a run keeps its photographs, in its own folder."""

FEWEST = 2
"""Photographs that a run needs: one to learn from, one to be judged on."""

_LISTING, _FORMAT = "data.json", 1
_HELD_OUT_SHARE, _MOST_HELD_OUT = 0.1, 64
# Of the side that a run asks for, the short side that is kept: windows are cut to their half and more.
_KEPT_SHARE = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class RgbdPhotograph:
    """A photograph (H, W, 3) uint8 and its disparity (H, W) float32, NaN where it is not known."""

    rgb: RgbU8
    disparity: MapF32


@dataclass(frozen=True, slots=True, kw_only=True)
class Photographs:
    """The photographs of a run, as its renderer: seeds below ``FIRST_TRAINING_SEED`` mean those held out.

    Attributes:
        folder: Where they are kept.
        training: Their keys, in order.
        held_out: The keys of those that are never learnt from.
        facts: What is known of them, such as who made the labels.
    """

    folder: Path
    training: tuple[str, ...]
    held_out: tuple[str, ...]
    facts: Mapping[str, str]

    def __call__(self, seed: int, /, *, height: int, width: int) -> RgbdPhotograph:
        """Return a window of the photograph that ``seed`` chooses, resized [px]; one that is held out, as it is kept.

        Raises:
            DataError: Its file is gone or damaged.
        """
        if seed < FIRST_TRAINING_SEED:
            return _load(self.folder, self.held_out[seed % len(self.held_out)])
        rng = np.random.default_rng(seed)
        return self._window(int(rng.integers(len(self.training))), (height, width), rng)

    def window(self, index: int, /, *, height: int, width: int) -> RgbdPhotograph:
        """Return a window of a photograph to be learnt from, by its place among them, resized [px].

        Raises:
            DataError: Its file is gone or damaged.
        """
        return self._window(index, (height, width), np.random.default_rng(index))

    def _window(self, index: int, size_hw: tuple[int, int], rng: np.random.Generator) -> RgbdPhotograph:
        kept = _load(self.folder, self.training[index])
        rows, columns = kept.disparity.shape
        height, width = size_hw
        scale = min(rows / height, columns / width)
        window_hw = max(1, round(height * scale)), max(1, round(width * scale))
        crop = Crop(
            top=int(rng.integers(rows - window_hw[0] + 1)),
            left=int(rng.integers(columns - window_hw[1] + 1)),
            height=window_hw[0],
            width=window_hw[1],
            mirrored=False,
        )
        rgb, disparity = crop_resize(kept.rgb, kept.disparity, crop, size_hw)
        return RgbdPhotograph(
            rgb=rgb, disparity=disparity * np.float32(_apparent_scale((rows, columns), size_hw, scale))
        )

    @property
    def identity(self) -> str:
        """What tells one set of photographs, and one split of it, from another."""
        return sha256(json.dumps([self.training, self.held_out]).encode()).hexdigest()


def _apparent_scale(kept_hw: tuple[int, int], size_hw: tuple[int, int], scale: float) -> float:
    """Return how large things look in a window of a photograph, beside the whole of it at the size of use.

    There its short side is that of a square of the window's area. What looks smaller by a share is as if it were
    farther by it: times this, disparity is that of the camera which the network is to know, one for all windows. It
    changes nothing for disparity of unknown scale. Source: Yin et al., Metric3D, arXiv 2307.10984, section 3.2
    (the transformation of labels into the canonical camera's space).
    """
    return min(kept_hw) / math.sqrt(size_hw[0] * size_hw[1]) / scale


def resize_to_run(rgb: RgbU8, disparity: MapF32, *, side_px: int) -> RgbdPhotograph:
    """Return a photograph and its disparity, small enough for a run of pictures of ``side_px``, and of one size.

    Args:
        rgb: (H, W, 3) uint8.
        disparity: (h, w) float32 of the same aspect; NaN where it is not known.
        side_px: The side of the run's last stage [px].
    """
    rows, columns = rgb.shape[:2]
    scale = min(1.0, _KEPT_SHARE * side_px / min(rows, columns))
    size_wh = max(1, round(columns * scale)), max(1, round(rows * scale))
    small = cv2.resize(rgb, size_wh, interpolation=cv2.INTER_AREA).astype(np.uint8)
    # Nearest: the mean of two surfaces is a surface that is not there.
    return RgbdPhotograph(
        rgb=small, disparity=cv2.resize(disparity, size_wh, interpolation=cv2.INTER_NEAREST_EXACT).astype(np.float32)
    )


def content_key(photograph: bytes, label: bytes) -> str:
    """Return what a photograph is kept under: itself first, then what is known of it.

    Keys in order are photographs in an order of their own, whoever labelled them and at whatever size: which are held
    out (:func:`split_photographs`) is the same in every run.
    """
    return f"{sha256(photograph).hexdigest()[:32]}-{sha256(label).hexdigest()[:32]}"


def has_photograph(folder: Path, key: str) -> bool:
    """Tell whether a photograph is there already."""
    return _file(folder, key).is_file()


def store_photograph(folder: Path, key: str, seen: RgbdPhotograph) -> None:
    """Write a photograph, whole or not at all; disparity with three digits, which a network's error is far above.

    Raises:
        OutputError: It cannot be written.
    """
    make_folder(folder)
    content = io.BytesIO()
    np.savez(content, rgb=seen.rgb, disparity=seen.disparity.astype(np.float16))
    write_whole(_file(folder, key), content.getvalue())


def split_photographs(folder: Path, keys: Sequence[str], facts: Mapping[str, str]) -> Photographs:
    """Return the photographs of a run; a tenth, at most 64, is held out.

    Which these are follows from the photographs themselves (:func:`content_key`), not from names or order.

    Raises:
        DataError: There are fewer than two.
    """
    ordered = sorted(set(keys))
    if len(ordered) < FEWEST:
        raise DataError(
            f"a run needs {FEWEST} photographs at least that can be used, and different ones: {len(ordered)}"
        )
    held_out = min(_MOST_HELD_OUT, max(1, round(_HELD_OUT_SHARE * len(ordered))))
    return Photographs(
        folder=folder, training=tuple(ordered[held_out:]), held_out=tuple(ordered[:held_out]), facts=dict(facts)
    )


def write_listing(photographs: Photographs) -> None:
    """Write down which photographs a run learns from, and which it is judged on, beside them.

    Raises:
        OutputError: The list cannot be written.
    """
    listing = {
        "format": _FORMAT,
        "facts": dict(photographs.facts),
        "training": photographs.training,
        "held_out": photographs.held_out,
    }
    make_folder(photographs.folder)
    write_whole(photographs.folder / _LISTING, (json.dumps(listing, indent=1) + "\n").encode())


def open_photographs(folder: Path) -> Photographs:
    """Return the photographs that a run was started with.

    Raises:
        DataError: Their list is gone or damaged.
    """
    file = folder / _LISTING
    try:
        listing = json.loads(file.read_text(encoding="utf-8"))
        return Photographs(
            folder=folder,
            training=tuple(map(str, listing["training"])),
            held_out=tuple(map(str, listing["held_out"])),
            facts={str(name): str(value) for name, value in listing["facts"].items()},
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise DataError(f"{file} cannot be read ({error}): a run needs the photographs that it began with") from error


def _file(folder: Path, key: str) -> Path:
    return folder / f"{key}.npz"


def _load(folder: Path, key: str) -> RgbdPhotograph:
    file = _file(folder, key)
    try:
        # NumPy leaves a damaged file open; bytes it cannot.
        with np.load(io.BytesIO(file.read_bytes())) as held:
            return RgbdPhotograph(rgb=held["rgb"], disparity=held["disparity"].astype(np.float32))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{file} is gone or damaged ({error}): start the run again, in another folder") from error
