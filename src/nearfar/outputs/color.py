"""Maps in colour, alone or beside their photograph, for viewing only: near is bright."""

from dataclasses import dataclass

import numpy as np

from nearfar.arrays import MapF32, RgbU8
from nearfar.depth_map import Depth, DepthMap
from nearfar.errors import ArrayError, OptionError
from nearfar.image.reader import Picture
from nearfar.outputs.colormaps import get_colormap
from nearfar.outputs.legend import add_legend
from nearfar.outputs.metadata import describe_provenance, format_png_text
from nearfar.outputs.png import png_bytes
from nearfar.outputs.sheet import pad_to


@dataclass(frozen=True, slots=True, kw_only=True)
class ColorStyle:
    """How maps are shown in colour.

    Attributes:
        colormap: A name from ``nearfar.outputs.colormaps.COLORMAPS``.
        legend: Whether a scale in percent stands below a ``Disparity``; below a ``Depth`` one in metres always does.

    Raises:
        OptionError: No colour map has this name.
    """

    colormap: str = "inferno"
    legend: bool = False

    def __post_init__(self) -> None:
        get_colormap(self.colormap)


DEFAULT_STYLE = ColorStyle()


def colorize(values: MapF32, *, colormap: str = "inferno") -> RgbU8:
    """Return values (H, W) in 0..1 through a colour map: (H, W, 3) uint8 sRGB, 1 brightest.

    Args:
        values: What to show; values outside 0..1 become its ends.
        colormap: A name from ``nearfar.outputs.colormaps.COLORMAPS``.

    Example:
        >>> colorize(np.array([[0.0, 1.0]], np.float32)).tolist()
        [[[0, 0, 4], [252, 255, 164]]]

    Raises:
        OptionError: No colour map has this name.
    """
    table = get_colormap(colormap)
    scaled = np.clip(values, 0, 1)
    scaled *= np.float32(255)
    steps = np.rint(scaled, out=scaled).astype(np.uint8)
    # 40 ms for 12 megapixels, indexing takes 170; OpenCV's table 15, which is not worth the import of OpenCV.
    rgb: RgbU8 = np.take(table, steps, axis=0)  # (H, W, 3)
    return rgb


def render_map(depth_map: DepthMap, style: ColorStyle = DEFAULT_STYLE) -> RgbU8:
    """Return a map in colour, to look at: (H, W, 3) uint8 sRGB of a ``Disparity``.

    Of a ``Depth``, and where a legend is wanted, it is larger than the map, which is ``[:H, :W]``: a scale stands
    below.
    """
    rgb = colorize(depth_map.normalize(), colormap=style.colormap)
    if style.legend or isinstance(depth_map, Depth):
        return add_legend(rgb, depth_map, colormap=style.colormap)
    return rgb


def encode_color(depth_map: DepthMap, picture: Picture | None = None, *, style: ColorStyle = DEFAULT_STYLE) -> bytes:
    """Return the map in colour as an 8-bit RGB PNG, which says what made it; of a ``Depth``, with a scale in metres."""
    return png_bytes(render_map(depth_map, style), text=format_png_text(describe_provenance(depth_map, picture)))


def place_side_by_side(depth_map: DepthMap, picture: Picture, style: ColorStyle = DEFAULT_STYLE) -> RgbU8:
    """Return the photograph and, to its right, the map in colour: (H, 2 W, 3) uint8 sRGB.

    With a scale, which a ``Depth`` always has, the picture is higher: it stands below the map, and plain ground below
    the photograph. Photograph and map are ``[:H, :W]`` and ``[:H, W : 2 * W]`` all the same.

    Raises:
        ArrayError: The two do not have the same size.
    """
    if picture.rgb.shape[:2] != depth_map.size_hw:
        raise ArrayError(f"the picture is {picture.rgb.shape[:2]} and the map {depth_map.size_hw}: they must be equal")
    beside = render_map(depth_map, style)
    photograph = pad_to(picture.rgb, (beside.shape[0], picture.rgb.shape[1]))
    return np.concatenate([photograph, beside], axis=1)


def encode_side_by_side(
    depth_map: DepthMap, picture: Picture | None = None, *, style: ColorStyle = DEFAULT_STYLE
) -> bytes:
    """Return photograph and map as one 8-bit RGB PNG, which says what made the map.

    Raises:
        OptionError: There is no picture.
        ArrayError: The two do not have the same size.
    """
    if picture is None:
        raise OptionError("sidebyside shows the photograph beside the map: give it, as in save(path, picture=picture)")
    return png_bytes(
        place_side_by_side(depth_map, picture, style), text=format_png_text(describe_provenance(depth_map, picture))
    )
