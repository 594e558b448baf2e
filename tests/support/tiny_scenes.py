"""A renderer that needs no numba: a slope with a block on it, from a seed, at any size."""

from dataclasses import dataclass, field

import numpy as np

from nearfar.arrays import MapF32, RgbU8


@dataclass(frozen=True)
class TinyFrame:
    """A picture with its disparity; red is near, green names the seed."""

    rgb: RgbU8
    disparity: MapF32


def render(seed: int, /, *, height: int, width: int) -> TinyFrame:
    """Return the scene of a seed; the same one every time, at every size."""
    rng = np.random.default_rng(seed)
    disparity = np.repeat(np.linspace(0.1, 1.0, height, dtype=np.float32)[:, None], width, axis=1)
    top, left = rng.uniform(0.1, 0.5, 2)
    disparity[int(top * height) : int((top + 0.4) * height), int(left * width) : int((left + 0.4) * width)] = 1.5
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[..., 0] = disparity * 160
    rgb[..., 1] = seed % 251
    rgb[..., 2] = rng.integers(0, 40, (height, width))
    return TinyFrame(rgb=rgb, disparity=disparity)


@dataclass
class Recorder:
    """Renders, and remembers what it rendered."""

    calls: list[tuple[int, int, int]] = field(default_factory=list)

    def __call__(self, seed: int, /, *, height: int, width: int) -> TinyFrame:
        self.calls.append((seed, height, width))
        return render(seed, height=height, width=width)
