"""What the verbs that make geometry say of a photograph: what was chosen for it and not measured."""

from typing import TYPE_CHECKING

from nearfar.cli.report import RowNotes
from nearfar.depth_map import Depth, DepthMap
from nearfar.image.reader import Picture
from nearfar.products.camera import FocalSource, camera_of
from nearfar.products.unproject import Projection, require_suits

if TYPE_CHECKING:
    from nearfar.cli.report import Detail


def annotate_geometry(projection: Projection, depth_map: DepthMap, picture: Picture) -> RowNotes:
    """Return the row's fields on reach and camera, with a notice of each that nothing but a default stands for.

    Raises:
        OptionError: The projection does not suit the map.
    """
    require_suits(projection, depth_map)
    camera = camera_of(picture, fov_deg=projection.fov_deg)
    details: dict[str, Detail] = {"focal_px": round(camera.focal_px, 3), "fov_deg": round(camera.fov_deg, 3)}
    details["focal_from"] = camera.source.value
    notices = []
    if not isinstance(depth_map, Depth):
        near, far = projection.reach
        details |= {"near": near, "far": far}
        if not projection.is_chosen:
            notices.append(f"relative geometry, no metres: near {near:g} and far {far:g} are defaults (--near, --far)")
    if camera.source is FocalSource.DEFAULT:
        notices.append(f"EXIF has no focal length: {camera.fov_deg:g}° taken for the longer side (--fov)")
    return RowNotes(details=details, notices=notices)
