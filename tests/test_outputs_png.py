"""PNG files are read back to the last bit by another program's decoder, whoever deflated them."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nearfar.outputs import png
from nearfar.outputs.png import png_bytes


@pytest.fixture(params=["isal.isal_zlib", "zlib"], autouse=True)
def deflater(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(png, "_deflater", pytest.importorskip(request.param))


def chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length) == (zlib.crc32(kind + body),)
        found.append((kind, body))
        at += 12 + length
    return found


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("height", [1, 2, 7, 300])
@pytest.mark.parametrize("width", [1, 3, 2000])
def test_gray_round_trips(dtype: type, height: int, width: int) -> None:
    samples = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (height, width), dtype, endpoint=True)
    with Image.open(io.BytesIO(png_bytes(samples))) as image:
        assert image.mode == ("L" if dtype is np.uint8 else "I;16")
        np.testing.assert_array_equal(np.asarray(image), samples)


def test_color_round_trips_from_any_layout() -> None:
    samples = np.random.default_rng(0).integers(0, 256, (301, 1000, 3), np.uint8)
    for given_samples in (samples, samples[::-1, ::2], samples[..., ::-1]):
        with Image.open(io.BytesIO(png_bytes(given_samples))) as image:
            np.testing.assert_array_equal(np.asarray(image), given_samples)


@given(
    values=st.dictionaries(
        st.sampled_from(["Title", "nearfar:source", "a"]), st.text(st.characters(min_codepoint=1, codec="utf-8"))
    )
)
def test_text_round_trips(values: dict[str, str]) -> None:
    with Image.open(io.BytesIO(png_bytes(np.zeros((2, 2), np.uint8), text=values))) as image:
        assert image.text == values  # type: ignore[attr-defined]


def test_chunks_follow_specification() -> None:
    samples = np.random.default_rng(0).integers(0, 65536, (600, 800), np.uint16)
    found = chunks(png_bytes(samples, text={"Software": "x", "nearfar:source": "фото"}))
    kinds = [kind for kind, _ in found]
    assert kinds[:3] == [b"IHDR", b"tEXt", b"iTXt"]
    assert set(kinds[3:-1]) == {b"IDAT"}
    assert found[-1] == (b"IEND", b"")
    rows = np.frombuffer(zlib.decompress(b"".join(body for kind, body in found if kind == b"IDAT")), np.uint8)
    assert set(rows.reshape(600, -1)[:, 0]) == {2}
