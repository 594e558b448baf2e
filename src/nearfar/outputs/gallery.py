"""Galleries of photographs and their maps: an HTML page, and a contact sheet where there is no browser.

The page needs no server, no network and no other file. The sheet is one picture, for a README, a chat or a printer.
"""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from statistics import median
from string import Template
from urllib.parse import quote

import numpy as np
from PIL import Image

from nearfar._version import __version__
from nearfar.depth_map import Depth, DepthMap, Provenance
from nearfar.errors import ArrayError
from nearfar.image.reader import Picture
from nearfar.outputs.color import colorize
from nearfar.outputs.colormaps import COLORMAPS
from nearfar.outputs.formats import FORMATS
from nearfar.outputs.legend import format_metres
from nearfar.outputs.png import png_bytes
from nearfar.outputs.sheet import BACKGROUND, QUIET, write_line

# The longer side of a picture on the page [px]: twice what a column shows, so that it is sharp on a dense screen.
_PAGE_SIDE_PX = 800

# The contact sheet.
_WIDTH_PX = 1600
_MARGIN_PX = 32
_LINE_PX = _WIDTH_PX - 2 * _MARGIN_PX
_GAP_PX = 24  # between pairs
_SEAM_PX = 2  # between a photograph and its map
_ROW_PX = 250  # how high a row would be if its pairs had any width
_TALLEST_PX = 420
_HEADING_PX = 104
_CAPTION_PX = 58
_FOOT_PX = 46

# The page's texts about the numbers and their colours: for disparities, and for metres.
_NUMBERS = (
    "These are <strong>relative disparities, not metres</strong>: the order within one photograph is what they tell; "
    "two photographs have no common scale."
)
_SHADING = (
    "A map's smallest value is shown darkest and its largest brightest, each photograph for itself. The values "
    "themselves are inverse depth up to an unknown scale and shift: 0 is not infinity, and twice the value is not half "
    "the distance."
)
_NUMBERS_M = (
    "These are <strong>metres, as the model estimates them</strong> from one photograph: the nearest and the farthest "
    "are said below each."
)
_SHADING_M = (
    "A map's nearest point is shown brightest and its farthest darkest, each photograph for itself, and between them "
    "brightness follows inverse depth (1/m). How far off the metres are depends on the camera, and on how like the "
    "scene is to those that the model learned from."
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GalleryEntry:
    """A photograph, its map, and what a visitor should know about them.

    Attributes:
        picture: The photograph.
        map: Its map, of the same size.
        title: Its title.
        shows: A description of the photograph, for those who cannot see it.
        credit: Who made the photograph and what may be done with it.
        credit_url: Where it comes from; empty if there is no such address.
        seconds: Time that each stage took, in the order of the stages [s].
        files: The files made of it: a format's name, and the path as seen from the page.

    Raises:
        ArrayError: Photograph and map do not have the same size.
    """

    picture: Picture
    map: DepthMap
    title: str
    shows: str
    credit: str
    credit_url: str = ""
    seconds: Mapping[str, float]
    files: Mapping[str, str]

    def __post_init__(self) -> None:
        if self.picture.rgb.shape[:2] != self.map.size_hw:
            raise ArrayError(
                f"{self.title}: the photograph is {self.picture.rgb.shape[:2]} and the map {self.map.size_hw}: "
                "they must be equal"
            )

    @property
    def ratio(self) -> float:
        """Width over height."""
        height, width = self.map.size_hw
        return width / height

    @property
    def heading(self) -> str:
        """The title and, where the map is in metres, the nearest and the farthest of them."""
        if not isinstance(self.map, Depth):
            return self.title
        near, far = format_metres(self.map.range)
        return f"{self.title} · {near if near == far else f'{near} to {far}'} m"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gallery:
    """The photographs of a page and a sheet, and what made their maps.

    Attributes:
        entries: At least one; their maps are all disparities or all in metres, as those of one model are.
        facts: Facts about the model and the machine, by their names.
        better: The command that brings a more accurate model; empty if this is the best.
    """

    entries: Sequence[GalleryEntry]
    facts: Mapping[str, str]
    better: str = ""

    def __post_init__(self) -> None:
        if not self.entries:
            raise ArrayError("a gallery needs at least one photograph, got none")
        kinds = sorted({type(entry.map).__name__ for entry in self.entries})
        if len(kinds) > 1:
            raise ArrayError(f"a gallery says once what its numbers are, got maps of the kinds {' and '.join(kinds)}")

    @property
    def in_metres(self) -> bool:
        """Whether the maps are in metres."""
        return isinstance(self.entries[0].map, Depth)

    @property
    def count(self) -> str:
        """How many photographs there are, in words fit for a heading."""
        return "One photograph" if len(self.entries) == 1 else f"{len(self.entries)} photographs"


def render_page(gallery: Gallery) -> str:
    """Return the gallery as one HTML document, its pictures inside it; every text in it is escaped."""
    template = Template((files("nearfar.outputs") / "gallery.html").read_text(encoding="utf-8"))
    return template.substitute(
        version=escape(__version__),
        count=gallery.count,
        numbers=_NUMBERS_M if gallery.in_metres else _NUMBERS,
        shading=_SHADING_M if gallery.in_metres else _SHADING,
        gradient=_list_gradient(),
        facts="\n".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in gallery.facts.items()),
        better=_render_upgrade(gallery.better),
        exhibits="\n".join(_render_article(entry) for entry in gallery.entries),
        formats=_list_formats(gallery),
    )


def render_contact_sheet(gallery: Gallery) -> bytes:
    """Return the gallery as one 8-bit RGB PNG: each photograph beside its map, with a caption, in rows of one width."""
    rows = _balance_rows(gallery.entries)
    heights = [min(_TALLEST_PX, max(1, round(_fill_height(row)))) for row in rows]
    size_wh = (_WIDTH_PX, _HEADING_PX + sum(heights) + len(rows) * _CAPTION_PX + _FOOT_PX)
    sheet = Image.new("RGB", size_wh, BACKGROUND)
    facts = " · ".join(gallery.facts.values())
    write_line(sheet, _MARGIN_PX, 26, f"{gallery.count}, near and far", size_px=30, width_px=_LINE_PX)
    numbers = "metres, as the model estimates them" if gallery.in_metres else "relative disparity, not metres"
    about = f"bright = near, dark = far: {numbers} · {facts}"
    write_line(sheet, _MARGIN_PX, 68, about, size_px=17, width_px=_LINE_PX, color=QUIET)
    top = _HEADING_PX
    for row, height in zip(rows, heights, strict=True):
        _draw_row(sheet, row, top=top, height=height)
        top += height + _CAPTION_PX
    write_line(sheet, _MARGIN_PX, top + 8, _describe_timings(gallery), size_px=15, width_px=_LINE_PX, color=QUIET)
    return png_bytes(np.asarray(sheet))


def resize_pair(entry: GalleryEntry, size_wh: tuple[int, int]) -> tuple[Image.Image, Image.Image]:
    """Return the photograph and its map in colour, both resized to ``size_wh``, antialiased [px]."""
    photograph = Image.fromarray(entry.picture.rgb).resize(size_wh, Image.Resampling.LANCZOS)
    # The values are resized and then coloured: colours do not mix the way inverse depths do. Bilinear never overshoots.
    values = Image.fromarray(entry.map.normalize()).resize(size_wh, Image.Resampling.BILINEAR)
    return photograph, Image.fromarray(colorize(np.asarray(values)))


def format_seconds(seconds: float) -> str:
    """Return a time for people [s].

    Example:
        >>> format_seconds(0.0001), format_seconds(0.0123), format_seconds(2.5)
        ('<1 ms', '12 ms', '2.50 s')
    """
    if seconds < 0.0005:
        return "<1 ms"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _render_article(entry: GalleryEntry) -> str:
    height, width = entry.map.size_hw
    scale = min(1.0, _PAGE_SIDE_PX / max(height, width))
    photograph, depth = resize_pair(entry, (max(1, round(width * scale)), max(1, round(height * scale))))
    title = escape(entry.title)
    stages = " · ".join(f"{stage} {format_seconds(took)}" for stage, took in entry.seconds.items())
    total = sum(entry.seconds.values()) or 1.0
    segments = "".join(f'<i class="{escape(s)}" style="--s: {t / total:.4f}"></i>' for s, t in entry.seconds.items())
    links = "".join(f'<a href="{escape(quote(path))}">{escape(name)}</a>' for name, path in entry.files.items())
    return f"""<article class="exhibit">
<div class="frame"><div class="stage" style="--ratio: {entry.ratio:.5f}">
<img class="photo" src="{_encode_data_url(photograph)}" width="{photograph.width}" height="{photograph.height}" \
alt="{escape(entry.shows)}">
<img class="map" src="{_encode_data_url(depth)}" width="{depth.width}" height="{depth.height}" \
alt="The same in depth: near parts bright, far parts dark.">
<input type="range" min="0" max="100" step="any" value="50" aria-label="{title}: from all depth to all photograph">
</div></div>
<div class="caption">
<h2>{escape(entry.heading)}</h2>
<p class="credit">{_render_credit(entry)}</p>
<div class="bar" aria-hidden="true">{segments}</div>
<p class="seconds">{escape(_describe_sizes(entry))} · {escape(stages)}</p>
<p class="files">{links}</p>
</div>
</article>"""


def _describe_sizes(entry: GalleryEntry) -> str:
    height, width = entry.map.size_hw
    recipe = entry.map.provenance.recipe
    return f"{width}×{height}" + ("" if recipe == Provenance().recipe else f", network {recipe}")


def _render_credit(entry: GalleryEntry) -> str:
    text = escape(entry.credit)
    if not entry.credit_url.startswith(("https://", "http://")):
        return text  # no address, or one that would run a script
    return f'<a href="{escape(entry.credit_url)}" rel="noreferrer">{text}</a>'


def _render_upgrade(command: str) -> str:
    if not command:
        return ""
    return f'<p class="better">A more accurate model: <code>{escape(command)}</code>, then make this page again.</p>'


def _list_formats(gallery: Gallery) -> str:
    names = dict.fromkeys(name for entry in gallery.entries for name in entry.files if name in FORMATS)
    listed = "; ".join(f"<code>{escape(name)}</code> {escape(_summary(name, gallery))}" for name in names)
    return f"Beside this page: {listed}." if listed else ""


def _summary(name: str, gallery: Gallery) -> str:
    row = FORMATS[name]
    return (gallery.in_metres and row.summary_m) or row.summary


def _list_gradient() -> str:
    return ", ".join("#" + bytes(color).hex() for color in COLORMAPS["inferno"][::17])


def _encode_data_url(image: Image.Image) -> str:
    buffer = io.BytesIO()
    # Full colour resolution: halved, the map's edges would smear.
    image.save(buffer, format="JPEG", quality=86, subsampling=0, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _balance_rows(entries: Sequence[GalleryEntry]) -> list[Sequence[GalleryEntry]]:
    """Return the entries cut into rows, in order, so that the rows' heights differ least from ``_ROW_PX``."""
    # best[end]: the least cost of placing the first ``end``, and where the last of their rows starts.
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(entries) + 1):
        best.append(min((best[start][0] + _measure_misfit(entries[start:end]), start) for start in range(end)))
    rows: list[Sequence[GalleryEntry]] = []
    end = len(entries)
    while end > 0:
        start = best[end][1]
        rows.insert(0, entries[start:end])
        end = start
    return rows


def _measure_misfit(row: Sequence[GalleryEntry]) -> float:
    return (_fill_height(row) - _ROW_PX) ** 2


def _fill_height(row: Sequence[GalleryEntry]) -> float:
    """Return the height at which the row's pairs fill the width [px]."""
    pixels = _LINE_PX - (len(row) - 1) * _GAP_PX - len(row) * _SEAM_PX
    return pixels / sum(2 * entry.ratio for entry in row)


def _draw_row(sheet: Image.Image, row: Sequence[GalleryEntry], *, top: int, height: int) -> None:
    left = _MARGIN_PX
    for entry in row:
        width = max(1, round(height * entry.ratio))
        photograph, depth = resize_pair(entry, (width, height))
        sheet.paste(photograph, (left, top))
        sheet.paste(depth, (left + width + _SEAM_PX, top))
        pair_px = 2 * width + _SEAM_PX
        write_line(sheet, left, top + height + 7, entry.heading, size_px=18, width_px=pair_px)
        # The credit comes first: where a line is cut, the licences ask for it and nobody asks for the time.
        took = f" · {format_seconds(sum(entry.seconds.values()))} in all" if entry.seconds else ""
        write_line(sheet, left, top + height + 30, f"{entry.credit}{took}", size_px=15, width_px=pair_px, color=QUIET)
        left += pair_px + _GAP_PX


def _describe_timings(gallery: Gallery) -> str:
    """Return what each stage took, as the median over the photographs, and how to get a better model."""
    stages = dict.fromkeys(stage for entry in gallery.entries for stage in entry.seconds)
    took = ", ".join(f"{stage} {format_seconds(_median(gallery.entries, stage))}" for stage in stages)
    parts = [f"median of each stage: {took}"] if took else []
    if gallery.better:
        parts.append(f"a more accurate model: {gallery.better}")
    return " · ".join(parts)


def _median(entries: Sequence[GalleryEntry], stage: str) -> float:
    return median(entry.seconds[stage] for entry in entries if stage in entry.seconds)
