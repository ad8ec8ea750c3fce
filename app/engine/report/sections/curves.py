"""The curves: losses, the figure by which the run is judged, and the learning rate."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from app.engine.learning.metrics import metric_text
from app.engine.report.chart import Chart, Line, series_style
from app.engine.report.markup import NOTHING, Html, figure, joined, paragraph
from app.engine.report.section import Section
from app.engine.runs.curves.thinning import smoothed, thin
from app.engine.runs.history import or_nan
from app.engine.text import list_text, number_text
from app.engine.ticks import NUMBERS, SHARES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.engine.learning.metrics import Metric
    from app.engine.report.content import ReportContent, ReportedRun

SMOOTHING = 0.9
"""Of the average of the training loss, as the window draws it where nobody chose another."""

MEANS = 600
"""Points of an average, at most."""

FEW = 2
"""Steps from which on there is an average."""


class Curves(Section):
    """The curves of one run, or those of several over one another."""

    name: ClassVar[str] = "curves"
    title: ClassVar[str] = "Curves"
    order: ClassVar[int] = 15

    def html(self, content: ReportContent) -> Html:
        if content.is_comparison:
            return joined((*map(_shown, _of_runs(content)), _left_out(content)))

        run = content.runs[0]
        return joined((_shown(_loss(run)), _shown(_figure(run)), _shown(_rate(run))))


def _left_out(content: ReportContent) -> Html:
    """Returns a sentence on the runs that cannot be drawn over epochs."""
    names = [run.label for run in content.runs if not run.steps_per_epoch]
    if not names:
        return NOTHING

    verb = "does" if len(names) == 1 else "do"
    return paragraph(f"{list_text(names)} {verb} not say how many steps an epoch has.")


def _shown(chart_and_caption: tuple[Chart, str]) -> Html:
    chart, caption = chart_and_caption
    if chart.is_empty:
        return NOTHING

    beyond = chart.beyond()
    return figure(chart.svg(), f"{caption} {beyond}".strip())


# --- one run


def _loss(run: ReportedRun) -> tuple[Chart, str]:
    history = run.history
    places = history.steps / run.steps_per_epoch
    lines = [Line("each step", places, history.losses, "training", faint=True)]
    if len(places) >= FEW:
        lines.append(Line("training, smoothed", *_average(run), "training"))

    validation = _epoch_values(run, [line["validation_loss"] for line in run.epochs])
    lines.append(Line("validation", *validation, "validation", points=True))
    ring = []
    if run.best is not None:
        place = run.best["step"] / run.steps_per_epoch
        ring.append((place, or_nan(run.best["validation_loss"]), "best epoch"))

    caption = (
        "The loss; lower is better. Of many steps the least and the greatest of each stretch are "
        "drawn, so that no peak is lost."
    )
    chart = Chart("Loss of training and validation", lines, "epoch", "loss", marked=ring)
    return chart, caption


def _average(run: ReportedRun) -> tuple[np.ndarray, np.ndarray]:
    """Returns the running average of the losses and of the places it was taken over."""
    history = run.history
    places = np.where(np.isfinite(history.losses), history.steps / run.steps_per_epoch, np.nan)
    values = smoothed(history.losses, SMOOTHING)
    middle = smoothed(places, SMOOTHING)
    known = np.isfinite(middle)
    return thin(middle[known], values[known], MEANS)


def _epoch_values(
    run: ReportedRun, values: Sequence[float | None]
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the places of the epochs, in epochs, and a value of each."""
    places = np.array([line["step"] for line in run.epochs], dtype=float) / run.steps_per_epoch
    return places, np.array([or_nan(value) for value in values], dtype=float)


def _figure(run: ReportedRun) -> tuple[Chart, str]:
    metric = run.headline
    values = _epoch_values(run, [line["metrics"].get(metric.name) for line in run.epochs])
    ring = []
    if run.best is not None:
        place = run.best["step"] / run.steps_per_epoch
        ring.append((place, or_nan(run.best["metrics"].get(metric.name)), "best epoch"))

    line = Line("validation", *values, "validation", points=True)
    chart = _metric_chart(metric, [line], run.unit, ring)
    return chart, f"{metric.help} On validation, once an epoch."


def _metric_chart(
    metric: Metric,
    lines: Sequence[Line],
    unit: str,
    ring: Sequence[tuple[float, float, str]] = (),
    of_runs: bool = False,
) -> Chart:
    share = metric.shown == "percent"
    label = f"{metric.label} ({unit})" if unit and metric.shown == "unit" else metric.label
    return Chart(
        f"{label[:1].upper()}{label[1:]} on validation",
        lines,
        "epoch",
        label,
        SHARES if share else NUMBERS,
        partial(metric_text, metric.name, unit=unit),
        high=1.0 if share else None,
        marked=ring,
        of_runs=of_runs,
    )


def _rate(run: ReportedRun) -> tuple[Chart, str]:
    history = run.history
    line = Line("learning rate", history.steps / run.steps_per_epoch, history.rates, "training")
    chart = Chart("Learning rate", [line], "epoch", "learning rate", low=0.0, height=220)
    return chart, "The learning rate of each step, as the schedule and changes had it."


# --- several runs


def _of_runs(content: ReportContent) -> list[tuple[Chart, str]]:
    """Returns the charts of a comparison; runs judged by different metrics have only losses."""
    runs = content.runs
    found = [
        (
            Chart(
                "Validation loss of the runs",
                _lines(runs, lambda run: [line["validation_loss"] for line in run.epochs]),
                "epoch",
                "validation loss",
                of_runs=True,
            ),
            "Validation loss, once an epoch; lower is better.",
        )
    ]
    metric = content.headline
    if metric is not None:
        units = {run.unit for run in runs}
        lines = _lines(runs, lambda run: [line["metrics"].get(metric.name) for line in run.epochs])
        unit = units.pop() if len(units) == 1 else ""
        chart = _metric_chart(metric, lines, unit, of_runs=True)
        found.append((chart, f"{metric.help} On validation, once an epoch."))

    averages = [
        Line(run.label, *_average(run), series_style(number))
        for number, run in enumerate(runs)
        if run.steps_per_epoch
    ]
    caption = f"Training loss of every step, averaged (smoothing {number_text(SMOOTHING)})."
    found.append(
        (
            Chart("Training loss of the runs", averages, "epoch", "training loss", of_runs=True),
            caption,
        )
    )
    return found


def _lines(
    runs: Sequence[ReportedRun], values: Callable[[ReportedRun], Sequence[float | None]]
) -> list[Line]:
    """Returns a line for each run, with a value for each epoch."""
    return [
        Line(run.label, *_epoch_values(run, values(run)), series_style(number), points=True)
        for number, run in enumerate(runs)
        if run.steps_per_epoch
    ]


SECTION = Curves()
