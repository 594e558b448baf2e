"""A subject's process: its turns, its failures, its end."""

import io
import os
import pickle
import signal
from pathlib import Path

import numpy as np
import pytest

from nearfar.benchmark import worker
from nearfar.benchmark.subjects import (
    EngineLoader,
    Failure,
    NaiveLoader,
    Ready,
    Turn,
    TurnResult,
)
from nearfar.benchmark.worker import SubjectProcess
from nearfar.engines import Precision
from nearfar.errors import EngineError, GraphError, MissingExtraError
from support.bench_plans import ORT, tensor
from support.fake_subjects import REPORT, FakeLoader
from support.graphs import tiny_depth, tiny_depth_graph


@pytest.fixture
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a subject's process find the loaders that only the tests know."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]))


@pytest.mark.usefixtures("importable")
def test_process_runs_its_turns() -> None:
    with SubjectProcess(FakeLoader()) as process:
        assert process.ready.report == REPORT
        taken = process.run_turn(tensor(), least_s=0.01)
        np.testing.assert_array_equal(taken.map, tensor()[0, 0] * 2)
        assert len(taken.seconds) > 1
        assert sum(taken.seconds) >= 0.01
        assert len(process.run_turn(tensor()).seconds) == 1


@pytest.mark.usefixtures("importable")
@pytest.mark.parametrize(
    ("behaviour", "error", "named"),
    [
        ("missing", MissingExtraError, r"a test needs x"),
        ("dies", EngineError, r"signal 9 \(out of memory\?\)"),
        ("crashes", EngineError, "ended with code 1: AssertionError: an error of no kind that nearfar knows"),
    ],
)
def test_process_load_failure_explained(behaviour: str, error: type[Exception], named: str) -> None:
    with pytest.raises(error, match=named):
        SubjectProcess(FakeLoader(behaviour))


@pytest.mark.usefixtures("importable")
def test_process_run_failure_explained() -> None:
    with (
        SubjectProcess(FakeLoader("fails when it runs")) as process,
        pytest.raises(EngineError, match="not at this size"),
    ):
        process.run_turn(tensor())


def test_worker_answers_each_request_then_ends() -> None:
    requests, replies = io.BytesIO(), io.BytesIO()
    for request in (FakeLoader(), Turn(tensor=tensor(), least_s=0.0)):
        pickle.dump(request, requests)
    requests.seek(0)
    worker.serve(requests, replies)
    replies.seek(0)
    ready, taken = pickle.load(replies), pickle.load(replies)
    assert isinstance(ready, Ready)
    assert isinstance(taken, TurnResult)
    assert taken.peak_bytes is None or taken.peak_bytes > 1_000_000
    assert not replies.read()


def test_worker_passes_error_on() -> None:
    requests, replies = io.BytesIO(pickle.dumps(FakeLoader("missing"))), io.BytesIO()
    worker.serve(requests, replies)
    assert isinstance(pickle.loads(replies.getvalue()), Failure)


def test_loaders_survive_pickling(tmp_path: Path) -> None:
    path = tiny_depth_graph(tmp_path / "tiny.onnx")
    for loader in (
        NaiveLoader(path=path, threads=1),
        EngineLoader(path=path, engine=ORT.name, precision=Precision.EXACT, threads=1),
    ):
        run = pickle.loads(pickle.dumps(loader)).load().run
        np.testing.assert_allclose(run(tensor()), tiny_depth(tensor()), rtol=1e-4, atol=1e-6)
    with pytest.raises(GraphError, match="gone"):
        NaiveLoader(path=tmp_path / "gone.onnx").load()


def test_stuck_process_killed(monkeypatch: pytest.MonkeyPatch, importable: None) -> None:
    monkeypatch.setattr(worker, "_EXIT_TIMEOUT_S", 0.05)
    process = SubjectProcess(FakeLoader())
    os.kill(process._process.pid, signal.SIGSTOP)
    process.close()
    assert process._process.returncode == -signal.SIGKILL
