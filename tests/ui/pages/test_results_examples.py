"""One example of any kind as a person sees it, and the plots of many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QSize, Qt

from app.ui.plots.distributions.histogram import HistogramPlot, edges_of
from app.ui.plots.distributions.scatter import ScatterPlot
from app.ui.style.theme import Theme
from app.ui.widgets.examples.example import Example, example_from, example_of, shortened
from app.ui.widgets.examples.example_grid import ExampleGrid, LazyRows
from app.ui.widgets.examples.painting import ExampleView, pixmap_of, size_of
from tests.engine import tiny

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

KINDS = {
    "image": "classification",
    "row": "classification",
    "text": "classification",
    "signal": "classification",
    "image+text": "matching",
    "row+signal": "matching",
}


@pytest.mark.parametrize("sort", list(KINDS))
def test_every_kind_becomes_an_example(qtbot: QtBot, sort: str) -> None:
    dataset = tiny.dataset(KINDS[sort], sort)
    theme = Theme()
    example = example_of(dataset, 3)
    assert example.kind == dataset.description.kind and example.name == "#3"

    wanted = pixmap_of(theme, example, QSize(120, 60)).toImage()
    assert len({wanted.pixel(x, y) for x in range(0, 120, 3) for y in range(0, 60, 3)}) > 1, (
        "something is painted"
    )
    view = ExampleView(theme)
    qtbot.addWidget(view)
    view.show_example(example)
    view.resize(view.sizeHint())
    view.grab()
    view.show_example(None)
    view.grab()


def test_a_row_names_its_columns_and_its_categories() -> None:
    dataset = tiny.dataset("classification", "row")
    example = example_from(
        dataset.description.preparation, np.array([1.5, -2, np.nan, 0, 2], np.float32)
    )
    assert example.cells == (
        ("x0", "1.5"),
        ("x1", "-2"),
        ("x2", "(no value)"),
        ("x3", "0"),
        ("kind", "b"),
    )

    unseen = example_from(dataset.description.preparation, np.zeros(5, np.float32))
    assert unseen.cells[-1] == ("kind", "(new)")
    assert example.line.startswith("x0 1.5, x1")


def test_a_pair_has_two_halves() -> None:
    example = example_of(tiny.dataset("matching", "image+text"), 0)
    assert [half.kind for half in example.halves] == ["image", "text"]
    assert size_of(example)[0] > size_of(example.halves[0])[0] + size_of(example.halves[1])[0]


def test_long_texts_are_cut_and_empty_ones_said() -> None:
    assert shortened("a" * 100, 10) == "a" * 9 + "…" and shortened("abc", 10) == "abc"
    for text in ("", "word " * 1000, "x" * 3000, "two\nlines"):
        assert not pixmap_of(Theme(), Example("text", text=text), QSize(100, 40)).isNull()


@pytest.mark.parametrize(
    "values", [np.zeros((1, 5)), np.full((2, 4000), 3.0), np.array([[np.nan, 1.0, 2.0]])]
)
def test_odd_signals_are_drawn(values: np.ndarray) -> None:
    assert not pixmap_of(
        Theme(), Example("signal", signal=values.astype(np.float32)), QSize(100, 40)
    ).isNull()


def test_rows_of_a_grid_are_made_when_they_are_seen(qtbot: QtBot) -> None:
    dataset = tiny.dataset("classification", "text")
    drawn = list[int]()

    def line(number: int) -> tuple[Example, str, str]:
        drawn.append(number)
        return example_of(dataset, number % 30), f"number {number}", "normal"

    grid = ExampleGrid(Theme())
    qtbot.addWidget(grid)
    grid.resize(420, 200)
    grid.show_rows(LazyRows(5000, line))
    grid.show()
    grid.grab()
    assert len(set(drawn)) < 200
    assert grid.model().data(grid.model().index(0, 0), Qt.ItemDataRole.AccessibleTextRole)


# --- plots


@pytest.mark.parametrize(
    "values",
    [
        np.array([]),
        np.array([2.0]),
        np.full(9, -3.0),
        np.random.default_rng(0).normal(size=500),
        np.array([1e6, 1e6 + 1e-3]),
        np.array([1.0, np.nan, np.inf, 4.0]),
    ],
)
def test_bars_hold_every_value(qtbot: QtBot, values: np.ndarray) -> None:
    plot = HistogramPlot(Theme())
    qtbot.addWidget(plot)
    plot.show_values(values, "error")
    there = values[np.isfinite(values)]

    assert plot.counts.sum() == len(there)
    edges = edges_of(there)
    assert (np.diff(edges) > 0).all() and len(edges) < 100


def test_points_are_found_and_walked(qtbot: QtBot) -> None:
    plot = ScatterPlot(Theme(), "true", "predicted", diagonal=True)
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    plot.show()
    x = np.array([0.0, 5.0, 10.0, np.nan])
    y = np.array([0.0, 8.0, 10.0, 1.0])
    plot.show_points(x, y, np.array([0, 1, 2, 0]))
    area = plot.box.sceneBoundingRect()
    (left, right), (low, high) = plot.box.viewRange()
    assert left < 0 and right > 10 and (left, right) == pytest.approx((low, high), abs=1.0)

    place = QPointF(
        area.left() + (5 - left) / (right - left) * area.width(),
        area.bottom() - (8 - low) / (high - low) * area.height(),
    )
    assert (
        plot.number_at(place) == 1
        and plot.number_at(QPointF(area.left() + 2, area.top() + 2)) == -1
    )

    picked: list[int] = []
    plot.picked.connect(picked.append)
    plot.mark(2)
    qtbot.keyClick(plot, Qt.Key.Key_PageDown)
    qtbot.keyClick(plot, Qt.Key.Key_PageUp)
    assert picked == [3, 1]

    header, rows = plot.table()
    assert header == ["true", "predicted"] and len(rows) == 4
