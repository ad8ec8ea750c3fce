"""No text of a plot lies on another, and none is cut, however much there is to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.results.reports.classes import ClassReport
from app.engine.runs.optimizer_figures import BINS
from app.ui.pages.results.confusion.counts import Confusion
from app.ui.pages.results.confusion.matrix import ConfusionMatrix
from app.ui.pages.results.intervals import IntervalPlot
from app.ui.plots.matrices.heat_map import ColourBar
from app.ui.plots.matrices.similarity import SimilarityMatrix
from app.ui.plots.optimizer.histogram_over_time import HistogramOverTime
from app.ui.plots.optimizer.layer_strip import LayerStrip
from app.ui.plots.optimizer.quantities import HELD
from tests.ui.painted_texts import overlaps, painted_texts
from tests.ui.plots.plots_with_much import PLOTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtWidgets import QWidget
    from pytestqt.qtbot import QtBot

    from app.ui.style.theme import Theme

LOOKS = {
    "narrow": (240, 170, 1.0, False),
    "usual": (390, 250, 1.0, False),
    "large type": (390, 300, 1.5, False),
    "wide": (900, 520, 1.0, False),
    "projected": (600, 460, 1.0, True),
}
"""Width and height in pixels, zoom, projector."""


@pytest.fixture
def plain_theme(theme: Theme) -> Iterator[Theme]:
    yield theme
    theme.set_projector(False)
    theme.set_zoom(1.0)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", PLOTS)
def test_no_text_lies_on_another_or_is_cut(
    qtbot: QtBot, plain_theme: Theme, name: str, look: str
) -> None:
    width, height, zoom, projector = LOOKS[look]
    plain_theme.set_zoom(zoom)
    plain_theme.set_projector(projector)
    plot = PLOTS[name](plain_theme)
    qtbot.addWidget(plot)
    plot.resize(width, height)
    with qtbot.waitExposed(plot):
        plot.show()

    plot.grab()  # labels are measured as they are painted, and the axis makes room for them
    qtbot.waitUntil(lambda: not plot.left.widening)
    texts = painted_texts(plot)

    assert not overlaps(texts)
    assert any(plot.y_title == text.text for text in texts) or width < 300
    assert not [text.text for text in texts if text.cut]


NAMES = tuple(f"encoder block {number}, multi-head attention, projection" for number in range(24))


def layers(theme: Theme) -> QWidget:
    strip = LayerStrip(theme)
    values = np.logspace(-9, 2, 24 * 40).reshape(24, 40)
    now = {quantity.key: values[:, -1] for quantity in HELD}
    strip.show_layers(NAMES, values, 1_000_000 + np.arange(40.0), now, "gradient", 5)
    return strip


def over_time(theme: Theme) -> QWidget:
    plot = HistogramOverTime(theme)
    shares = np.random.default_rng(0).random((BINS, 30))
    plot.show_histograms(shares, 1_000_000 + np.arange(30.0), np.full(30, 1e-3), "training")
    return plot


def colours(theme: Theme) -> QWidget:
    bar = ColourBar(theme)
    bar.show_range(-12.0, 3.0)
    return bar


def intervals(theme: Theme) -> QWidget:
    plot = IntervalPlot(theme)
    counts = np.diag([10_000, 90_000]) + 17
    report = ClassReport.of_confusion("test", counts, NAMES[:2], 1, {}, 0.5)
    plot.show_splits({"validation": report, "test": report}, "test")
    return plot


def similarity(theme: Theme) -> QWidget:
    matrix = SimilarityMatrix(theme)
    matrix.show_matrix(np.eye(6), "a picture of the first half", "a caption of the second half")
    return matrix


def many_classes(theme: Theme) -> QWidget:
    matrix = ConfusionMatrix(theme)
    matrix.show_confusion(Confusion(np.full((24, 24), 1000) + np.eye(24, dtype=int), NAMES))
    return matrix


def few_classes(theme: Theme) -> QWidget:
    matrix = ConfusionMatrix(theme)
    matrix.show_confusion(Confusion(np.full((3, 3), 123_456), NAMES[:3]))
    return matrix


PAINTED = {
    function.__name__: function
    for function in (layers, over_time, colours, intervals, similarity, many_classes, few_classes)
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", PAINTED)
def test_no_text_of_a_painted_picture_lies_on_another_or_is_cut(
    qtbot: QtBot, plain_theme: Theme, name: str, look: str
) -> None:
    width, height, zoom, projector = LOOKS[look]
    plain_theme.set_zoom(zoom)
    plain_theme.set_projector(projector)
    widget = PAINTED[name](plain_theme)
    qtbot.addWidget(widget)
    least = widget.minimumSizeHint()
    widget.resize(max(width, least.width()), max(height, least.height()))
    with qtbot.waitExposed(widget):
        widget.show()

    texts = painted_texts(widget)
    assert texts and not overlaps(texts)
    assert not [text.text for text in texts if text.cut]
