"""Where a photograph's map comes from: a network, or a file that was written before."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Protocol, TypeVar

from nearfar.cli.report import Row
from nearfar.depth_map import DepthMap
from nearfar.errors import ArrayError
from nearfar.image.reader import Picture
from nearfar.outputs.readers import open as open_map
from nearfar.pipeline import in_turn

if TYPE_CHECKING:
    from nearfar.estimator import DepthEstimator, Estimate
    from nearfar.tiling import Detailed

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A photograph's map, and what its row says of where it comes from."""

    map: DepthMap
    row: Row


class Maker(Protocol):
    """What gives each photograph its map."""

    @property
    def least_side_px(self) -> int | None:
        """How much of a photograph the map needs, as ``DepthEstimator.least_side_px``; None for all of it."""
        ...

    def make_each(
        self,
        items: Sequence[Item],
        *,
        read: Callable[[Item], Picture],
        finish: Callable[[Item, Picture, Made], Result],
        stop: Callable[[], bool],
    ) -> Iterator[Future[Result]]:
        """Yield what became of each item, in order, as ``DepthEstimator.estimate_each`` does."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkMaker:
    """Gives photographs the maps that a network makes of them."""

    estimator: "DepthEstimator"

    @property
    def least_side_px(self) -> int | None:
        """How much of a photograph the network needs."""
        return self.estimator.least_side_px

    def make_each(
        self,
        items: Sequence[Item],
        *,
        read: Callable[[Item], Picture],
        finish: Callable[[Item, Picture, Made], Result],
        stop: Callable[[], bool],
    ) -> Iterator[Future[Result]]:
        """Yield what became of each item, in order; several overlap."""

        def ended(item: Item, picture: Picture, estimate: "Estimate") -> Result:
            return finish(item, picture, Made(map=estimate.map, row=self._row(estimate)))

        return self.estimator.estimate_each(items, read=read, finish=ended, stop=stop, overlap=len(items) > 1)

    def _row(self, estimate: "Estimate") -> Row:
        height, width = estimate.network_hw
        report = self.estimator.engine.report
        row = Row(
            input="",
            status="done",
            model=self.estimator.card.id,
            engine=report.engine,
            provider=report.provider,
            precision=report.precision,
            threads=report.threads,
            recipe=self.estimator.recipe.name,
            network_wh=(width, height),
            capped=estimate.capped,
            seconds=asdict(estimate.seconds),
        )
        return row if estimate.detail is None else _with_detail(row, estimate.detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMaker:
    """Gives the photograph that a file is the map of the map in it.

    Attributes:
        file: What was read.
        map: What is in it.
        read_s: How long reading it took [s].
    """

    file: str
    map: DepthMap
    read_s: float

    @classmethod
    def of(cls, file: str, kind: str | None) -> "FileMaker":
        """Return what gives the map in a file.

        Raises:
            MapError: It does not hold one, or one of another kind.
            OptionError: It does not say which kind it holds, nor does ``kind``.
            MissingExtraError: It needs a library that is not installed.
        """
        begin = time.perf_counter()
        depth_map = open_map(file, kind=kind)
        return cls(file=file, map=depth_map, read_s=time.perf_counter() - begin)

    @property
    def least_side_px(self) -> int | None:
        """All of a photograph: None."""
        return None

    def make_each(
        self,
        items: Sequence[Item],
        *,
        read: Callable[[Item], Picture],
        finish: Callable[[Item, Picture, Made], Result],
        stop: Callable[[], bool],
    ) -> Iterator[Future[Result]]:
        """Yield what became of each item, in order.

        A photograph of another size than the map fails: the map is of another one, or of this one before it was turned
        or cut.
        """

        def ended(item: Item) -> Result:
            begin = time.perf_counter()
            picture = read(item)
            seconds = {"read": time.perf_counter() - begin, "map": self.read_s}
            self._require_size_of(picture)
            row = Row(input="", status="done", model=self.map.provenance.model, map=self.file, seconds=seconds)
            return finish(item, picture, Made(map=self.map, row=row))

        return in_turn(items, before=lambda item: item, middle=lambda item: item, after=ended, stop=stop)

    def _require_size_of(self, picture: Picture) -> None:
        if picture.size_hw != self.map.size_hw:
            (height, width), (map_height, map_width) = picture.size_hw, self.map.size_hw
            raise ArrayError(
                f"{picture.name} is {width} by {height} pixels when upright, and {self.file} {map_width} by "
                f"{map_height}: a map has the size of its photograph"
            )


def _with_detail(row: Row, detail: "Detailed") -> Row:
    tiles, kept = detail.tiles, detail.kept
    small = "too small for --detail to add any: the network sees the whole at about its own size"
    return replace(
        row,
        details={"detail": {"network_runs": 1 + tiles, "tiles": tiles, "kept": kept}},
        remarks=[f"detail: {1 + tiles} runs of the network, {kept} of {tiles} tiles kept"] if tiles else [],
        notices=[] if tiles else [small],
    )
