"""Contact sheets: pictures beside and below one another on a plain background, with lines of text."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from nearfar.arrays import RgbU8

BACKGROUND, TEXT, QUIET = "#161719", "#e9e7e3", "#aeaaa3"


def pad_to(rgb: RgbU8, size_hw: tuple[int, int], *, background: str = BACKGROUND) -> RgbU8:
    """Return a picture (H, W, 3) uint8 in the top left corner of a plain background of that size [px]."""
    height, width = size_hw
    if rgb.shape[:2] == size_hw:
        return rgb
    sheet = Image.new("RGB", (width, height), background)
    sheet.paste(Image.fromarray(rgb))
    return np.asarray(sheet)


def stack_grid(rows: Sequence[Sequence[RgbU8]], *, gap_px: int = 0) -> RgbU8:
    """Return rows of pictures below one another as one, (H, W, 3) uint8; black where a row is narrower than others.

    Args:
        rows: The pictures of each row, of one height, (h, w, 3) uint8.
        gap_px: What is left black between rows. [px]

    Example:
        >>> picture = np.zeros((2, 3, 3), np.uint8)
        >>> stack_grid([[picture, picture], [picture]], gap_px=1).shape
        (5, 6, 3)
    """
    joined = [np.concatenate(row, axis=1) for row in rows]
    width = max(row.shape[1] for row in joined)
    gaps = [gap_px] * (len(joined) - 1) + [0]
    return np.concatenate(
        [np.pad(row, ((0, gap), (0, width - row.shape[1]), (0, 0))) for row, gap in zip(joined, gaps, strict=True)]
    )


def write_line(
    sheet: Image.Image, left: int, top: int, text: str, *, size_px: int, width_px: int, color: str = TEXT
) -> None:
    """Write one line on a sheet, cut where it would be longer than ``width_px``."""
    font = ImageFont.load_default(size_px)
    line = " ".join(text.split())
    while line and font.getlength(line) > width_px:
        line = line.removesuffix("…")[:-1].rstrip() + "…" if len(line) > 1 else ""
    ImageDraw.Draw(sheet).text((left, top), line, font=font, fill=color)
