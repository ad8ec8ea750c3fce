"""Every plot with what is hard to place: many marks, long names, wide numbers, crossing curves."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.engine.learning.losses.cross_entropy import CrossEntropy
from app.engine.learning.metrics import METRICS
from app.engine.runs.events import EpochDone, SettingsChanged
from app.engine.runs.optimizer_figures import BINS
from app.ui.pages.runs.entries import Entry
from app.ui.pages.runs.overlay import Overlay
from app.ui.pages.training.race.plots import TrainingLossPlot, ValidationPlot
from app.ui.plots.curves.gradient_norm import GradientNormPlot
from app.ui.plots.curves.learning_rate import LearningRatePlot
from app.ui.plots.curves.loss import LossPlot
from app.ui.plots.curves.loss_over_error import LossOverErrorPlot
from app.ui.plots.curves.loss_over_probability import LossOverProbabilityPlot
from app.ui.plots.curves.lr_finder import LrFinderPlot
from app.ui.plots.curves.memory import MemoryPlot
from app.ui.plots.curves.metric import MetricPlot
from app.ui.plots.curves.threshold import ThresholdPlot
from app.ui.plots.distributions.histogram import HistogramPlot
from app.ui.plots.distributions.scatter import ScatterPlot
from app.ui.plots.optimizer.quantities import HELD
from app.ui.plots.optimizer.sizes import SizesPlot, WeightNormsPlot
from tests.ui.fake_run import memory_measured, record_of, run_prepared, steps_done

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ui.plots.base.captioned import CaptionedCanvas
    from app.ui.plots.base.plot import Plot
    from app.ui.state.record import Record
    from app.ui.style.theme import Theme

EPOCHS = 40
PER_EPOCH = 25
CHANGES = (30, 31, 200, 210, 215, 400, 640, 650, 700, 990, 999)
LONG = "photos of the botanical garden, ResNet with much dropout, AdamW"


def record() -> Record:
    """Returns a run of 40 epochs that was changed eleven times."""
    steps = EPOCHS * PER_EPOCH
    losses = 2.5 * np.exp(-np.arange(steps) / 200) + 0.1
    confusion = np.array([[30, 2, 1], [3, 20, 4], [2, 2, 36]])
    epochs = [
        EpochDone(
            epoch=number,
            step=number * PER_EPOCH,
            training_loss=1 / number,
            validation_loss=1 / number + 0.2,
            metrics={"accuracy": 1 - 0.6 / number, "mae": 1.2e6 / number},
            best=number == EPOCHS,
            best_epoch=EPOCHS,
            since_best=0,
            seconds=1.0,
            confusion=confusion,
        )
        for number in range(1, EPOCHS + 1)
    ]
    run = record_of(
        run_prepared(EPOCHS, PER_EPOCH),
        steps_done(1, losses, np.linspace(3e-6, 1e-6, steps), 1e6 * losses),
        *epochs,
        memory_measured(1),
        memory_measured(steps),
    )
    for step in CHANGES:
        run.add(
            SettingsChanged(step, {"learning_rate_factor": 10.0, "training.gradient_clip": 2e5})
        )

    return run


def loss(theme: Theme) -> Plot:
    plot = LossPlot(theme, 0.9)
    plot.show_record(record())
    return plot


def accuracy(theme: Theme) -> Plot:
    plot = MetricPlot(theme)
    plot.show_record(record(), METRICS["accuracy"])
    return plot


def amounts(theme: Theme) -> Plot:
    plot = MetricPlot(theme)
    plot.show_record(record(), METRICS["mae"], "thousands of litres a year")
    return plot


def learning_rate(theme: Theme) -> Plot:
    plot = LearningRatePlot(theme)
    plot.show_record(record(), None)
    return plot


def gradient_norm(theme: Theme) -> Plot:
    plot = GradientNormPlot(theme)
    plot.show_record(record(), 1e6)
    return plot


def memory(theme: Theme) -> Plot:
    plot = MemoryPlot(theme)
    plot.show_record(record())
    return plot


def lr_finder(theme: Theme, present: float = 0.0012) -> Plot:
    plot = LrFinderPlot(theme)
    rates = np.logspace(-7, 1, 120)
    losses = 2.3 - 1.5 * np.exp(-((np.log10(rates) + 2) ** 2)) + np.maximum(0, rates) ** 2
    plot.show_tried(rates, losses, losses, (1e-7, 10.0))
    plot.show_present(present)
    plot.show_chosen(0.001)
    return plot


def price(theme: Theme) -> Plot:
    plot = LossOverProbabilityPlot(theme)
    plot.show_loss(CrossEntropy(), 10, np.linspace(0.1, 0.99, 30))
    return plot


def price_of_two(theme: Theme) -> Plot:
    plot = LossOverProbabilityPlot(theme)
    plot.show_loss(CrossEntropy(), 2)
    return plot


def distance(theme: Theme) -> Plot:
    plot = LossOverErrorPlot(theme)
    errors = np.linspace(-3e6, 3e6, 100)
    names = ("squared error", "absolute error", "Huber (squared near zero, absolute beyond)")
    curves = {name: number + np.abs(errors) / 1e6 for number, name in enumerate(names)}
    plot.show_curves(curves, errors, names[1], "thousands of litres a year")
    return plot


def threshold(theme: Theme) -> Plot:
    plot = ThresholdPlot(theme, "false alarms", "found")
    x = np.linspace(0, 1, 50)
    plot.show_curve(x, np.sqrt(x), 1 - x, (0.0, 1.0))
    plot.show_point(0.2, 0.44)
    return plot


def histogram(theme: Theme) -> Plot:
    plot = HistogramPlot(theme)
    plot.show_values(1e6 * np.random.default_rng(0).normal(size=500), f"errors in {LONG}")
    return plot


def scatter(theme: Theme) -> Plot:
    plot = ScatterPlot(theme, f"true ({LONG})", "predicted", diagonal=True)
    values = np.random.default_rng(0).random((2, 200))
    plot.show_points(1e6 + values[0], 1e6 + values[1])
    return plot


def sizes(theme: Theme) -> Plot:
    plot = SizesPlot(theme)
    places = np.arange(BINS)
    plot.show_sizes(
        {
            quantity.key: np.round(1e4 * np.exp(-(((places - BINS // 2 - number) / 3) ** 2)))
            for number, quantity in enumerate(HELD)
        }
    )
    return plot


def weight_norms(theme: Theme) -> Plot:
    plot = WeightNormsPlot(theme)
    norms = 1 + np.random.default_rng(0).random((4, 30)).cumsum(axis=1) / 1000
    plot.show_norms(norms, np.arange(30.0), 1, LONG)
    return plot


def race_loss(theme: Theme) -> Plot:
    return _race(TrainingLossPlot(theme, 4, 0.9))


def race_validation(theme: Theme) -> Plot:
    return _race(ValidationPlot(theme, 4))


def overlay(theme: Theme) -> Overlay:
    plot = Overlay(theme)
    values = np.linspace(1.0, 0.2, 30)
    entries = [
        Entry(
            path=Path(f"2026-11-29 {LONG} {number}"),
            status="completed",
            started=datetime(2026, 11, 29, tzinfo=UTC),
            note="",
            seconds=1.0,
            epochs=30,
            best_epoch=30,
            losses=values + number / 1000,
            metric=METRICS["accuracy"],
            figures=values,
            metrics={},
            usable=True,
            can_go_on=False,
        )
        for number in range(5)
    ]
    plot.show_runs(entries, "loss")
    return plot


def _race(plot: TrainingLossPlot | ValidationPlot) -> Plot:
    plot.name_curves([f"{LONG}, learning rate 0.0{number}" for number in range(1, 5)])
    for number, series in enumerate(plot.curves):
        series.show(np.linspace(0, 2e6, 60), (1 + number) * np.linspace(3e-5, 1e-6, 60))

    plot.refresh()
    return plot


PLOTS: dict[str, Callable[[Theme], CaptionedCanvas]] = {
    function.__name__: function
    for function in (
        loss,
        accuracy,
        amounts,
        learning_rate,
        gradient_norm,
        memory,
        lr_finder,
        price,
        price_of_two,
        distance,
        threshold,
        histogram,
        scatter,
        sizes,
        weight_norms,
        race_loss,
        race_validation,
        overlay,
    )
}
