"""The settings of an export: tensor names, which sizes the graph takes, and how exactly it must equal its network."""

from dataclasses import dataclass

from nearfar.errors import OptionError

_MIN_TRACED_PATCHES = 3
"""A side of 1 or 2 patches would be taken for a constant, by the tracer or by a kernel that reaches two patches far."""

Shape = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSettings:
    """How a network becomes a graph.

    Attributes:
        multiple: Every side of the input is a multiple of this: the network's stride or patch [px].
        own_size: Side that the network is meant for; the parity gate tries its square [px].
        fixed_hw: The only height and width that the graph shall take, batch 1; None leaves batch and sides open [px].
        input_name: What the graph calls the picture, (B, 3, h, w) float32.
        output_name: What the graph calls the map, (B, h, w) float32.
        rewrite: Whether the graph is made faster (:mod:`nearfar.export.rewrites`): attention becomes an operator that
            ONNX Runtime added to ONNX. Else it stays as PyTorch writes it, in standard operators alone.
        fp16_weights: Whether large weights are rounded to 16-bit floats and kept so
            (:mod:`nearfar.export.fp16_weights`); then the graph must equal the network of the rounded weights.
        tolerance: Largest difference from PyTorch that passes the parity gate [share of the map's range].
    """

    multiple: int
    own_size: int
    fixed_hw: tuple[int, int] | None = None
    input_name: str = "pixel_values"
    output_name: str = "predicted_depth"
    rewrite: bool = True
    fp16_weights: bool = False
    tolerance: float = 1e-4

    def __post_init__(self) -> None:
        sides = [self.own_size, *(self.fixed_hw or ())]
        if self.multiple < 1 or any(side < 1 or side % self.multiple for side in sides):
            raise OptionError(f"own_size and fixed_hw must be positive multiples of {self.multiple}, got {sides}")
        if not self.input_name or not self.output_name or self.input_name == self.output_name:
            raise OptionError(f"a graph needs two different names, got {self.input_name!r} and {self.output_name!r}")
        if not 0 < self.tolerance < 1:
            raise OptionError(f"tolerance must lie between 0 and 1, got {self.tolerance}")

    @property
    def own_hw(self) -> tuple[int, int]:
        """Height and width that the network is meant for [px]."""
        return self.fixed_hw or (self.own_size, self.own_size)

    @property
    def traced_shape(self) -> Shape:
        """Batch, height and width of the picture that the network is traced with."""
        if self.fixed_hw:
            return (1, *self.fixed_hw)
        return 2, _MIN_TRACED_PATCHES * self.multiple, (_MIN_TRACED_PATCHES + 1) * self.multiple

    @property
    def checked_shapes(self) -> tuple[Shape, ...]:
        """Batches, heights and widths that the parity gate tries: squares, both orientations, a strip of one patch.

        >>> ExportSettings(multiple=16, own_size=256).checked_shapes
        ((1, 256, 256), (2, 64, 96), (1, 144, 80), (2, 48, 48), (1, 16, 192))
        """
        if self.fixed_hw:
            return (1, *self.fixed_hw), (1, *self.fixed_hw)
        patches = ((2, 4, 6), (1, 9, 5), (2, 3, 3), (1, 1, 12))
        small = tuple((batch, rows * self.multiple, columns * self.multiple) for batch, rows, columns in patches)
        return (1, self.own_size, self.own_size), *small
