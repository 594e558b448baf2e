"""The page needs nothing but itself and repeats no text unescaped; the sheet hangs every pair, whole and in order."""

import base64
import io
import re
from collections.abc import Sequence
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from nearfar import Depth, Disparity, Picture, Provenance
from nearfar.errors import ArrayError
from nearfar.outputs import gallery as galleries
from nearfar.outputs import sheet as sheets
from nearfar.outputs.color import colorize
from nearfar.outputs.gallery import (
    Gallery,
    GalleryEntry,
    format_seconds,
    render_contact_sheet,
    render_page,
    resize_pair,
)

VOID = {"meta", "link", "img", "input", "br"}
NASTY = """</title><script>alert('1')</script> & "quoted" $count ${entries} ☃"""


class Document(HTMLParser):
    """Every tag with its attributes, the visible text, and a check that what is opened is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def entry(height: int = 30, width: int = 40, **fields: object) -> GalleryEntry:
    ramp = np.tile(np.linspace(0, 5, width, dtype=np.float32), (height, 1))
    rgb = np.full((height, width, 3), (200, 30, 60), np.uint8)
    given_or = {
        "picture": Picture(rgb=rgb, name="red.jpg"),
        "map": Disparity(values=ramp, provenance=Provenance(recipe="aspect 56x42")),
        "title": "A red wall",
        "shows": "A wall, all red.",
        "credit": "Nobody, CC0-1.0",
        "credit_url": "https://example.org/red?a=1&b=2",
        "seconds": {"read": 0.004, "run": 0.25},
        "files": {"png": "red-depth.png"},
    } | fields
    return GalleryEntry(**given_or)  # type: ignore[arg-type]


def gallery(*entries: GalleryEntry, better: str = "") -> Gallery:
    facts = {"Model": "tiny", "Licence of the model": "Apache-2.0"}
    return Gallery(entries=entries or (entry(),), facts=facts, better=better)


def pictures_of(document: Document) -> list[Image.Image]:
    sources = [attributes["src"] for attributes in document.all("img")]
    return [Image.open(io.BytesIO(base64.b64decode(source.partition("base64,")[2]))) for source in sources]


def test_page_is_self_contained() -> None:
    text = render_page(gallery())
    document = Document(text)
    loading = [attributes[name] for _, attributes in document.tags for name in ("src", "srcset") if name in attributes]
    loading += [attributes["href"] for attributes in document.all("link")]
    assert loading
    assert all(address.startswith("data:") for address in loading)
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest", text)
    policy = next(meta["content"] for meta in document.all("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none'")


def test_page_names_model_and_numbers() -> None:
    text = " ".join("".join(Document(render_page(gallery(better="nearfar models fetch x"))).texts).split())
    for said in ("not metres", "tiny", "Apache-2.0", "nearfar models fetch x", "read 4 ms", "run 250 ms"):
        assert said in text
    assert "A red wall" in text
    assert "40×30, network aspect 56x42" in text
    assert "more accurate" not in render_page(gallery())


def metres(near: float, far: float) -> Depth:
    return Depth(values=np.tile(np.linspace(near, far, 40, dtype=np.float32), (30, 1)))


def test_page_names_metres() -> None:
    shown_page = render_page(gallery(entry(map=metres(0.52, 9.83)), entry(title="Flat", map=metres(2.5, 2.5))))
    text = " ".join("".join(Document(shown_page).texts).split())
    for said in ("metres, as the model estimates them", "A red wall · 0.52 to 9.83 m", "Flat · 2.5 m", "millimetres"):
        assert said in text
    for wrong in ("not metres", "full range", "unknown scale"):
        assert wrong not in text


def test_metric_near_is_bright() -> None:
    _, depth = resize_pair(entry(map=metres(1, 10)), (40, 30))
    np.testing.assert_array_equal(np.asarray(depth)[0, 0], colorize(np.ones((1, 1), np.float32))[0, 0])
    np.testing.assert_array_equal(np.asarray(depth)[0, -1], colorize(np.zeros((1, 1), np.float32))[0, 0])


def test_mixed_kinds_rejected() -> None:
    with pytest.raises(ArrayError, match="Depth and Disparity"):
        gallery(entry(), entry(map=metres(1, 2)))


@pytest.mark.parametrize("field", ["title", "shows", "credit"])
def test_entry_texts_escaped(field: str) -> None:
    plain, nasty = render_page(gallery()), render_page(gallery(entry(**{field: NASTY})))
    assert [tag for tag, _ in Document(nasty).tags] == [tag for tag, _ in Document(plain).tags]
    document = Document(nasty)
    assert NASTY in [*document.texts, *(attributes.get("alt") for attributes in document.all("img"))]


def test_facts_and_stages_escaped() -> None:
    shown_page = render_page(Gallery(entries=[entry(seconds={NASTY: 1.0})], facts={NASTY: NASTY}, better=NASTY))
    plain = render_page(gallery(entry(seconds={"run": 1.0}), better="x"))
    assert Document(shown_page).texts.count("alert('1')") == 0
    assert len(Document(shown_page).all("script")) == len(Document(plain).all("script")) == 1


@pytest.mark.parametrize("name", ["a b#c?.png", 'quote".png', "ünïcode ☃.png", "100%.png"])
def test_links_quote_file_names(name: str) -> None:
    from urllib.parse import unquote

    links = [link["href"] for link in Document(render_page(gallery(entry(files={"png": name})))).all("a")]
    assert [unquote(link) for link in links if not link.startswith("https://")] == [name]
    assert not set(links[-1]) & set(' #?"')


def test_script_url_is_no_link() -> None:
    document = Document(render_page(gallery(entry(credit_url="javascript:alert(1)"))))
    assert all(link["href"] == "red-depth.png" for link in document.all("a"))
    assert "Nobody, CC0-1.0" in document.texts


def test_page_is_accessible() -> None:
    document = Document(render_page(gallery()))
    assert document.all("html")[0]["lang"] == "en"
    assert all(image["alt"] for image in document.all("img"))
    assert [slider["aria-label"] for slider in document.all("input") if slider["type"] == "range"]
    assert "A wall, all red." in [image["alt"] for image in document.all("img")]


@pytest.mark.parametrize(
    ("size_hw", "expected_wh"), [((30, 40), (40, 30)), ((3000, 4000), (800, 600)), ((7000, 40), (5, 800))]
)
def test_page_pictures_never_enlarged(size_hw, expected_wh) -> None:
    photograph, depth = pictures_of(Document(render_page(gallery(entry(*size_hw)))))
    assert photograph.size == depth.size == expected_wh


def test_page_pictures_show_pair() -> None:
    photograph, depth = pictures_of(Document(render_page(gallery(entry(64, 96)))))
    assert np.abs(np.asarray(photograph, int) - (200, 30, 60)).max() <= 4
    expected = colorize(np.tile(np.linspace(0, 1, 96, dtype=np.float32), (64, 1))).astype(int)
    assert np.abs(np.asarray(depth, int) - expected).mean() < 3


def test_values_resized_before_coloring() -> None:
    halves = np.zeros((64, 64), np.float32)
    halves[::2] = 1
    _, depth = resize_pair(entry(64, 64, map=Disparity(values=halves)), (32, 32))
    middle = colorize(np.full((1, 1), 0.5, np.float32))[0, 0].astype(int)
    assert np.abs(np.asarray(depth, int)[8:24, 8:24] - middle).max() <= 3


@pytest.mark.parametrize("size_hw", [(1, 1), (40, 7000), (7000, 40)])
def test_odd_sizes_and_flat_maps(size_hw: tuple[int, int]) -> None:
    flat = entry(*size_hw, map=Disparity(values=np.full(size_hw, 7, np.float32)))
    assert len(pictures_of(Document(render_page(gallery(flat))))) == 2
    with Image.open(io.BytesIO(render_contact_sheet(gallery(flat)))) as sheet:
        assert sheet.height < 1000


def test_map_of_another_size_rejected() -> None:
    with pytest.raises(ArrayError, match=r"A red wall: .*\(30, 40\).*\(2, 2\)"):
        entry(map=Disparity(values=np.zeros((2, 2), np.float32)))
    with pytest.raises(ArrayError, match="at least one"):
        Gallery(entries=[], facts={})


def test_sheet_places_pair_side_by_side() -> None:
    with Image.open(io.BytesIO(render_contact_sheet(gallery(entry(200, 300))))) as image:
        assert (image.format, image.mode, image.width) == ("PNG", "RGB", 1600)
        pixels = np.asarray(image).astype(int)
    red = np.abs(pixels - (200, 30, 60)).max(axis=-1) <= 2
    rows, columns = np.flatnonzero(red.sum(axis=1) > 100), np.flatnonzero(red.sum(axis=0) > 100)
    height, width = len(rows), len(columns)
    assert width / height == pytest.approx(1.5, abs=0.02)
    nearest = colorize(np.ones((1, 1), np.float32))[0, 0]
    beside = pixels[rows[height // 2], columns[-1] + 2 + width]
    assert np.abs(beside - nearest).max() <= 6


def test_sheet_credits_and_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(galleries, "write_line", lambda sheet, left, top, text, **_: written.append(text))
    first = entry(title="One", credit="Ada, CC-BY-4.0", seconds={"read": 0.001, "run": 0.3})
    second = entry(title="Two", credit="Bob, CC0-1.0", seconds={"read": 0.003, "run": 0.1})
    render_contact_sheet(gallery(first, second, better="nearfar models fetch x"))
    said = "\n".join(written)
    assert "not metres · tiny · Apache-2.0" in said
    assert "One\nAda, CC-BY-4.0 · 301 ms in all" in said
    assert "Two\nBob, CC0-1.0 · 103 ms in all" in said
    assert written[-1] == "median of each stage: read 2 ms, run 200 ms · a more accurate model: nearfar models fetch x"
    render_contact_sheet(gallery(entry(seconds={}, credit="Eve")))
    assert written[-2:] == ["Eve", ""]
    render_contact_sheet(gallery(entry(map=metres(0.52, 9.83))))
    said = "\n".join(written[-5:])
    assert "metres, as the model estimates them · tiny" in said
    assert "A red wall · 0.52 to 9.83 m" in said


@given(st.lists(st.floats(0.2, 5), min_size=1, max_size=9))
@settings(deadline=None)
def test_rows_are_complete_and_optimal(ratios: list[float]) -> None:
    entries = [entry(100, max(1, round(100 * ratio))) for ratio in ratios]
    rows = galleries._balance_rows(entries)
    assert [item for row in rows for item in row] == entries
    cost = sum(galleries._measure_misfit(row) for row in rows)
    for cuts in range(2 ** (len(entries) - 1)):
        others, start = 0.0, 0
        for end in range(1, len(entries) + 1):
            if end == len(entries) or cuts >> (end - 1) & 1:
                others += galleries._measure_misfit(entries[start:end])
                start = end
        assert cost <= others * (1 + 1e-9)


@pytest.mark.parametrize("text", ["A very long caption, " * 30, "снег ☃ " * 40, "w" * 500, "two\nlines " * 20])
def test_long_caption_shortened(text: str) -> None:
    sheet = Image.new("RGB", (600, 60))
    sheets.write_line(sheet, 10, 10, text, size_px=18, width_px=200)
    written = np.flatnonzero(np.asarray(sheet).any(axis=(0, 2)))
    assert 100 < written.max() <= 210
    assert np.flatnonzero(np.asarray(sheet).any(axis=(1, 2))).max() < 40


@pytest.mark.parametrize(("seconds", "text"), [(0, "<1 ms"), (0.0006, "1 ms"), (0.25, "250 ms"), (61.5, "61.50 s")])
def test_format_seconds(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text
