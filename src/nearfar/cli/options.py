"""The options that several verbs share, written once."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from nearfar.cli.console import notify
from nearfar.engines import ENGINES, EngineName
from nearfar.engines import Precision as PrecisionName
from nearfar.models.schema import Kind, PreprocessingName

if TYPE_CHECKING:
    from nearfar.estimator import DepthEstimator


def _describe_auto() -> str:
    """Return which engine ``auto`` takes, in words: the last that is listed first, each under its condition."""
    return ", else ".join(f"{spec.title} {spec.condition}".strip() for spec in reversed(ENGINES))


Photographs = Annotated[
    list[str],
    typer.Argument(
        metavar="INPUT...",
        help="Photographs, folders, globs, .txt lists of any of these, or '-' for standard input.",
    ),
]
Out = Annotated[
    str | None,
    typer.Option(
        "--out",
        "-o",
        metavar="OUT",
        help="A file (its suffix chooses the format), a folder, or '-' for standard output. "
        "[default: beside each photograph]",
    ),
]
Recursive = Annotated[bool, typer.Option("--recursive", "-r", help="Look into the folders below a folder.")]
Background = Annotated[
    str,
    typer.Option(
        "--background",
        metavar="COLOUR",
        help="What shows through transparent parts: a name, such as black, or #RRGGBB.",
    ),
]
MaxMegapixels = Annotated[
    float,
    typer.Option("--max-megapixels", min=0, metavar="MP", help="Refuse larger photographs before they are decoded."),
]
Model = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="ID|PATH",
        help="A model's id (see 'nearfar models list') or an ONNX file. auto: Depth Anything V2 Small if it can be "
        "had, else the bundled open model.",
    ),
]
Engine = Annotated[
    EngineName,
    typer.Option("--engine", help=f"The runtime. auto: {_describe_auto()}."),
]
Precision = Annotated[
    PrecisionName,
    typer.Option(
        "--precision", help="exact: float32 throughout. fast: less, where this machine has it; an error elsewhere."
    ),
]
Prepare = Annotated[
    PreprocessingName | None,
    typer.Option(
        "--prepare",
        help="How the picture is resized for the network: aspect (transformers' rule), official (the authors' code) "
        "or square. The model's card has the default.",
    ),
]
Size = Annotated[
    int | None,
    typer.Option(
        "--size", metavar="PX", min=1, help="The side that the network's input aims at. [default: the card's]"
    ),
]
Known = Annotated[
    list[str] | None,
    typer.Option(
        "--known",
        metavar="X,Y,METRES",
        help="The distance of a place in the photograph: pixels from its top left, and metres. Two or more of these "
        "make metres of relative disparity; one or more correct those of a metric model.",
    ),
]
Detail = Annotated[
    bool,
    typer.Option(
        "--detail",
        help="Sharper maps of large photographs, from overlapping tiles: 7 runs of the network for a 4:3 photograph.",
    ),
]
SavedMap = Annotated[
    str | None,
    typer.Option(
        "--map",
        metavar="FILE",
        help="Take the photograph's map from a file instead of running a network: NPZ, EXR, TIFF or 16-bit PNG of "
        "nearfar, or NPY or PFM with --map-kind. One photograph, of the map's size.",
    ),
]
SavedKind = Annotated[
    Kind | None,
    typer.Option("--map-kind", help="What the numbers of --map are, where the file does not say."),
]
Offline = Annotated[bool, typer.Option("--offline", help="Never use the network.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace outputs that exist.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOptions:
    """Which network makes the maps, and how: the options of these names, with their defaults."""

    model: str = "auto"
    engine: EngineName = EngineName.AUTO
    precision: PrecisionName = PrecisionName.EXACT
    prepare: PreprocessingName | None = None
    size: int | None = None
    detail: bool = False
    offline: bool = False

    def list_changes(self) -> list[str]:
        """Return the options that choose another network, or another way to run it, than the defaults."""
        names = "model", "engine", "precision", "prepare", "size", "detail"
        return [f"--{name}" for name in names if getattr(self, name) != getattr(_DEFAULTS, name)]

    def load(self) -> "DepthEstimator":
        """Return the estimator; a notice about the choice of model is printed even when quiet.

        Another model than the usual one must never stand in unseen.

        Raises:
            NearfarError: As ``nearfar.load``.
        """
        from nearfar.estimator import load

        estimator = load(
            self.model,
            engine=self.engine,
            precision=self.precision,
            recipe=self.prepare,
            size=self.size,
            detail=self.detail,
            offline=self.offline,
        )
        if estimator.notice:
            notify(estimator.notice)
        return estimator


_DEFAULTS = ModelOptions()
