"""``nearfar bench``: how fast each engine and precision is here, beside the naive way."""

import json
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nearfar.cli import options
from nearfar.cli.bench_table import as_text
from nearfar.cli.demo_photographs import demo_photographs
from nearfar.cli.interrupt import INTERRUPTED, catch_interrupts
from nearfar.engines import ENGINES, EngineName, Precision, engine_spec
from nearfar.errors import OptionError
from nearfar.image.reader import read_picture
from nearfar.models.select import choose, faster
from nearfar.models.store import ModelStore

if TYPE_CHECKING:
    from nearfar.benchmark.plan import Contest
    from nearfar.machine import MachineReport
    from nearfar.models.select import Chosen

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
    from nearfar.benchmark.plan import PACKAGES
    from nearfar.benchmark.records import card_toml, measurements_of, record_of
    from nearfar.benchmark.run import measure
    from nearfar.machine import describe_machine

    say = _say(quiet=quiet)
    store = ModelStore()
    chosen = choose(model, store, offline=offline)
    if chosen.notice:
        typer.echo(f"nearfar: {chosen.notice}", err=True)
    contest = _contest(chosen, sizes, engine, precision, threads, _files(chosen, store, also or ()))
    contest = _at_pace(contest, seconds, runs)
    if peers:
        contest = _with_peers(contest, checkpoint)
    machine = describe_machine(PACKAGES)
    _warn_if_busy(machine)
    settings = _settings(contest, checkpoint)
    with catch_interrupts(gently=True) as stop:
        for result in measure(contest, say=say, should_stop=stop):
            is_own = result.size_hw == result.own_hw
            lines = [
                json.dumps(record_of(row, machine, settings, model=chosen.card.id, is_own_size=is_own))
                for row in result.rows
            ]
            if as_json:
                typer.echo("\n".join(lines))
            elif card:
                typer.echo(card_toml(measurements_of(lines)), nl=False)
            else:
                typer.echo(as_text(result, machine, model=chosen.card.id))
    if stop.requested:
        say("stopped: these are the rounds until then")
        raise typer.Exit(INTERRUPTED)


def _require_sense(*, seconds: float | None, runs: int | None, checkpoint: Path | None, peers: bool) -> None:
    if seconds is not None and runs is not None:
        raise OptionError("--seconds and --runs both say how long: give one of them")
    if seconds is not None and not 0 < seconds < float("inf"):
        raise OptionError(f"--seconds must be above 0, got {seconds:g}")
    if checkpoint is not None and not peers:
        raise OptionError("--checkpoint is for --peers: give both")


def _contest(
    chosen: "Chosen",
    sizes: list[int] | None,
    engine: EngineName,
    precision: Precision | None,
    threads: int | None,
    also: Mapping[str, Path],
) -> "Contest":
    from nearfar.benchmark.plan import Contest

    return Contest(
        card=chosen.card,
        path=chosen.path,
        pictures=tuple(read_picture(photograph.path) for photograph in demo_photographs()),
        sizes=tuple(sizes or ()),
        engines=ENGINES if engine == EngineName.AUTO.value else (engine_spec(engine),),
        precisions=tuple(Precision) if precision is None else (precision,),
        threads=threads,
        also=also,
    )


def _files(chosen: "Chosen", store: ModelStore, also: Sequence[Path]) -> dict[str, Path]:
    """Return the other files of the network by what to call them: the quantised one of the store, and those named."""
    quantised = faster(chosen, store)
    found = {} if quantised is chosen else {quantised.card.id: quantised.path}
    for path in also:
        if path.name in found:
            raise OptionError(f"two files called {path.name} cannot be told apart in a table: rename one")
        found[path.name] = path
    return found


def _at_pace(contest: "Contest", seconds: float | None, runs: int | None) -> "Contest":
    from dataclasses import replace

    from nearfar.benchmark.plan import Pace

    return replace(contest, pace=Pace(seconds=seconds or _SECONDS, rounds=runs))


def _with_peers(contest: "Contest", checkpoint: Path | None) -> "Contest":
    from dataclasses import replace

    from nearfar.cli.peers import peer_orders

    return replace(contest, peers=peer_orders(checkpoint, contest.card, contest.threads))


def _settings(contest: "Contest", checkpoint: Path | None) -> dict[str, object]:
    from nearfar.benchmark.subjects import PRODUCT_SIDE

    return {
        "command": shlex.join(["nearfar", *sys.argv[1:]]),
        "network": str(contest.path),
        "network_sha256": contest.card.file().sha256 if contest.card.files else None,
        "also": {name: str(path) for name, path in contest.also.items()},
        "pictures": [picture.name for picture in contest.pictures],
        "prepare": "square",
        "threads": contest.threads,
        "seconds": None if contest.pace.rounds else contest.pace.seconds,
        "rounds": contest.pace.rounds,
        "turn_s": contest.pace.turn_s,
        "ceiling": f"product of two {PRODUCT_SIDE}x{PRODUCT_SIDE} matrices",
        "checkpoint": str(checkpoint) if checkpoint else None,
    }


def _say(*, quiet: bool) -> Callable[[str], None]:
    def say(text: str) -> None:
        if not quiet:
            typer.echo(f"nearfar: {text}", err=True)

    return say


def _warn_if_busy(machine: "MachineReport") -> None:
    if machine.is_busy:
        typer.echo(
            f"nearfar: this machine was at work before (load {machine.load:.1f} on {machine.cores} cores): seconds "
            "will be longer than they need be, ratios less sure",
            err=True,
        )
