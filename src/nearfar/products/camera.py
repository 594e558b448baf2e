"""The pinhole camera that a photograph was taken with, as far as it is known."""

import math
from dataclasses import dataclass
from enum import StrEnum

from nearfar.errors import OptionError
from nearfar.image.reader import Picture

LEAST_FOV_DEG = 0.001

# What the longer side sees where nothing says. A 35 mm lens on the 36 mm frame sees 54°: it lies between a phone's
# main camera (26 mm, about 67°) and a normal lens (50 mm, 40°), so that it is off by a quarter or so either way. [°]
DEFAULT_FOV_DEG = 55.0


class FocalSource(StrEnum):
    """Where a focal length comes from."""

    FOV = "fov"
    EXIF = "exif"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A pinhole camera that looks through the middle of its picture, without distortion, with square pixels.

    Attributes:
        size_hw: Height and width of the picture. [px]
        focal_px: Focal length. [px of that picture]
        source: Where the focal length comes from.

    Example:
        >>> camera = Camera(size_hw=(480, 640), focal_px=320.0)
        >>> camera.fov_deg  # of the longer side
        90.0

    Raises:
        OptionError: ``focal_px`` is not a positive number.
    """

    size_hw: tuple[int, int]
    focal_px: float
    source: FocalSource = FocalSource.FOV

    def __post_init__(self) -> None:
        if not 0 < self.focal_px < math.inf:
            raise OptionError(f"a camera's focal length must be positive, got {self.focal_px} px")

    @property
    def fov_deg(self) -> float:
        """The angle that the longer side sees [°]."""
        return math.degrees(2 * math.atan(max(self.size_hw) / 2 / self.focal_px))

    def resize(self, size_hw: tuple[int, int]) -> "Camera":
        """Return the camera of the same picture at another size of the same shape."""
        focal_px = self.focal_px * max(size_hw) / max(self.size_hw)
        return Camera(size_hw=size_hw, focal_px=focal_px, source=self.source)


def require_fov(fov_deg: float) -> None:
    """Refuse an angle that no pinhole camera sees.

    Raises:
        OptionError: It is not between a thousandth of a degree and 180 degrees.
    """
    if not LEAST_FOV_DEG <= fov_deg < 180:  # also refuses NaN
        raise OptionError(
            f"a field of view must lie between {LEAST_FOV_DEG:g} and 180 degrees, got {fov_deg:g}: it is the angle "
            "that the photograph's longer side sees, about 67 for a phone's main camera"
        )


def estimate_camera(picture: Picture, *, fov_deg: float | None = None) -> Camera:
    """Return the camera of a photograph: by ``fov_deg``, else by EXIF, else by ``DEFAULT_FOV_DEG``.

    Args:
        picture: The photograph.
        fov_deg: The angle that its longer side sees, which is the same for a photograph held upright. [°]

    Example:
        >>> import numpy as np
        >>> estimate_camera(Picture(rgb=np.zeros((3, 4, 3), np.uint8), name="grey"), fov_deg=90).focal_px
        2.0000000000000004

    Raises:
        OptionError: ``fov_deg`` is not between 0 and 180.
    """
    if fov_deg is None and picture.focal_px is not None:
        return Camera(size_hw=picture.size_hw, focal_px=picture.focal_px, source=FocalSource.EXIF)
    source = FocalSource.DEFAULT if fov_deg is None else FocalSource.FOV
    angle_deg = DEFAULT_FOV_DEG if fov_deg is None else fov_deg
    require_fov(angle_deg)
    focal_px = max(picture.size_hw) / 2 / math.tan(math.radians(angle_deg) / 2)
    return Camera(size_hw=picture.size_hw, focal_px=focal_px, source=source)
