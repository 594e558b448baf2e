"""The logs of a run: two CSV files, and TensorBoard where that is installed."""

import csv
import importlib.util
import io
import logging
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from nearfar.errors import TrainingError, os_reason
from nearfar.files import write_whole
from nearfar.lab.train.checkpoint import Counters

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

_LOGGER = logging.getLogger(__name__)
_LEARNING, _METRICS, _BOARD = "learning.csv", "metrics.csv", "tensorboard"


class TrainingLogs:
    """The logs of one run, open while it goes on.

    Args:
        folder: Of the run; ``learning.csv``, ``metrics.csv`` and the folder ``tensorboard`` go there.
        first_step: The next step of the run: what was written beyond it, of a part that was lost, is dropped from the
            CSV files and hidden in TensorBoard.

    Raises:
        TrainingError: A file there cannot be read or written.
    """

    def __init__(self, folder: Path, *, first_step: int) -> None:
        self.folder = folder
        for name in (_LEARNING, _METRICS):
            _drop_rows_beyond(folder / name, first_step)
        self._board = _open_board(folder / _BOARD, first_step)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._board is not None:
            self._board.close()

    def log_training(self, facts: Mapping[str, float], *, counters: Counters, side_px: int) -> None:
        """Log how training goes, as a row of ``learning.csv`` too.

        Raises:
            TrainingError: It cannot be written.
        """
        self._append(_LEARNING, facts, counters=counters, side_px=side_px)
        self._draw("training", {"side_px": side_px, **facts}, counters.step)

    def log_validation(self, metrics: Mapping[str, float], *, counters: Counters, side_px: int) -> None:
        """Log the metrics of a validation, as a row of ``metrics.csv`` too.

        Raises:
            TrainingError: It cannot be written.
        """
        self._append(_METRICS, metrics, counters=counters, side_px=side_px)
        self._draw("validation", metrics, counters.step)

    def _append(self, name: str, facts: Mapping[str, float], *, counters: Counters, side_px: int) -> None:
        row: dict[str, float] = {**asdict(counters), "side_px": side_px, **facts}
        file = self.folder / name
        try:
            columns = _read_columns(file)
            with file.open("a", newline="", encoding="utf-8") as stream:
                # A run that other code began keeps the columns that it has.
                writer = csv.DictWriter(stream, fieldnames=columns or list(row), extrasaction="ignore")
                if not columns:
                    writer.writeheader()
                writer.writerow({name: _format_value(value) for name, value in row.items()})
        except OSError as error:
            raise TrainingError(f"cannot write {file}: {os_reason(error)}") from error

    def _draw(self, group: str, values: Mapping[str, float], step: int) -> None:
        if self._board is not None:
            for name, value in values.items():
                self._board.add_scalar(f"{group}/{name}", value, step)


def _read_columns(file: Path) -> list[str]:
    if not file.exists():
        return []
    with file.open(newline="", encoding="utf-8") as stream:
        return next(csv.reader(stream), [])


def _drop_rows_beyond(file: Path, first_step: int) -> None:
    """Drop the rows of a CSV file that are of steps beyond ``first_step``, and a last one that was cut short."""
    if not file.exists():
        return
    try:
        text = file.read_bytes().decode()
        reader = csv.DictReader(io.StringIO(text[: text.rfind("\n") + 1], newline=""))
        columns, rows = list(reader.fieldnames or ()), list(reader)
        kept = [row for row in rows if int(row["step"]) <= first_step]
        if not columns or first_step == 0:
            file.unlink()  # not a line was written whole, or it is of a run that was never saved
            return
    except (OSError, ValueError, KeyError, csv.Error) as error:
        raise TrainingError(f"cannot read {file}: {error}; move it away to go on with the run") from error
    if len(kept) == len(rows) and text.endswith("\n"):
        return
    whole = io.StringIO(newline="")
    writer = csv.DictWriter(whole, fieldnames=columns)
    writer.writeheader()
    writer.writerows(kept)
    write_whole(file, whole.getvalue().encode())


def _open_board(folder: Path, first_step: int) -> "SummaryWriter | None":
    if importlib.util.find_spec("tensorboard") is None:
        _LOGGER.info("no logs for TensorBoard, which is not installed: pip install 'nearfar[tensorboard]'")
        return None
    from torch.utils.tensorboard import SummaryWriter

    try:
        return SummaryWriter(folder, purge_step=first_step)
    except OSError as error:
        raise TrainingError(f"cannot write into {folder}: {os_reason(error)}") from error


def _format_value(value: float) -> object:
    return f"{value:.6g}" if isinstance(value, float) else value
