"""Cameras against geometry that is known in closed form."""

import math

import pytest

from nearfar.errors import OptionError
from nearfar.products.camera import DEFAULT_FOV_DEG, Camera, FocalSource, estimate_camera
from nearfar.products.unproject import Projection
from support import planes


@pytest.mark.parametrize("size_hw", [(300, 400), (400, 300), (1, 400)])
def test_fov_is_that_of_the_longer_side(size_hw: tuple[int, int]) -> None:
    camera = estimate_camera(planes.picture(*size_hw, focal_px=77.0), fov_deg=90)
    assert camera.focal_px == pytest.approx(200)
    assert camera.source is FocalSource.FOV
    assert camera.fov_deg == pytest.approx(90)


def test_exif_precedes_default_and_follows_fov() -> None:
    known, unknown = planes.picture(30, 40, focal_px=50.0), planes.picture(30, 40)
    assert (estimate_camera(known).focal_px, estimate_camera(known).source) == (50.0, FocalSource.EXIF)
    assert estimate_camera(unknown).source is FocalSource.DEFAULT
    assert estimate_camera(unknown).fov_deg == pytest.approx(DEFAULT_FOV_DEG)


@pytest.mark.parametrize("fov_deg", [0, 1e-300, -10, 180, 360, math.nan, math.inf])
def test_impossible_fov_rejected(fov_deg: float) -> None:
    with pytest.raises(OptionError, match=r"between 0\.001 and 180"):
        estimate_camera(planes.picture(3, 4), fov_deg=fov_deg)
    with pytest.raises(OptionError, match=r"between 0\.001 and 180"):
        Projection(fov_deg=fov_deg)


@pytest.mark.parametrize("focal_px", [0, -1, math.nan, math.inf])
def test_camera_without_focal_length_rejected(focal_px: float) -> None:
    with pytest.raises(OptionError, match="focal length"):
        Camera(size_hw=(3, 4), focal_px=focal_px)
