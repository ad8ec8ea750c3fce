"""What is kept of a run while it trains: metrics.jsonl, memory.jsonl and a small record per epoch.

No torch here.

metrics.jsonl has one line per logged step, epoch, mark and finding. Two runs of one seed on one CPU
write the same lines, apart from the fields in TIME_FIELDS.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine import files
from app.engine.experiment import toml_file
from app.engine.runs import events
from app.engine.runs.findings import Finding, Remedy
from app.engine.runs.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.engine.errors import UserError

METRICS = "metrics.jsonl"
MEMORY = "memory.jsonl"
TIME_FIELDS = ("seconds", "time")


@dataclass(frozen=True)
class History:
    """A run as it went. The arrays are of equal length; norms are NaN where they were not measured.

    epochs: one dict per epoch (see `epoch_line`). marks: {"mark", "step", ...}. findings:
    {"finding", "step"}.
    """

    steps: np.ndarray
    losses: np.ndarray
    rates: np.ndarray
    norms: np.ndarray
    epochs: list[dict[str, Any]] = field(default_factory=list)
    marks: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class EpochRecord:
    """One epoch, for scrubbing back.

    rows: (n,) of the dataset, the fixed probe set; predictions: (n, ...), what the task keeps of
    the answers. confusion: (K, K) counts, true class by row, where there are classes.
    """

    rows: np.ndarray
    predictions: np.ndarray
    confusion: np.ndarray | None = None


class Writer:
    """Appends lines to a file that a reader may open at any time.

    Lines that a full disk refuses wait for the next.
    """

    def __init__(self, path: Path, offset: int | None = None) -> None:
        """offset: everything behind this byte is of steps that will be done again and goes, apart
        from marks.

        Raises UserError where the file cannot be written.
        """
        self.path = path
        self.refused: UserError | None = None
        self._pending = b""

        try:
            kept = _cut(path, offset) if offset is not None else b""
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise files.disk_error(error, path) from error

        self._append(kept)

    def line(self, data: dict[str, Any]) -> None:
        self._append(json.dumps(data, ensure_ascii=False, allow_nan=False).encode() + b"\n")

    def steps(
        self, steps: np.ndarray, losses: np.ndarray, rates: np.ndarray, norms: np.ndarray
    ) -> None:
        """One line a step; a loss that is not finite is null, a norm that was not measured is left
        out.
        """
        text = []
        for step, loss, rate, norm in zip(
            steps.tolist(), losses.tolist(), rates.tolist(), norms.tolist(), strict=True
        ):
            line = f'{{"step": {step}, "loss": {_number(loss)}, "rate": {rate:.8g}'
            text.append(line + (f', "norm": {norm:.6g}}}\n' if np.isfinite(norm) else "}\n"))

        self._append("".join(text).encode())

    def offset(self) -> int:
        """The size of what is written, made durable: a checkpoint notes it."""
        self._append(b"")
        if not self._pending:
            with contextlib.suppress(
                OSError
            ):  # some file systems cannot; the checkpoint is made durable by itself
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


def _number(value: float) -> str:
    return f"{value:.8g}" if np.isfinite(value) else "null"


def _cut(path: Path, offset: int) -> bytes:
    """Cuts the file to `offset` bytes and returns the lines behind that are still true: marks of
    the person.
    """
    if not path.exists():
        return b""

    with path.open("r+b") as file:
        file.seek(offset)
        behind = file.read().splitlines(keepends=True)

        if file.tell() > offset:
            file.truncate(offset)

    return b"".join(line for line in behind if line.startswith(b'{"mark"') and line.endswith(b"\n"))


def epoch_line(event: events.EpochDone) -> dict[str, Any]:
    """The line of an epoch: EpochDone without its confusion, which is in the epoch's record."""
    line = {
        item.name: getattr(event, item.name) for item in fields(event) if item.name != "confusion"
    }
    line["training_loss"] = _finite(event.training_loss)
    line["validation_loss"] = _finite(event.validation_loss)
    line["metrics"] = {name: _finite(value) for name, value in event.metrics.items()}
    line["seconds"] = round(event.seconds, 3)

    return line


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _back(value: float | None) -> float:
    return float("nan") if value is None else float(value)


# --- reading


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a .jsonl file; a last line cut by a kill is left out."""
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
    """The history of a run folder; an empty one where nothing was logged."""
    steps: list[dict[str, Any]] = []
    epochs: list[dict[str, Any]] = []
    marks: list[dict[str, Any]] = []

    findings: list[dict[str, Any]] = []
    for line in lines(Path(folder) / METRICS):
        if "mark" in line:
            marks.append(line)
        elif "finding" in line:
            findings.append(line)
        elif "epoch" in line:
            epochs.append(line)
        elif "step" in line:
            steps.append(line)

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
    return np.array([_back(value) for value in values], dtype=float)


def read_events(folder: Path) -> list[events.Event]:
    """A run from its folder, as the events that it would have told.

    Raises UserError where it is no run.
    """
    run = Run(Path(folder))
    experiment = run.experiment()
    history = read_history(run.path)

    told: list[events.Event] = [
        events.RunStarted(str(run.path), run.name, toml_file.to_plain(experiment))
    ]
    if prepared := run.environment().get("prepared"):
        prepared |= {name: tuple(prepared.get(name, ())) for name in ("classes", "told")}
        told.append(events.RunPrepared(**prepared))

    told += [
        event for line in history.marks if (event := _marked(line)) is not None
    ]  # before the steps they are among
    summary = run.summary()
    if len(history.steps):
        last = int(history.steps[-1])
        epoch = 1 + sum(line["step"] < last for line in history.epochs)
        told.append(
            events.StepsDone(
                last,
                epoch,
                history.steps,
                history.losses,
                history.rates,
                history.norms,
                summary.get("examples_per_second"),
                float(summary.get("seconds") or 0.0),
                None,
            )
        )

    told += [_epoch_done(run.path, line) for line in history.epochs]
    if history.epochs and (record := read_epoch(run.path, history.epochs[-1]["epoch"])):
        told.append(
            events.ProbePredicted(history.epochs[-1]["epoch"], record.rows, record.predictions)
        )

    told += [events.MemoryMeasured(**line) for line in lines(run.path / MEMORY)]
    told += [events.Found(_finding(line["finding"])) for line in history.findings]

    if summary and run.status in ("completed", "stopped", "failed", "diverged"):
        failure = summary.get("failure")
        told.append(
            events.RunFinished(
                str(run.path),
                summary["status"],
                summary.get("reason", ""),
                summary,
                (failure[0], failure[1], failure[2]) if failure else None,
            )
        )

    return told


def _marked(line: dict[str, Any]) -> events.Event | None:
    """What a mark tells; None for a divergence, which the end of the run tells."""
    if line["mark"] in ("resumed", "longer"):
        return events.Resumed(line["step"])
    if line["mark"] in ("changed", "memory"):
        return events.Changed(line["step"], line["values"], line.get("why", ""))

    return None


def _epoch_done(folder: Path, line: dict[str, Any]) -> events.EpochDone:
    record = read_epoch(folder, line["epoch"])
    values = {item.name: line[item.name] for item in fields(events.EpochDone) if item.name in line}
    values["training_loss"] = _back(line["training_loss"])
    values["validation_loss"] = _back(line["validation_loss"])
    values["metrics"] = {name: _back(value) for name, value in line["metrics"].items()}

    return events.EpochDone(**values, confusion=record.confusion if record else None)


def finding_line(finding: Finding, step: int) -> dict[str, Any]:
    """The line of a finding ."""
    return {"finding": asdict(finding), "step": step}


def _finding(data: dict[str, Any]) -> Finding:
    remedy = data.get("remedy")
    return Finding(**{**data, "remedy": Remedy(**remedy) if remedy else None})


# --- the small record of an epoch

OLD_ARRAYS = {"said": "predictions"}
"""Names of arrays in files of format version 1, and their names now."""


def write_epoch(folder: Path, epoch: int, record: EpochRecord) -> None:
    """Raises UserError where it cannot be written."""
    arrays = {name: array for name, array in vars(record).items() if array is not None}
    write_arrays(folder / "epochs" / f"{epoch:04d}.npz", arrays)


def read_epoch(folder: Path, epoch: int) -> EpochRecord | None:
    """None where there is none or it is damaged."""
    arrays = read_arrays(folder / "epochs" / f"{epoch:04d}.npz")
    try:
        return EpochRecord(**arrays) if arrays else None
    except TypeError:
        return None


def write_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Arrays as .npz, whole or not at all. Raises UserError."""
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)  # type: ignore[arg-type]
    files.write_atomically(path, content.getvalue())


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of an .npz file, nothing pickled; {} where it is missing or damaged."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return {OLD_ARRAYS.get(name, name): file[name] for name in file.files}
    except Exception:  # a damaged zip raises a dozen kinds
        return {}
