"""What is known of OpenVINO without loading it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nearfar.engines.engine import Arithmetic, EngineSpec, Precision

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from nearfar.engines.engine import Engine


def _load(
    path: Path,
    *,
    threads: int | None = None,
    precision: Precision = Precision.EXACT,
    size_hw: tuple[int, int] | None = None,
    sha256: str | None = None,
    cache_folder: Path | None = None,
    quantized: bool = False,
    **_: object,  # it has one provider
) -> Engine:
    from nearfar.engines import openvino

    return openvino.load(
        path,
        threads=threads,
        precision=precision,
        size_hw=size_hw,
        sha256=sha256,
        cache_folder=cache_folder,
        quantized=quantized,
    )


def _multiply(
    first: NDArray[np.float32], second: NDArray[np.float32], arithmetic: Arithmetic, threads: int
) -> Callable[[], NDArray[np.float32]]:
    from nearfar.engines import openvino

    return openvino.multiply(first, second, arithmetic, threads)


OPENVINO = EngineSpec(
    name="openvino",
    title="OpenVINO",
    load=_load,
    multiply=_multiply,
    package="openvino",
    extra="openvino",
    distributions=("openvino",),
    processors=("x86_64", "AMD64"),  # as Linux and macOS call them, and Windows
    condition="where it is installed on an x86-64 processor",
    providers={Precision.EXACT: (None,), Precision.FAST: (None,)},
    arithmetic={Precision.EXACT: Arithmetic.FLOAT32, Precision.FAST: Arithmetic.BFLOAT16},
    ceilings=(Arithmetic.FLOAT32, Arithmetic.BFLOAT16, Arithmetic.INT8),
    compiles=True,
)
