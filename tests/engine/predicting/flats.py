"""A table of flats, and the answers to it in parts beside those of the whole."""

from __future__ import annotations

import csv
import datetime
from typing import TYPE_CHECKING

import numpy as np

from app.engine.sources.tables import in_parts
from tests.engine.predicting.saving import saved

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from app.engine.results.predictor import Predictor

ROWS = 90


def training_lines(rows: int, seed: int = 0, comma: bool = False) -> list[str]:
    """Flats: a size, a place, a share, a day, whether there is a lift, and a rent."""
    random = np.random.default_rng(seed)
    lines = ["size,where,share,built,lift,rent (€)"]
    for _ in range(rows):
        size = random.uniform(20, 150)
        day = datetime.date(1950, 1, 1) + datetime.timedelta(int(random.integers(0, 25_000)))
        share = random.uniform(1, 99)
        lift = random.choice(["true", "false"])
        place = random.choice(["in", "out"])
        line = f"{size:.1f},{place},{share:.1f} %,{day:%d/%m/%Y},{lift},{9.5 * size:.2f}"
        lines.append(line.replace(",", ";").replace(".", ",") if comma else line)

    if comma:
        lines[0] = lines[0].replace(",", ";")

    return lines


def compare(predictor: Predictor, path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Returns the rows of the file of answers; it is the same in parts and as a whole."""
    in_small_parts = saved(predictor, [path], path.with_name("parts.csv")).read_bytes()
    with monkeypatch.context() as whole:
        whole.setattr(in_parts, "SMALL", 1 << 40)
        assert saved(predictor, [path], path.with_name("whole.csv")).read_bytes() == in_small_parts

    text = in_small_parts.decode("utf-8-sig")
    return list(csv.reader(text.splitlines(), delimiter=";" if ";" in text[:80] else ","))
