"""Contestants of a race that need no runtime, importable by the processes that load them."""

import os
import signal
from dataclasses import dataclass

from nearfar.benchmark.subjects import FunctionRunner
from nearfar.engines import EngineReport, Precision
from nearfar.errors import EngineError, MissingExtraError

REPORT = EngineReport(
    engine="onnxruntime", provider="CPUExecutionProvider", precision=Precision.EXACT, threads=2, version="1"
)


@dataclass(frozen=True)
class FakeLoader:
    """Loads without a runtime; the name says how it shall behave."""

    behaviour: str = "well"

    def load(self) -> FunctionRunner:
        if self.behaviour == "missing":
            raise MissingExtraError.of("x", extra="x", purpose="a test")
        if self.behaviour == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.behaviour == "crashes":
            raise AssertionError("an error of no kind that nearfar knows")
        if self.behaviour == "fails when it runs":
            return FunctionRunner(run=lambda _: (_ for _ in ()).throw(EngineError("not at this size")))
        return FunctionRunner(run=lambda given: given[0, 0] * 2, report=REPORT, multiple=14)
