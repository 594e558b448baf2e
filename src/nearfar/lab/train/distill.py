"""Labels for photographs: what a model that is installed sees in them, once, kept on disk."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from nearfar.arrays import MapF32
from nearfar.depth_map import Depth, DepthMap
from nearfar.errors import EngineError, OutputError, PictureError, os_reason
from nearfar.estimator import DepthEstimator
from nearfar.image.reader import read_picture
from nearfar.lab.train.photographs import fitted, is_kept, keep, key_of


def label(
    files: Iterable[Path],
    teacher: DepthEstimator,
    folder: Path,
    *,
    teacher_said: str,
    side_px: int,
    say: Callable[[str], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> list[str]:
    """Return the keys of the photographs that are in ``folder`` with the teacher's label, made if they were not.

    One that cannot be read, or whose label is flat, is said and left out.

    Args:
        files: The photographs.
        teacher: Makes the labels.
        folder: Where they are kept; what is there already is not made again.
        teacher_said: What tells this teacher, and how it prepares pictures, from another.
        side_px: Of the run that will use them [px].
        say: Is told what is left out.
        stop: Asked before each photograph; once it is true, no more are labelled.

    Raises:
        OutputError: A label cannot be written.
    """
    keys = []
    for file in files:
        if stop():
            break
        try:
            content = file.read_bytes()
            key = key_of(content, f"{teacher_said} {side_px}".encode())
            if not is_kept(folder, key):
                _label(content, file, key, teacher, folder, side_px)
        except OutputError:  # it is an OSError, too, and no fault of the photograph
            raise
        except OSError as error:
            say(f"{file}: left out: {os_reason(error)}")
        except (PictureError, EngineError) as error:
            say(f"left out: {error}")
        else:
            keys.append(key)
    return keys


def normalised_label(depth_map: DepthMap) -> MapF32:
    """Return a model's map as disparity from 0 (its farthest) to 1, (H, W) float32: nothing else of it is sure.

    Raises:
        EngineError: It is the same everywhere.
    """
    values = 1 / depth_map.values if isinstance(depth_map, Depth) else depth_map.values
    low, high = float(values.min()), float(values.max())
    if not high > low:
        raise EngineError("the teacher sees nothing in it: its map is flat")
    return ((values - np.float32(low)) / np.float32(high - low)).astype(np.float32)


def _label(content: bytes, file: Path, key: str, teacher: DepthEstimator, folder: Path, side_px: int) -> None:
    picture = read_picture(content, name=str(file))
    try:
        disparity = normalised_label(teacher.estimate(picture))
    except EngineError as error:
        raise EngineError(f"{file}: {error}") from error
    keep(folder, key, fitted(picture.rgb, disparity, side_px=side_px))
