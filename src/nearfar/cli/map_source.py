"""Where the maps of photographs come from: a network, or for one photograph a file that was written before.

Both ways give each item's result as a finished ``Future``, in order, as ``DepthEstimator.estimate_each`` does. They
call ``read`` for an item's photograph, of which they may need a part only, and ``finish`` with the photograph, its map
and what the row says of where the map comes from.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol, TypeVar

from nearfar.cli.report import Row
from nearfar.depth_map import DepthMap
from nearfar.errors import ArrayError
from nearfar.image.reader import Picture
from nearfar.outputs.formats import open as open_map
from nearfar.pipeline import run_in_turn

if TYPE_CHECKING:
    from nearfar.estimator import DepthEstimator, Estimate
    from nearfar.tiling import TiledMap

Item = TypeVar("Item")
Result = TypeVar("Result")


class MapSource(Protocol):
    """``estimate_maps`` with its estimator, or ``reuse_map`` with its map."""

    def __call__(
        self,
        items: Sequence[Item],
        *,
        read: Callable[[Item, int | None], Picture],
        finish: Callable[[Item, Picture, DepthMap, Row], Result],
        stop: Callable[[], bool],
    ) -> Iterator[Future[Result]]:
        """Yield each item's result, in order.

        Args:
            items: Whatever ``read`` understands.
            read: Returns an item's photograph; its second argument is ``read_picture``'s ``least_side_px``.
            finish: Makes the result of an item, its photograph, its map and the row as far as the source knows it.
            stop: Asked before each item; once it is true, nothing more is begun.
        """
        ...


def estimate_maps(
    estimator: "DepthEstimator",
    items: Sequence[Item],
    *,
    read: Callable[[Item, int | None], Picture],
    finish: Callable[[Item, Picture, DepthMap, Row], Result],
    stop: Callable[[], bool],
) -> Iterator[Future[Result]]:
    """Yield what ``finish`` makes of each photograph and the map that a network estimates; several overlap."""
    return estimator.estimate_each(
        items,
        read=lambda item: read(item, estimator.least_side_px),
        finish=lambda item, picture, estimate: finish(item, picture, estimate.map, _estimate_row(estimator, estimate)),
        stop=stop,
        overlap=len(items) > 1,
    )


def open_saved_map(file: str, kind: str | None) -> MapSource:
    """Return ``reuse_map`` for the map in a file.

    Args:
        file: The file.
        kind: What its numbers are, where the file does not say.

    Raises:
        MapError: It does not hold a map, or one of another kind.
        OptionError: It does not say which kind it holds, nor does ``kind``.
        MissingExtraError: It needs a library that is not installed.
    """
    begin = time.perf_counter()
    depth_map = open_map(file, kind=kind)
    return partial(reuse_map, depth_map, file, time.perf_counter() - begin)


def reuse_map(
    depth_map: DepthMap,
    file: str,
    map_s: float,
    items: Sequence[Item],
    *,
    read: Callable[[Item, int | None], Picture],
    finish: Callable[[Item, Picture, DepthMap, Row], Result],
    stop: Callable[[], bool],
) -> Iterator[Future[Result]]:
    """Yield what ``finish`` makes of a photograph and the map that was read from a file.

    A photograph of another size than the map fails: the map is of another one, or of this one before it was turned or
    cut.

    Args:
        depth_map: The map.
        file: Its file.
        map_s: How long reading it took [s].
        items: The photograph.
        read: As ``MapSource``; all of the photograph is read.
        finish: As ``MapSource``.
        stop: As ``MapSource``.
    """

    def process(item: Item) -> Result:
        begin = time.perf_counter()
        picture = read(item, None)
        seconds = {"read": time.perf_counter() - begin, "map": map_s}
        _require_same_size(picture, depth_map, file)
        row = Row(input="", status="done", model=depth_map.provenance.model, map=file, seconds=seconds)
        return finish(item, picture, depth_map, row)

    return run_in_turn(items, before=process, middle=lambda result: result, after=lambda result: result, stop=stop)


def _require_same_size(picture: Picture, depth_map: DepthMap, file: str) -> None:
    if picture.size_hw != depth_map.size_hw:
        (height, width), (map_height, map_width) = picture.size_hw, depth_map.size_hw
        raise ArrayError(
            f"{picture.name} is {width} by {height} pixels when upright, and {file} {map_width} by {map_height}: "
            "a map has the size of its photograph"
        )


def _estimate_row(estimator: "DepthEstimator", estimate: "Estimate") -> Row:
    height, width = estimate.network_hw
    report = estimator.engine.report
    row = Row(
        input="",
        status="done",
        model=estimator.card.id,
        engine=report.engine,
        provider=report.provider,
        precision=report.precision,
        threads=report.threads,
        recipe=estimator.preprocessing.name,
        network_wh=(width, height),
        capped=estimate.capped,
        seconds=asdict(estimate.seconds),
    )
    return row if estimate.detail is None else _add_tiling(row, estimate.detail)


def _add_tiling(row: Row, detail: "TiledMap") -> Row:
    tiles, kept = detail.tiles, detail.kept
    small = "too small for --detail to add any: the network sees the whole at about its own size"
    return replace(
        row,
        details={"detail": {"network_runs": 1 + tiles, "tiles": tiles, "kept": kept}},
        remarks=[f"detail: {1 + tiles} runs of the network, {kept} of {tiles} tiles kept"] if tiles else [],
        notices=[] if tiles else [small],
    )
