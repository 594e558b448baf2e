"""Results are cached as they come, and taken up again."""

from pathlib import Path

import pytest

from nearfar.errors import OutputError
from nearfar.evaluate.run import Result, ResultsCache, evaluate_samples
from nearfar.evaluate.sample import Sample
from support.evaluations import RULES, SAMPLES, VALUES, predictor, sample


def run_all(cache: ResultsCache | None, asked: list[str], samples: list[Sample]) -> list[Result]:
    return list(evaluate_samples(samples, predictor(asked), RULES, cache=cache))


def test_run_resumes(tmp_path: Path) -> None:
    first: list[str] = []
    begun = run_all(ResultsCache(tmp_path, {"model": "m"}), first, SAMPLES[:2])
    # The process is killed in the middle of a line.
    rows = tmp_path / "samples.jsonl"
    rows.write_bytes(rows.read_bytes() + b'{"name": "b333", "figu')
    again: list[str] = []
    whole = run_all(ResultsCache(tmp_path, {"model": "m"}), again, SAMPLES)
    assert (first, again) == (["a1", "a22"], ["b333"])
    assert whole[:2] == begun
    assert run_all(None, [], SAMPLES) == whole
    third: list[str] = []
    assert run_all(ResultsCache(tmp_path, {"model": "m"}), third, SAMPLES) == whole
    assert not third


def test_failures_retried(tmp_path: Path) -> None:
    broken = [sample("broken", VALUES), sample("huge", VALUES), SAMPLES[0]]
    for _ in range(2):
        asked: list[str] = []
        found = run_all(ResultsCache(tmp_path, {}), asked, broken)
        assert [each.error for each in found] == ["there is none", "not enough memory for a picture of this size", ""]
        assert asked[:2] == ["broken", "huge"]


def test_results_of_another_run_rejected(tmp_path: Path) -> None:
    run_all(ResultsCache(tmp_path, {"model": "m", "protocol": {"far_m": 10}}), [], SAMPLES)
    with pytest.raises(OutputError, match="differs in protocol: choose another --out, or begin anew with --overwrite"):
        ResultsCache(tmp_path, {"model": "m", "protocol": {"far_m": 80}})
    assert not ResultsCache(tmp_path, {"model": "n"}, overwrite=True).load()
    assert not ResultsCache(tmp_path, {"model": "n"}).load()
    (tmp_path / "run.json").write_text("[]")
    with pytest.raises(OutputError, match="differs in everything"):
        ResultsCache(tmp_path, {"model": "n"})
