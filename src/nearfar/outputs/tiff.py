"""Maps as a float32 TIFF: the values as they are, one channel; what they are and what made them in its description.

Not compressed: programs that read float TIFF at all read this one, which is not so of the predictor that makes deflate
worth its time on floats.

Source: TIFF 6.0, tags 256 (ImageWidth), 257 (ImageLength), 270 (ImageDescription), 277 (SamplesPerPixel), 305
(Software), 339 (SampleFormat; 3: IEEE floating point).
"""

import io
import json
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import IMAGEDESCRIPTION

from nearfar.arrays import MapF32
from nearfar.depth_map import DepthMap
from nearfar.image.pillow_settings import override_pillow_settings
from nearfar.image.reader import Picture
from nearfar.image.sniff import read_first_directory
from nearfar.image.tiff import decode_with_opencv
from nearfar.outputs.metadata import PREFIX, SOFTWARE, StoredMap, describe_map, require_size

_WIDTH, _HEIGHT, _SAMPLES = 256, 257, 277


def encode_tiff(depth_map: DepthMap, picture: Picture | None = None) -> bytes:
    """Return the map as a TIFF file of one float32 channel [relative, or m]."""
    return tiff_bytes(depth_map.values, metadata=describe_map(depth_map, picture))


def tiff_bytes(samples: MapF32 | NDArray[np.uint16], *, metadata: Mapping[str, str], compression: str = "raw") -> bytes:
    """Return (H, W) samples as a TIFF file of one channel.

    Args:
        samples: float32 or uint16; none is changed.
        metadata: Text by key. The description is a JSON object of it, which ``tiffinfo`` and
            ``exiftool`` show: the tag is for ASCII alone, and JSON writes every other character in it.
        compression: ``raw`` or ``tiff_adobe_deflate``.
    """
    description = json.dumps({f"{PREFIX}{key}": text for key, text in metadata.items()})
    buffer = io.BytesIO()
    image = Image.fromarray(samples)
    image.save(buffer, "TIFF", compression=compression, description=description, software=SOFTWARE)
    return buffer.getvalue()


def decode_tiff(data: bytes) -> StoredMap:
    """Return what is in a TIFF file of one channel: integers or floats of 32 or 64 bits, however compressed.

    By OpenCV: Pillow opens no floats of 64 bits, and mixes up the bytes of compressed ones that are stored big-endian.

    Raises:
        ValueError: It has more channels, is damaged, or is larger than any photograph that nearfar reads.
    """
    file = io.BytesIO(data)
    with override_pillow_settings():
        tags = read_first_directory(file)
    channels, width, height = tags.get(_SAMPLES, 1), tags.get(_WIDTH), tags.get(_HEIGHT)
    if not isinstance(width, int) or not isinstance(height, int):
        raise ValueError("it is damaged: its tags do not say how large it is")
    require_size(width, height)
    if channels != 1:
        raise ValueError(f"it has {channels} channels: it is a picture, not a map, which has one")
    values = decode_with_opencv(file)
    if values.ndim != 2 or values.shape not in ((height, width), (width, height)):
        raise ValueError("it is not what its tags say")
    return StoredMap(values=values, metadata=_parse_description(tags.get(IMAGEDESCRIPTION)))


def _parse_description(description: object) -> dict[str, str]:
    """Return nearfar's metadata in a description; none, if another program wrote it."""
    try:
        content = json.loads(description) if isinstance(description, str) else None
    except ValueError:
        return {}
    if not isinstance(content, dict):
        return {}
    return {
        name.removeprefix(PREFIX): text
        for name, text in content.items()
        if name.startswith(PREFIX) and isinstance(text, str)
    }
