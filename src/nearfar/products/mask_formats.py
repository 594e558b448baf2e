"""Masks as files: 16-bit PNG and TIFF, PFM, what darktable takes, and a preview over the photograph."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from nearfar.arrays import MapF32, RgbU8, require_same_size
from nearfar.depth_map import DepthMap
from nearfar.errors import OptionError
from nearfar.image.exif import undo_orientation
from nearfar.image.reader import Picture
from nearfar.outputs.jpeg import jpeg_bytes
from nearfar.outputs.metadata import describe_provenance, format_jpeg_comment, format_png_text
from nearfar.outputs.pfm import pfm_bytes
from nearfar.outputs.png import png_bytes
from nearfar.outputs.tiff import tiff_bytes
from nearfar.products.declaration import Option
from nearfar.products.formats import ProductFormat
from nearfar.products.mask import MaskSettings, find_band, make_mask

# The red film of print shops, through which the photograph shows [sRGB, 0 to 255]; and how much it covers.
RUBYLITH = (224, 17, 32)
_COVER = 0.6
_JPEG_QUALITY = 90
_BLOCK_VALUES = 1 << 16


class Program(StrEnum):
    """The program whose conventions the files follow."""

    ANY = "any"
    DARKTABLE = "darktable"


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskFileSettings(MaskSettings):
    """The settings of a mask and of its files.

    Files for darktable lie as the sensor lay in the camera, because darktable applies a raster mask before it turns the
    picture.

    Source: darktable manual, "external raster mask"; darktable-org/darktable, src/iop/rasterfile.c (PNG of 8 or 16 bits
    with three channels, divided by 65535; PFM; clipped to 0..1; scaled to the picture) and src/common/pfm.c (rows from
    the bottom up). PNG is read since January 2026 (#20170), PFM since 5.2.

    Raises:
        OptionError: As ``MaskSettings``, or ``orientation`` is not one of EXIF's, or for another program.
    """

    program: Annotated[
        Program,
        Option(help="darktable: files for its module 'external raster masks', lying as the sensor lay.", flag="--for"),
    ] = Program.ANY
    orientation: Annotated[
        int | None,
        Option(
            help="With --for darktable: the EXIF orientation of the RAW file, where the photograph is an export of it.",
            min=1,
            max=8,
            metavar="1-8",
        ),
    ] = None

    def __post_init__(self) -> None:
        if self.orientation is not None and self.program is not Program.DARKTABLE:
            raise OptionError("--orientation is for --for darktable alone: other programs take the mask upright")
        if self.orientation is not None and self.orientation not in range(1, 9):
            raise OptionError(f"an EXIF orientation is 1 to 8, not {self.orientation}")
        MaskSettings.__post_init__(self)  # super() does not work in a slotted dataclass


def overlay_mask(rgb: RgbU8, values: MapF32) -> RgbU8:
    """Return the photograph with a mask over it in red: (H, W, 3) uint8 sRGB, reddest where the mask is 1.

    Raises:
        ArrayError: The two do not have the same size.
    """
    require_same_size(rgb, values, what="mask")
    out = np.empty_like(rgb)
    red = np.array(RUBYLITH, np.float32)
    count = max(1, _BLOCK_VALUES // values.shape[1])
    for rows in (slice(first, first + count) for first in range(0, len(values), count)):
        cover = values[rows, :, None] * np.float32(_COVER)
        out[rows] = np.rint(rgb[rows] * (1 - cover) + red * cover)
    return out


def to_uint16(values: MapF32) -> NDArray[np.uint16]:
    """Return a mask as (H, W) uint16, 65535 inside; linear, as masks are."""
    steps = values * np.float32(65535)
    whole: NDArray[np.uint16] = np.rint(steps, out=steps).astype(np.uint16)
    return whole


def encode_png(depth_map: DepthMap, picture: Picture, settings: MaskFileSettings) -> bytes:
    """Return a mask as a PNG of 16-bit grey, 65535 inside, which says how it was made."""
    mask = to_uint16(make_mask(depth_map, picture, settings))
    return png_bytes(mask, text=format_png_text(_collect_facts(depth_map, picture, settings)))


def encode_tiff(depth_map: DepthMap, picture: Picture, settings: MaskFileSettings) -> bytes:
    """Return a mask as a TIFF of 16-bit grey, 65535 inside, which says how it was made."""
    mask = to_uint16(make_mask(depth_map, picture, settings))
    return tiff_bytes(mask, metadata=_collect_facts(depth_map, picture, settings), compression="tiff_adobe_deflate")


def encode_pfm(depth_map: DepthMap, picture: Picture, settings: MaskFileSettings) -> bytes:
    """Return a mask as a PFM of float32, 1 inside."""
    return pfm_bytes(make_mask(depth_map, picture, settings))


def encode_preview(depth_map: DepthMap, picture: Picture, settings: MaskFileSettings) -> bytes:
    """Return the photograph with the mask over it in red, as a JPEG."""
    preview = overlay_mask(picture.rgb, make_mask(depth_map, picture, settings))
    return jpeg_bytes(
        preview, quality=_JPEG_QUALITY, comment=format_jpeg_comment(describe_provenance(depth_map, picture))
    )


def encode_darktable_png(depth_map: DepthMap, picture: Picture, settings: MaskFileSettings) -> bytes:
    """Return a mask as a PNG of 16-bit RGB, 65535 inside, as the sensor lies."""
    mask = undo_orientation(
        to_uint16(make_mask(depth_map, picture, settings)), settings.orientation or picture.orientation
    )
    text = format_png_text(_collect_facts(depth_map, picture, settings))
    return png_bytes(np.repeat(mask[..., None], 3, axis=2), text=text)


def encode_darktable_pfm(depth_map: DepthMap, picture: Picture, settings: MaskFileSettings) -> bytes:
    """Return a mask as a PFM of float32, 1 inside, as the sensor lies."""
    return pfm_bytes(
        undo_orientation(make_mask(depth_map, picture, settings), settings.orientation or picture.orientation)
    )


def _collect_facts(depth_map: DepthMap, picture: Picture, settings: MaskSettings) -> dict[str, str]:
    """Return a file's metadata: enough to make it again."""
    band = find_band(depth_map, settings)
    return {
        "kind": "mask, linear: the largest value is inside, 0 outside",
        "near": f"{band.near:.6g} percent",
        "far": f"{band.far:.6g} percent",
        "feather": f"{settings.feather:g} percent",
        "inverted": "yes" if settings.invert else "no",
        "refined": "yes" if settings.refine else "no",
    } | describe_provenance(depth_map, picture)


def _format(
    name: str, suffix: str, summary: str, encode: Callable[[DepthMap, Picture, MaskFileSettings], bytes]
) -> ProductFormat[MaskFileSettings]:
    return ProductFormat(name=name, suffix=suffix, tag="-mask", summary=summary, encode=encode)


_PREVIEW = ProductFormat(
    name="preview",
    suffix=".jpg",
    tag="-mask-preview",
    summary="the photograph with the mask in red, JPEG, to look at",
    encode=encode_preview,
)
FORMATS = {
    Program.ANY: [
        _format("png", ".png", "16-bit grey, 65535 inside", encode_png),
        _format("tiff", ".tif", "16-bit grey, 65535 inside", encode_tiff),
        _format("pfm", ".pfm", "float32, 1 inside", encode_pfm),
        _PREVIEW,
    ],
    Program.DARKTABLE: [
        _format("png", ".png", "16-bit RGB as the sensor lies", encode_darktable_png),
        _format("pfm", ".pfm", "float32 as the sensor lies", encode_darktable_pfm),
        _PREVIEW,
    ],
}
