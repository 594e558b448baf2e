"""Masks as files: 16-bit PNG and TIFF, PFM, what darktable takes, and a preview over the photograph."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from nearfar.arrays import MapF32, RgbU8
from nearfar.depth_map import DepthMap
from nearfar.errors import ArrayError, OptionError
from nearfar.image.exif import undo_orientation
from nearfar.image.reader import Picture
from nearfar.outputs.formats import Format
from nearfar.outputs.jpeg import jpeg_bytes
from nearfar.outputs.metadata import jpeg_comment, making_of, png_text
from nearfar.outputs.pfm import pfm_bytes
from nearfar.outputs.png import png_bytes
from nearfar.outputs.tiff import tiff_bytes
from nearfar.products.mask import MaskSettings, band, mask

# The red film of print shops, through which the photograph shows [sRGB, 0 to 255]; and how much it covers.
RUBYLITH = (224, 17, 32)
_COVER = 0.6
_JPEG_QUALITY = 90
_BLOCK_VALUES = 1 << 16


def mask_writers(settings: MaskSettings) -> dict[str, Format]:
    """Return the formats of a mask with these settings: name to writer."""
    summaries = {
        "png": "16-bit grey, 65535 inside",
        "tiff": "16-bit grey, 65535 inside",
        "pfm": "float32, 1 inside",
        "preview": "the photograph with the mask in red, JPEG, to look at",
    }
    encoders = {"png": _png, "tiff": _tiff, "pfm": _pfm, "preview": _preview}
    return _table({name: partial(encode, settings=settings) for name, encode in encoders.items()}, summaries)


def darktable_writers(settings: MaskSettings, orientation: int | None = None) -> dict[str, Format]:
    """Return the formats of a mask for darktable's module 'external raster masks': name to writer.

    Its files lie as the sensor lay in the camera, because darktable applies a raster mask before it turns the picture.

    Args:
        settings: What the mask is.
        orientation: The EXIF orientation of the file that darktable develops, where it is another than that of the
            photograph given here, such as an export; 1 to 8.

    Source: darktable manual, "external raster mask"; darktable-org/darktable, src/iop/rasterfile.c (PNG of 8 or 16 bits
    with three channels, divided by 65535; PFM; clipped to 0..1; scaled to the picture) and src/common/pfm.c (rows from
    the bottom up). PNG is read since January 2026 (#20170), PFM since 5.2.

    Raises:
        OptionError: ``orientation`` is not one of EXIF's.
    """
    if orientation is not None and orientation not in range(1, 9):
        raise OptionError(f"an EXIF orientation is 1 to 8, not {orientation}")
    encoders: dict[str, Encoder] = {
        "png": partial(_darktable_png, settings=settings, orientation=orientation),
        "pfm": partial(_darktable_pfm, settings=settings, orientation=orientation),
        "preview": partial(_preview, settings=settings),
    }
    summaries = {
        "png": "16-bit RGB as the sensor lies",
        "pfm": "float32 as the sensor lies",
        "preview": "the photograph with the mask in red, JPEG, upright, to look at",
    }
    return _table(encoders, summaries)


def overlaid(rgb: RgbU8, values: MapF32) -> RgbU8:
    """Return the photograph with a mask over it in red: (H, W, 3) uint8 sRGB, reddest where the mask is 1.

    Raises:
        ArrayError: The two do not have the same size.
    """
    if rgb.shape[:2] != values.shape:
        raise ArrayError(f"the picture is {rgb.shape[:2]} and the mask {values.shape}: they must be equal")
    out = np.empty_like(rgb)
    red = np.array(RUBYLITH, np.float32)
    count = max(1, _BLOCK_VALUES // values.shape[1])
    for rows in (slice(first, first + count) for first in range(0, len(values), count)):
        cover = values[rows, :, None] * np.float32(_COVER)
        out[rows] = np.rint(rgb[rows] * (1 - cover) + red * cover)
    return out


def sixteen(values: MapF32) -> NDArray[np.uint16]:
    """Return a mask as (H, W) uint16, 65535 inside; linear, as masks are."""
    steps = values * np.float32(65535)
    whole: NDArray[np.uint16] = np.rint(steps, out=steps).astype(np.uint16)
    return whole


Encoder = Callable[[DepthMap, Picture | None], bytes]


def _table(encoders: Mapping[str, Encoder], summaries: Mapping[str, str]) -> dict[str, Format]:
    suffixes = {"tiff": ".tif", "preview": ".jpg"}
    return {
        name: Format(
            name=name,
            suffix=suffixes.get(name, f".{name}"),
            tag="-mask-preview" if name == "preview" else "-mask",
            summary=summaries[name],
            summary_m=summaries[name],
            encode=encoder,
        )
        for name, encoder in encoders.items()
    }


def _png(depth_map: DepthMap, picture: Picture | None, settings: MaskSettings) -> bytes:
    return png_bytes(sixteen(mask(depth_map, settings, picture)), text=png_text(_facts(depth_map, picture, settings)))


def _tiff(depth_map: DepthMap, picture: Picture | None, settings: MaskSettings) -> bytes:
    facts = _facts(depth_map, picture, settings)
    return tiff_bytes(sixteen(mask(depth_map, settings, picture)), facts=facts, compression="tiff_adobe_deflate")


def _pfm(depth_map: DepthMap, picture: Picture | None, settings: MaskSettings) -> bytes:
    return pfm_bytes(mask(depth_map, settings, picture))


def _preview(depth_map: DepthMap, picture: Picture | None, settings: MaskSettings) -> bytes:
    if picture is None:
        raise OptionError("a preview shows the photograph under the mask: give it as picture")
    shown = overlaid(picture.rgb, mask(depth_map, settings, picture))
    return jpeg_bytes(shown, quality=_JPEG_QUALITY, comment=jpeg_comment(making_of(depth_map, picture)))


def _darktable_png(
    depth_map: DepthMap, picture: Picture | None, settings: MaskSettings, orientation: int | None
) -> bytes:
    stored = undo_orientation(sixteen(mask(depth_map, settings, picture)), _orientation(picture, orientation))
    text = png_text(_facts(depth_map, picture, settings))
    return png_bytes(np.repeat(stored[..., None], 3, axis=2), text=text)


def _darktable_pfm(
    depth_map: DepthMap, picture: Picture | None, settings: MaskSettings, orientation: int | None
) -> bytes:
    return pfm_bytes(undo_orientation(mask(depth_map, settings, picture), _orientation(picture, orientation)))


def _orientation(picture: Picture | None, orientation: int | None) -> int:
    if orientation is not None:
        return orientation
    return 1 if picture is None else picture.orientation


def _facts(depth_map: DepthMap, picture: Picture | None, settings: MaskSettings) -> dict[str, str]:
    """Return what a file says of itself: enough to make it again."""
    chosen = band(depth_map, settings)
    return {
        "kind": "mask, linear: the largest value is inside, 0 outside",
        "near": f"{chosen.near:.6g} percent",
        "far": f"{chosen.far:.6g} percent",
        "feather": f"{settings.feather:g} percent",
        "inverted": "yes" if settings.invert else "no",
        "refined": "yes" if settings.refine and picture else "no",
    } | making_of(depth_map, picture)
