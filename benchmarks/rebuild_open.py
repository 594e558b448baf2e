"""Train the shipped nearfar-open again, from nothing: each of its runs, by the code of its own commit.

    python benchmarks/rebuild_open.py FOLDER [--share 1.0]

Each step has a folder of its name in FOLDER, with the run and its nearfar-open.onnx; that of the last, as today's code
exports it, is the shipped model's equal. Minutes are those of the shipped runs, on two cores; ``--share 0.01`` tries
the whole way in a hundredth of the time. A command that was stopped goes on where it was. Needs git, this repository's
history, and what ``pip install -c constraints.txt -e '.[train]'`` brings.
"""

import argparse
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from nearfar.lab.train.checkpoint import CHECKPOINT_NAME, load_checkpoint, save_checkpoint
from nearfar.lab.train.initial import expand_blocks

REPOSITORY = Path(__file__).resolve().parents[1]
FILE, STOPPED = "nearfar-open.onnx", "stopped"
START_S = 30  # of a run, before it learns


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Some hours of learning; a run after the first begins with the weights of the step before.

    Attributes:
        name: Of its folder.
        commit: Whose scenes, network and loop it learnt by.
        minutes: How long its schedule is.
        options: What else its command said.
        stopped: After how many minutes it was stopped; None: at the end of its schedule.
        goes_on: Whether it is the step before, resumed by other code, not a run of its own.
    """

    name: str
    commit: str
    minutes: float
    options: tuple[str, ...] = ()
    stopped: float | None = None
    goes_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """Weights between those of two steps, the last of which goes back to the first.

    A network that went on to learn other pictures, averaged with the one that it began as, does better on what neither
    has seen. Source: Wortsman et al., "Robust fine-tuning of zero-shot models", arXiv 2109.01903.

    Attributes:
        name: Of its folder.
        first: Name of the earlier step.
        last: Name of the later one.
        share_of_first: How much of the weights is the earlier one's, in [0, 1].
        mirrored: Whether its file looks at the mirror image too: none before the seventh edition did, and the code of
            a run after it reads no file that does.
    """

    name: str
    first: str
    last: str
    share_of_first: float
    mirrored: bool = False


STEPS: tuple[Run | Mean, ...] = (
    Run(name="1", commit="924dd24", minutes=101, options=("--seed", "0")),
    Run(name="2", commit="d9546ea", minutes=420, stopped=105, options=("--preset", "refine", "--seed", "1")),
    Run(name="3", commit="3d88213", minutes=98, options=("--preset", "refine", "--seed", "2")),
    Run(name="4", commit="60a5333", minutes=100, options=("--preset", "refine", "--seed", "3")),
    Run(name="5", commit="acb466e", minutes=103, options=("--preset", "refine", "--seed", "4")),
    Run(name="6", commit="e311879", minutes=116, options=("--preset", "refine", "--seed", "5")),
    Run(name="7", commit="47eafdc", minutes=104, options=("--preset", "refine", "--seed", "6")),
    Mean(name="5-and-7", first="5", last="7", share_of_first=0.3),
    Run(name="8", commit="ca101ae", minutes=112, stopped=98.2, options=("--preset", "refine", "--seed", "7")),
    Run(name="8-on", commit="d8eb870", minutes=118, goes_on=True),
    Mean(name="sixth", first="5-and-7", last="8-on", share_of_first=0.3),
    Run(name="12", commit="d1d1072", minutes=112, options=("--preset", "refine", "--seed", "11")),
    Mean(name="seventh", first="sixth", last="12", share_of_first=0.3, mirrored=True),
    Run(name="13", commit="5ad96ba", minutes=118, stopped=21.2, options=("--preset", "refine", "--seed", "12")),
    Run(name="13-on", commit="43aac59", minutes=118, goes_on=True),
    Mean(name="shipped", first="seventh", last="13-on", share_of_first=0.5, mirrored=True),
)


def code_of(run: Run, folder: Path) -> Path:
    """Return a checkout of the run's commit, made if need be."""
    if not folder.exists():
        subprocess.run(["git", "-C", REPOSITORY, "worktree", "add", "--detach", folder, run.commit], check=True)
    return folder


def train(run: Run, folder: Path, *, before: Path | None, share: float) -> None:
    """Carry out a run, or go on with it, unless it is done."""
    done = folder / (STOPPED if run.stopped else FILE)
    if done.exists():
        return
    code = code_of(run, folder.with_name(f"{folder.name}-code"))
    if run.goes_on and before is not None and not folder.exists():
        shutil.copytree(before, folder)
    length = ["--minutes", str(run.minutes * share)]
    words, learnt_s = ["-o", folder], 0.0
    if (folder / CHECKPOINT_NAME).exists():
        words += ["--resume", *length]
        learnt_s = load_checkpoint(folder).counters.seconds
    else:
        words += [*length, *run.options]
        words += [] if before is None else ["--from", before]
    left_s = None if run.stopped is None else 60 * run.stopped * share - learnt_s
    if left_s is None or left_s > 0:
        nearfar_train(code, "open", *words, seconds=left_s)
    done.touch()


def average(mean: Mean, folder: Path) -> None:
    """Keep, as a run, weights between those of two steps, and export them by today's code."""
    before, after = (load_checkpoint(folder.with_name(name)) for name in (mean.first, mean.last))
    first, share = expand_blocks(before.average, before.config.net, after.config.net.depth), mean.share_of_first
    weights = {name: share * first[name] + (1 - share) * value for name, value in after.average.items()}
    origin = after.origin | {"averaged": f"{share:g} of {mean.first}, the rest of {mean.last}"}
    config = replace(after.config, net=replace(after.config.net, mirrored=mean.mirrored))
    folder.mkdir(exist_ok=True)
    save_checkpoint(replace(after, config=config, average=weights, origin=origin), folder / CHECKPOINT_NAME)
    nearfar_train(REPOSITORY, "export", folder, "--overwrite")


def nearfar_train(code: Path, *words: object, seconds: float | None = None) -> None:
    """Run ``nearfar train`` by a checkout's own code, stopped after so many seconds if they are given."""
    command = [sys.executable, "-c", "from nearfar.cli import main; main()", "train", *map(str, words)]
    with subprocess.Popen(command, cwd=code, env=os.environ | {"PYTHONPATH": str(code / "src")}) as running:
        stopped = False
        try:
            status = running.wait(None if seconds is None else seconds + START_S)
        except subprocess.TimeoutExpired:
            running.terminate()  # it saves, and says with 1 that it was stopped
            status, stopped = running.wait(), True
    if status != (1 if stopped else 0):
        raise SystemExit(f"{' '.join(command[3:])}: ended with {status}")


def main() -> None:
    """Carry out what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--share", type=float, default=1.0)
    options = parser.parse_args()
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    before = None
    for step in STEPS:
        place = folder / step.name
        if isinstance(step, Run):
            train(step, place, before=before, share=options.share)
            before = place
        else:
            average(step, place)
            before = place / FILE  # what was shipped in between, its large weights rounded
    nearfar_train(REPOSITORY, "export", folder / STEPS[-1].name, "--overwrite")


if __name__ == "__main__":
    main()
