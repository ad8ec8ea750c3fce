"""The history of a run, written while it trains: metrics.jsonl, memory.jsonl, a record per epoch.

metrics.jsonl has one line per logged step, epoch, mark and finding. Two runs of one seed on one CPU
write the same lines, apart from the fields in TIME_FIELDS. No torch here.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from app.engine import files
from app.engine.experiment import toml_file
from app.engine.runs import events
from app.engine.runs.findings import Finding, Remedy
from app.engine.runs.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from app.engine.errors import UserError
    from app.engine.experiment.plain import Value
    from app.engine.runs.metrics_lines import (
        EpochLine,
        FindingData,
        FindingLine,
        MarkLine,
        StepLine,
    )

METRICS = "metrics.jsonl"
MEMORY = "memory.jsonl"
TIME_FIELDS = ("seconds", "time")

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


@dataclass(frozen=True)
class EpochRecord:
    """The record of one epoch, for scrubbing back.

    rows: (n,) rows of the dataset, the probe set; predictions: (n, ...), as the task stores them.
    confusion: (K, K) counts, true class by row; None where there are no classes.
    """

    rows: np.ndarray
    predictions: np.ndarray
    confusion: np.ndarray | None = None


# --- writing


class Writer:
    """Appends lines to a file that a reader may open at any time.

    Lines that a full disk refuses are written with the next ones.
    """

    def __init__(self, path: Path, offset: int | None = None) -> None:
        """Opens the file. Raises UserError where it cannot be written.

        offset: what stands behind this byte is of steps that will be done again, and is removed,
        apart from marks.
        """
        self.path = path
        self.refused: UserError | None = None
        self._pending = b""

        try:
            marks = _cut(path, offset) if offset is not None else b""
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise files.disk_error(error, path) from error

        self._append(marks)

    def line(self, data: Mapping[str, object]) -> None:
        self._append(json.dumps(data, ensure_ascii=False, allow_nan=False).encode() + b"\n")

    def steps(
        self, steps: np.ndarray, losses: np.ndarray, rates: np.ndarray, norms: np.ndarray
    ) -> None:
        """Writes one line a step, see StepLine. It is written by hand, for there are many."""
        text = []
        for step, loss, rate, norm in zip(
            steps.tolist(), losses.tolist(), rates.tolist(), norms.tolist(), strict=True
        ):
            line = f'{{"step": {step}, "loss": {_json_number(loss)}, "rate": {rate:.8g}'
            text.append(line + (f', "norm": {norm:.6g}}}\n' if np.isfinite(norm) else "}\n"))

        self._append("".join(text).encode())

    def offset(self) -> int:
        """Returns the size of what is written, made durable: a checkpoint notes it."""
        self._append(b"")
        if not self._pending:
            # Some file systems cannot; the checkpoint is made durable by itself.
            with contextlib.suppress(OSError):
                os.fsync(self._file.fileno())

        return self._file.seek(0, os.SEEK_END)

    def close(self) -> None:
        self._append(b"")
        self._file.close()

    def _append(self, content: bytes) -> None:
        self._pending += content
        try:
            while self._pending:
                self._pending = self._pending[self._file.write(self._pending) :]
            self.refused = None
        except OSError as error:
            self.refused = files.disk_error(error, self.path)


def _json_number(value: float) -> str:
    return f"{value:.8g}" if np.isfinite(value) else "null"


def _cut(path: Path, offset: int) -> bytes:
    """Cuts the file to `offset` bytes; returns the marks behind it, which stay true."""
    if not path.exists():
        return b""

    with path.open("r+b") as file:
        file.seek(offset)
        behind = file.read().splitlines(keepends=True)

        if file.tell() > offset:
            file.truncate(offset)

    return b"".join(line for line in behind if line.startswith(b'{"mark"') and line.endswith(b"\n"))


def epoch_line(event: events.EpochDone) -> EpochLine:
    """Returns the line of an epoch; its confusion matrix is in the epoch's record."""
    return {
        "epoch": event.epoch,
        "step": event.step,
        "training_loss": _finite(event.training_loss),
        "validation_loss": _finite(event.validation_loss),
        "metrics": {name: _finite(value) for name, value in event.metrics.items()},
        "best": event.best,
        "best_epoch": event.best_epoch,
        "since_best": event.since_best,
        "seconds": round(event.seconds, 3),
    }


def finding_line(finding: Finding, step: int) -> FindingLine:
    """Returns the line of a finding that was made after so many steps."""
    return {"finding": cast("FindingData", asdict(finding)), "step": step}


def prepared_line(event: events.RunPrepared) -> dict[str, Value]:
    """Returns what environment.json holds of RunPrepared."""
    data = asdict(event)
    data[WARNINGS] = data.pop("warnings")
    return data


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else float(value)


# --- reading


def lines(path: Path) -> Iterator[dict[str, Value]]:
    """Yields the whole lines of a .jsonl file; a last line cut by a kill is left out."""
    try:
        content = path.read_bytes()
    except OSError:
        return

    for line in content.splitlines():
        try:
            data = json.loads(line)
        except ValueError:
            continue
        if isinstance(data, dict):
            yield data


def read_history(folder: Path) -> History:
    """Returns the history of a run folder; an empty one where nothing was logged."""
    steps: list[StepLine] = []
    epochs: list[EpochLine] = []
    marks: list[MarkLine] = []
    findings: list[FindingLine] = []

    for line in lines(Path(folder) / METRICS):
        if "mark" in line:
            marks.append(cast("MarkLine", line))
        elif "finding" in line:
            findings.append(cast("FindingLine", line))
        elif "epoch" in line:
            epochs.append(cast("EpochLine", line))
        elif "step" in line:
            steps.append(cast("StepLine", line))

    return History(
        np.array([line["step"] for line in steps], dtype=np.int64),
        _column(line.get("loss") for line in steps),
        _column(line.get("rate") for line in steps),
        _column(line.get("norm") for line in steps),
        epochs,
        marks,
        findings,
    )


def _column(values: Iterable[float | None]) -> np.ndarray:
    return np.array([_or_nan(value) for value in values], dtype=float)


def read_events(folder: Path) -> list[events.Event]:
    """Returns a run from its folder, as the events that it emitted.

    Raises UserError where it is no run.
    """
    run = Run(Path(folder))
    experiment = run.experiment()
    history = read_history(run.path)

    found: list[events.Event] = [
        events.RunStarted(str(run.path), run.name, toml_file.to_plain(experiment))
    ]
    if prepared := run.environment().get("prepared"):
        found.append(_prepared(prepared))

    # Before the steps that they are among.
    found += [event for line in history.marks if (event := _mark_event(line)) is not None]
    if len(history.steps):
        found.append(_steps_done(run, history))

    found += [_epoch_done(run.path, line) for line in history.epochs]
    if history.epochs and (record := read_epoch(run.path, history.epochs[-1]["epoch"])):
        found.append(
            events.ProbePredicted(history.epochs[-1]["epoch"], record.rows, record.predictions)
        )

    measured = lines(run.path / MEMORY)
    found += [events.MemoryMeasured(**line) for line in measured]  # type: ignore[arg-type]
    found += [events.NewFinding(_finding(line["finding"])) for line in history.findings]

    if end := _finished(run):
        found.append(end)

    return found


def _prepared(data: Mapping[str, object]) -> events.RunPrepared:
    values = {name: data[name] for name in data if name != WARNINGS}
    values["classes"] = tuple(cast("list[str]", data.get("classes", ())))
    values["warnings"] = tuple(cast("list[str]", data.get(WARNINGS, ())))

    return events.RunPrepared(**values)  # type: ignore[arg-type]


def _steps_done(run: Run, history: History) -> events.StepsDone:
    """Returns all steps of the history as one event."""
    summary = run.summary()
    last = int(history.steps[-1])

    return events.StepsDone(
        position=last,
        epoch=1 + sum(line["step"] < last for line in history.epochs),
        steps=history.steps,
        losses=history.losses,
        rates=history.rates,
        norms=history.norms,
        speed=summary.get("examples_per_second"),
        elapsed=float(summary.get("seconds") or 0.0),
        remaining=None,
    )


def _mark_event(line: MarkLine) -> events.Event | None:
    """Returns the event of a mark; None for a divergence, which the end of the run tells."""
    if line["mark"] in ("resumed", "longer"):
        return events.Resumed(line["step"])
    if line["mark"] in ("changed", "memory"):
        return events.SettingsChanged(line["step"], line["values"], line.get("why", ""))

    return None


def _epoch_done(folder: Path, line: EpochLine) -> events.EpochDone:
    record = read_epoch(folder, line["epoch"])
    return events.EpochDone(
        epoch=line["epoch"],
        step=line["step"],
        training_loss=_or_nan(line["training_loss"]),
        validation_loss=_or_nan(line["validation_loss"]),
        metrics={name: _or_nan(value) for name, value in line["metrics"].items()},
        best=line["best"],
        best_epoch=line["best_epoch"],
        since_best=line["since_best"],
        seconds=line["seconds"],
        confusion=record.confusion if record else None,
    )


def _finding(data: FindingData) -> Finding:
    remedy = data.get("remedy")
    return Finding(
        data["key"],
        data["level"],
        data["title"],
        data["text"],
        Remedy(**remedy) if remedy else None,
    )


def _finished(run: Run) -> events.RunFinished | None:
    """Returns the end of a run; None of one that has not ended."""
    summary = run.summary()
    status = run.status
    if not summary or status == "running" or status == "interrupted":
        return None

    failure = summary.get("failure")
    return events.RunFinished(
        str(run.path),
        status,
        summary.get("reason", ""),
        summary,
        (failure[0], failure[1], failure[2]) if failure else None,
    )


# --- records of epochs

OLD_ARRAYS = {"said": "predictions"}
"""Names of arrays in files of format version 1, and their names now."""


def write_epoch(folder: Path, epoch: int, record: EpochRecord) -> None:
    """Writes the record of an epoch. Raises UserError where it cannot be written."""
    arrays = {name: array for name, array in vars(record).items() if array is not None}
    write_arrays(folder / "epochs" / f"{epoch:04d}.npz", arrays)


def read_epoch(folder: Path, epoch: int) -> EpochRecord | None:
    """Returns the record of an epoch; None where there is none or it is damaged."""
    arrays = read_arrays(folder / "epochs" / f"{epoch:04d}.npz")
    try:
        return EpochRecord(**arrays) if arrays else None
    except TypeError:
        return None


def write_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Writes arrays as .npz, whole or not at all. Raises UserError."""
    files.write_atomically(path, arrays_bytes(arrays))


def arrays_bytes(arrays: dict[str, np.ndarray]) -> bytes:
    """Returns arrays as the content of an .npz file."""
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)  # type: ignore[arg-type]
    return content.getvalue()


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Returns the arrays of an .npz file; {} where it is missing or damaged. Unpickles nothing."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return {OLD_ARRAYS.get(name, name): file[name] for name in file.files}
    except Exception:  # a damaged zip raises exceptions of many kinds
        return {}
