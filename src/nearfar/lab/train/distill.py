"""Labels for photographs: what a model that is installed sees in them, once, kept on disk."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from nearfar.arrays import MapF32
from nearfar.depth_map import Depth, DepthMap
from nearfar.errors import EngineError, OutputError, PictureError, os_reason
from nearfar.estimator import DepthEstimator
from nearfar.image.reader import read_picture
from nearfar.lab.train.photographs import content_key, has_photograph, resize_to_run, store_photograph


def label_photographs(
    files: Iterable[Path],
    teacher: DepthEstimator,
    folder: Path,
    *,
    teacher_id: str,
    side_px: int,
    say: Callable[[str], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> list[str]:
    """Return the keys of the photographs that ``folder`` holds with the teacher's label, labelled if need be.

    One that cannot be read, or whose label is flat, is reported and left out.

    Args:
        files: The photographs.
        teacher: Makes the labels.
        folder: Where they are kept; what is there already is not made again.
        teacher_id: Identifies this teacher and its preprocessing.
        side_px: Of the run that will use them [px].
        say: Called with a line about each that is left out.
        stop: Called before each photograph; once it returns true, no more are labelled.

    Raises:
        OutputError: A label cannot be written.
    """
    keys = []
    for file in files:
        if stop():
            break
        try:
            content = file.read_bytes()
            key = content_key(content, f"{teacher_id} {side_px}".encode())
            if not has_photograph(folder, key):
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


def normalize_label(depth_map: DepthMap) -> MapF32:
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
        disparity = normalize_label(teacher.estimate(picture))
    except EngineError as error:
        raise EngineError(f"{file}: {error}") from error
    store_photograph(folder, key, resize_to_run(picture.rgb, disparity, side_px=side_px))
