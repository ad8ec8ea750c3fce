"""The lines of steps in metrics.jsonl as columns: a long run has a million of them.

Python's JSON parser makes a dict with four objects of every line. msgspec reads the lines of a
block into objects of one known shape, in a tenth of the time. A block in which any line is not as
`history.Writer` writes it is read line by line.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from app.engine.runs.metrics_lines import StepLine
from app.engine.runs.storage import shape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.engine.experiment.plain import Value

KINDS = (np.int64, np.float64, np.float64, np.float64)
"""The columns: step, loss, learning rate, gradient norm."""

FIRST_ROOM = 1 << 14
"""Steps that fit before the columns grow."""

MOST_STEPS = 2**53
"""Whole numbers from here on are not exact in float64."""

OTHERS = frozenset(("mark", "finding", "epoch"))
"""Keys of the other lines, which have a step as well."""

THIRD = b'{"step": '[2]
"""The letter that tells the line of a step from all others."""


class _Step(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """The line of a step, as StepLine has it; read by msgspec, which checks the types."""

    step: int
    loss: float | None
    rate: float
    norm: float = float("nan")


_STEPS = msgspec.json.Decoder(_Step)


def objects(block: bytes) -> Iterator[dict[str, Value]]:
    """Yields the JSON objects of the lines of a block; what is none is left out."""
    for line in block.split(b"\n"):
        try:
            data = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(data, dict):
            yield data


class StepColumns:
    """Gathers the steps of a history, block by block."""

    def __init__(self) -> None:
        self._columns = [np.empty(FIRST_ROOM, kind) for kind in KINDS]
        self._count = 0

    def take(self, block: bytes) -> list[dict[str, Value]]:
        """Takes the steps of a block of whole lines; returns the objects of its other lines.

        Where it was read line by line, lines of steps are among them.
        """
        steps, rest = _divided(block)
        columns = _columns(steps)
        others = list(objects(rest))
        if columns is not None and not any(_row(line) for line in others):
            self._add(columns)
            return others

        found = list(objects(block))
        rows = np.array([row for line in found for row in _row(line)]).reshape(-1, len(KINDS))
        self._add(list(rows.T))

        return found

    def columns(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Returns steps, losses, rates and norms: (n,) each, NaN for what a line does not have."""
        steps, losses, rates, norms = (column[: self._count] for column in self._columns)
        return steps, losses, rates, norms

    def _add(self, columns: Sequence[np.ndarray]) -> None:
        begin = self._count
        self._count += len(columns[0])
        for number, (kind, values) in enumerate(zip(KINDS, columns, strict=True)):
            column = self._columns[number]
            if self._count > len(column):
                # Room that nothing was written to takes no memory, so that it may be large.
                wider = np.empty(max(2 * len(column), self._count), kind)
                wider[:begin] = column[:begin]
                self._columns[number] = column = wider

            column[begin : self._count] = values


def _divided(block: bytes) -> tuple[bytes, bytes]:
    """Returns the lines that begin as those of steps do, and the others; both in order."""
    if not block:
        return b"", b""

    letters = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(letters == ord("\n")) + 1
    starts = np.concatenate([[0], ends])
    if len(ends) and ends[-1] == len(block):
        starts = starts[:-1]

    third = letters[np.minimum(starts + 2, len(letters) - 1)]
    is_other = third != THIRD
    steps, others = [], []
    at = 0
    for number in np.flatnonzero(is_other).tolist():
        start = int(starts[number])
        end = int(starts[number + 1]) if number + 1 < len(starts) else len(block)
        steps.append(block[at:start])
        others.append(block[start:end])
        at = end

    steps.append(block[at:])
    return b"".join(steps), b"".join(others)


def _columns(lines: bytes) -> list[np.ndarray] | None:
    """Returns the columns of lines as `Writer.steps` writes them, (n,) each; None of any others."""
    try:
        found = _STEPS.decode_lines(lines)
        columns = [
            np.array([line.step for line in found], np.int64),
            np.array([line.loss for line in found], np.float64),  # NaN for None
            np.array([line.rate for line in found], np.float64),
            np.array([line.norm for line in found], np.float64),
        ]
    except (msgspec.MsgspecError, OverflowError):
        return None

    # msgspec also takes an object that goes over several lines, which no writer of ours left.
    count = lines.removesuffix(b"\n").count(b"\n") + bool(lines)
    are_exact = (np.abs(columns[0]) < MOST_STEPS).all()
    return columns if len(found) == count and are_exact else None


def _row(line: dict[str, Value]) -> list[tuple[float, ...]]:
    """Returns the numbers of the line of a step; none where it has another shape."""
    if not OTHERS.isdisjoint(line) or not shape.is_of(line, StepLine):
        return []

    step = int(line["step"])
    if abs(step) >= MOST_STEPS:
        return []

    loss = line["loss"]
    return [
        (
            float(step),
            float("nan") if loss is None else float(loss),
            float(line["rate"]),
            float(line.get("norm", float("nan"))),
        )
    ]
