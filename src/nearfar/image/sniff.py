"""What a file is, by how it begins: its name is asked only where a camera's file begins like any TIFF."""

from __future__ import annotations

import struct
from enum import Enum, auto
from pathlib import PurePath
from typing import TYPE_CHECKING

from PIL import TiffImagePlugin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

HEAD_BYTES = 64

RAW_SUFFIXES = frozenset(
    {".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".kdc", ".mef", ".mrw", ".nef"}
    | {".nrw", ".orf", ".pef", ".raf", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f"}
)
# What a folder scan takes as photographs, lower-case.
READABLE_SUFFIXES = RAW_SUFFIXES | frozenset(
    {".apng", ".avif", ".bmp", ".gif", ".heic", ".heics", ".heif", ".heifs", ".hif", ".j2k", ".jfif", ".jp2", ".jpe"}
    | {".jpeg", ".jpg", ".jpx", ".mpo", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".qoi", ".tif", ".tiff", ".webp"}
)


class Decoder(Enum):
    """Which module reads a file."""

    PILLOW = auto()
    TIFF = auto()
    HEIF = auto()
    RAW = auto()


# How files begin that nearfar does not read: offset, bytes, kind.
_FOREIGN = (
    *((4, b"ftyp" + brand, "video") for brand in (b"isom", b"iso2", b"mp4", b"avc1", b"qt  ", b"M4V", b"3gp")),
    (0, b"\x1a\x45\xdf\xa3", "video"),
    (8, b"AVI ", "video"),
    (0, b"v/1\1", "OpenEXR"),
    (0, b"8BPS", "Photoshop"),
    (0, b"\xff\n", "JPEG XL"),
    (4, b"JXL ", "JPEG XL"),
    (0, b"%PDF", "PDF"),
    (0, b"%!PS", "PostScript"),
    (0, b"\xc5\xd0\xd3\xc6", "PostScript"),
    (0, b"\x93NUMPY", "NumPy"),
)
# How files begin that it does read with Pillow: one that begins so and yet does not open is damaged.
_OWN = (
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG", "PNG"),
    (8, b"WEBP", "WebP"),
    (0, b"II*\0", "TIFF"),
    (0, b"MM\0*", "TIFF"),
    (0, b"II+\0", "TIFF"),
    (0, b"MM\0+", "TIFF"),
    (0, b"GIF8", "GIF"),
    (0, b"BM", "BMP"),
    (4, b"ftypavi", "AVIF"),
)
# Source: LibRaw 0.22, src/metadata/identify.cpp, which tells cameras' files apart by these.
_RAW = (
    *((0, magic, "camera RAW") for magic in (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0")),
    *((0, magic, "camera RAW") for magic in (b"\0MRM", b"FOVb")),
    (6, b"HEAPCCDR", "camera RAW"),
    (8, b"CR\2", "camera RAW"),
    (4, b"ftypcrx", "camera RAW"),
)  # fmt: skip
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1", b"miaf")

# Source: TIFF 6.0 and DNG 1.7: tags and their values.
_NEW_SUBFILE_TYPE, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 258, 259, 262
_SAMPLES, _PLANAR, _SAMPLE_FORMAT, _DNG_VERSION = 277, 284, 339, 50706
_COLOR_FILTER_ARRAY, _LINEAR_RAW, _INKS = 32803, 34892, 5
# Sony, Samsung, Nikon and Pentax call their own ways to compress a sensor's values by these numbers.
_RAW_COMPRESSIONS = frozenset({32767, 32769, 32770, 32772, 34713, 65535})


def sniff_foreign(head: bytes) -> str | None:
    """Return what a file is that nearfar does not read, or None."""
    return _match_magic(head, _FOREIGN)


def sniff_readable(head: bytes) -> str | None:
    """Return what a file that Pillow should open is, or None."""
    return _match_magic(head, _OWN)


def choose_decoder(file: BinaryIO, head: bytes, *, name: str) -> Decoder:
    """Return what reads a file that begins with ``head``; leaves the file's position anywhere.

    Args:
        file: The whole file, able to seek.
        head: Its first 64 bytes, or all if it is shorter.
        name: Its name, whose suffix tells some cameras' files from other TIFFs.
    """
    if _match_magic(head, _RAW):
        return Decoder.RAW
    if _is_heif(head):
        return Decoder.HEIF
    own = sniff_readable(head)
    if own != "TIFF":
        return Decoder.RAW if own is None and _is_camera_name(name) else Decoder.PILLOW
    tags = read_first_directory(file)
    if _is_camera_name(name) or _is_sensor_data(tags):
        return Decoder.RAW
    return Decoder.TIFF if _is_deep(tags) else Decoder.PILLOW


def read_first_directory(file: BinaryIO) -> Mapping[int, object]:
    """Return the tags of a TIFF's first directory; none where it is damaged."""
    try:
        file.seek(0)
        head = file.read(16)
        directory = TiffImagePlugin.ImageFileDirectory_v2(
            head if head[2:3] in b"+\0" and b"+" in head[:4] else head[:8]
        )
        file.seek(directory.next)
        directory.load(file)
        return dict(directory)
    except (OSError, ValueError, SyntaxError, LookupError, TypeError, OverflowError, struct.error):
        return {}


def _match_magic(head: bytes, magics: tuple[tuple[int, bytes, str], ...]) -> str | None:
    return next((kind for offset, magic, kind in magics if head.startswith(magic, offset)), None)


def _is_camera_name(name: str) -> bool:
    return PurePath(name).suffix.lower() in RAW_SUFFIXES


def _is_heif(head: bytes) -> bool:
    """Tell whether a file is HEIF and not AVIF; both may begin with the brand of their common container."""
    if head[4:8] != b"ftyp" or head[8:12] not in _HEIF_BRANDS:
        return False
    length = int.from_bytes(head[:4], "big")
    brands = {head[start : start + 4] for start in range(16, min(length, len(head)), 4)}
    return head[8:12] not in (b"mif1", b"msf1", b"miaf") or not brands & {b"avif", b"avis"}


def _is_sensor_data(tags: Mapping[int, object]) -> bool:
    """Tell whether a TIFF is really a RAW file (DNG, NEF, ARW …), of which Pillow would read a small preview at best.

    Source: TIFF 6.0, tag 254 (NewSubfileType; bit 0: reduced resolution); DNG 1.7, tag 50706 (DNGVersion).
    """
    subfile = tags.get(_NEW_SUBFILE_TYPE, 0)
    return (
        _DNG_VERSION in tags
        or (isinstance(subfile, int) and subfile & 1 == 1)
        or tags.get(_PHOTOMETRIC) in (_COLOR_FILTER_ARRAY, _LINEAR_RAW)
        or tags.get(_COMPRESSION) in _RAW_COMPRESSIONS
    )


def _is_deep(tags: Mapping[int, object]) -> bool:
    """Tell whether a TIFF holds what Pillow does not open (float colours), or reads wrongly.

    That is 16-bit planes, and floats that are compressed with the high byte first. Integer grey, 16-bit inks and
    16-bit colours pixel by pixel are Pillow's.
    """
    bits, formats = tags.get(_BITS, (1,)), tags.get(_SAMPLE_FORMAT, (1,))
    if not isinstance(bits, tuple) or not isinstance(formats, tuple) or tags.get(_PHOTOMETRIC) == _INKS:
        return False
    is_float, samples = 3 in formats, tags.get(_SAMPLES, 1)
    if samples == 1:
        return is_float and max(bits) >= 32
    return (is_float and max(bits) >= 32) or (max(bits) == 16 and tags.get(_PLANAR, 1) == 2)
