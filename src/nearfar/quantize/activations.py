"""What flows through a float network on real photographs: the values that 8 bits must cover."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from nearfar.arrays import TensorF32
from nearfar.engines.onnxruntime_library import RUNTIME_ERRORS, cpu_session
from nearfar.errors import ExportError, one_line

_TENSORS_PER_RUN = 16
"""Tensors fetched in one run: all of them at once would take gigabytes, each on its own a run a tensor."""

_SAMPLES = 16_384
"""Values kept of each tensor for each photograph."""

Channels = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Activation:
    """A tensor's values over all calibration photographs.

    Attributes:
        lows: (C,) float32, the least value of each channel.
        highs: (C,) float32, the greatest value of each channel.
        means: (C,) float32, the mean of each channel over places and photographs.
        rows: (n, C) float32, places drawn at random, and the lows and highs, so that no outlier is missed.
        places: How many places it has on a photograph, on average: tokens, or pixels.
    """

    lows: Channels
    highs: Channels
    means: Channels
    rows: NDArray[np.float32]
    places: float

    @property
    def peaks(self) -> Channels:
        """The greatest absolute value of each channel, (C,) float32."""
        return np.maximum(np.abs(self.lows), np.abs(self.highs))

    def scale(self, factors: Channels) -> "Activation":
        """Return the same tensor with each channel multiplied by a positive factor, (C,)."""
        return Activation(
            lows=self.lows * factors,
            highs=self.highs * factors,
            means=self.means * factors,
            rows=self.rows * factors,
            places=self.places,
        )


def observe(
    model: onnx.ModelProto, channel_axes: Mapping[str, int], tensors: Sequence[TensorF32]
) -> dict[str, Activation]:
    """Return what the named tensors of a graph hold while it runs.

    Args:
        model: The float network; left as it is.
        channel_axes: The tensors to look at, with the axis of their channels.
        tensors: What to run it on, each (1, 3, h, w) float32; sizes may differ.

    Raises:
        ExportError: ONNX Runtime cannot run it, or a value is not finite.
    """
    names = list(channel_axes)
    observed: dict[str, Activation] = {}
    for begin in range(0, len(names), _TENSORS_PER_RUN):
        part = names[begin : begin + _TENSORS_PER_RUN]
        per_tensor: dict[str, list[Activation]] = {name: [] for name in part}
        for index, values in enumerate(_run_each(model, part, tensors)):
            for name, value in zip(part, values, strict=True):
                per_tensor[name].append(_summarize(name, np.moveaxis(value, channel_axes[name], -1), seed=index))
        observed |= {name: _merge(activations) for name, activations in per_tensor.items()}
    return observed


def _run_each(
    model: onnx.ModelProto, names: Sequence[str], tensors: Sequence[TensorF32]
) -> Iterator[list[NDArray[np.float32]]]:
    """Yield the named tensors for each input in turn, so that those of one are in memory."""
    opened = onnx.ModelProto()
    opened.CopyFrom(model)
    present = {output.name for output in opened.graph.output}
    opened.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in present)
    try:
        session = cpu_session(opened.SerializeToString())
        input_name = session.get_inputs()[0].name
        for tensor in tensors:
            yield session.run(list(names), {input_name: tensor})
    except RUNTIME_ERRORS as error:
        raise ExportError(f"ONNX Runtime cannot run the float graph: {one_line(error)}") from error


def _summarize(name: str, values: NDArray[np.float32], *, seed: int) -> Activation:
    rows = values.reshape(-1, values.shape[-1])  # (places, C)
    lows, highs = rows.min(axis=0), rows.max(axis=0)
    if not (np.isfinite(lows).all() and np.isfinite(highs).all()):
        raise ExportError(f"the float graph gives values that are not finite in {name}: its weights are damaged")
    count = max(1, _SAMPLES // rows.shape[1])
    drawn = rows[np.random.default_rng(seed).integers(0, len(rows), count)]
    return Activation(lows=lows, highs=highs, means=rows.mean(axis=0), rows=drawn, places=len(rows))


def _merge(activations: Sequence[Activation]) -> Activation:
    lows = np.min([activation.lows for activation in activations], axis=0)
    highs = np.max([activation.highs for activation in activations], axis=0)
    drawn = np.concatenate([activation.rows for activation in activations])
    return Activation(
        lows=lows,
        highs=highs,
        means=np.mean([activation.means for activation in activations], axis=0),
        rows=np.concatenate([drawn, lows[None], highs[None]]),
        places=float(np.mean([activation.places for activation in activations])),
    )
