"""Plots that are shown again and again collect no pictures of symbols."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.learning.loss import LOSSES
from app.ui.plots.curves.loss import LossPlot
from app.ui.plots.curves.loss_over_probability import LossOverProbabilityPlot

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from app.ui.plots.base.plot import Plot
    from app.ui.style.theme import Theme


def show_again(qtbot: QtBot, plot: Plot) -> None:
    plot.hide()
    plot.show()
    qtbot.waitExposed(plot)
    plot.grab()


def test_a_loss_that_is_drawn_anew_adds_no_symbol(qtbot: QtBot, theme: Theme) -> None:
    plot = LossOverProbabilityPlot(theme)
    qtbot.addWidget(plot)
    loss = LOSSES.get("cross-entropy")()
    counts = []
    for _ in range(6):
        plot.show_loss(loss, 10, np.array([0.2, 0.7]))
        show_again(qtbot, plot)
        counts.append(len(plot.places.fragmentAtlas) + len(plot.given.fragmentAtlas))

    assert counts[-1] == counts[1] > 0


def test_a_plot_is_restyled_when_it_is_seen_after_a_change_and_only_then(
    qtbot: QtBot, theme: Theme
) -> None:
    plot = LossPlot(theme, 0.6)
    qtbot.addWidget(plot)
    plot.resize(300, 200)
    show_again(qtbot, plot)
    pen = plot.raw.item.opts["pen"]
    show_again(qtbot, plot)
    assert plot.raw.item.opts["pen"] is pen

    plot.hide()
    theme.set_dark(True)
    assert plot.raw.item.opts["pen"] is pen
    show_again(qtbot, plot)
    assert plot.raw.item.opts["pen"].color() == theme.color("training_raw")

    theme.set_dark(False)
    assert plot.raw.item.opts["pen"].color() == theme.color("training_raw")
