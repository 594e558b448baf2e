"""From a network's file to an engine that runs it, on the best runtime that starts here."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from nearfar.engines import EngineName, Precision
from nearfar.engines.choose import Candidate, candidates, this_machine
from nearfar.errors import EngineError, GraphError, MissingExtraError

if TYPE_CHECKING:
    from pathlib import Path

    from nearfar.engines import Engine

logger = logging.getLogger(__name__)


def start(
    path: Path,
    *,
    engine: EngineName = EngineName.AUTO,
    precision: Precision = Precision.EXACT,
    size_hw: tuple[int, int] | None = None,
    sha256: str | None = None,
    cache_folder: Path | None = None,
    quantised: bool = False,
    threads: int | None = None,
) -> Engine:
    """Return the network of an ONNX file, ready to run. What is asked for by name is never replaced.

    Args:
        path: The file.
        engine: What shall run it; ``auto`` goes on to the next where one does not, and a warning says why.
        precision: How exactly; never less exactly than this.
        size_hw: The only (height, width) that will be run, which some runtimes make use of. [px]
        sha256: The SHA-256 of the file, where it is known and the file holds all of the network.
        cache_folder: Where compiled graphs are kept for the next start; None keeps none.
        quantised: Whether the graph itself multiplies in 8 bits: then it is ``fast`` on every runtime.
        threads: CPU threads; None takes as many as this process may use cores.

    Raises:
        GraphError: The file is not a depth network in ONNX.
        EngineError: The runtime, or the precision, cannot be had here.
        MissingExtraError: The runtime is not installed.
        OptionError: The runtime does not compute in that precision.
    """

    def loaded(candidate: Candidate) -> Engine:
        # Here and not above: a runtime takes longer to import than the smallest network to run.
        if candidate.engine is EngineName.OPENVINO:
            from nearfar.engines import openvino

            return openvino.load(
                path,
                threads=threads,
                precision=precision,
                size_hw=size_hw,
                sha256=sha256,
                cache_folder=cache_folder,
                quantised=quantised,
            )
        from nearfar.engines import onnxruntime

        return onnxruntime.load(
            path, provider=candidate.provider, threads=threads, precision=precision, quantised=quantised
        )

    *first, last = candidates(engine, precision, this_machine(), quantised=quantised)
    failures = []
    for candidate in first:
        try:
            found = loaded(candidate)
        except (EngineError, GraphError, MissingExtraError) as error:
            failures.append(error)
        else:
            break
    else:
        found = loaded(last)
    # Only now: where nothing works, the last error says enough.
    for failure in failures:
        logger.warning("%s", failure)
    return found
