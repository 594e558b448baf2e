"""Train the shipped nearfar-open again, from nothing: each of its runs, by the code of its own commit.

    python benchmarks/rebuild_open.py FOLDER [--share 1.0]

FOLDER/1, /2 and /3 hold the runs, FOLDER/mean the mean of the first's and the last's weights: its nearfar-open.onnx is
the shipped model's equal. Minutes are those of the shipped runs, on two cores; ``--share 0.01`` tries the whole way in
a hundredth of the time. A command that was stopped goes on where it was. Needs git, this repository's history, and
what ``pip install -c constraints.txt -e '.[train]'`` brings.
"""

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

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
)


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
    command = [sys.executable, "-c", "from nearfar.cli import main; main()", "train", "open", *map(str, words)]
    subprocess.run(command, check=True, cwd=code, env=os.environ | {"PYTHONPATH": str(code / "src")})


def average(first: Path, last: Path, folder: Path) -> Path:
    """Return the ONNX file of the mean of two runs' weights, made if need be.

    A network that went on to learn other pictures, averaged with the one that it began as, does better on what neither
    has seen. Source: Wortsman et al., "Robust fine-tuning of zero-shot models", arXiv 2109.01903 (weights of a half).
    """
    from nearfar.train.checkpoint import CHECKPOINT_NAME, load_checkpoint, save_checkpoint

    file = folder / "nearfar-open.onnx"
    if not file.exists():
        folder.mkdir(exist_ok=True)
        before, after = load_checkpoint(first), load_checkpoint(last)
        mean = {name: 0.5 * (weight + before.average[name]) for name, weight in after.average.items()}
        origin = after.origin | {"averaged": "half of the first run, half of the last"}
        save_checkpoint(replace(after, average=mean, origin=origin), folder / CHECKPOINT_NAME)
        command = "from nearfar.cli import main; main()"
        subprocess.run([sys.executable, "-c", command, "train", "export", folder], check=True)
    return file


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
    sys.stdout.write(f"{average(folder / '1', folder / str(len(RUNS)), folder / 'mean')}\n")


if __name__ == "__main__":
    main()
