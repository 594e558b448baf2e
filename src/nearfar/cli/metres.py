"""``--known`` and ``--at``: metres from known distances, and what a map says at a place."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import TypeVar

from nearfar.calibration import Calibration, KnownPoint, calibrate
from nearfar.cli.batch import Annotate, Transform
from nearfar.cli.report import RowNotes
from nearfar.depth_map import Depth, DepthMap, sample_at
from nearfar.errors import OptionError
from nearfar.image.reader import Picture

Result = TypeVar("Result")


def parse_known(known: Sequence[str] | None) -> Transform | None:
    """Return what ``--known`` does to a map: metres of it, by known distances. None without any.

    Raises:
        OptionError: A word is not X,Y,METRES, or its numbers cannot be.
    """
    if not known:
        return None
    points = [_parse_numbers(word, "--known", "X,Y,METRES") for word in known]
    for x, y, metres in points:
        KnownPoint(x=x, y=y, metres=metres)  # refused before a network is loaded
    return _name_photograph(partial(_calibrate, points=[(x, y, metres) for x, y, metres in points]))


def parse_at(places: Sequence[str] | None) -> Annotate | None:
    """Return what ``--at`` adds to the row of a map: its value at places. None without any.

    Raises:
        OptionError: A word is not X,Y.
    """
    if not places:
        return None
    points = [_parse_numbers(word, "--at", "X,Y") for word in places]
    return _name_photograph(partial(_sample, points=[(x, y) for x, y in points]))


def _name_photograph(action: Callable[[DepthMap, Picture], Result]) -> Callable[[DepthMap, Picture], Result]:
    """Return the same function with errors that name the photograph: one of many may be refused."""

    def run(depth_map: DepthMap, picture: Picture) -> Result:
        try:
            return action(depth_map, picture)
        except OptionError as error:
            raise OptionError(f"{picture.name}: {error}") from error

    return run


def _calibrate(
    depth_map: DepthMap, _picture: Picture, *, points: Sequence[tuple[float, float, float]]
) -> tuple[Depth, RowNotes]:
    calibration = calibrate(depth_map, points)
    remarks = [
        f"at {point.known.x:g},{point.known.y:g} known {point.known.metres:g} m, fitted {point.metres:.3g} m "
        f"({point.error_m:+.3f} m, {point.error_percent:+.1f} %)"
        for point in calibration.points
    ]
    return calibration.depth, RowNotes(
        details={"calibration": _describe(calibration)}, remarks=remarks, notices=calibration.warnings
    )


def _describe(calibration: Calibration) -> dict[str, float | int | list[dict[str, float]]]:
    points = [
        {
            "x": point.known.x,
            "y": point.known.y,
            "known_m": point.known.metres,
            "fitted_m": point.metres,
            "error_m": point.error_m,
            "error_percent": point.error_percent,
            "value": point.sample.value,
        }
        for point in calibration.points
    ]
    reach = (
        {} if calibration.farthest_m is None else {"farthest_m": calibration.farthest_m, "clipped": calibration.clipped}
    )
    return {"scale": calibration.scale, "shift": calibration.shift, **reach, "points": points}


def _sample(depth_map: DepthMap, _picture: Picture, *, points: Sequence[tuple[float, float]]) -> RowNotes:
    samples = [(x, y, sample_at(depth_map, x, y)) for x, y in points]
    unit = " m" if isinstance(depth_map, Depth) else ""
    return RowNotes(
        details={"at": [{"x": x, "y": y, **asdict(sample)} for x, y, sample in samples]},
        remarks=[
            f"at {x:g},{y:g} {sample.value:.4g}{unit}, {sample.percent:.1f} % of the range from far to near"
            for x, y, sample in samples
        ],
    )


def _parse_numbers(word: str, option: str, form: str) -> list[float]:
    parts = word.split(",")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) != form.count(",") + 1 or not all(map(math.isfinite, numbers)):
        raise OptionError(f"{option} takes {form} as numbers, such as {option} {_EXAMPLES[option]}: got {word!r}")
    return numbers


_EXAMPLES = {"--known": "640,700,2.5", "--at": "640,700"}
