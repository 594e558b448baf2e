"""What a person waits for: start-up, one photograph, a folder of photographs, and the memory that it takes.

    python benchmarks/waiting.py --model depth-anything-v2-small
    python benchmarks/waiting.py --model nearfar-open --engine onnxruntime --precision exact --only folder

Prints Markdown: the tables of docs/concepts/speed.md. All variants take turns, and what is compared is the median of
the ratios within each round, so that drift of the machine falls on all alike. The photographs are the demonstration's,
enlarged to 12 megapixels and given grain, so that they take as long to decode as a camera's.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

PYTHON = sys.executable
SIDE_WH = (4000, 3000)
GRAIN = 3.0  # standard deviation, of 255
QUALITY = 92
STAGES = ("read", "prepare", "run", "restore", "write")


def photographs(folder: Path, count: int) -> list[Path]:
    """Write so many JPEG photographs of 12 megapixels, and return their paths."""
    import numpy as np
    from PIL import Image

    from nearfar.cli.demo_photographs import demo_photographs

    sources = [photograph.path for photograph in demo_photographs()]
    random = np.random.default_rng(0)
    grain = random.normal(0, GRAIN, (SIDE_WH[1], SIDE_WH[0], 1))
    made = []
    for number in range(count):
        image = Image.open(sources[number % len(sources)]).convert("RGB").resize(SIDE_WH, Image.Resampling.BICUBIC)
        grainy = np.clip(np.asarray(image) + np.roll(grain, 97 * number, axis=0), 0, 255).astype(np.uint8)
        made.append(folder / f"{number:02}.jpg")
        Image.fromarray(grainy).save(made[-1], quality=QUALITY)
    return made


def in_turns(variants: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each variant in each round, after one round that is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in variants}
    for number in range(rounds + 1):
        for name, run in variants.items():
            begin = time.perf_counter()
            run()
            if number:
                seconds[name].append(time.perf_counter() - begin)
    return seconds


def started(*words: str) -> Callable[[], object]:
    """Return what runs a command to its end and hides what it prints."""
    return lambda: subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def start_up(rounds: int) -> Iterator[str]:
    """Yield how long it takes until the program has done nothing."""
    commands = {
        "python -c pass": (PYTHON, "-c", "pass"),
        "python -c 'import nearfar'": (PYTHON, "-c", "import nearfar"),
        "nearfar --version": (PYTHON, "-m", "nearfar.cli", "--version"),
        "nearfar --help": (PYTHON, "-m", "nearfar.cli", "--help"),
        "nearfar depth --help": (PYTHON, "-m", "nearfar.cli", "depth", "--help"),
    }
    seconds = in_turns({name: started(*words) for name, words in commands.items()}, rounds)
    bare = seconds["python -c pass"]
    yield f"\n| whole process, median of {rounds} | seconds | over bare Python |\n|---|---|---|"
    for name, taken in seconds.items():
        over = median(mine - theirs for mine, theirs in zip(taken, bare, strict=True))
        yield f"| `{name}` | {median(taken):.2f} | {over:.2f} |"


def depth(paths: list[Path], out: Path, words: list[str]) -> tuple[float, int, list[dict[str, object]]]:
    """Return the seconds, the most memory [bytes] and the rows of ``nearfar depth``, run as a process of its own."""
    command = [PYTHON, "-m", "nearfar.cli", "depth", *map(str, paths), "-o", str(out), "--json", "--overwrite", *words]
    begin = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        taken = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"failed: {' '.join(command)}")
        said.seek(0)
        rows = [json.loads(line) for line in said]
    return taken, usage.ru_maxrss * 1024, rows


def one_photograph(path: Path, out: Path, words: list[str], rounds: int) -> Iterator[str]:
    """Yield where the milliseconds of one photograph go, from the command to the finished file."""
    taken, parts = [], []
    with tempfile.TemporaryDirectory() as cache:  # the first start finds nothing kept
        os.environ["XDG_CACHE_HOME"] = cache
        first, *_ = depth([path], out / "one", words)
        for _ in range(rounds):
            seconds, _, rows = depth([path], out / "one", words)
            taken.append(seconds)
            parts.append(rows[0]["seconds"])
    stages = {name: median(each[name] for each in parts) for name in STAGES}
    rest = median(whole - sum(each.values()) for whole, each in zip(taken, parts, strict=True))
    yield f"\n| one photograph of 12 MP, `nearfar depth`, median of {rounds} | ms |\n|---|---|"
    yield f"| start: Python, imports, the network from the cache; and the end | {rest * 1e3:.0f} |"
    for name, seconds in stages.items():
        yield f"| {name} | {seconds * 1e3:.0f} |"
    yield f"| whole process | {median(taken) * 1e3:.0f} |"
    yield f"| whole process, the first time: nothing kept | {first * 1e3:.0f} |"


def memory(paths: list[Path], out: Path, words: list[str]) -> Iterator[str]:
    """Yield the most memory that a folder takes, and one photograph."""
    one = max(depth([path], out / "one", words)[1] for path in paths[:3])
    seconds, folder, rows = depth(paths, out / "all", words)
    yield "\n| most memory held, whole process | MiB | of one photograph's |\n|---|---|---|"
    yield f"| one photograph, the most of 3 | {one / 2**20:.0f} | 1 |"
    yield f"| {len(rows)} photographs | {folder / 2**20:.0f} | {folder / one:.2f} |"
    yield f"\nThe {len(rows)} took {seconds:.1f} s from the command to the end, {seconds / len(rows):.3f} s each."


def folder(paths: list[Path], out: Path, options: argparse.Namespace) -> Iterator[str]:
    """Yield how near the rate of a folder comes to that of the network alone, in one process."""
    from nearfar.estimator import load
    from nearfar.image.reader import read_picture
    from nearfar.outputs.formats import save

    estimator = load(options.model, engine=options.engine, precision=options.precision, offline=True)
    read = partial(read_picture, least_side_px=estimator.least_side_px)  # as 'nearfar depth' does
    tensors = [estimator.preprocess(read(path)).tensor for path in paths[: options.chunk]]
    place = iter(range(10**9))

    def files(*, overlap: bool) -> None:
        begin = next(place) * options.chunk
        chosen = [paths[(begin + number) % len(paths)] for number in range(options.chunk)]
        done = estimator.estimate_each(
            chosen,
            read=read,
            finish=lambda path, picture, estimate: save(estimate.map, out / f"{path.stem}.png", picture=picture),
            overlap=overlap,
        )
        for each in done:
            each.result()

    variants: dict[str, Callable[[], object]] = {
        "the network alone": lambda: [estimator.engine.run(tensor) for tensor in tensors],
        "photographs to PNGs, overlapped": lambda: files(overlap=True),
        "photographs to PNGs, one after another": lambda: files(overlap=False),
    }
    clocks: dict[str, list[float]] = {name: [] for name in variants}

    def clocked(name: str, run: Callable[[], object]) -> Callable[[], object]:
        def timed() -> None:
            begin = time.process_time()
            run()
            clocks[name].append(time.process_time() - begin)

        return timed

    seconds = in_turns({name: clocked(name, run) for name, run in variants.items()}, options.rounds)
    alone = seconds["the network alone"]
    yield (
        f"\n{options.model}, {estimator.engine.report}, {tensors[0].shape[3]}x{tensors[0].shape[2]}, "
        f"{options.rounds} rounds of {options.chunk} photographs of {options.count}, in one process:"
    )
    yield "\n| | ms a photograph | processor ms | of the network's rate |\n|---|---|---|---|"
    for name, taken in seconds.items():
        share = median(theirs / mine for mine, theirs in zip(taken, alone, strict=True))
        used = median(clocks[name][1:]) / options.chunk
        yield f"| {name} | {median(taken) / options.chunk * 1e3:.0f} | {used * 1e3:.0f} | {share:.2f} |"


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="nearfar-open")
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--precision", default="exact")
    parser.add_argument("--count", type=int, default=24, help="photographs in the folder")
    parser.add_argument("--chunk", type=int, default=8, help="photographs in a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=("start", "one", "memory", "folder"), action="append")
    options = parser.parse_args()
    wanted = options.only or ("start", "one", "memory", "folder")
    words = ["--model", options.model, "--engine", options.engine, "--precision", options.precision, "--offline"]
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "maps"
        out.mkdir()
        # In a process of its own: what this one holds would count as held by those that it starts.
        making = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import waiting, pathlib;"
        making += f"waiting.photographs(pathlib.Path({scratch!r}), {options.count})"
        if wanted != ["start"]:
            subprocess.run([PYTHON, "-c", making], check=True)
        paths = sorted(Path(scratch).glob("*.jpg"))
        if paths:
            mean = sum(path.stat().st_size for path in paths) / len(paths)
            sys.stdout.write(f"{len(paths)} photographs of {SIDE_WH[0]}x{SIDE_WH[1]}, {mean / 1e6:.1f} MB each\n")
        parts = {
            "start": lambda: start_up(4 * options.rounds),
            "one": lambda: one_photograph(paths[0], out, words, options.rounds),
            "memory": lambda: memory(paths, out, words),
            "folder": lambda: folder(paths, out, options),
        }
        for name, part in parts.items():
            if name in wanted:
                for line in part():
                    sys.stdout.write(f"{line}\n")
                    sys.stdout.flush()


if __name__ == "__main__":
    main()
