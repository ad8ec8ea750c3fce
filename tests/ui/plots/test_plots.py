"""The plots: true for any values, quick for many, and with a zoom that stays where it was put."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QImage

from app.engine.learning.losses.binary_cross_entropy import BinaryCrossEntropy
from app.engine.learning.losses.cross_entropy import CrossEntropy
from app.engine.runs.curves.thinning import LIMIT, Smoother, decimate, for_log, thin
from app.engine.ticks import log_ticks
from app.ui.plots.base.plot import Plot, Series
from app.ui.plots.base.plot_card import LogButton, PlotCard, SmoothButton
from app.ui.plots.curves.learning_rate import SchedulePlot
from app.ui.plots.curves.loss import LossPlot
from app.ui.plots.curves.loss_over_probability import LossOverProbabilityPlot, loss_curves
from app.ui.plots.curves.memory import MemoryPlot
from app.ui.state.document import Document
from app.ui.state.preferences import Preferences
from tests.ui.fake_run import (
    epoch_done,
    memory_measured,
    record_of,
    run_finished,
    run_prepared,
    steps_done,
)

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.ui.style.theme import Theme

ANY = st.floats(width=32)


def show(qtbot: QtBot, plot: Plot) -> Plot:
    qtbot.addWidget(plot)
    plot.resize(400, 250)

    with qtbot.waitExposed(plot):
        plot.show()

    return plot


# --- what is drawn


@given(arrays(np.float64, st.integers(0, 6000), elements=ANY))
def test_decimation_keeps_extremes_and_order(y: np.ndarray) -> None:
    x = np.arange(len(y), dtype=float)
    few_x, few_y = decimate(x, y, 200)
    assert len(few_x) <= max(200, 0) or len(y) <= 200
    assert (np.diff(few_x) >= 0).all()

    known = y[~np.isnan(y)]
    if len(known):
        assert np.nanmax(few_y) == known.max()
        assert np.nanmin(few_y) == known.min()


def test_a_hole_stays_a_hole() -> None:
    y = np.ones(10_000)
    y[4000:6000] = np.nan
    x, few = decimate(np.arange(10_000.0), y)
    assert np.isnan(few[(x > 4100) & (x < 5900)]).all()

    _, mean = thin(np.arange(10_000.0), y, 100)
    assert np.isnan(mean[45:55]).all() and mean[-1] == 1.0


def test_log_of_zeros_and_infinities_is_nothing() -> None:
    out = for_log(np.array([0.0, -1.0, np.nan, np.inf, 0.1, 100.0]))
    assert np.isnan(out[:4]).all()
    assert out[4:].tolist() == [-1.0, 2.0]


@given(arrays(np.float64, 40, elements=ANY), st.floats(0, 0.99))
def test_smoothing_in_pieces_is_smoothing_at_once(values: np.ndarray, factor: float) -> None:
    at_once = Smoother(factor)
    pieces = Smoother(factor)
    whole = at_once(values)
    np.testing.assert_array_equal(whole, np.concatenate([pieces(values[:7]), pieces(values[7:])]))


def test_the_average_lies_on_the_curve_it_averages(qtbot: QtBot, theme: Theme) -> None:
    plot = LossPlot(theme, 0.95)
    show(qtbot, plot)
    plot.show_record(record_of(run_prepared(4, 50), steps_done(1, np.linspace(2.0, 1.0, 200))))
    on_the_line = (
        2.0 - (plot.average.x * 50 - 1) / 199
    )  # a straight fall, averaged, is the same straight fall
    np.testing.assert_allclose(plot.average.y, on_the_line, atol=1e-9)

    assert plot.smoothed > 1.0  # the figure averages earlier losses


def test_smoothing_begins_at_the_first_value() -> None:
    assert Smoother(0.99)(np.array([np.nan, 3.0, 3.0])).tolist()[1:] == pytest.approx([3.0, 3.0])


@given(st.floats(-8, 4), st.floats(0.01, 6))
def test_log_axis_always_has_ticks(low: float, height: float) -> None:
    ticks = log_ticks(low, low + height, 6)
    assert 1 <= len(ticks) <= 13
    assert all(low - 1e-9 <= tick <= low + height + 1e-9 for tick in ticks)


def test_many_points_are_few_on_screen(qtbot: QtBot, theme: Theme) -> None:
    plot = LossPlot(theme, 0.9)
    show(qtbot, plot)
    losses = np.random.default_rng(0).random(100_000) + 0.1
    losses[777] = 3.0
    plot.show_record(record_of(run_prepared(20, 5000), steps_done(1, losses)))

    assert all(series.drawn <= LIMIT for series in plot.series)
    x, y = plot.raw.item.getData()
    assert len(x) <= LIMIT and y.max() == 3.0
    assert len(plot.raw.x) == 100_000  # nothing is lost, it is only not drawn


def test_three_steps_are_shown_as_dots(qtbot: QtBot, theme: Theme) -> None:
    plot = LossPlot(theme, 0.9)
    show(qtbot, plot)
    plot.show_record(record_of(run_prepared(1, 3), steps_done(1, [2.0, 1.5, 1.0])))
    assert plot.raw.item.opts["symbol"] == "o"

    plot.show_record(record_of(run_prepared(1, 40), steps_done(1, np.linspace(2, 1, 40))))
    assert plot.raw.item.opts["symbol"] is None


def test_log_axis_survives_everything(qtbot: QtBot, theme: Theme) -> None:
    plot = LossPlot(theme, 0.9)
    show(qtbot, plot)
    losses = np.tile([1.0, 0.0, np.nan, np.inf, 0.01, -3.0], 20)
    plot.set_log(True)
    plot.show_record(
        record_of(run_prepared(), steps_done(1, losses), epoch_done(1, float("nan"), 1))
    )
    _, y = plot.raw.item.getData()

    assert np.isfinite(y).sum() == 2 * 40  # each stands alone, so each is a short line
    (_, _), (low, high) = plot.box.viewRange()
    assert np.isfinite([low, high]).all() and low <= -2 <= 0 <= high

    plot.grab()


@pytest.mark.parametrize("wild", [40.0, 1e6])
def test_a_wild_batch_does_not_flatten_the_rest(qtbot: QtBot, theme: Theme, wild: float) -> None:
    plot = LossPlot(theme, 0.9)
    show(qtbot, plot)
    losses = np.linspace(2.3, 0.1, 1000)
    losses[300] = wild
    plot.show_record(record_of(run_prepared(20, 50), steps_done(1, losses)))

    assert 2.3 < plot.box.viewRange()[1][1] < 4


# --- zoom


def test_zoom_stays_until_auto(qtbot: QtBot, theme: Theme) -> None:
    plot = LossPlot(theme, 0.9)
    show(qtbot, plot)
    record = record_of(run_prepared(4, 50), steps_done(1, np.linspace(2, 1, 50)))
    plot.show_record(record)
    assert plot.following and not plot.auto.isVisible()

    qtbot.keyClick(plot, Qt.Key.Key_Plus)
    assert not plot.following and plot.auto.isVisible()
    zoomed = plot.box.viewRange()
    record.add(steps_done(51, np.linspace(1, 0.2, 100)))
    plot.show_record(record)
    assert plot.box.viewRange() == zoomed

    qtbot.mouseClick(plot.auto, Qt.MouseButton.LeftButton)
    assert plot.following and not plot.auto.isVisible()
    assert plot.box.viewRange()[0][1] > 4


def test_zoomed_in_every_step_is_drawn(qtbot: QtBot, theme: Theme) -> None:
    plot = LossPlot(theme, 0.9)
    show(qtbot, plot)
    plot.show_record(
        record_of(run_prepared(10, 10_000), steps_done(1, np.random.default_rng(0).random(100_000)))
    )
    plot._set_following(False)
    plot.box.setRange(xRange=(5.0, 5.05), padding=0)
    x, _ = plot.raw.item.getData()

    assert len(x) == pytest.approx(500, abs=5)


def test_another_run_starts_afresh(qtbot: QtBot, theme: Theme) -> None:
    plot = LossPlot(theme, 0.5)
    show(qtbot, plot)
    plot.show_record(record_of(run_prepared(), steps_done(1, [9.0] * 60)))
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    plot.show_record(record_of(run_prepared(), steps_done(1, [1.0] * 60)))

    assert plot.following and plot.smoothed == pytest.approx(1.0)


def test_steps_done_again_are_averaged_again(qtbot: QtBot, theme: Theme) -> None:
    from app.engine.runs.events import Resumed

    plot = LossPlot(theme, 0.5)
    show(qtbot, plot)
    record = record_of(run_prepared(), steps_done(1, [9.0] * 60))
    plot.show_record(record)
    record.add(Resumed(10))
    record.add(steps_done(11, [1.0] * 80))
    plot.show_record(record)

    assert plot.smoothed == pytest.approx(1.0)
    assert len(plot.average.y) == 90


# --- marks, readout, colours


def test_best_epoch_and_marks(qtbot: QtBot, theme: Theme) -> None:
    from app.engine.runs.events import Resumed

    plot = LossPlot(theme, 0.9)
    show(qtbot, plot)
    record = record_of(
        run_prepared(),
        steps_done(1, np.linspace(2, 0.5, 150)),
        epoch_done(1, 0.5, 1),
        epoch_done(2, 0.4, 2),
        epoch_done(3, 0.6, 2),
        Resumed(150),
        run_finished("diverged"),
    )

    plot.show_record(record)
    assert plot._best == (2.0, 0.4) and plot._ring.isVisible()
    assert plot.marks.words == ["resumed, diverged"]

    plot.clear_values()
    assert not plot._ring.isVisible() and not plot.marks.words


def test_readout_says_what_is_there(qtbot: QtBot, theme: Theme) -> None:
    plot = LossPlot(theme, 0.0)
    show(qtbot, plot)
    plot.show_record(
        record_of(run_prepared(), steps_done(1, np.linspace(2, 1, 100)), epoch_done(1, 0.75, 1))
    )
    text = plot.readout.text(1.0)

    assert "0.75" in text and "validation" in text and "training" in text
    assert plot.readout.text(99.0) == ""
    plot.readout.move_to(plot.box.mapViewToScene(QPointF(1.0, 1.0)))
    qtbot.waitUntil(plot.readout.label.isVisible)
    plot.leaveEvent(QEvent(QEvent.Type.Leave))

    assert not plot.readout.label.isVisible()


def test_colours_follow_the_theme(qtbot: QtBot, theme: Theme) -> None:
    plot = LossPlot(theme, 0.9)
    show(qtbot, plot)
    theme.set_dark(True)
    assert plot.average.item.opts["pen"].color() == theme.color("training")

    theme.set_dark(False)
    pens = [series.item.opts["pen"] for series in plot.series]
    assert all(
        pen.color().alpha() == 255 and pen.style() == Qt.PenStyle.SolidLine and pen.width() <= 2
        for pen in pens
    )


def test_a_hidden_plot_draws_nothing_and_catches_up(qtbot: QtBot, theme: Theme) -> None:
    plot = LossPlot(theme, 0.9)
    qtbot.addWidget(plot)
    plot.show_record(record_of(run_prepared(), steps_done(1, [2.0, 1.0])))
    assert plot.raw.drawn == 0

    with qtbot.waitExposed(plot):
        plot.show()

    assert plot.raw.drawn == 2

    plot.hide()
    plot.show_record(record_of(run_prepared(), steps_done(1, [2.0, 1.0, 0.5])))
    plot.show()
    assert plot.raw.drawn == 3


# --- tools


def test_files_hold_everything(qtbot: QtBot, theme: Theme, tmp_path: Path) -> None:
    plot = LossPlot(theme, 0.9)
    card = PlotCard(plot, "Loss", "lower is better", "loss")
    qtbot.addWidget(card)
    card.resize(500, 300)

    with qtbot.waitExposed(card):
        card.show()

    plot.show_record(
        record_of(run_prepared(), steps_done(1, np.linspace(2, 1, 3000)), epoch_done(1, 0.75, 1))
    )
    rows = list(csv.reader(io.StringIO(card.csv().decode())))
    assert rows[0] == ["epoch", "each batch", "training (smoothed)", "validation"]
    assert len(rows) == 3001 and rows[50][3] == "0.75" and rows[1][1] == "2.0"

    image = QImage.fromData(card.png(), "PNG")
    assert image.width() == 2 * plot.width() and not image.isNull()
    refused: list[str] = []
    card.refused.connect(refused.append)
    card._save(tmp_path, card.csv())  # a folder is no file
    assert len(refused) == 1


def test_toggles_are_remembered(qtbot: QtBot, theme: Theme, tmp_path: Path) -> None:
    preferences = Preferences(tmp_path / "preferences.json")
    plot = LossPlot(theme, 0.9)
    qtbot.addWidget(plot)
    log = LogButton([plot], preferences, "plot.log")
    smooth = SmoothButton(theme, preferences, "plot.smoothing")
    qtbot.addWidget(log)
    qtbot.addWidget(smooth)
    assert smooth.text() == "smooth 0.9" and not plot.log

    log.click()
    smooth.slider.setValue(50)
    assert plot.log and smooth.text() == "smooth 0.5"

    preferences.save()
    again = Preferences(tmp_path / "preferences.json")
    second = LogButton([plot], again, "plot.log")
    other = SmoothButton(theme, again, "plot.smoothing")
    qtbot.addWidget(second)
    qtbot.addWidget(other)
    assert second.isChecked() and other.factor == 0.5


# --- the others


def test_memory_areas_lie_on_each_other(qtbot: QtBot, theme: Theme) -> None:
    plot = MemoryPlot(theme)
    show(qtbot, plot)
    plot.show_record(record_of(run_prepared(), memory_measured(1), memory_measured(100)))
    tops = {key: series.y[-1] for key, series in plot.rows.items() if len(series.y)}

    assert max(tops.values()) == 218_000_000
    assert plot.value_at(plot.rows["data"], 0) == 47_000_000
    header, rows = plot.table()
    assert "data (bytes)" in header and len(rows) == 2


def test_the_schedule_is_drawn_before_training(qtbot: QtBot, theme: Theme) -> None:
    plot = SchedulePlot(theme)
    show(qtbot, plot)
    document = Document()
    document.choose("schedule", "one-cycle")
    resolved = document.resolved()
    plot.show_plan(resolved, 6000)
    peak = resolved.optimizer.learning_rate  # type: ignore[union-attr]

    assert plot.rate.y.max() == pytest.approx(peak, rel=1e-3)
    assert plot.rate.x[-1] == pytest.approx(resolved.training.epochs)


def test_the_price_of_a_mistake(qtbot: QtBot, theme: Theme) -> None:
    plot = LossOverProbabilityPlot(theme)
    show(qtbot, plot)
    plot.show_loss(CrossEntropy(), 10)
    assert [round(price, 2) for _, price, _ in plot.marked] == [4.61, 2.30, 0.11]

    half = np.array([0.5])
    yes, no = loss_curves(BinaryCrossEntropy(positive_weight=3.0), 2)
    assert yes.of(half)[0] == pytest.approx(3 * no.of(half)[0])

    (smoothed,) = loss_curves(CrossEntropy(label_smoothing=0.1), 10)
    at = np.linspace(0.5, 0.999, 500)
    assert at[int(smoothed.of(at).argmin())] == pytest.approx(0.91, abs=0.005)  # 1 - 0.1 + 0.1/10


def test_the_price_is_that_of_the_engine() -> None:
    import torch

    (smoothed,) = loss_curves(CrossEntropy(label_smoothing=0.1), 4)
    function = CrossEntropy(label_smoothing=0.1).build((1, 1, 1, 1), torch.device("cpu"))
    p = 0.7
    logits = torch.log(torch.tensor([[p, 0.1, 0.1, 0.1]], dtype=torch.float64))

    assert smoothed.of(np.array([p]))[0] == pytest.approx(
        float(function(logits, torch.tensor([0]))), rel=1e-5
    )


def test_series_are_made_once(qtbot: QtBot, theme: Theme) -> None:
    plot = LossPlot(theme, 0.9)
    show(qtbot, plot)
    items = [series.item for series in plot.series]

    for length in (10, 20, 30):
        plot.show_record(record_of(run_prepared(), steps_done(1, np.ones(length))))

    assert [series.item for series in plot.series] == items
    assert len(plot.getPlotItem().listDataItems()) == len(items) + 1  # and the ring


def test_series_values_default_to_none() -> None:
    assert len(Series("x", "training").x) == 0
