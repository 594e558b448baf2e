"""Train the shipped nearfar-open again, from nothing: each of its runs, by the code of its own commit.

    python benchmarks/rebuild_open.py FOLDER [--share 1.0]

FOLDER/1 to /5 hold the runs; the last one's nearfar-open.onnx is the shipped model's equal. Minutes are those of the
shipped runs, on two cores; ``--share 0.01`` tries the whole way in a hundredth of the time. A command that was stopped
goes on where it was. Needs git, this repository's history, and what ``pip install -c constraints.txt -e '.[train]'``
brings.
"""

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass
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
    Run(commit="60a5333", minutes=100, options=("--preset", "refine", "--seed", "3")),
    Run(commit="acb466e", minutes=103, options=("--preset", "refine", "--seed", "4")),
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
    sys.stdout.write(f"{folder / str(len(RUNS)) / 'nearfar-open.onnx'}\n")


if __name__ == "__main__":
    main()
