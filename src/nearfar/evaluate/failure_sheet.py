"""The failure sheet: the photographs that a predictor is worst on, beside the truth, the prediction, and its error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from nearfar.errors import NearfarError
from nearfar.evaluate.metrics import METRICS
from nearfar.evaluate.sample import crop_window
from nearfar.evaluate.score import Comparison, compare
from nearfar.outputs.color import colorize
from nearfar.outputs.png import png_bytes
from nearfar.outputs.sheet import BACKGROUND, QUIET, write_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from nearfar.arrays import RgbU8
    from nearfar.evaluate.predictors import Predictor
    from nearfar.evaluate.protocol import Protocol
    from nearfar.evaluate.run import Result
    from nearfar.evaluate.sample import Sample

COUNT = 10

_PANEL_PX = 380
_TALLEST_PX = 340
_MARGIN_PX = 24
_SEAM_PX = 4
_HEADING_PX = 92
_CAPTION_PX = 34
_GAP_PX = 14
# A relative error that is shown brightest.
_ERROR_SHOWN = 0.5
# What is shown brightest and darkest of a truth: a few pixels would otherwise leave no range for the rest.
_PERCENTILES = (1, 99)
# What has no colour in the map: a grey that no value has.
_UNSCORED = np.array([88, 92, 98], np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Panels:
    """One photograph's row on the sheet.

    Attributes:
        caption: Its name and figures.
        pictures: Four of one size, (H, W, 3) uint8: photograph, truth, prediction, error.
    """

    caption: str
    pictures: tuple[RgbU8, ...]


def render_panels(sample: Sample, result: Result, predictor: Predictor, protocol: Protocol) -> Panels | None:
    """Return the row of one photograph, predicted once more; None if that fails now, though it did not before."""
    try:
        picture, truth = sample.read_picture(), sample.read_truth()
        comparison = compare(predictor.predict(sample), truth, protocol)
        rgb = crop_window(picture.rgb, protocol.window_hw)
    except (NearfarError, MemoryError):
        return None
    height, width = comparison.valid.shape
    scale = min(_PANEL_PX / width, _TALLEST_PX / height)
    size_wh = max(1, round(width * scale)), max(1, round(height * scale))
    photograph = np.asarray(Image.fromarray(rgb).resize(size_wh, Image.Resampling.LANCZOS))
    return Panels(caption=_format_caption(result), pictures=(photograph, *_render_maps(comparison, size_wh)))


def render_sheet(rows: Sequence[Panels], *, title: str) -> bytes:
    """Return the rows below one another, with a heading, as one 8-bit RGB PNG."""
    heights = [row.pictures[0].shape[0] + _CAPTION_PX + _GAP_PX for row in rows]
    width = 2 * _MARGIN_PX + 4 * _PANEL_PX + 3 * _SEAM_PX
    page = Image.new("RGB", (width, _HEADING_PX + sum(heights)), BACKGROUND)
    write_line(page, _MARGIN_PX, 20, title, size_px=26, width_px=width - 2 * _MARGIN_PX)
    about = (
        "photograph · truth · prediction as aligned (both near bright, one scale) · error |p - g| / g, "
        f"brightest from {_ERROR_SHOWN:.0%}; grey where nothing is scored"
    )
    write_line(page, _MARGIN_PX, 58, about, size_px=16, width_px=width - 2 * _MARGIN_PX, color=QUIET)
    top = _HEADING_PX
    for row, height in zip(rows, heights, strict=True):
        for place, picture in enumerate(row.pictures):
            page.paste(Image.fromarray(picture), (_MARGIN_PX + place * (_PANEL_PX + _SEAM_PX), top))
        write_line(
            page,
            _MARGIN_PX,
            top + height - _CAPTION_PX - _GAP_PX + 6,
            row.caption,
            size_px=16,
            width_px=width - 2 * _MARGIN_PX,
        )
        top += height
    return png_bytes(np.asarray(page))


def _render_maps(comparison: Comparison, size_wh: tuple[int, int]) -> tuple[RgbU8, ...]:
    true, predicted = 1 / comparison.true, 1 / comparison.predicted
    low, high = (float(end) for end in np.percentile(true, _PERCENTILES))
    span = (high - low) or 1.0
    error = np.abs(comparison.predicted / comparison.true - 1) / _ERROR_SHOWN
    shown = ((true - low) / span, (predicted - low) / span, error)
    return tuple(_render_map(comparison, values, size_wh) for values in shown)


def _render_map(comparison: Comparison, values: NDArray[np.float64], size_wh: tuple[int, int]) -> RgbU8:
    """Return (N,) values in colour; nearest, because a mean with pixels that have no value would mean nothing."""
    full = comparison.as_map(np.clip(values, 0, 1)).astype(np.float32)
    rgb = np.where(comparison.valid[..., None], colorize(full), _UNSCORED).astype(np.uint8)  # (H, W, 3)
    return np.asarray(Image.fromarray(rgb).resize(size_wh, Image.Resampling.NEAREST))


def _format_caption(result: Result) -> str:
    figures = " · ".join(f"{METRICS[name].title} {value:.3f}" for name, value in list(result.figures.items())[:2])
    odd = f" · {', '.join(result.flags)}" if result.flags else ""
    return f"{result.name} · {figures}{odd}"
