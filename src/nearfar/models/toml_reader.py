"""Tables of TOML become frozen dataclasses, and every problem is named by the dotted path of its row.

The dataclass is the only description of a card: this module knows no row by name. A field without a default is a
row that must be there, a field whose default is None may be left out, and a row that is no field is an error. A row
that must be there and may be None says ``"unknown"``.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

from nearfar.errors import CardError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

RowsT = TypeVar("RowsT", bound="DataclassInstance")

_UNKNOWN = "unknown"
_NAMES: Mapping[type, str] = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def read_rows(kind: type[RowsT], table: object, *, path: str = "") -> RowsT:
    """Return ``table`` as a ``kind``, which checks its own values.

    Args:
        kind: A dataclass whose fields are text, numbers, enums, tuples, other such dataclasses, or one of them or None.
        table: What tomllib read.
        path: Where the table stands in its file, such as ``files[0]``; empty for the whole file.

    Raises:
        CardError: A row is missing, surplus, of the wrong type or out of bounds; the message starts with its path.

    Example:
        >>> @dataclasses.dataclass(frozen=True, kw_only=True)
        ... class Size:
        ...     width: int
        ...     height: int
        >>> read_rows(Size, {"width": 4, "height": 3})
        Size(width=4, height=3)
        >>> read_rows(Size, {"width": 4}, path="input")
        Traceback (most recent call last):
        nearfar.errors.CardError: input.height is missing
    """
    if not isinstance(table, Mapping):
        raise CardError(f"{path or 'the card'} must be a table, got {table!r}")
    fields = {row_key(field): field for field in dataclasses.fields(kind)}
    for name in table:
        if name not in fields:
            raise CardError(f"{_join(path, str(name))} is not a row of a card; rows here: {', '.join(fields)}")
    for name, field in fields.items():
        if name not in table and field.default is dataclasses.MISSING:
            raise CardError(f"{_join(path, name)} is missing")
    expected = typing.get_type_hints(kind)
    values = {
        field.name: _read_value(expected[field.name], table[name], _join(path, name))
        for name, field in fields.items()
        if name in table
    }
    try:
        return kind(**values)
    except CardError as error:
        # __post_init__ names its own field; only here is it known where that field stands.
        raise CardError(_join(path, str(error))) from None


def write_rows(rows: DataclassInstance, *, with_none: bool = False) -> dict[str, object]:
    """Return ``rows`` as a table that ``read_rows`` reads back as the same; None becomes a row left out, or "unknown".

    Args:
        rows: The dataclass.
        with_none: Keep every row and None as it is, as JSON can and TOML cannot.

    Example:
        >>> @dataclasses.dataclass(frozen=True, kw_only=True)
        ... class Size:
        ...     width: int | None
        ...     height: int | None = None
        >>> write_rows(Size(width=None)), write_rows(Size(width=None), with_none=True)
        ({'width': 'unknown'}, {'width': None, 'height': None})
    """
    table = {}
    for field in dataclasses.fields(rows):
        value = getattr(rows, field.name)
        if value is not None or with_none or field.default is dataclasses.MISSING:
            table[row_key(field)] = _write_value(value, with_none=with_none)
    return table


def row_key(field: dataclasses.Field[object]) -> str:
    """Return what a field's row is called in files: its name, unless its metadata has an older ``key``."""
    return str(field.metadata.get("key", field.name))


def require(condition: bool, problem: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Pass if ``condition`` holds; ``problem`` starts with the field's name, so that its path can be put before it.

    Raises:
        CardError: It does not hold.
    """
    if not condition:
        raise CardError(problem)


def _read_value(expected: object, value: object, path: str) -> object:
    if isinstance(expected, types.UnionType):  # X | None
        return None if value == _UNKNOWN else _read_value(typing.get_args(expected)[0], value, path)
    if typing.get_origin(expected) is tuple:
        return _read_list(typing.get_args(expected), value, path)
    if isinstance(expected, type) and dataclasses.is_dataclass(expected):
        return read_rows(expected, value, path=path)
    if isinstance(expected, type) and issubclass(expected, StrEnum):
        return _read_choice(expected, value, path)
    return _read_scalar(expected, value, path)


def _write_value(value: object, *, with_none: bool) -> object:
    if value is None:
        return None if with_none else _UNKNOWN
    if isinstance(value, tuple):
        return [_write_value(entry, with_none=with_none) for entry in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return write_rows(value, with_none=with_none)
    return value.value if isinstance(value, StrEnum) else value


def _read_list(items: tuple[object, ...], value: object, path: str) -> tuple[object, ...]:
    """``items`` is (X, ...) for any number of X, or (X, Y, Z) for exactly those."""
    if not isinstance(value, list):
        raise CardError(f"{path} must be a list, got {value!r}")
    if items[-1] is Ellipsis:
        items = (items[0],) * len(value)
    if len(value) != len(items):
        raise CardError(f"{path} must have {len(items)} entries, got {len(value)}")
    return tuple(
        _read_value(item, entry, f"{path}[{i}]") for i, (item, entry) in enumerate(zip(items, value, strict=True))
    )


def _read_choice(choices: type[StrEnum], value: object, path: str) -> StrEnum:
    for choice in choices:
        if choice.value == value:
            return choice
    allowed = ", ".join(repr(choice.value) for choice in choices)
    raise CardError(f"{path} must be one of {allowed}, got {value!r}")


def _read_scalar(expected: object, value: object, path: str) -> object:
    if expected is float and type(value) is int:
        return float(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise CardError(f"{path} must be finite, got {value!r}")
    # By exact type: to Python, true is an int.
    if type(value) is not expected:
        raise CardError(f"{path} must be {_NAMES[typing.cast('type', expected)]}, got {value!r}")
    if isinstance(value, str) and not value.strip():
        raise CardError(f"{path} is empty: write 'none' or 'unknown' where that is the answer")
    return value


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
