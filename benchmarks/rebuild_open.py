"""Train the shipped nearfar-open again, from nothing: each of its runs, by the code of its own commit.

    python benchmarks/rebuild_open.py FOLDER [--share 1.0]

FOLDER/1 to /7 hold the runs, FOLDER/mean the weights between two of them: its nearfar-open.onnx, as today's code
exports it, is the shipped model's equal. Minutes are those of the shipped runs, on two cores; ``--share 0.01`` tries
the whole way in a hundredth of the time. A command that was stopped goes on where it was. Needs git, this repository's
history, and what ``pip install -c constraints.txt -e '.[train]'`` brings.
"""

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from nearfar.train.checkpoint import CHECKPOINT_NAME, load_checkpoint, save_checkpoint
from nearfar.train.growth import deepened

REPOSITORY = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of those that the shipped weights have behind them.

    Attributes:
        commit: Whose scenes, network and loop it learnt by.
        minutes: How long.
        options: What else its command said; a run after the first begins with the weights of the one before.
    """

    commit: str
    minutes: float
    options: tuple[str, ...]


RUNS = (
    Run(commit="924dd24", minutes=101, options=("--seed", "0")),
    Run(commit="d9546ea", minutes=105, options=("--preset", "refine", "--seed", "1")),
    Run(commit="3d88213", minutes=98, options=("--preset", "refine", "--seed", "2")),
    Run(commit="60a5333", minutes=100, options=("--preset", "refine", "--seed", "3")),
    Run(commit="acb466e", minutes=103, options=("--preset", "refine", "--seed", "4")),
    Run(commit="e311879", minutes=116, options=("--preset", "refine", "--seed", "5")),
    Run(commit="47eafdc", minutes=104, options=("--preset", "refine", "--seed", "6")),
)
BETWEEN, SHARE_OF_FIRST = (5, 7), 0.3
"""The runs that the shipped weights lie between, and how much of them is the first's."""


def code_of(run: Run, folder: Path) -> Path:
    """Return a checkout of the run's commit, made if need be."""
    if not folder.exists():
        subprocess.run(["git", "-C", REPOSITORY, "worktree", "add", "--detach", folder, run.commit], check=True)
    return folder


def train(run: Run, folder: Path, *, before: Path | None, share: float) -> None:
    """Carry out a run, or go on with it, unless its file is there."""
    if (folder / "nearfar-open.onnx").exists():
        return
    code = code_of(run, folder.with_name(f"{folder.name}-code"))
    words = ["-o", folder]
    if (folder / "checkpoint.pt").exists():
        words += ["--resume"]
    else:
        words += ["--minutes", str(run.minutes * share), *run.options]
        words += [] if before is None else ["--from", before]
    nearfar_train(code, "open", *words)


def average(first: Path, last: Path, folder: Path) -> None:
    """Keep, as a run, weights between those of two runs, the last of which goes back to the first.

    A network that went on to learn other pictures, averaged with the one that it began as, does better on what neither
    has seen. Source: Wortsman et al., "Robust fine-tuning of zero-shot models", arXiv 2109.01903.
    """
    before, after = load_checkpoint(first), load_checkpoint(last)
    weights = deepened(before.average, before.config.net, after.config.net.depth)
    mean = {
        name: SHARE_OF_FIRST * weights[name] + (1 - SHARE_OF_FIRST) * value for name, value in after.average.items()
    }
    origin = after.origin | {"averaged": f"{SHARE_OF_FIRST:g} of run {first.name}, the rest of run {last.name}"}
    folder.mkdir(exist_ok=True)
    save_checkpoint(replace(after, average=mean, origin=origin), folder / CHECKPOINT_NAME)


def nearfar_train(code: Path, *words: object) -> None:
    """Run ``nearfar train`` by a checkout's own code."""
    command = [sys.executable, "-c", "from nearfar.cli import main; main()", "train", *map(str, words)]
    subprocess.run(command, check=True, cwd=code, env=os.environ | {"PYTHONPATH": str(code / "src")})


def main() -> None:
    """Carry out what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--share", type=float, default=1.0)
    options = parser.parse_args()
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    before = None
    for number, run in enumerate(RUNS, 1):
        train(run, folder / str(number), before=before, share=options.share)
        before = folder / str(number)
    average(folder / str(BETWEEN[0]), folder / str(BETWEEN[1]), folder / "mean")
    nearfar_train(REPOSITORY, "export", folder / "mean", "--overwrite")


if __name__ == "__main__":
    main()
