"""The history of a run, written while it trains: metrics.jsonl, memory.jsonl, a record per epoch.

metrics.jsonl has one line per logged step, epoch, mark and finding. Two runs of one seed on one CPU
write the same lines, apart from the fields in TIME_FIELDS. No torch here.
"""

from __future__ import annotations

import contextlib
import math
import os
import time
from dataclasses import asdict, dataclass, field
from itertools import chain, starmap
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar, cast

from app.engine import files
from app.engine.runs import events
from app.engine.runs.findings import Finding, Remedy
from app.engine.runs.metrics_lines import EpochLine, FindingLine, MarkLine, StepLine
from app.engine.runs.step_lines import StepColumns, objects
from app.engine.runs.storage import manifest, shape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import numpy as np

    from app.engine.errors import UserError
    from app.engine.experiment.plain import Value
    from app.engine.runs.metrics_lines import FindingData

Line = TypeVar("Line", "StepLine", "EpochLine", "MarkLine", "FindingLine")

METRICS = "metrics.jsonl"
MEMORY = "memory.jsonl"
TIME_FIELDS = ("seconds", "time", "elapsed")

HOLD = 0.5
"""Seconds that lines of steps and epochs may wait: what a kill takes of them is done again."""

STEPS = '{"step": %d, "loss": %.9g, "rate": %.8g, "norm": %.6g}\n'
"""The line of a step; nine digits tell a number of float32 from all others."""

WARNINGS = "told"
"""What environment.json calls RunPrepared.warnings."""


@dataclass(frozen=True)
class History:
    """The history of a run.

    steps, losses, rates, norms: (n,), a step each; NaN where a loss was not finite or a norm was
    not measured.
    """

    steps: np.ndarray
    losses: np.ndarray
    rates: np.ndarray
    norms: np.ndarray
    epochs: list[EpochLine] = field(default_factory=list)
    marks: list[MarkLine] = field(default_factory=list)
    findings: list[FindingLine] = field(default_factory=list)


# --- writing


class Writer:
    """Appends lines to a file that a reader may open at any time.

    Lines of steps and epochs may wait for HOLD seconds, so that short steps share a write. Lines
    that a full disk refuses are written with the next ones.
    """

    def __init__(self, path: Path, offset: int | None = None) -> None:
        """Opens the file. Raises UserError where it cannot be written.

        offset: what stands behind this byte is of steps that will be done again, and is removed,
        apart from marks.
        """
        self.path = path
        self.refused: UserError | None = None
        self.before_write: Callable[[], None] = _nothing
        """Called before lines are written: what they name is to be on the disk then."""

        self._pending = b""
        self._written = -math.inf

        try:
            marks = _cut(path, offset)
            self._file = files.open_to_append(path)
        except OSError as error:
            raise files.disk_error(error, path) from error

        self._append(marks)

    def line(self, data: Mapping[str, object], may_wait: bool = False) -> None:
        self._append(files.json_line(data), may_wait)

    def steps(
        self, steps: np.ndarray, losses: np.ndarray, rates: np.ndarray, norms: np.ndarray
    ) -> None:
        """Writes one line a step, see StepLine. It is written by hand, for there are many."""
        columns = [steps.tolist(), losses.tolist(), rates.tolist(), norms.tolist()]
        rows = list(zip(*columns, strict=True))
        if all(math.isfinite(loss) and math.isfinite(norm) for _, loss, _, norm in rows):
            text = STEPS * len(rows) % tuple(chain.from_iterable(rows))
        else:
            text = "".join(starmap(_step_line, rows))

        self._append(text.encode(), may_wait=True)

    def offset(self) -> int:
        """Returns the size of what is written, made durable: a checkpoint notes it."""
        self.write()
        if not self._pending:
            # Some file systems cannot; the checkpoint is made durable by itself.
            with contextlib.suppress(OSError):
                os.fsync(self._file.fileno())

        return self._file.seek(0, os.SEEK_END)

    def close(self) -> None:
        self.write()
        self._file.close()

    def write(self) -> None:
        """Writes the lines that wait."""
        if not self._pending:
            return

        self._written = time.monotonic()
        self.before_write()
        try:
            while self._pending:
                self._pending = self._pending[self._file.write(self._pending) :]
            self.refused = None
        except OSError as error:
            self.refused = files.disk_error(error, self.path)

    def _append(self, content: bytes, may_wait: bool = False) -> None:
        self._pending += content
        if not may_wait or time.monotonic() - self._written >= HOLD:
            self.write()


def _nothing() -> None:
    """Is there before anybody has something to do before lines are written."""


def _step_line(step: int, loss: float, rate: float, norm: float) -> str:
    loss_text = f"{loss:.9g}" if math.isfinite(loss) else "null"
    line = f'{{"step": {step}, "loss": {loss_text}, "rate": {rate:.8g}'
    return line + (f', "norm": {norm:.6g}}}\n' if math.isfinite(norm) else "}\n")


def _cut(path: Path, offset: int | None) -> bytes:
    """Cuts the file to `offset` bytes; returns the marks behind it, which stay true.

    None cuts off no more than a last line that a kill left half written.
    """
    if not path.exists():
        return b""

    files.open_regular(path).close()
    with path.open("r+b") as file:
        # Of a file that has lost its end, the whole lines that are left.
        whole = _whole_lines(file)
        offset = whole if offset is None else min(offset, whole)
        file.seek(offset)
        behind = file.read().splitlines(keepends=True)

        if file.tell() > offset:
            file.truncate(offset)

    return b"".join(line for line in behind if line.startswith(b'{"mark"') and line.endswith(b"\n"))


def _whole_lines(file: BinaryIO) -> int:
    """Returns the bytes of a file up to the end of its last whole line."""
    file.seek(0)
    return file.read().rfind(b"\n") + 1


def epoch_line(event: events.EpochDone) -> EpochLine:
    """Returns the line of an epoch; its confusion matrix is in the epoch's record."""
    line: EpochLine = {
        "epoch": event.epoch,
        "step": event.step,
        "training_loss": _finite(event.training_loss),
        "validation_loss": _finite(event.validation_loss),
        "metrics": {name: _finite(value) for name, value in event.metrics.items()},
        "best": event.best,
        "best_epoch": event.best_epoch,
        "since_best": event.since_best,
        "seconds": round(event.seconds, 3),
        "record": event.record,
    }
    if event.elapsed is not None:
        line["elapsed"] = round(event.elapsed, 3)

    return line


def finding_line(finding: Finding, step: int) -> FindingLine:
    """Returns the line of a finding that was made after so many steps."""
    return {"finding": cast("FindingData", asdict(finding)), "step": step}


def finding_of(data: FindingData) -> Finding:
    """Returns a finding from its line."""
    remedy = data.get("remedy")
    return Finding(
        data["key"],
        data["level"],
        data["title"],
        data["text"],
        Remedy(**remedy) if remedy else None,
    )


def prepared_line(event: events.RunPrepared) -> dict[str, Value]:
    """Returns what environment.json holds of RunPrepared."""
    data = asdict(event)
    data[WARNINGS] = data.pop("warnings")
    return data


def prepared_event(data: object) -> events.RunPrepared | None:
    """Returns RunPrepared from what environment.json holds; None where that has another shape."""
    plain = dict(data) if isinstance(data, dict) else {}
    plain["warnings"] = plain.pop(WARNINGS, ())
    return shape.typed(plain, events.RunPrepared)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def or_nan(value: float | None) -> float:
    """Returns a figure as it is in memory: NaN where JSON has null."""
    return float("nan") if value is None else float(value)


# --- reading


def lines(folder: Path, name: str, verified: bool = True) -> Iterator[dict[str, Value]]:
    """Yields the whole lines of a .jsonl file of a run; a last line cut by a kill is left out.

    verified: compare it with the manifest, else take what can be read of it. Raises RunFileError;
    UserError where the disk refuses it.
    """
    for block in manifest.line_blocks(folder, name, verified):
        yield from objects(block)


def read_history(folder: Path, verified: bool = True) -> History:
    """Returns the history of a run folder; an empty one where nothing was logged.

    Lines of another shape are left out. verified: see `lines`. Raises RunFileError and UserError.
    """
    steps = StepColumns()
    epochs: list[EpochLine] = []
    marks: list[MarkLine] = []
    findings: list[FindingLine] = []

    for block in manifest.line_blocks(Path(folder), METRICS, verified):
        for line in steps.take(block):
            if "mark" in line:
                marks += _typed(MarkLine, line)
            elif "finding" in line:
                findings += _typed(FindingLine, line)
            elif "epoch" in line:
                epochs += _typed(EpochLine, line)

    return History(*steps.columns(), epochs, marks, findings)


def _typed(kind: type[Line], data: object) -> list[Line]:
    return [data] if shape.is_of(data, kind) else []
