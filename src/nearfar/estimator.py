"""Where the stages meet: a card and an engine make an estimator, and a photograph goes in at one end.

    Picture ── preprocess ──▶ tensor ── engine ──▶ raw map ── postprocess ──▶ Disparity, or Depth from a metric model

An estimator holds nothing that changes: it may be shared between threads.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np

from nearfar.depth_map import Depth, DepthMap, Disparity, Provenance
from nearfar.engines import EngineName, Precision
from nearfar.engines.loader import load_engine
from nearfar.errors import ArrayError, EngineError, NearfarError, OptionError
from nearfar.image.reader import Picture, PictureSource, read_picture
from nearfar.models.card import Kind, ModelSpec
from nearfar.models.environment import read_cache_folder
from nearfar.models.schema import Origin
from nearfar.models.select import prefer_quantized, select_model
from nearfar.models.store import ModelStore
from nearfar.pipeline import run_in_turn, run_overlapping
from nearfar.preprocess import (
    PREPROCESSINGS,
    NetworkInput,
    Preprocessing,
    find_constant_hw,
    postprocess,
    preprocess,
    round_size,
)
from nearfar.tiling import TiledMap, refine_by_tiles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from nearfar.arrays import MapF32, RgbU8
    from nearfar.engines import Engine

# A depth may pass its model's cap by the spacing of bfloat16, the coarsest numbers that an engine computes in.
_CAP_ROUNDING = 2**-7
_LEAST_M = 0.001

Item = TypeVar("Item")
Result = TypeVar("Result")
# What the network gives: its map of the whole, or with ``detail`` the one that tiles made sharper.
_Output: TypeAlias = "MapF32 | TiledMap"
# An item before the network: its photograph, the network's input, and the seconds of each stage so far.
_Ready: TypeAlias = tuple[Item, Picture, NetworkInput, dict[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSeconds:
    """How long each stage of one estimate took [s]; ``read`` is 0 where the pixels were given."""

    read: float = 0.0
    prepare: float
    run: float
    restore: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A map, and how it was made.

    Attributes:
        map: The map, at the photograph's own size; its kind is the model's.
        seconds: How long each stage took.
        network_hw: Height and width that the network saw. [px]
        capped: The token cap made the network's input smaller than the recipe asks.
        detail: The map as tiles made it sharper, with their number; None where that was not asked for.
    """

    map: DepthMap
    seconds: StageSeconds
    network_hw: tuple[int, int]
    capped: bool
    detail: TiledMap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of one of many photographs: a map, or the error that stopped it.

    Attributes:
        index: The photograph's place in what was given, from 0.
        error: Why there is no map, or None.
    """

    index: int
    error: NearfarError | None = None
    _map: DepthMap | None = None

    def result(self) -> DepthMap:
        """Return the map, or raise the error that stopped it."""
        if self.error is not None:
            raise self.error
        assert self._map is not None  # noqa: S101 - an outcome is made with exactly one of the two
        return self._map


class DepthEstimator:
    """A depth network ready to run: a model's card, an engine that holds its graph, and a way to prepare pictures.

    Made by :func:`load`; the constructor is for an engine of one's own.

    Attributes:
        card: What the model is and what may be done with it.
        engine: What runs the graph, with its report of provider and threads.
        preprocessing: How a picture becomes the network's input.
        size: The side that it aims at. [px]
        detail: Run the network on overlapping tiles of large photographs too, which takes several runs for each.
        notice: What the user should know about the choice of model, or None.
        path: The model's file, where the engine's graph came from one.

    Raises:
        OptionError: ``size`` cannot be.
    """

    def __init__(
        self,
        *,
        card: ModelSpec,
        engine: Engine,
        preprocessing: Preprocessing | None = None,
        size: int | None = None,
        detail: bool = False,
        notice: str | None = None,
        path: Path | None = None,
    ) -> None:
        self.card = card
        self.engine = engine
        self.preprocessing: Preprocessing = preprocessing or PREPROCESSINGS[card.preprocessing]
        self.size: int = size or card.input.size
        self.detail = detail
        self.notice = notice
        self.path = path
        if engine.fixed_hw is None:
            round_size(self.size, self._multiple)  # refused before a photograph is read

    @property
    def _multiple(self) -> int:
        return self.engine.multiple or self.card.input.multiple

    def estimate(self, source: PictureSource) -> DepthMap:
        """Return the map of a photograph, at the photograph's own size: what kind it is, the model's card says.

        A ``Disparity`` from a model of the kind ``disparity``, a ``Depth`` from one of the kind ``depth``. Both have
        ``values``, ``range``, ``normalize()`` and ``save()``; ``isinstance`` tells them apart where it matters.

        Args:
            source: A path, encoded bytes, a PIL image, an (H, W, 3) uint8 RGB array, or a Picture.

        Raises:
            PictureError: ``source`` is not a photograph that can be read.
            EngineError: The network failed on it, or gave what its card rules out.
        """
        return self.estimate_timed(read_picture(source)).map

    def estimate_timed(self, picture: Picture) -> Estimate:
        """Return the map of a photograph, with the seconds that each stage took.

        Raises:
            EngineError: The network failed on it, or gave what its card rules out.
        """
        seconds: dict[str, float] = {}
        with _measure(seconds, "prepare"):
            network_input = self.preprocess(picture)
        with _measure(seconds, "run"):
            output = self._infer(picture, network_input)
        return self._finish(output, network_input, seconds)

    def estimate_many(self, sources: Iterable[PictureSource]) -> Iterator[Outcome]:
        """Yield the result of each photograph, in order; one that fails does not stop the rest.

        Reading, the network and the way back to the photograph's size overlap. However many photographs there are, at
        most three are in memory, besides the maps that the caller keeps.
        """
        done = self.estimate_each(sources, read=read_picture, finish=lambda _source, _picture, estimate: estimate.map)
        for index, future in enumerate(done):
            try:
                outcome = Outcome(index=index, _map=future.result())
            except NearfarError as error:
                outcome = Outcome(index=index, error=error)
            yield outcome

    def estimate_each(
        self,
        items: Iterable[Item],
        *,
        read: Callable[[Item], Picture],
        finish: Callable[[Item, Picture, Estimate], Result],
        stop: Callable[[], bool] = lambda: False,
        overlap: bool = True,
    ) -> Iterator[Future[Result]]:
        """Yield the result of each item, in order: a finished ``Future``, whose ``result()`` returns or raises it.

        The network runs in the caller's thread. While it is at one item, ``read`` is at the next and ``finish`` at the
        last, each in a thread of its own; ``nearfar.pipeline.run_overlapping`` says what holds of failures and stops.

        Args:
            items: Whatever ``read`` understands; taken one by one, never more than one ahead of the network.
            read: Returns an item's photograph.
            finish: Makes the item's result, such as a file that is written, of the item, its photograph and the
                estimate.
            stop: Asked before each run of the network; once it is true, nothing more is started.
            overlap: False does everything in the caller's thread, one item after another: right for a single one.
        """

        def begin(item: Item) -> _Ready[Item]:
            seconds: dict[str, float] = {}
            with _measure(seconds, "read"):
                picture = read(item)
            with _measure(seconds, "prepare"):
                network_input = self.preprocess(picture)
            return item, picture, network_input, seconds

        def infer(ready: _Ready[Item]) -> tuple[_Ready[Item], _Output]:
            _, picture, network_input, seconds = ready
            with _measure(seconds, "run"):
                return ready, self._infer(picture, network_input)

        def end(inferred: tuple[_Ready[Item], _Output]) -> Result:
            (item, picture, network_input, seconds), output = inferred
            return finish(item, picture, self._finish(output, network_input, seconds))

        pipeline = run_overlapping if overlap else run_in_turn
        return pipeline(items, before=begin, middle=infer, after=end, stop=stop)

    @property
    def least_side_px(self) -> int | None:
        """How long a photograph's shorter side must be for the map, where a JPEG may be decoded in part [px].

        Twice what the network sees: the rest is thrown away when the picture is resized. None where all of it counts:
        with ``exact``, which promises the published preparation, and where tiles of it are looked at.
        """
        if self.detail or self.engine.report.precision is Precision.EXACT:
            return None
        return 2 * max(self.engine.fixed_hw or (self.size,))

    def preprocess(self, picture: Picture) -> NetworkInput:
        """Return the network's input for a photograph, with what is needed to come back to its size."""
        return self._preprocess(picture.rgb, picture.size_hw)

    def _preprocess(self, rgb: RgbU8, source_hw: tuple[int, int] | None = None) -> NetworkInput:
        return preprocess(
            rgb,
            preprocessing=self.preprocessing,
            normalization=self.card.input.normalization,
            size=self.size,
            multiple=self._multiple,
            fixed_hw=self.engine.fixed_hw,
            source_hw=source_hw,
        )

    def _infer(self, picture: Picture, network_input: NetworkInput) -> _Output:
        """Return the network's output, (h, w) float32, or with ``detail`` the map of the photograph made of tiles."""
        raw = self.engine.run(network_input.tensor)
        if not self.detail:
            return raw

        def infer_tile(rgb: RgbU8) -> DepthMap:
            tile = self._preprocess(rgb)
            return self._postprocess(self.engine.run(tile.tensor), tile)

        whole = self._postprocess(raw, network_input)
        return refine_by_tiles(whole, picture.rgb, infer=infer_tile, network_side=min(network_input.network_hw))

    def _finish(self, output: _Output, network_input: NetworkInput, seconds: dict[str, float]) -> Estimate:
        """Return the estimate, with the map at the photograph's size, from what ``_infer`` gave."""
        with _measure(seconds, "restore"):
            tiled = output if isinstance(output, TiledMap) else None
            depth_map = output.map if isinstance(output, TiledMap) else self._postprocess(output, network_input)
        return Estimate(
            map=depth_map,
            seconds=StageSeconds(**seconds),
            network_hw=network_input.network_hw,
            capped=network_input.capped,
            detail=tiled,
        )

    def _postprocess(self, raw: MapF32, network_input: NetworkInput) -> DepthMap:
        height, width = network_input.network_hw
        provenance = Provenance(
            model=self.card.id,
            engine=str(self.engine.report),
            recipe=f"{self.preprocessing.name} {width}x{height}",
        )
        try:
            if self.card.kind is Kind.DEPTH:
                return Depth(values=_postprocess_metres(raw, network_input, self.card), provenance=provenance)
            return Disparity(values=postprocess(raw, network_input), provenance=provenance)
        except ArrayError as error:
            raise EngineError(f"{self.card.id} gave a map that is not one: {error}") from error


@contextmanager
def _measure(seconds: dict[str, float], stage: str) -> Iterator[None]:
    """Note how long the block took as the seconds of a stage [s]."""
    begin = time.perf_counter()
    yield
    seconds[stage] = time.perf_counter() - begin


def _postprocess_metres(raw: MapF32, network_input: NetworkInput, card: ModelSpec) -> MapF32:
    """Return a metric network's map at the photograph's size, within the range that the network gave [m].

    The recipes' kernels overshoot at edges. Of disparity that is the published rule, and harmless; of metres it would
    make distances that the network never gave, beyond its cap or behind the camera. Where a sigmoid has run out of
    digits and gives 0, its nearest is taken to be a millimetre.

    Raises:
        EngineError: The network gave what its card rules out: a value below 0, or beyond the cap.
    """
    values = postprocess(raw, network_input)
    near, far = raw.min(), raw.max()
    cap_m = card.max_depth_m or np.inf  # a card of this kind has one
    if near < 0 or far > cap_m * (1 + _CAP_ROUNDING):
        raise EngineError(
            f"{card.id} gave {near if near < 0 else far:g} as a depth, and its card says metres from 0 to {cap_m:g}: "
            "its file is not the metric network that the card describes"
        )
    return np.clip(values, max(near, _LEAST_M), max(far, _LEAST_M), out=values)


def load(
    model: str | Path = "auto",
    *,
    engine: str = "auto",
    precision: str = "exact",
    recipe: str | None = None,
    size: int | None = None,
    detail: bool = False,
    offline: bool = False,
) -> DepthEstimator:
    """Return an estimator for a model, fetching the model's file first where that is allowed and needed.

    Args:
        model: An id from ``nearfar models list``, the path of an ONNX file, or ``auto``: Depth Anything V2 Small if it
            can be had, else the bundled open model, which ``DepthEstimator.notice`` then says.
        engine: ``onnxruntime``, ``openvino``, or ``auto``: the fastest that is here.
        precision: ``exact`` computes in float32 throughout, ``fast`` in less where this machine can.
        recipe: ``aspect``, ``official`` or ``square``; None takes the card's.
        size: The side that the recipe aims at [px]; None takes the card's.
        detail: Run the network on overlapping tiles of large photographs too: sharper, and several times as slow.
        offline: Never use the network.

    Raises:
        UnknownModelError: No model has this id.
        ModelMissingError: A model asked for by name is not on this machine.
        VerificationError: The model's file is not the one that its card pins.
        GraphError: The file is not a depth network.
        EngineError: The runtime failed, or cannot compute so here.
        MissingExtraError: The runtime asked for by name is not installed.
        OptionError: An option has no such value.
    """
    for option, value, known in (("engine", engine, EngineName), ("precision", precision, Precision)):
        if value not in list(known):
            raise OptionError(f"{option} {value!r} is not one of {', '.join(known)}")
    if recipe is not None and recipe not in PREPROCESSINGS:
        raise OptionError(f"recipe {recipe!r} is not one of {', '.join(PREPROCESSINGS)}")
    store = ModelStore()
    chosen = select_model(model, store, offline=offline)
    if precision == Precision.FAST:
        chosen = prefer_quantized(chosen, store)
    quantised = chosen.card.quantized is not None
    return DepthEstimator(
        card=chosen.card,
        engine=load_engine(
            chosen.path,
            engine=EngineName(engine),
            precision=Precision.FAST if quantised else Precision(precision),
            quantized=quantised,
            size_hw=_constant_network_hw(chosen.card, recipe, size),
            sha256=chosen.card.file().sha256 if chosen.card.files else None,
            cache_folder=read_cache_folder() / "openvino",
        ),
        preprocessing=None if recipe is None else PREPROCESSINGS[recipe],
        size=size,
        detail=detail,
        notice=chosen.notice,
        path=chosen.path,
    )


def _constant_network_hw(card: ModelSpec, recipe: str | None, size: int | None) -> tuple[int, int] | None:
    """Return the (height, width) of every picture that the network will see, where that is known [px]."""
    if card.source.origin is Origin.PATH:  # its graph may ask for other multiples than its card, which knows nothing
        return None
    return find_constant_hw(
        PREPROCESSINGS[recipe or card.preprocessing], size=size or card.input.size, multiple=card.input.multiple
    )
