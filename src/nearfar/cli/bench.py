"""``nearfar bench``: how fast each engine and precision is here, beside the naive way."""

import json
import shlex
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from nearfar.benchmark.plan import PACKAGES, BenchPlan, Duration
from nearfar.benchmark.results import (
    Agreements,
    SpeedRow,
    build_card_rows,
    build_record,
    format_card_toml,
)
from nearfar.benchmark.run import SizeResult, measure
from nearfar.benchmark.schedule import StartUp
from nearfar.benchmark.statistics import MedianInterval
from nearfar.benchmark.subjects import MATMUL_SIDE, list_peers
from nearfar.cli import console, options
from nearfar.cli.demo_photographs import demo_photographs
from nearfar.cli.interrupt import INTERRUPTED, catch_interrupts
from nearfar.engines import ENGINES, EngineName, Precision, engine_spec
from nearfar.errors import OptionError
from nearfar.image.reader import read_picture
from nearfar.machine import MachineReport, describe_machine
from nearfar.models.select import Selection, prefer_quantized, select_model
from nearfar.models.store import ModelStore
from nearfar.text_table import format_markdown

Sizes = Annotated[
    list[int] | None,
    typer.Option(
        "--size",
        metavar="PX",
        min=1,
        help="Side of the square that is shown; give it again for more. [default: the card's]",
    ),
]
OnlyEngine = Annotated[
    EngineName, typer.Option("--engine", help="One engine only, beside the naive way; auto: each that is here.")
]
OnlyPrecision = Annotated[
    Precision | None, typer.Option("--precision", help="One precision only. [default: each that can be had]")
]
Threads = Annotated[
    int | None,
    typer.Option(
        "--threads",
        metavar="N",
        min=1,
        help="CPU threads of everyone, the naive way included. [default: all cores; the naive way chooses itself]",
    ),
]
Seconds = Annotated[
    float | None, typer.Option("--seconds", metavar="S", help="Take turns for so long, a size. [default: 45]")
]
Rounds = Annotated[
    int | None, typer.Option("--runs", metavar="N", min=1, help="Take exactly so many turns each, instead.")
]
Peers = Annotated[
    bool, typer.Option("--peers", help="PyTorch and transformers too, with the weights that --checkpoint names.")
]
Checkpoint = Annotated[
    Path | None,
    typer.Option("--checkpoint", metavar="FILE", help="The model's weights, .pth or .safetensors, for --peers."),
]
Also = Annotated[
    list[Path] | None,
    typer.Option(
        "--also", metavar="FILE", help="Another ONNX file of the same network, such as a quantised one; repeatable."
    ),
]
Card = Annotated[bool, typer.Option("--card", help="Print the speed rows of the model's card, as TOML.")]

_SECONDS = 45.0


def bench(
    model: options.Model = "auto",
    sizes: Sizes = None,
    engine: OnlyEngine = EngineName.AUTO,
    precision: OnlyPrecision = None,
    threads: Threads = None,
    seconds: Seconds = None,
    runs: Rounds = None,
    peers: Peers = False,
    checkpoint: Checkpoint = None,
    also: Also = None,
    offline: options.Offline = False,
    as_json: options.Json = False,
    card: Card = False,
    quiet: options.Quiet = False,
) -> None:
    """Measure each engine and precision that is here, beside ONNX Runtime as tutorials run it, in turns.

    A table, or with --json a row a line: seconds, how many times as fast as the naive way, memory, time to start, how
    well the maps agree with float32, and the share of what this processor can multiply at most. Ctrl-C prints what was
    measured so far. The bundled model takes about two minutes.
    """
    _require_sense(seconds=seconds, runs=runs, checkpoint=checkpoint, peers=peers)
    if card and (as_json or sizes):
        raise OptionError("--card prints rows of the model's own size and nothing else: leave out --json and --size")
    notify = partial(console.notify, quiet=quiet)
    store = ModelStore()
    chosen = select_model(model, store, offline=offline)
    if chosen.notice:
        console.notify(chosen.notice)
    plan = BenchPlan(
        card=chosen.card,
        path=chosen.path,
        pictures=tuple(read_picture(photograph.path) for photograph in demo_photographs()),
        sizes=tuple(sizes or ()),
        engines=ENGINES if engine == EngineName.AUTO.value else (engine_spec(engine),),
        precisions=tuple(Precision) if precision is None else (precision,),
        threads=threads,
        also=_find_files(chosen, store, also or ()),
        peers=list_peers(checkpoint, chosen.card, threads) if peers else {},
        duration=Duration(seconds=seconds or _SECONDS, rounds=runs),
    )
    machine = describe_machine(PACKAGES)
    _warn_if_busy(machine)
    settings = _record_settings(plan, checkpoint)
    with catch_interrupts(gently=True) as stop:
        for result in measure(plan, notify=notify, should_stop=stop):
            is_own = result.size_hw == result.own_hw
            lines = [
                json.dumps(build_record(row, machine, settings, model=chosen.card.id, is_own_size=is_own))
                for row in result.rows
            ]
            if as_json:
                typer.echo("\n".join(lines))
            elif card:
                typer.echo(format_card_toml(build_card_rows(lines)), nl=False)
            else:
                typer.echo(format_table(result, machine, model=chosen.card.id))
    if stop.requested:
        notify("stopped: these are the rounds until then")
        raise typer.Exit(INTERRUPTED)


def _require_sense(*, seconds: float | None, runs: int | None, checkpoint: Path | None, peers: bool) -> None:
    if seconds is not None and runs is not None:
        raise OptionError("--seconds and --runs both say how long: give one of them")
    if seconds is not None and not 0 < seconds < float("inf"):
        raise OptionError(f"--seconds must be above 0, got {seconds:g}")
    if checkpoint is not None and not peers:
        raise OptionError("--checkpoint is for --peers: give both")


def _find_files(chosen: Selection, store: ModelStore, also: Sequence[Path]) -> dict[str, Path]:
    """Return the other files of the network by what to call them: the quantised one of the store, and those named."""
    quantized = prefer_quantized(chosen, store)
    found = {} if quantized is chosen else {quantized.card.id: quantized.path}
    for path in also:
        if path.name in found:
            raise OptionError(f"two files called {path.name} cannot be told apart in a table: rename one")
        found[path.name] = path
    return found


def _record_settings(plan: BenchPlan, checkpoint: Path | None) -> dict[str, object]:
    return {
        "command": shlex.join(["nearfar", *sys.argv[1:]]),
        "network": str(plan.path),
        "network_sha256": plan.card.file().sha256 if plan.card.files else None,
        "also": {name: str(path) for name, path in plan.also.items()},
        "pictures": [picture.name for picture in plan.pictures],
        "prepare": "square",
        "threads": plan.threads,
        "seconds": None if plan.duration.rounds else plan.duration.seconds,
        "rounds": plan.duration.rounds,
        "turn_s": plan.duration.turn_s,
        "ceiling": f"product of two {MATMUL_SIDE}x{MATMUL_SIDE} matrices",
        "checkpoint": str(checkpoint) if checkpoint else None,
    }


def _warn_if_busy(machine: MachineReport) -> None:
    if machine.is_busy:
        console.notify(
            f"this machine was at work before (load {machine.load:.1f} on {machine.cores} cores): seconds will be "
            "longer than they need be, ratios less sure"
        )


_COLUMNS = (
    "milliseconds",
    "speed",
    "of the ceiling",
    "memory",
    "start: first, again",
    "difference",
    "Spearman",
    "in order",
)
_NONE = "–"


def format_table(result: SizeResult, machine: MachineReport, *, model: str) -> str:
    """Return one size's table, with what it was measured on and how above and below it."""
    height, width = result.size_hw
    is_own = result.size_hw == result.own_hw
    own = "" if is_own else f"speed at {result.own_hw[1]}x{result.own_hw[0]}"
    header = [f"{model} at {width}x{height}", *_COLUMNS, *([] if is_own else [own, "difference from it"])]
    body = [_format_row(row, is_own=is_own) for row in result.rows]
    return "\n".join(
        [
            _format_machine(machine),
            "",
            *format_markdown([header, *body]),
            *_list_reasons(result.rows),
            "",
            *_explain(result),
            "",
        ]
    )


def _format_row(row: SpeedRow, *, is_own: bool) -> list[str]:
    cells = [
        row.name,
        _format_milliseconds(row.seconds),
        _format_speedup(row.speed),
        f"{row.share.median:.0%} of {row.ceiling.arithmetic}" if row.share and row.ceiling else _NONE,
        f"{row.peak_bytes / 2**20:.0f} MiB" if row.peak_bytes else _NONE,
        _format_start(row.start),
        *_format_agreement(row.agreement),
    ]
    if is_own:
        return cells
    return [*cells, _format_speedup(row.speed_own), _format_agreement(row.agreement_own)[0]]


def _format_milliseconds(interval: MedianInterval | None) -> str:
    if interval is None:
        return _NONE
    digits = 1 if interval.median < 0.1 else 0
    return f"{interval.median * 1e3:.{digits}f} ({interval.low * 1e3:.{digits}f}–{interval.high * 1e3:.{digits}f})"


def _format_speedup(interval: MedianInterval | None) -> str:
    return _NONE if interval is None else f"{interval.median:.2f}× ({interval.low:.2f}–{interval.high:.2f})"


def _format_start(start: StartUp | None) -> str:
    if start is None:
        return _NONE
    return f"{start.first_s:.2f} s" if start.cached_s is None else f"{start.first_s:.2f}, {start.cached_s:.2f} s"


def _format_agreement(found: Agreements | None) -> list[str]:
    if found is None:
        return [_NONE] * 3
    worst = found.worst
    difference = "0" if worst.mean_difference == 0 else f"{worst.mean_difference:.2g}"
    return [difference, f"{worst.spearman:.4f}", f"{worst.ordering:.4f}"]


def _list_reasons(rows: Sequence[SpeedRow]) -> list[str]:
    found = [f"- {row.name}: {row.status}{f': {row.reason}' if row.reason else ''}" for row in rows if not row.seconds]
    return ["", *found] if found else []


def _format_machine(machine: MachineReport) -> str:
    memory = f", {machine.memory_bytes / 2**30:.0f} GiB" if machine.memory_bytes else ""
    versions = ", ".join(f"{name} {version}" for name, version in machine.versions.items())
    return f"{machine.processor}, {machine.cores} cores{memory}; {machine.system}; {versions}"


def _explain(result: SizeResult) -> list[str]:
    first = next((row.seconds for row in result.rows if row.seconds), None)
    coverage = f", with intervals that hold the true one in {first.coverage:.0%} of cases" if first else ""
    ceilings = [
        f"{ceiling.arithmetic} {ceiling.operations_per_s / 1e9:.0f} GFLOP/s ({ceiling.engine})"
        for ceiling in result.ceilings.values()
    ]
    work = f"{result.multiply_adds / 1e9:.2f} GMAC" if result.multiply_adds else "an unknown number of multiplications"
    sure = (
        f"Medians of {result.rounds} rounds in which each ran at its turn{coverage}. Speed: the first row's seconds "
        "over the row's, round by round."
    )
    equal = (
        "Difference (share of the range), Spearman and pairs in order: of the maps, against the first row's, the worst "
        "of the pictures shown. Start: seconds to import, load and compile, first and with what the first kept."
    )
    limit = (
        f"The network multiplies {work}. Ceiling, measured in the same rounds as the product of two matrices of "
        f"{MATMUL_SIDE}×{MATMUL_SIDE}: {', '.join(ceilings) or 'not measured'}."
    )
    return [f"{sure} {equal}", limit]
