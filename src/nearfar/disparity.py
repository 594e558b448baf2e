"""What a depth network of the relative kind says about a photograph, as one validated value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nearfar.arrays import MapF32, frozen, require_map

if TYPE_CHECKING:
    import os

    from nearfar.image import Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What made a map: enough to make it again.

    Attributes:
        model: The model's id, as ``nearfar models list`` prints it, or the path of an ONNX file.
        engine: The runtime and its provider, such as ``onnxruntime CPUExecutionProvider``.
        recipe: The preparation, with the network's input size, such as ``aspect 686x518``.
    """

    model: str = "unknown"
    engine: str = "unknown"
    recipe: str = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Disparity:
    """Inverse depth of every pixel, up to an unknown scale **and** shift: larger is nearer.

    It is not a distance. Two maps have no common scale, and 0 has no meaning of its own.

    Attributes:
        values: (H, W) float32, finite, read-only, upright like the photograph. [relative]
        provenance: What made it.

    Example:
        >>> import numpy as np
        >>> disparity = Disparity(values=np.array([[0.0, 1.0], [2.0, 5.0]], np.float32))
        >>> disparity.normalised().tolist()
        [[0.0, 0.20000000298023224], [0.4000000059604645, 1.0]]

    Raises:
        ArrayError: ``values`` is not a finite (H, W) float32 array.
    """

    values: MapF32
    provenance: Provenance = Provenance()

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", frozen(require_map(self.values, what="Disparity.values")))

    @property
    def range(self) -> tuple[float, float]:
        """The farthest and the nearest value [relative]."""
        return float(self.values.min()), float(self.values.max())

    @property
    def size_hw(self) -> tuple[int, int]:
        """Height and width [px]."""
        height, width = self.values.shape
        return height, width

    def normalised(self) -> MapF32:
        """Return the values spread over 0 (farthest) to 1 (nearest), (H, W) float32; all 0 if the map is flat.

        A map is flat when its range is within float32 rounding of its largest value: dividing by such a range would
        turn rounding noise into a picture.
        """
        far, near = self.range
        if near - far <= np.finfo(np.float32).eps * max(abs(far), abs(near)):
            return np.zeros_like(self.values)
        # In float64: the range of float32 values need not be a float32 itself.
        spread = (self.values - np.float64(far)) / (near - far)
        return np.clip(spread, 0, 1).astype(np.float32)

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        format: str | None = None,  # noqa: A002 - what every library calls it
        picture: Picture | None = None,
    ) -> None:
        """Write the map to ``path`` whole or not at all, replacing what is there.

        Args:
            path: The file; its suffix chooses the format, as on the command line.
            format: A name from ``nearfar.outputs.writers.WRITERS`` instead of the suffix.
            picture: The photograph, for formats that show it beside the map.

        Raises:
            OptionError: No format has that name or suffix, or it needs the picture.
            OutputError: The file cannot be written.
        """
        from nearfar.outputs.writers import save

        save(self, path, format=format, picture=picture)
