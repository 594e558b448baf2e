"""The inputs that a graph is run on before it is installed, and what it must give to pass for a depth network."""

import numpy as np

from nearfar.arrays import TensorF32
from nearfar.engines import Engine
from nearfar.errors import GraphError
from nearfar.models.card import ModelSpec
from nearfar.models.schema import Kind

_ROUNDING = 1e-5
_OPEN_PATCHES_HW = (6, 9)  # beside the model's own square: small, and not square


def draw_smoke_input(batch: int, height: int, width: int, *, seed: int) -> TensorF32:
    """Return (B, 3, h, w) float32 as normalised pictures are: a slope from top to bottom under noise."""
    noise = np.random.default_rng(seed).standard_normal((batch, 3, height, width), dtype=np.float32)
    slope = np.linspace(-1.5, 1.5, height, dtype=np.float32)[:, None]
    return noise * np.float32(0.5) + slope


def choose_smoke_sizes(engine: Engine, *, size: int, multiple: int) -> list[tuple[int, int]]:
    """Return the heights and widths to try: the only one that the graph takes, or its own square and a small oblong."""
    if engine.fixed_hw:
        return [engine.fixed_hw]
    rows, columns = _OPEN_PATCHES_HW
    return [(size, size), (rows * multiple, columns * multiple)]


def require_depth_map(engine: Engine, height: int, width: int, card: ModelSpec, *, name: str) -> None:
    """Check that a graph gives what its card says for one picture.

    Args:
        engine: The graph, loaded.
        height: Of the picture [px].
        width: Of the picture [px].
        card: Has the kind, and the cap of depth.
        name: What to call the graph in an error.

    Raises:
        GraphError: The map is flat, or is no depth in metres up to the card's cap.
        EngineError: The graph fails, or gives values that are not finite.
    """
    values = engine.run(draw_smoke_input(1, height, width, seed=0))
    least, greatest = float(values.min()), float(values.max())
    if least == greatest:
        raise GraphError(f"{name} gives {least:g} for every pixel of a picture of {width}x{height}: it sees nothing")
    max_depth_m = card.max_depth_m
    if (
        card.kind is Kind.DEPTH
        and max_depth_m is not None
        and not 0 <= least <= greatest <= max_depth_m * (1 + _ROUNDING)
    ):
        raise GraphError(
            f"{name} gives values from {least:g} to {greatest:g}, which is no depth of up to {max_depth_m:g} m: "
            "import it as --kind disparity, or give its own --max-depth"
        )
