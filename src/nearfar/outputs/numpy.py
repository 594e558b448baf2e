"""Maps as NumPy files: float32, disparity as the network gave it, depth in metres.

An archive (NPZ) holds beside the values what they are and what made them, each a text; an NPY file does not say it.
Nothing in either is pickled, so reading one runs nothing.
"""

import io

import numpy as np
from numpy.typing import NDArray

from nearfar.depth_map import DepthMap
from nearfar.image.reader import MAX_PIXELS, Picture
from nearfar.outputs.metadata import SOFTWARE, StoredMap, describe_map, squeeze_map

# What other programs call the array, the surest first.
_NAMES = ("values", "disparity", "depth", "arr_0")
_LARGEST_BYTES = MAX_PIXELS * 8


def encode_npz(depth_map: DepthMap, picture: Picture | None = None) -> bytes:
    """Return the map as an NPZ file: ``values`` (H, W) float32 [relative, or m], and a text for each fact.

    Not compressed: of float32, deflate takes seconds of a large map and a tenth of its size at most.
    """
    buffer = io.BytesIO()
    texts = {key: np.array(text) for key, text in describe_map(depth_map, picture).items()}
    np.savez(buffer, allow_pickle=False, values=depth_map.values, **texts, software=np.array(SOFTWARE))
    return buffer.getvalue()


def decode_npz(data: bytes) -> StoredMap:
    """Return what is in an NPZ file of one map: nearfar's, or another with one array of a name that tells.

    Raises:
        ValueError: It is damaged, larger than any map, or holds no such array.
        LookupError: It is damaged.
        zipfile.BadZipFile: It is no archive, or is damaged.
        zlib.error: It is damaged.
    """
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        # A few bytes of an archive can stand for any number of them.
        if sum(member.file_size for member in archive.zip.infolist()) > _LARGEST_BYTES:
            raise ValueError("it unpacks to more than any map of a photograph that nearfar reads")
        name = _find_name(archive.files)
        texts = (
            {other: _read_text(archive[other]) for other in archive.files if other != name} if name == "values" else {}
        )
        values = archive[name]
        if not isinstance(values, np.ndarray):  # of what is no array, NumPy gives the bytes
            raise ValueError(f"{name} in it is no array")
    return StoredMap(
        values=squeeze_map(values), metadata={other: text for other, text in texts.items() if text is not None}
    )


def _find_name(names: list[str]) -> str:
    candidates = [name for name in _NAMES if name in names] or (names if len(names) == 1 else [])
    if not candidates:
        raise ValueError(f"none of its arrays is called {', '.join(_NAMES)}: it holds {', '.join(names) or 'nothing'}")
    return candidates[0]


def _read_text(member: NDArray[np.generic] | bytes) -> str | None:
    return str(member) if isinstance(member, np.ndarray) and member.ndim == 0 and member.dtype.kind == "U" else None


def encode_npy(depth_map: DepthMap, picture: Picture | None = None) -> bytes:  # noqa: ARG001 - every writer is called so
    """Return the map as an NPY file: (H, W) float32 [relative, or m]."""
    buffer = io.BytesIO()
    np.save(buffer, depth_map.values, allow_pickle=False)
    return buffer.getvalue()


def decode_npy(data: bytes) -> StoredMap:
    """Return what is in an NPY file of one map.

    Raises:
        ValueError: It is damaged, or holds something else than one map of numbers.
        EOFError: It has been cut short.
    """
    values = np.load(io.BytesIO(data), allow_pickle=False)
    if not isinstance(values, np.ndarray):
        raise TypeError("it holds several arrays")
    return StoredMap(values=squeeze_map(values))
