"""A network that was trained on a table, and tables that are read in small parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.engine.sources.saved import in_parts as saved_in_parts
from app.engine.sources.tables import in_parts
from app.engine.sources.tables.parted import arff_file, json_file, sheet_file
from tests.engine.predicting.flats import ROWS, training_lines
from tests.engine.results.test_answers import predictor_of

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.results.predictor import Predictor

AT_ONCE = 32


@pytest.fixture
def predictor(tmp_path: Path) -> Predictor:
    source = tmp_path / "training.csv"
    source.write_text("\n".join(training_lines(ROWS)))
    return predictor_of({"source": str(source), "target": "rent (€)"})


@pytest.fixture
def large_from_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables of a few rows are read part by part, in small parts."""
    monkeypatch.setattr(in_parts, "SMALL", 0)
    monkeypatch.setattr(in_parts, "FIRST_ROWS", 20)
    monkeypatch.setattr(in_parts, "LAST_ROWS", 20)
    for module in (in_parts, arff_file, json_file, sheet_file, saved_in_parts):
        monkeypatch.setattr(module, "ROWS", AT_ONCE)
