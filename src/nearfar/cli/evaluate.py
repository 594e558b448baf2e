"""``nearfar eval``: how good a model is, on data that was measured, by a protocol that is printed with the figures."""

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from nearfar.cli import options
from nearfar.engines import EngineName, Precision
from nearfar.errors import OptionError
from nearfar.evaluate.align import Alignment
from nearfar.models.schema import Kind

if TYPE_CHECKING:
    from nearfar.evaluate.protocol import Protocol

_DA2K = "da2k"

Benchmark = Annotated[
    str,
    typer.Argument(
        metavar="BENCHMARK",
        help="nyu, kitti, eth3d, diode, sintel, middlebury, da2k, pairs (described in pairs.json) or folder; "
        "docs/guides/evaluate.md lists all.",
    ),
]
Data = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="The folder of the data set; nearfar downloads none.")
]
Predictions = Annotated[
    Path | None,
    typer.Option(
        "--predictions",
        metavar="DIR",
        help="Judge the maps in this folder instead of a model: for each sample NAME.npy, .npz, .pfm, .exr, .tif or a "
        "16-bit .png.",
    ),
]
KindOption = Annotated[
    Literal["depth", "disparity"], typer.Option("--kind", help="What the numbers of --predictions are.")
]
Scale = Annotated[
    float,
    typer.Option(
        "--scale", metavar="N", help="What the stored numbers of --predictions are divided by to be metres: 1000, 256."
    ),
]
Variant = Annotated[
    str | None,
    typer.Option(
        "--variant",
        metavar="NAME",
        help="Whose protocol: midas, moge, marigold, depth-anything, metric. [default: the benchmark's first]",
    ),
]
Align = Annotated[
    Alignment | None, typer.Option("--align", help="Another alignment than the protocol's, which the result then says.")
]
Resize = Annotated[
    bool, typer.Option("--resize", help="Bring predictions of another size to the truth's, which the result then says.")
]
Against = Annotated[
    str | None,
    typer.Option(
        "--against", metavar="ID|PATH|DIR", help="Another model, or a folder of predictions, to compare with, paired."
    ),
]
AgainstKind = Annotated[
    Literal["depth", "disparity"] | None,
    typer.Option("--against-kind", help="What the numbers of that folder are. [default: as --kind]"),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        metavar="DIR",
        help="Keep results.json, samples.csv and worst.png here; a run that was stopped goes on from it.",
    ),
]
Limit = Annotated[int | None, typer.Option("--limit", metavar="N", min=1, help="Judge N samples, spread evenly.")]
Card = Annotated[bool, typer.Option("--card", help="Print the accuracy rows of the model's card, as TOML.")]


def evaluate(
    benchmark: Benchmark,
    data: Data = None,
    model: options.Model = "auto",
    predictions: Predictions = None,
    kind: KindOption = "disparity",
    scale: Scale = 1.0,
    variant: Variant = None,
    align: Align = None,
    resize: Resize = False,
    against: Against = None,
    against_kind: AgainstKind = None,
    out: Out = None,
    limit: Limit = None,
    card: Card = False,
    engine: options.Engine = EngineName.AUTO,
    precision: options.Precision = Precision.EXACT,
    prepare: options.Prepare = None,
    size: options.Size = None,
    offline: options.Offline = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    overwrite: options.Overwrite = False,
) -> None:
    """Say how good a model, or anybody's maps, are on photographs with measured depth.

    Prints every metric's mean with its 95 % interval, the published figures beside it, and the protocol that was used.
    Nothing is downloaded: without --data it says where the data set comes from.
    """
    if card and as_json:
        raise OptionError("--card and --json exclude each other: give one")
    if predictions is not None and model != "auto":
        raise OptionError("--predictions and --model exclude each other: give one, and the other as --against")
    if predictions is None and against is None and (scale != 1.0 or kind != "disparity"):
        raise OptionError("--scale and --kind say what the maps of --predictions are: a model's card says it itself")
    _require_meaning(scale, against, against_kind)
    if benchmark == _DA2K and (variant or align or resize or card):
        raise OptionError("da2k has one protocol and no rows on a card: leave out --variant, --align, --resize, --card")
    protocol = _find_protocol(benchmark, variant).override(align=align, resize=resize)
    folder = _require_data(benchmark, data)

    from nearfar.cli import evaluate_run
    from nearfar.evaluate.predictors import open_predictions
    from nearfar.evaluate.report import build_card_rows, build_document, format_card_toml
    from nearfar.evaluate.table import format_table

    model_options = options.ModelOptions(
        engine=engine, precision=precision, prepare=prepare, size=size, offline=offline
    )
    first = (
        evaluate_run.load_model(model, model_options, window_hw=protocol.window_hw)
        if predictions is None
        else open_predictions(predictions, kind=Kind(kind), scale=scale)
    )
    second = None
    if against is not None:
        second = evaluate_run.open_predictor(
            against, model_options, window_hw=protocol.window_hw, kind=Kind(against_kind or kind), scale=scale
        )
    result_options = evaluate_run.ResultOptions(
        out=out, overwrite=overwrite, verbose=not (as_json or quiet), limit=limit
    )
    run = evaluate_run.run_evaluation(benchmark, folder, protocol, first, second, result_options)
    if as_json:
        typer.echo(json.dumps(build_document(run), allow_nan=False))
    elif card:
        typer.echo(format_card_toml(build_card_rows(build_document(run))), nl=False)
    elif not quiet:
        typer.echo(format_table(run))
    evaluate_run.exit_with_failures(run)


def _require_meaning(scale: float, against: str | None, against_kind: str | None) -> None:
    if not 0 < scale < math.inf:
        raise OptionError(f"--scale must be a number above 0, got {scale:g}")
    if against_kind is not None and against is None:
        raise OptionError("--against-kind says what the maps of --against are: give that folder, or leave it out")


def _find_protocol(benchmark: str, variant: str | None) -> "Protocol":
    from nearfar.evaluate.datasets import DATASETS, find_benchmark
    from nearfar.evaluate.protocol import find_protocol

    if benchmark not in DATASETS:
        raise OptionError(f"no benchmark is called {benchmark!r}: the names are {', '.join(DATASETS)}")
    return find_protocol(find_benchmark(benchmark), variant)


def _require_data(benchmark: str, data: Path | None) -> Path:
    if data is not None:
        return data
    from nearfar.evaluate.datasets import DATASETS

    raise OptionError(f"--data DIR is missing. {DATASETS[benchmark].how_to_get}")
