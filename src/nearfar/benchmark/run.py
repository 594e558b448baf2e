"""A benchmark from beginning to end: read the graph, start the subjects, run the rounds; one size after another."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nearfar.benchmark.plan import BenchPlan, list_subjects
from nearfar.benchmark.results import Ceiling, Measurements, SpeedRow, build_rows, find_ceilings
from nearfar.benchmark.schedule import run_rounds, start_subject
from nearfar.benchmark.subjects import EngineLoader, Role, Subject
from nearfar.benchmark.worker import SubjectProcess
from nearfar.errors import EngineError, GraphError, NearfarError, OptionError
from nearfar.machine import describe_machine
from nearfar.preprocess import PREPROCESSINGS, find_constant_hw, preprocess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from nearfar.arrays import TensorF32
    from nearfar.benchmark.flops import MacCount
    from nearfar.engines import Arithmetic
    from nearfar.preprocess import NetworkInput, SizeHw

_SQUARE = PREPROCESSINGS["square"]
# Of the machine's memory: beyond it, a notice.
_MEMORY_SHARE = 0.6
_EMPTY_TENSOR = np.zeros((1, 3, 1, 1), np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeResult:
    """What was measured at one size.

    Attributes:
        size_hw: The size of the networks' inputs. [px]
        own_hw: The model's own size. [px]
        rows: One a subject, in the order in which they ran.
        ceilings: What this machine multiplied meanwhile.
        multiply_adds: What a run of the network multiplies; None if that is unknown.
        rounds: How many rounds there were.
    """

    size_hw: SizeHw
    own_hw: SizeHw
    rows: tuple[SpeedRow, ...]
    ceilings: Mapping[Arithmetic, Ceiling]
    multiply_adds: int | None
    rounds: int


def measure(
    plan: BenchPlan, *, notify: Callable[[str], None] = lambda _: None, should_stop: Callable[[], bool] = lambda: False
) -> Iterator[SizeResult]:
    """Yield what was measured, size after size; a subject that could not be measured is a row that says why.

    Args:
        plan: What is measured.
        notify: Called with each step that takes a while, in words.
        should_stop: Asked often; what was measured until then is yielded.

    Raises:
        NearfarError: The network does not run in the naive way, with which all else is compared.
        OptionError: A size cannot be, or the graph takes one size only and others are asked for.
    """
    notify("looking at the network")
    with SubjectProcess(plan.naive) as probe:
        fixed_hw, multiple = probe.ready.fixed_hw, probe.ready.multiple or plan.card.input.multiple
    if fixed_hw and plan.sizes:
        raise OptionError(f"{plan.path.name} takes {fixed_hw[1]}x{fixed_hw[0]} only: leave out --size")
    own_hw = fixed_hw or _round_square(plan.card.input.size, multiple)
    sizes = [_round_square(size, multiple) for size in plan.sizes] or [own_hw]
    for size_hw in dict.fromkeys(sizes):
        if should_stop():
            return
        notify(f"counting what it multiplies at {size_hw[1]}x{size_hw[0]}")
        macs = _count_all_macs(plan, size_hw)
        quantized = {file for file, count in macs.items() if count.eight_bit}
        measurements = Measurements(
            subjects=list_subjects(plan, size_hw, own_hw=own_hw, is_fixed=fixed_hw is not None, quantized=quantized),
            inputs={hw: _prepare_inputs(plan, hw) for hw in (size_hw, own_hw)},
            macs=macs,
        )
        yield _measure_size(plan, measurements, size_hw, own_hw, notify, should_stop)


def _round_square(size: int, multiple: int) -> SizeHw:
    size_hw = find_constant_hw(_SQUARE, size=size, multiple=multiple)
    assert size_hw is not None  # noqa: S101 - a square does not depend on the picture
    return size_hw


def _prepare_inputs(plan: BenchPlan, size_hw: SizeHw) -> tuple[NetworkInput, ...]:
    normalization = plan.card.input.normalization
    return tuple(
        preprocess(picture.rgb, preprocessing=_SQUARE, normalization=normalization, fixed_hw=size_hw)
        for picture in plan.pictures
    )


def _select_tensor(measurements: Measurements, subject: Subject, picture: int) -> TensorF32:
    return _EMPTY_TENSOR if subject.role is Role.CEILING else measurements.inputs[subject.size_hw][picture].tensor


def _measure_size(
    plan: BenchPlan,
    measurements: Measurements,
    size_hw: SizeHw,
    own_hw: SizeHw,
    notify: Callable[[str], None],
    should_stop: Callable[[], bool],
) -> SizeResult:
    by_name = {each.name: each for each in measurements.subjects}
    with ExitStack() as stack:
        processes = _start_subjects(plan, measurements, stack, notify, should_stop)
        measurements.reports = {name: process.ready.report for name, process in processes.items()}
        length = f"{plan.duration.rounds} rounds" if plan.duration.rounds else f"{plan.duration.seconds:g} s or more"
        notify(f"{size_hw[1]}x{size_hw[0]}: {len(processes)} contestants take turns for {length}")
        measurements.timings = run_rounds(
            processes,
            lambda name, *, picture: _select_tensor(measurements, by_name[name], picture),
            pictures=len(plan.pictures),
            duration=plan.duration,
            should_stop=should_stop,
        )
    ceilings = find_ceilings(measurements.subjects, measurements.timings)
    if not should_stop():
        measurements.subjects = tuple(
            each for each in measurements.subjects if each.name in measurements.reports | measurements.missing
        )
    return SizeResult(
        size_hw=size_hw,
        own_hw=own_hw,
        rows=build_rows(measurements, ceilings),
        ceilings=ceilings,
        multiply_adds=measurements.multiply_adds,
        rounds=measurements.timings.rounds,
    )


def _start_subjects(
    plan: BenchPlan,
    measurements: Measurements,
    stack: ExitStack,
    notify: Callable[[str], None],
    should_stop: Callable[[], bool],
) -> dict[str, SubjectProcess]:
    """Start every subject, and return the processes that are ready; note their starts, and why others are missing."""
    scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nearfar-", ignore_cleanup_errors=True)))
    processes: dict[str, SubjectProcess] = {}
    for index, subject in enumerate(measurements.subjects):
        if should_stop():
            break
        notify(f"starting {subject.name}")
        is_timed = subject.role in (Role.NAIVE, Role.ENGINE)  # a peer converts its weights first
        try:
            process, start = start_subject(
                subject,
                _select_tensor(measurements, subject, 0),
                starts=plan.duration.starts if is_timed else 1,
                scratch=scratch / f"{index}",
                should_stop=should_stop,
            )
        except NearfarError as error:
            measurements.missing[subject.name] = error
            continue
        stack.callback(process.close)
        if _ignores_size(subject, process):
            continue
        processes[subject.name] = process
        if is_timed:
            measurements.starts[subject.name] = start
        if subject.role is Role.NAIVE:
            _warn_if_large(measurements, start.first_peak_bytes, notify)
    return processes


def _warn_if_large(measurements: Measurements, peak_bytes: int | None, notify: Callable[[str], None]) -> None:
    """Warn where all subjects together, each as large as the naive way, may not fit into memory."""
    networks = sum(subject.role is not Role.CEILING for subject in measurements.subjects)
    memory_bytes = describe_machine().memory_bytes
    if peak_bytes and memory_bytes and networks * peak_bytes > _MEMORY_SHARE * memory_bytes:
        notify(
            f"{networks} contestants of about {peak_bytes / 2**20:.0f} MiB each will be in memory at once, of the "
            f"{memory_bytes / 2**20:.0f} MiB that this machine has: --engine and --precision measure fewer"
        )


def _ignores_size(subject: Subject, process: SubjectProcess) -> bool:
    """Return whether an engine was given the only size and made nothing of it: then it is as without."""
    loader = subject.loader
    return isinstance(loader, EngineLoader) and loader.size_hw is not None and process.ready.fixed_hw is None


def _count_all_macs(plan: BenchPlan, size_hw: SizeHw) -> dict[str | None, MacCount]:
    from nearfar.benchmark.flops import count_macs

    macs: dict[str | None, MacCount] = {}
    for name, file in ((None, plan.path), *plan.also.items()):
        try:
            macs[name] = count_macs(file, size_hw)
        except (EngineError, GraphError):
            continue  # it is not known then; if it does not run at all, its row will say so
    return macs
