"""Comparing runs: the best of several figures, and settings side by side."""

from __future__ import annotations

import math

import pytest

from app.engine.experiment import toml_file
from app.engine.experiment.differences import differences, setting_rows
from app.engine.experiment.experiment import Experiment
from app.engine.runs.comparison import best_index


@pytest.mark.parametrize(
    ("values", "better", "best"),
    [
        ([0.5, 0.9, 0.7], "higher", 1),
        ([0.5, 0.9, 0.7], "lower", 0),
        ([None, 0.9, math.nan, 0.7], "higher", 1),
        ([0.9, 0.9, 0.7], "higher", None),
        ([0.9, None], "higher", None),
        ([], "lower", None),
    ],
)
def test_the_best_is_known_and_alone(
    values: list[float | None], better: str, best: int | None
) -> None:
    assert best_index(values, better) == best  # type: ignore[arg-type]


def test_what_reads_the_same_is_not_better() -> None:
    assert best_index([0.9001, 0.9002], "higher", ["90 %", "90 %"]) is None
    assert best_index([0.9001, 0.9102], "higher", ["90 %", "91 %"]) == 1


def test_differences_are_rows_in_the_order_of_the_file() -> None:
    plain = [
        toml_file.to_plain(
            Experiment.model_validate({"optimizer": optimizer, "training": {"seed": seed}})
        )
        for optimizer, seed in (
            ({"kind": "sgd-momentum", "momentum": 0.95}, 0),
            ({"kind": "adamw"}, 1),
        )
    ]
    rows = differences(plain)
    assert (rows[0].section, rows[0].name) == ("optimizer", "kind")
    assert (rows[-1].section, rows[-1].name) == ("training", "seed")
    momentum = next(row for row in rows if row.name == "momentum")
    assert momentum.values == (0.95, None) and momentum.texts == ("0.95", "–")
    assert len(setting_rows(plain)) > len(rows)


def test_kinds_and_settings_of_another_version_are_shown_as_written() -> None:
    rows = setting_rows(
        [{"loss": {"kind": "of-tomorrow", "how_much": 3}}, {"training": {"warp_speed": True}}, {}]
    )
    assert [(row.label, row.texts) for row in rows] == [
        ("Loss", ("of-tomorrow", "–", "–")),
        ("How much", ("3", "–", "–")),
        ("Warp speed", ("–", "on", "–")),
    ]
