"""nearfar turns a photograph into depth, on your own machine.

The public names, sorted. Importing this module loads nothing: each name is loaded when it is first used, so that a
program that only reads maps never waits for a network runtime.

Example:
    >>> import numpy as np
    >>> import nearfar
    >>> estimator = nearfar.load("nearfar-open")
    >>> estimator.estimate(np.zeros((48, 64, 3), np.uint8)).values.shape
    (48, 64)
"""

from importlib import import_module
from typing import TYPE_CHECKING

from nearfar._version import __version__

if TYPE_CHECKING:
    from nearfar.calibration import calibrate
    from nearfar.depth_map import Depth, DepthMap, Disparity, Provenance
    from nearfar.errors import NearfarError
    from nearfar.estimator import DepthEstimator, Outcome, StageSeconds, load
    from nearfar.image.reader import Picture, read_picture
    from nearfar.outputs.formats import open, save  # noqa: A004 - as in gzip
    from nearfar.products.mask import mask
    from nearfar.products.mesh import mesh
    from nearfar.products.normals import normals
    from nearfar.products.point_cloud import point_cloud
    from nearfar.products.stereo import stereo

__all__ = [
    "Depth",
    "DepthEstimator",
    "DepthMap",
    "Disparity",
    "NearfarError",
    "Outcome",
    "Picture",
    "Provenance",
    "StageSeconds",
    "__version__",
    "calibrate",
    "load",
    "mask",
    "mesh",
    "normals",
    "open",
    "point_cloud",
    "read_picture",
    "save",
    "stereo",
]

_HOMES = {
    "Depth": "depth_map",
    "DepthEstimator": "estimator",
    "DepthMap": "depth_map",
    "Disparity": "depth_map",
    "NearfarError": "errors",
    "Outcome": "estimator",
    "Picture": "image.reader",
    "Provenance": "depth_map",
    "StageSeconds": "estimator",
    "calibrate": "calibration",
    "load": "estimator",
    "open": "outputs.formats",
    "read_picture": "image.reader",
    "save": "outputs.formats",
}


def __getattr__(name: str) -> object:
    """Return a public name from its module, when it is first used (PEP 562)."""
    if name in _HOMES:
        return getattr(import_module(f"nearfar.{_HOMES[name]}"), name)
    for product in import_module("nearfar.products.products").PRODUCTS.values():
        if product.name == name:
            return product.load_function()
    raise AttributeError(f"module 'nearfar' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
