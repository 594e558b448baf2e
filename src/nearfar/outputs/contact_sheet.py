"""Photographs and their maps on one picture, to look at where no browser is: a README, a chat, a printer."""

from collections.abc import Sequence
from statistics import median

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from nearfar.outputs.gallery import Exhibit, Gallery, shown, shown_seconds
from nearfar.outputs.legend import GROUND, QUIET, TEXT
from nearfar.outputs.png import png_bytes

_WIDTH_PX = 1600
_MARGIN_PX = 32
_GAP_PX = 24  # between pairs
_SEAM_PX = 2  # between a photograph and its map
_ROW_PX = 250  # how high a row would be if its pairs had any width
_TALLEST_PX = 420
_HEADING_PX = 104
_CAPTION_PX = 58
_FOOT_PX = 46


def contact_sheet(gallery: Gallery) -> bytes:
    """Return the gallery as one 8-bit RGB PNG: each photograph beside its map, with a caption, in rows of one width."""
    rows = _rows(gallery.exhibits)
    heights = [min(_TALLEST_PX, max(1, round(_free_height(row)))) for row in rows]
    size_wh = (_WIDTH_PX, _HEADING_PX + sum(heights) + len(rows) * _CAPTION_PX + _FOOT_PX)
    sheet = Image.new("RGB", size_wh, GROUND)
    facts = " · ".join(gallery.facts.values())
    write_line(sheet, _MARGIN_PX, 26, f"{gallery.count}, near and far", size_px=30)
    numbers = "metres, as the model estimates them" if gallery.in_metres else "relative disparity, not metres"
    about = f"bright = near, dark = far: {numbers} · {facts}"
    write_line(sheet, _MARGIN_PX, 68, about, size_px=17, color=QUIET)
    top = _HEADING_PX
    for row, height in zip(rows, heights, strict=True):
        _hang(sheet, row, top=top, height=height)
        top += height + _CAPTION_PX
    write_line(sheet, _MARGIN_PX, top + 8, _foot(gallery), size_px=15, color=QUIET)
    return png_bytes(np.asarray(sheet))


def _rows(exhibits: Sequence[Exhibit]) -> list[Sequence[Exhibit]]:
    """Return the exhibits cut into rows, in order, so that the rows' heights differ least from ``_ROW_PX``."""
    # best[end]: the least cost of hanging the first ``end``, and where the last of their rows starts.
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(exhibits) + 1):
        best.append(min((best[start][0] + _cost(exhibits[start:end]), start) for start in range(end)))
    rows: list[Sequence[Exhibit]] = []
    end = len(exhibits)
    while end > 0:
        start = best[end][1]
        rows.insert(0, exhibits[start:end])
        end = start
    return rows


def _cost(row: Sequence[Exhibit]) -> float:
    return (_free_height(row) - _ROW_PX) ** 2


def _free_height(row: Sequence[Exhibit]) -> float:
    """Return the height at which the row's pairs fill the width [px]."""
    pixels = _WIDTH_PX - 2 * _MARGIN_PX - (len(row) - 1) * _GAP_PX - len(row) * _SEAM_PX
    return pixels / sum(2 * exhibit.ratio for exhibit in row)


def _hang(sheet: Image.Image, row: Sequence[Exhibit], *, top: int, height: int) -> None:
    left = _MARGIN_PX
    for exhibit in row:
        width = max(1, round(height * exhibit.ratio))
        photograph, depth = shown(exhibit, (width, height))
        sheet.paste(photograph, (left, top))
        sheet.paste(depth, (left + width + _SEAM_PX, top))
        pair_px = 2 * width + _SEAM_PX
        write_line(sheet, left, top + height + 7, exhibit.heading, size_px=18, width_px=pair_px)
        # The credit comes first: where a line is cut, the licences ask for it and nobody asks for the time.
        took = f" · {shown_seconds(sum(exhibit.seconds.values()))} in all" if exhibit.seconds else ""
        write_line(sheet, left, top + height + 30, f"{exhibit.credit}{took}", size_px=15, width_px=pair_px, color=QUIET)
        left += pair_px + _GAP_PX


def _foot(gallery: Gallery) -> str:
    """Return what each stage took, as the median over the photographs, and how to get a better model."""
    stages = dict.fromkeys(stage for exhibit in gallery.exhibits for stage in exhibit.seconds)
    took = ", ".join(f"{stage} {shown_seconds(_median(gallery.exhibits, stage))}" for stage in stages)
    said = [f"median of each stage: {took}"] if took else []
    if gallery.better:
        said.append(f"a more accurate model: {gallery.better}")
    return " · ".join(said)


def _median(exhibits: Sequence[Exhibit], stage: str) -> float:
    return median(exhibit.seconds[stage] for exhibit in exhibits if stage in exhibit.seconds)


def write_line(
    sheet: Image.Image, left: int, top: int, text: str, *, size_px: int, width_px: int | None = None, color: str = TEXT
) -> None:
    """Write one line, cut where it would leave its place."""
    font = ImageFont.load_default(size_px)
    room = width_px or _WIDTH_PX - 2 * _MARGIN_PX
    line = " ".join(text.split())
    while line and font.getlength(line) > room:
        line = line.removesuffix("…")[:-1].rstrip() + "…" if len(line) > 1 else ""
    ImageDraw.Draw(sheet).text((left, top), line, font=font, fill=color)
