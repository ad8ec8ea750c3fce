"""Shuffled columns: one that decides costs much, one that nobody reads costs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.errors import UserError
from app.engine.experiment.toml_file import from_plain
from app.engine.results.predictor import Predictor
from app.engine.results.run_data import run_data
from app.engine.robustness.permutation import measure_columns
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.training.trainer import train
from tests.engine import tiny
from tests.engine.explain import networks

if TYPE_CHECKING:
    from pathlib import Path


def test_the_column_that_decides_costs_most(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(400, 3))
    kind = np.where(generator.random(400) < 0.5, "red", "blue")
    label = np.where(rows[:, 1] > 0, "up", "down")
    lines = [
        f"{a:.3f},{b:.3f},{c:.3f},{k},{target}"
        for (a, b, c), k, target in zip(rows, kind, label, strict=True)
    ]
    table = tmp_path / "t.csv"
    table.write_text("a,b,c,kind,label\n" + "\n".join(lines))
    requested = from_plain(
        {
            "name": "t",
            "data": {"source": str(table), "target": "label", "task": "classification"},
            "model": {"template": "mlp", "width": 16, "depth": 1},
            "training": {"epochs": 12, "batch_size": 16, "device": "cpu", "threads": 1},
        }
    )
    run = Run.create(tmp_path / "runs", requested)
    assert train(requested, run, lambda event: None, Control()).status == "completed"
    predictor = Predictor.load(run)
    found = measure_columns(predictor, run_data(run, predictor.description, ""))
    assert next(each.column for each in found.columns) == "b"
    assert {each.column for each in found.columns} == {"a", "b", "c", "kind"}
    assert found.columns[0].drop > 0.2 and found.metric == "accuracy" and found.split == "test"
    for each in found.columns:
        assert each.least <= each.drop <= each.most
        assert each.column == "b" or abs(each.drop) < 0.15


def test_pictures_have_no_columns() -> None:
    predictor = networks.predictor(networks.combination("classification", "image", "cnn"))
    with pytest.raises(UserError, match="no rows of a table"):
        measure_columns(predictor, tiny.dataset("classification", "image"))
