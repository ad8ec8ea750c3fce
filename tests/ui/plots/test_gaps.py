"""No curve vanishes, however many of its values are missing: what is drawn is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtGui import QImage

from app.engine.runs.curves.thinning import LIMIT, decimate, thin, with_lone_points
from app.ui.plots.base.plot import Plot, Series

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from app.ui.style.theme import Theme

PATTERNS = {
    "none": lambda n: np.zeros(n, bool),
    "one in seven": lambda n: np.arange(n) % 7 == 3,
    "every other": lambda n: np.arange(n) % 2 == 1,
    "two of three": lambda n: np.arange(n) % 3 != 0,
    "nine of ten": lambda n: np.random.default_rng(0).random(n) < 0.9,
    "the first half": lambda n: np.arange(n) < n // 2,
    "all but one": lambda n: np.arange(n) != n // 2,
}


def columns_drawn(plot: Plot, theme: Theme) -> np.ndarray:
    """Returns which columns of the plotting area hold the colour of the curve."""
    plot.auto.hide()  # in the program it stands above the plot
    image = plot.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.width())
    area = plot.box.sceneBoundingRect().toAlignedRect()
    inside = pixels[area.top() : area.bottom(), area.left() : area.right()]
    hit: np.ndarray = (inside == theme.color("text").rgb()).any(axis=0)

    return hit


@pytest.mark.parametrize("average", [False, True], ids=["measured", "averaged"])
@pytest.mark.parametrize("length", [12, 100, LIMIT + 1, 50_000])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_curve_with_gaps_is_seen_wherever_it_has_values(
    qtbot: QtBot, theme: Theme, pattern: str, length: int, average: bool
) -> None:
    plot = Plot(theme, x_whole=False)
    qtbot.addWidget(plot)
    x = np.linspace(0.0, 1.0, length)
    y = 2.0 + np.sin(9 * x)
    y[PATTERNS[pattern](length)] = np.nan
    # Neither dots nor half-tones: what is seen is the line.
    curve = plot.add(Series("", "text", smooth=False, dots=False, average=average))
    plot.resize(400, 250)
    with qtbot.waitExposed(plot):
        plot.show()

    curve.show(x, y)
    for log in (False, True):
        plot.set_log(log)
        plot.follow()
        check(plot, theme, x, y)

        # As by the wheel: near, nearer than two values are to each other, and far.
        middle = float(x[np.isfinite(y)][np.isfinite(y).sum() // 2])
        for half in (0.2, 0.6 / length, 3.0):
            plot._set_following(False)
            plot.box.setRange(xRange=(middle - half, middle + half), padding=0)
            check(plot, theme, x, y)


def check(plot: Plot, theme: Theme, x: np.ndarray, y: np.ndarray) -> None:
    """Checks that near every value that is in sight something is drawn."""
    (left, right), _ = plot.box.viewRange()
    there = x[np.isfinite(y) & (x >= left) & (x <= right)]
    drawn = columns_drawn(plot, theme)
    columns = np.clip((there - left) / (right - left) * len(drawn), 1, len(drawn) - 2).astype(int)
    near = np.convolve(drawn, np.ones(9), "same") > 0

    assert len(there) and near[columns].all()


def test_a_value_between_two_holes_is_a_short_line() -> None:
    hole = np.nan
    x, y = with_lone_points(np.arange(6.0), np.array([1, hole, 2, hole, 3, 4]), 0.5)
    np.testing.assert_equal(x, [-0.25, 0.25, 1, 1.75, 2.25, 3, 4, 5])
    np.testing.assert_equal(y, [1, 1, hole, 2, 2, hole, 3, 4])


@pytest.mark.parametrize("reduce", [decimate, thin])
@pytest.mark.parametrize("share", [1 / 7, 0.5, 0.9])
def test_few_points_have_values_where_the_many_have(reduce: object, share: float) -> None:
    y = np.random.default_rng(1).random(100_000)
    y[np.random.default_rng(2).random(len(y)) < share] = np.nan
    x, few = reduce(np.arange(len(y), dtype=float), y)  # type: ignore[operator]

    assert len(few) <= LIMIT and np.isfinite(few).mean() > 0.98
    assert np.diff(x[np.isfinite(few)]).max() < 1000
