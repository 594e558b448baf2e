"""The one table of products: what is made of a map and its photograph, each declared in one row.

A row says what a product is called and where its parts are, which are loaded when they are used: the table alone
loads nothing, so that ``nearfar --help`` can print it. The library's functions, the command line's verbs and the
endings of files that a scan of a folder passes over come from here: a new product is one module and one row.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nearfar.depth_map import DepthMap
    from nearfar.image.reader import Picture
    from nearfar.outputs.formats import Format
    from nearfar.products.declaration import Description
    from nearfar.products.formats import ProductFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product. Its parts are written ``module.name``, below ``nearfar.products``.

    Attributes:
        verb: Its subcommand on the command line.
        summary: The first paragraph of its help.
        help: The other paragraphs.
        function: Its function, which ``nearfar`` offers under the same name.
        settings: The dataclass that declares its options, with those that its files alone need.
        formats: Its file formats, the usual one first; where they differ by the value of an option, a table by value.
        variant: That option.
        describe: Gives the extra fields of a photograph's row and its notices, and raises where a map and settings do
            not go together: a function of map, picture and settings.
        formats_help: The help of ``--format``; a product of one format has no such option.
        lists_formats_first: Whether the help lists ``--format`` before the other options.
    """

    verb: str
    summary: str
    help: str
    function: str
    settings: str
    formats: str
    variant: str = ""
    describe: str = ""
    formats_help: str = ""
    lists_formats_first: bool = False

    @property
    def name(self) -> str:
        """What ``nearfar`` calls its function."""
        return self.function.rpartition(".")[2]

    def load_function(self) -> Any:
        """Return its function."""
        return _load(self.function)

    def load_settings(self) -> type[Any]:
        """Return the dataclass that declares its options."""
        settings: type[Any] = _load(self.settings)
        return settings

    def bind_formats(self, settings: object) -> dict[str, Format]:
        """Return the formats of a product that is made with these settings, by name."""
        rows = self._load_formats()[getattr(settings, self.variant) if self.variant else ""]
        return {row.name: row.bind(settings) for row in rows}

    def list_endings(self) -> list[str]:
        """Return what the names of all its files may end with."""
        rows = [row for rows in self._load_formats().values() for row in rows]
        return list(dict.fromkeys(row.tag + ending for row in rows for ending in (row.suffix, *row.companions)))

    def _load_formats(self) -> Mapping[str, Sequence[ProductFormat[Any]]]:
        formats = _load(self.formats)
        return formats if self.variant else {"": formats}

    def describe_row(self, depth_map: DepthMap, picture: Picture, settings: object) -> Description:
        """Return the extra fields of a photograph's JSON row, and notices for the user.

        Raises:
            OptionError: The settings do not suit the map.
        """
        if not self.describe:
            return {}, []
        described: Description = _load(self.describe)(depth_map, picture, settings)
        return described


def _load(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(import_module(f"nearfar.products.{module}"), name)


_TABLE = (
    Product(
        verb="cloud",
        summary="Turn photographs into coloured points in space (PLY).",
        help=(
            "A relative map has no scale: its nearest and farthest pixels go where --near and --far say, and the file "
            "says so. Points that would hang in the air at depth edges are left out. x is right, y up, the camera "
            "looks along -z."
        ),
        function="point_cloud.point_cloud",
        settings="point_cloud.PointCloudSettings",
        formats="point_cloud.FORMATS",
        describe="unproject.describe_geometry",
    ),
    Product(
        verb="mesh",
        summary="Turn photographs into textured surfaces in space (GLB, OBJ).",
        help=(
            "Seen from its camera, the surface is the photograph. A relative map has no scale: its nearest and "
            "farthest pixels go where --near and --far say, and the file says so. Surfaces are cut at depth edges. "
            "GLB needs the extra '3d'."
        ),
        function="mesh.mesh",
        settings="mesh.MeshSettings",
        formats="mesh.FORMATS",
        describe="unproject.describe_geometry",
        formats_help="What to write: glb, obj. Several with commas. [default: by suffix, else glb]",
        lists_formats_first=True,
    ),
    Product(
        verb="normals",
        summary="Turn photographs into normal maps: which way each pixel's surface faces.",
        help=(
            "Red is x to the right, green is y up (or down, --axes directx), blue is z towards the viewer. A relative "
            "map has no scale: slants depend on --near and --far, and the file says which were taken."
        ),
        function="normals.normals",
        settings="normals.NormalSettings",
        formats="normals.FORMATS",
        describe="unproject.describe_geometry",
        formats_help="What to write: png (8 bits a channel), png16. Several with commas. [default: png]",
        lists_formats_first=True,
    ),
    Product(
        verb="mask",
        summary="Make a mask of everything between two distances, feathered, for a photo editor.",
        help=(
            "--far 60 selects what is nearer than 60 percent, --near 30 what is farther than 30 percent, both what is "
            "between; --at X,Y selects what is about as far as that pixel. Writes NAME-mask.png, 16 bit, unless told "
            "otherwise."
        ),
        function="mask.mask",
        settings="mask_formats.MaskFileSettings",
        formats="mask_formats.FORMATS",
        variant="program",
        describe="mask.describe_mask",
        formats_help=(
            "What to write: png, tiff, pfm, preview (the photograph with the mask in red); for darktable png, pfm, "
            "preview. Several with commas. [default: by suffix, else png]"
        ),
    ),
    Product(
        verb="stereo",
        summary="Make a left and a right view of each photograph, to look at in three dimensions.",
        help=(
            "Writes a JPEG beside each photograph unless told otherwise. What only one eye would see is made up from "
            "what lies beside it. Files that exist are left alone."
        ),
        function="stereo.stereo",
        settings="stereo_formats.StereoFileSettings",
        formats="stereo_formats.FORMATS",
        variant="layout",
        describe="stereo_formats.describe_pair",
        formats_help="What to write: jpg, jpeg, png. [default: by suffix, else jpg]",
    ),
)
PRODUCTS = {product.verb: product for product in _TABLE}
