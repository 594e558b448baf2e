"""The accuracy rows of a model card, from the document of a run: what a card says is what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from nearfar.errors import DataError
from nearfar.evaluate.metrics import METRICS
from nearfar.models.schema import Measurement
from nearfar.models.toml_reader import table_of

# A card is for people: the figures that they compare by.
_ROWS = ("abs_rel", "delta1", "spearman", "ordinal")
_DECIMALS = 3


def card_rows(document: Mapping[str, object], *, of: str = "") -> tuple[Measurement, ...]:
    """Return the rows for ``[[measured.accuracy]]`` of the model that a run judged.

    Args:
        document: What ``nearfar eval --json`` prints, or the results.json of its folder.
        of: What the photographs are, in a few words; empty for the data set's name.

    Raises:
        DataError: It is no such document, or not one of a model, or photographs failed or were missing.
    """
    try:
        contender = _table(document["contender"])
        protocol = _table(document["protocol"])
        data = _table(document["data"])
        figures = _table(document["summary"])
        failed = document["failed"]
    except KeyError as error:
        raise DataError(f"this is no result of 'nearfar eval': it has no {error}") from error
    if "model" not in contender:
        raise DataError("a card's rows come from a run with --model, and this one judged a folder of predictions")
    if failed or data["missing"] or data["chosen"] != data["samples"]:
        raise DataError("a card's rows come from a whole run: some photographs failed, were missing or were left out")
    photographs = f"{data['chosen']} photographs of {of or data['name']}"
    engine = f"{contender['engine']} {contender['engine_version']}, {contender['provider']}, {contender['precision']}"
    network = f"{contender['recipe']} at {contender['size']} px"
    conditions = f"mean of {photographs}, protocol {protocol['variant']}, {network}, {engine}"
    return tuple(
        _row(name, _table(figures[name]), conditions, str(document["command"])) for name in _ROWS if name in figures
    )


def card_toml(rows: tuple[Measurement, ...]) -> str:
    """Return rows as the TOML that stands in a card."""
    import tomli_w

    return tomli_w.dumps({"measured": {"accuracy": [table_of(row) for row in rows]}})


def _row(name: str, interval: Mapping[str, object], conditions: str, command: str) -> Measurement:
    low, high = interval["low"], interval["high"]
    sure = "" if low is None else f"; 95 % interval {low:.{_DECIMALS}f} to {high:.{_DECIMALS}f}"
    return Measurement(
        what=METRICS[name].title,
        value=round(cast("float", interval["mean"]), _DECIMALS),
        unit=METRICS[name].unit,
        conditions=conditions + sure,
        command=command,
    )


def _table(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise DataError(f"this is no result of 'nearfar eval': {value!r} should be a table")
    return value
