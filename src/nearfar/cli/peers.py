"""Other programs that run the same weights, as contestants of ``nearfar bench --peers``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nearfar.benchmark.subjects import Loaded
from nearfar.engines import EngineReport, Precision
from nearfar.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nearfar.benchmark.subjects import Order
    from nearfar.models.card import ModelCard

_NAMES = {"pytorch": "PyTorch, eager", "transformers": "transformers"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerOrder:
    """A checkpoint of Depth Anything V2 by PyTorch, in nearfar's network or in transformers'.

    Attributes:
        program: ``pytorch`` or ``transformers``.
        checkpoint: The weights; None where none were named.
        max_depth_m: As in the model's card. [m]
        threads: CPU threads; None takes as many as this process may use cores.
    """

    program: str
    checkpoint: Path | None
    max_depth_m: float | None
    threads: int | None

    def load(self) -> Loaded:
        """Return it, loaded.

        Raises:
            EngineError: No checkpoint was named.
            MissingExtraError: PyTorch or transformers is not installed.
            GraphError: The checkpoint is not one of Depth Anything V2.
        """
        if self.checkpoint is None:
            raise EngineError("PyTorch runs weights, not ONNX files: name the model's with --checkpoint")
        from nearfar.net.eager import load_eager

        network = load_eager(self.checkpoint, program=self.program, max_depth_m=self.max_depth_m, threads=self.threads)
        report = EngineReport(
            engine=self.program,
            provider="CPU",
            precision=Precision.EXACT,
            threads=network.threads,
            version=network.version,
        )
        return Loaded(run=network.run, report=report, multiple=network.multiple)


def peer_orders(checkpoint: Path | None, card: ModelCard, threads: int | None) -> Mapping[str, Order]:
    """Return the peers of a model, by what to call them."""
    return {
        name: PeerOrder(program=program, checkpoint=checkpoint, max_depth_m=card.depth_cap_m, threads=threads)
        for program, name in _NAMES.items()
    }
