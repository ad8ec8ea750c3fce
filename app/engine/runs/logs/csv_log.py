"""Logs in CSV, as Keras, Lightning and others write them: a column a curve, a row a step."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UserError
from app.engine.files import disk_error, read_regular
from app.engine.runs.logs.curves import Curve, Curves

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 512 << 20
"""Bytes of a log; a larger one is none."""

LONGEST = 1 << 17
"""Characters of a line; csv's own limit is that of whoever has set it last in this process."""

EPOCH = "epoch"
STEPS = ("step", "global_step", "iteration", "iter", "batch", EPOCH)
"""What the column of the steps is called, the first that there is."""

DELIMITERS = ",;\t"


def read_csv_log(path: Path) -> Curves:
    """Returns the curves of a log in CSV.

    A last line that was cut off is left out, which is noted. Raises UserError where it is no such
    log.
    """
    try:
        content = read_regular(path, LARGEST)
    except OSError as error:
        raise disk_error(error, path) from error

    text = content.decode("utf-8-sig", "replace")
    first = text.partition("\n")[0]
    if any(len(line) > LONGEST for line in text.splitlines()):
        raise ValueError(f"a line has more than {LONGEST:,} characters")

    delimiter = max(DELIMITERS, key=first.count)
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    heads = [head.strip() for head in rows[0]] if rows else []
    if len(heads) < 2 or any(_number(head) is not None for head in heads):
        raise UserError(
            f"'{path.name}' is no log: its first row does not name at least two columns.",
            "Choose a log with a column for the loss.",
        )

    body = [row for row in rows[1:] if row]
    notes = []
    if body and len(body[-1]) < len(heads) and not text.endswith("\n"):
        body.pop()
        notes.append(f"The last line of '{path.name}' is cut off and left out.")

    wrong = next((number for number, row in enumerate(body, 2) if len(row) != len(heads)), 0)
    if wrong:
        raise UserError(
            f"'{path.name}' is no log: line {wrong:,} has another number of cells than the first.",
            "Choose another file.",
        )

    small = [head.lower() for head in heads]
    place = next((small.index(name) for name in STEPS if name in small), -1)
    in_epochs = place >= 0 and small[place] == EPOCH
    return Curves(_curves(heads, body, place), tuple(notes), in_epochs)


def _curves(heads: list[str], body: list[list[str]], place: int) -> dict[str, Curve]:
    """Returns the curves. place: of the column of the steps, -1 for none."""
    steps = [_step(row[place], number) for number, row in enumerate(body)] if place >= 0 else None

    curves: dict[str, Curve] = {}
    for index, head in enumerate(heads):
        if index == place:
            continue

        points: dict[int, float] = {}
        for number, row in enumerate(body):
            value = _number(row[index])
            if value is not None:
                points[steps[number] if steps is not None else number + 1] = value

        if points:
            ordered = sorted(points)
            values = np.array([points[step] for step in ordered])
            curves[head] = Curve(np.array(ordered, np.int64), values)

    return curves


def _step(cell: str, number: int) -> int:
    value = _number(cell)
    return int(value) if value is not None and math.isfinite(value) else number + 1


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
