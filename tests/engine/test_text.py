"""Figures as text, one table a quantity: the terminal and the window write them alike."""

from __future__ import annotations

import pytest

from app.engine import text
from app.engine.learning.metrics import metric_text, metrics_text
from app.engine.learning.optimizer import OPTIMIZERS
from models.spec import settings

NAN = float("nan")
INF = float("inf")

FIGURES = {
    text.number_text: [
        (0.5, "0.5"),
        (41.83, "41.8"),
        (152.0, "152"),
        (999.7, "1,000"),
        (1_234_567.0, "1,234,567"),
        (0.003121, "0.00312"),
        (0.9996, "1"),
        (9e-06, "0.000009"),
        (9.999e-07, "0.000001"),
        (3.2e-08, "3.2·10⁻⁸"),
        (1e-09, "10⁻⁹"),
        (-1e-09, "-10⁻⁹"),
        (1.5e14, "150,000,000,000,000"),
        (1.5e15, "1.5·10¹⁵"),
        (0.0, "0"),
        (-0.5, "-0.5"),
        (2.0, "2"),
        (INF, "∞"),
        (-INF, "-∞"),
        (NAN, "–"),
        (None, "–"),
    ],
    text.percent_text: [
        (0.5, "50 %"),
        (0.9312, "93.1 %"),
        (0.004, "0.4 %"),
        (0.0004, "< 0.1 %"),
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.99996, "> 99.9 %"),
        (0.1 + 0.2 + 0.7, "100 %"),
        (12.5, "1,250 %"),
        (-0.02, "-2 %"),
        (NAN, "–"),
        (None, "–"),
    ],
    text.difference_text: [
        (0.025, "+2.5 %"),
        (-0.01, "-1 %"),
        (0.0, "0 %"),
        (-0.0001, "0 %"),
        (1.5, "+150 %"),
        (NAN, "–"),
        (None, "–"),
    ],
    text.bytes_text: [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 KiB"),
        (1024, "1 KiB"),
        (4 * 1_206_000 * 4, "18.4 MiB"),
        (500 * 2**20, "500 MiB"),
        (2_573_984, "2.5 MiB"),
        (2 * 2**20, "2 MiB"),
        (309.4 * 2**20, "309 MiB"),
        (1000 * 2**20, "1 GiB"),
        (15.97 * 2**30, "16 GiB"),
        (-(2**20), "-1 MiB"),
        (5e15, "4,547 TiB"),
        (NAN, "–"),
        (None, "–"),
    ],
    text.duration_text: [
        (0.0, "0 s"),
        (0.0001, "< 1 ms"),
        (0.004, "4 ms"),
        (0.034, "34 ms"),
        (0.42, "0.4 s"),
        (8.0, "8 s"),
        (41.4, "41 s"),
        (59.9, "1:00"),
        (161.0, "2:41"),
        (3725.0, "1:02:05"),
        (-3.0, "0 s"),
        (NAN, "–"),
        (None, "–"),
    ],
    text.rough_duration_text: [
        (30.0, "less than a minute"),
        (60.0, "about 1 minute"),
        (480.0, "about 8 minutes"),
        (9000.0, "about 2.5 hours"),
    ],
    text.short_text: [
        (9_999, "9,999"),
        (11_400, "11.4 k"),
        (999_960, "1 M"),
        (1_500_000, "1.5 M"),
        (114_000_000, "114 M"),
        (2.5e9, "2.5 G"),
        (3e12, "3 T"),
    ],
    text.times_text: [
        (4.0, "4"),
        (2.031, "2.03"),
        (1.5, "1.5"),
        (12.4, "12"),
        (1200.0, "1,200"),
        (NAN, "–"),
    ],
    text.value_text: [
        (None, "follows the data"),
        (True, "on"),
        (60_000, "60,000"),
        (0.00025, "0.00025"),
        (1e-08, "10⁻⁸"),
        ({"age": "number"}, "age: number"),
        ({}, "nothing"),
        ("adamw", "adamw"),
        (("a", "b"), "a; b"),
    ],
    text.list_text: [
        ([], ""),
        (["a"], "a"),
        (["a", "b", "c"], "a, b and c"),
        (list("abcdefg"), "a, b, c, d and 3 more"),
    ],
    text.names_text: [(["cat", "dog"], "'cat' and 'dog'")],
    text.power_text: [(-4.0, "10⁻⁴"), (-3.5, "3·10⁻⁴"), (2.0, "10²")],
    text.percent_cell: [(0.126, "13"), (0.004, "<1"), (0.0, "0")],
}


@pytest.mark.parametrize(
    ("write", "value", "expected"),
    [(write, value, expected) for write, rows in FIGURES.items() for value, expected in rows],
)
def test_a_figure_is_written_by_one_rule(write, value, expected) -> None:
    assert write(value) == expected


def test_units_and_nouns() -> None:
    assert text.amount_text(41.83, "cm") == "41.8 cm"
    assert text.amount_text(3.0) == "3"
    assert text.count_text(1, "epoch") == "1 epoch"
    assert text.count_text(60_000, "class", "classes") == "60,000 classes"


def test_metrics_are_written_as_their_kind_asks() -> None:
    assert metric_text("accuracy", 0.9312) == "93.1 %"
    assert metric_text("mae", 41.83, "cm") == "41.8 cm"
    assert metric_text("r2", 0.4531, "cm") == "0.453"
    assert metric_text("bits_per_byte", 2.1) == "2.1"
    assert metric_text("accuracy", None) == "–"
    assert metric_text("unknown", 0.5) == "0.5"
    assert metrics_text({"r2": 0.4531, "mae": 41.83}, "cm") == "R² 0.453, mean error (MAE) 41.8 cm"


def test_a_setting_is_written_in_its_words() -> None:
    declared = {setting.name: setting for setting in settings(OPTIMIZERS.get("adamw"))}
    assert text.setting_text(declared["epsilon"], 1e-6) == "0.000001"
    assert text.setting_text(declared["amsgrad"], False) == "off"
    assert text.setting_text(declared["learning_rate"], None) == "follows the data"
    assert text.setting_text(declared["learning_rate"], None, "–") == "–"
