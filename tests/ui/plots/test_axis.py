"""Every plot can be read: its labels are distinct, and say where its marks lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.ticks import FACTORS, MEMORY, SHARES, Ticks
from app.ui.plots.base.axis import Axis
from app.ui.plots.base.plot import Plot, Series
from tests.reading_back import check_labels

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from app.ui.style.theme import Theme

NAN = float("nan")
CURVES = {
    "tiny": [1e-9, 3e-9, 2e-9],
    "millionths": [9e-6, 2e-6, 4e-6],
    "small": [0.02, 0.5, 0.3],
    "thousands": [12_000, 15_000, 9_000],
    "a million and a half": [1e6, 1.5e6, 2e6],
    "millions": [0, 4e6, 7e6],
    "billions": [5e12, 1e12, 3e12],
    "negative": [-5e6, -1e6, -3e6],
    "around zero": [-0.002, 0.001, 0.003],
    "around a large value": [4e6 + 3, 4e6 + 5, 4e6 + 4],
    "around one": [1.0, 1.000002, 1.000001],
    "all equal": [2.5e6, 2.5e6, 2.5e6],
    "all zero": [0, 0, 0],
    "one point": [1.5e6, NAN, NAN],
    "gaps": [0.1, NAN, 0.4],
    "wide": [1e-9, 1.0, 5e12],
}


def marks(axis: Axis, size: float) -> tuple[list[float], list[str]]:
    """Returns the places of an axis' marks, as values, and their labels."""
    (spacing, places), *_ = axis.tickValues(*axis.range, size) or [(1.0, [])]
    labels = axis.tickStrings(places, 1.0, spacing)
    return [10.0**place if axis.log else place for place in places], labels


@pytest.mark.parametrize("log", [False, True], ids=["linear", "logarithmic"])
@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("size", [(280, 160), (900, 600)], ids=["small", "large"])
def test_the_labels_of_both_axes_can_be_read_back(
    qtbot: QtBot, theme: Theme, name: str, log: bool, size: tuple[int, int]
) -> None:
    plot = Plot(theme, x_whole=False)
    qtbot.addWidget(plot)
    series = plot.add(Series("loss", "training"))
    values = np.array(CURVES[name], dtype=float)
    places = np.sort(values)
    series.show(places if places[2] > places[0] else np.arange(3.0), values)
    plot.resize(*size)
    plot.show()
    plot.set_log(log)
    plot.refresh()

    for axis, pixels in ((plot.left, size[1]), (plot.bottom, size[0])):
        places, labels = marks(axis, pixels)
        assert labels, axis.orientation
        check_labels(labels, places)

    _, labels = marks(plot.left, size[1])
    qtbot.waitUntil(lambda: plot.left.width() >= plot.left._width_of(labels))


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [(SHARES, 0.96, 1.02), (SHARES, -0.1, 1.1), (MEMORY, -5e8, 3e9), (FACTORS, 0.99, 1.01)],
)
def test_nothing_is_marked_that_cannot_be(
    qapp: object, theme: Theme, kind: Ticks, low: float, high: float
) -> None:
    axis = Axis("left", kind)
    axis.restyle(theme)
    (spacing, places), *_ = axis.tickValues(low, high, 300)
    assert len(places) >= 2
    assert all(kind.low <= place <= kind.high for place in places)
    check_labels(axis.tickStrings(places, 1.0, spacing), places)
