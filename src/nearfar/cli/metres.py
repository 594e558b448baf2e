"""``--known`` and ``--at``: metres from known distances, and what a map says at a place."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import TypeVar

from nearfar.calibration import Calibration, KnownPoint, calibrate
from nearfar.cli.batch import Change, Said, Say, unchanged
from nearfar.depth_map import Depth, DepthMap, sample_at
from nearfar.errors import OptionError
from nearfar.image.reader import Picture

Answer = TypeVar("Answer")


def change_of(known: Sequence[str] | None) -> Change:
    """Return what ``--known`` does to a map and says of it: every verb's ``change`` that has the option.

    Raises:
        OptionError: A word is not X,Y,METRES, or its numbers cannot be.
    """
    if not known:
        return unchanged
    points = [_numbers(word, "--known", "X,Y,METRES") for word in known]
    for x, y, metres in points:
        KnownPoint(x=x, y=y, metres=metres)  # refused before a network is loaded
    return _named(partial(_calibrated, points=[(x, y, metres) for x, y, metres in points]))


def say_at(places: Sequence[str] | None) -> Say:
    """Return what ``--at`` says of a map.

    Raises:
        OptionError: A word is not X,Y.
    """
    points = [_numbers(word, "--at", "X,Y") for word in places or ()]
    return _named(partial(_read, points=[(x, y) for x, y in points]))


def _named(told: Callable[[DepthMap, Picture], Answer]) -> Callable[[DepthMap, Picture], Answer]:
    """Return the same with the photograph's name before what it refuses: one of many may be refused."""

    def named(depth_map: DepthMap, picture: Picture) -> Answer:
        try:
            return told(depth_map, picture)
        except OptionError as error:
            raise OptionError(f"{picture.name}: {error}") from error

    return named


def _calibrated(
    depth_map: DepthMap, _picture: Picture, *, points: Sequence[tuple[float, float, float]]
) -> tuple[Depth, Said]:
    found = calibrate(depth_map, points)
    remarks = [
        f"at {point.known.x:g},{point.known.y:g} known {point.known.metres:g} m, fitted {point.metres:.3g} m "
        f"({point.error_m:+.3f} m, {point.error_percent:+.1f} %)"
        for point in found.points
    ]
    return found.depth, Said(details={"calibration": _details(found)}, remarks=remarks, notices=found.warnings)


def _details(found: Calibration) -> dict[str, float | int | list[dict[str, float]]]:
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
        for point in found.points
    ]
    reach = {} if found.farthest_m is None else {"farthest_m": found.farthest_m, "clipped": found.clipped}
    return {"scale": found.scale, "shift": found.shift, **reach, "points": points}


def _read(depth_map: DepthMap, _picture: Picture, *, points: Sequence[tuple[float, float]]) -> Said:
    if not points:
        return Said()
    samples = [(x, y, sample_at(depth_map, x, y)) for x, y in points]
    unit = " m" if isinstance(depth_map, Depth) else ""
    return Said(
        details={"at": [{"x": x, "y": y, **asdict(sample)} for x, y, sample in samples]},
        remarks=[
            f"at {x:g},{y:g} {sample.value:.4g}{unit}, {sample.percent:.1f} % of the range from far to near"
            for x, y, sample in samples
        ],
    )


def _numbers(word: str, option: str, form: str) -> list[float]:
    parts = word.split(",")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) != form.count(",") + 1 or not all(map(math.isfinite, numbers)):
        raise OptionError(f"{option} takes {form} as numbers, such as {option} {_EXAMPLES[option]}: got {word!r}")
    return numbers


_EXAMPLES = {"--known": "640,700,2.5", "--at": "640,700"}
