"""Photographs and their maps on one page that needs nothing but itself: no server, no network, no other file."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template
from urllib.parse import quote

import numpy as np
from PIL import Image

from nearfar._version import __version__
from nearfar.depth_map import Depth, DepthMap, Provenance
from nearfar.errors import ArrayError
from nearfar.image.reader import Picture
from nearfar.outputs.color import colored
from nearfar.outputs.colormaps import COLORMAPS
from nearfar.outputs.formats import FORMATS
from nearfar.outputs.legend import shown_metres

# The longer side of a picture on the page [px]: twice what a column shows, so that it is sharp on a dense screen.
_PAGE_SIDE_PX = 800

# What the page says of the numbers and of how they are shown: of disparities, and of metres.
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
class Exhibit:
    """A photograph, its map, and what a visitor should know about them.

    Attributes:
        picture: The photograph.
        map: Its map, of the same size.
        title: What to call it.
        shows: What is to be seen, for those who cannot see it.
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
        near, far = shown_metres(self.map.range)
        return f"{self.title} · {near if near == far else f'{near} to {far}'} m"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gallery:
    """What hangs on the page, and what made the maps.

    Attributes:
        exhibits: At least one; their maps are all disparities or all in metres, as those of one model are.
        facts: What to say of the model and the machine: name of a fact, and the fact.
        better: The command that brings a more accurate model; empty if this is the best.
    """

    exhibits: Sequence[Exhibit]
    facts: Mapping[str, str]
    better: str = ""

    def __post_init__(self) -> None:
        if not self.exhibits:
            raise ArrayError("a gallery needs at least one photograph, got none")
        kinds = sorted({type(exhibit.map).__name__ for exhibit in self.exhibits})
        if len(kinds) > 1:
            raise ArrayError(f"a gallery says once what its numbers are, got maps of the kinds {' and '.join(kinds)}")

    @property
    def in_metres(self) -> bool:
        """Whether the maps are in metres."""
        return isinstance(self.exhibits[0].map, Depth)

    @property
    def count(self) -> str:
        """How many photographs there are, in words fit for a heading."""
        return "One photograph" if len(self.exhibits) == 1 else f"{len(self.exhibits)} photographs"


def page(gallery: Gallery) -> str:
    """Return the gallery as one HTML document, its pictures inside it; every text in it is escaped."""
    template = Template((files("nearfar.outputs") / "gallery.html").read_text(encoding="utf-8"))
    return template.substitute(
        version=escape(__version__),
        count=gallery.count,
        numbers=_NUMBERS_M if gallery.in_metres else _NUMBERS,
        shading=_SHADING_M if gallery.in_metres else _SHADING,
        gradient=_gradient(),
        facts="\n".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in gallery.facts.items()),
        better=_better(gallery.better),
        exhibits="\n".join(_article(exhibit) for exhibit in gallery.exhibits),
        formats=_formats(gallery),
    )


def shown(exhibit: Exhibit, size_wh: tuple[int, int]) -> tuple[Image.Image, Image.Image]:
    """Return the photograph and its map in colour, both resized to ``size_wh``, antialiased [px]."""
    photograph = Image.fromarray(exhibit.picture.rgb).resize(size_wh, Image.Resampling.LANCZOS)
    # The values are resized and then coloured: colours do not mix the way inverse depths do. Bilinear never overshoots.
    values = Image.fromarray(exhibit.map.normalize()).resize(size_wh, Image.Resampling.BILINEAR)
    return photograph, Image.fromarray(colored(np.asarray(values)))


def shown_seconds(seconds: float) -> str:
    """Return a time for people [s].

    Example:
        >>> shown_seconds(0.0001), shown_seconds(0.0123), shown_seconds(2.5)
        ('<1 ms', '12 ms', '2.50 s')
    """
    if seconds < 0.0005:
        return "<1 ms"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _article(exhibit: Exhibit) -> str:
    height, width = exhibit.map.size_hw
    scale = min(1.0, _PAGE_SIDE_PX / max(height, width))
    photograph, depth = shown(exhibit, (max(1, round(width * scale)), max(1, round(height * scale))))
    title = escape(exhibit.title)
    stages = " · ".join(f"{stage} {shown_seconds(took)}" for stage, took in exhibit.seconds.items())
    total = sum(exhibit.seconds.values()) or 1.0
    segments = "".join(f'<i class="{escape(s)}" style="--s: {t / total:.4f}"></i>' for s, t in exhibit.seconds.items())
    links = "".join(f'<a href="{escape(quote(path))}">{escape(name)}</a>' for name, path in exhibit.files.items())
    return f"""<article class="exhibit">
<div class="frame"><div class="stage" style="--ratio: {exhibit.ratio:.5f}">
<img class="photo" src="{_inlined(photograph)}" width="{photograph.width}" height="{photograph.height}" \
alt="{escape(exhibit.shows)}">
<img class="map" src="{_inlined(depth)}" width="{depth.width}" height="{depth.height}" \
alt="The same in depth: near parts bright, far parts dark.">
<input type="range" min="0" max="100" step="any" value="50" aria-label="{title}: from all depth to all photograph">
</div></div>
<div class="caption">
<h2>{escape(exhibit.heading)}</h2>
<p class="credit">{_credit(exhibit)}</p>
<div class="bar" aria-hidden="true">{segments}</div>
<p class="seconds">{escape(_sizes(exhibit))} · {escape(stages)}</p>
<p class="files">{links}</p>
</div>
</article>"""


def _sizes(exhibit: Exhibit) -> str:
    height, width = exhibit.map.size_hw
    recipe = exhibit.map.provenance.recipe
    return f"{width}×{height}" + ("" if recipe == Provenance().recipe else f", network {recipe}")


def _credit(exhibit: Exhibit) -> str:
    text = escape(exhibit.credit)
    if not exhibit.credit_url.startswith(("https://", "http://")):
        return text  # no address, or one that would run a script
    return f'<a href="{escape(exhibit.credit_url)}" rel="noreferrer">{text}</a>'


def _better(command: str) -> str:
    if not command:
        return ""
    return f'<p class="better">A more accurate model: <code>{escape(command)}</code>, then make this page again.</p>'


def _formats(gallery: Gallery) -> str:
    names = dict.fromkeys(name for exhibit in gallery.exhibits for name in exhibit.files if name in FORMATS)
    listed = "; ".join(f"<code>{escape(name)}</code> {escape(_summary(name, gallery))}" for name in names)
    return f"Beside this page: {listed}." if listed else ""


def _summary(name: str, gallery: Gallery) -> str:
    row = FORMATS[name]
    return (gallery.in_metres and row.summary_m) or row.summary


def _gradient() -> str:
    return ", ".join("#" + bytes(color).hex() for color in COLORMAPS["inferno"][::17])


def _inlined(image: Image.Image) -> str:
    buffer = io.BytesIO()
    # Full colour resolution: halved, the map's edges would smear.
    image.save(buffer, format="JPEG", quality=86, subsampling=0, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
