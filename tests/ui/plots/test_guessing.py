"""Plots of accuracy show what one reaches without looking; all plots follow the projector."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.learning.metrics import METRICS
from app.engine.text import percent_text
from app.ui.plots.curves.loss import LossPlot
from app.ui.plots.curves.metric import MetricPlot
from tests.ui.fake_run import epoch_done, record_of, run_prepared, steps_done
from tests.ui.painted_texts import painted_texts

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from app.ui.state.record import Record
    from app.ui.style.theme import Theme

CONFUSION = np.array([[10, 2, 0], [3, 12, 0], [1, 2, 10]])


def accuracies(*values: float) -> Record:
    done = [
        replace(epoch_done(number, 1 / number, number, value), confusion=CONFUSION)
        for number, value in enumerate(values, 1)
    ]
    return record_of(run_prepared(), steps_done(1, np.ones(150)), *done)


def shown(qtbot: QtBot, plot: MetricPlot | LossPlot) -> None:
    qtbot.addWidget(plot)
    plot.resize(420, 300)
    with qtbot.waitExposed(plot):
        plot.show()


@pytest.mark.parametrize(("usual", "level"), [(None, 15 / 40), (2, 13 / 40)])
def test_the_line_of_guessing_is_in_sight_and_says_its_value(
    qtbot: QtBot, theme: Theme, usual: int | None, level: float
) -> None:
    plot = MetricPlot(theme)
    shown(qtbot, plot)
    plot.show_record(accuracies(0.5, 0.7), METRICS["accuracy"], "", usual)
    assert plot.chance.y.tolist() == [level, level]

    (left, right), (low, high) = plot.box.viewRange()
    assert low < level < high and left <= plot.chance.x[0] and plot.chance.x[1] <= right
    assert f"guessing: {percent_text(level)}" in [text.text for text in painted_texts(plot)]


def test_curves_far_above_are_not_squeezed_by_it(qtbot: QtBot, theme: Theme) -> None:
    plot = MetricPlot(theme)
    shown(qtbot, plot)
    plot.show_record(accuracies(0.97, 0.98), METRICS["accuracy"])
    assert plot.box.viewRange()[1][0] > 0.8
    assert "guessing: 37.5 %, below" in plot.captions.legend


def test_other_figures_have_no_such_line(qtbot: QtBot, theme: Theme) -> None:
    plot = MetricPlot(theme)
    shown(qtbot, plot)
    record = accuracies(0.5)
    record.epochs[-1].metrics["macro_f1"] = 0.4
    plot.show_record(record, METRICS["macro_f1"])
    assert not len(plot.chance.x) and plot.captions.legend == ["validation", "best epoch"]

    header, rows = plot.table()
    assert header == ["epoch", "validation"] and len(rows) == 1


def test_projected_plots_have_large_text_and_thick_curves(qtbot: QtBot, theme: Theme) -> None:
    plot = LossPlot(theme, 0.9)
    shown(qtbot, plot)
    plot.show_record(accuracies(0.5, 0.7))
    before = min(text.rect.height() for text in painted_texts(plot))
    width = plot.average.item.opts["pen"].widthF()

    theme.set_projector(True)
    after = [text.rect.height() for text in painted_texts(plot)]
    assert min(after) > 2 * before and plot.average.item.opts["pen"].widthF() == 2 * width
    assert theme.plot_font(11).pixelSize() == theme.plot_font(12).pixelSize() == 24

    theme.set_projector(False)
    assert min(text.rect.height() for text in painted_texts(plot)) == before
