"""The row of figures above the plots, and the words below each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.engine.text import UNKNOWN, count_text, number_text
from app.ui.style.theme import Theme, style
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    import numpy as np

    from app.engine.experiment.resolve import ResolvedExperiment
    from app.ui.pages.training.run_data import RunData
    from app.ui.state.record import Record


@dataclass(frozen=True)
class Figure:
    """A figure with its label above and what it means below.

    name: objectName of its value. best: it is of the best epoch.
    """

    name: str
    label: str
    value: str
    below: str
    best: bool = False


def figures_of(
    record: Record, smoothed: float, resolved: ResolvedExperiment | None, run_data: RunData
) -> list[Figure]:
    """Returns the four figures of a run.

    smoothed: the training loss as the plot averages it. resolved: None while it is not known.
    """
    below = "smoothed" if len(record.losses) else ""
    return [
        _headline(record, run_data),
        Figure("figure.training_loss", "training loss", number_text(smoothed), below),
        _validation(record, resolved),
        _rate(record, resolved),
    ]


def _headline(record: Record, run_data: RunData) -> Figure:
    """Returns the headline metric of the best epoch, and the epoch where it was still better."""
    best = record.best
    metric = run_data.headline

    label = f"validation {metric.label}"
    if best is None or metric.name not in best.metrics:
        return Figure("figure.metric", label, UNKNOWN, "after the first epoch", best=True)

    epochs = f" of {record.prepared.epochs}" if record.prepared else ""
    value = run_data.text(best.metrics[metric.name])
    below = f"best epoch, {best.epoch}{epochs}"

    choose = max if metric.better == "higher" else min
    judged = [epoch for epoch in record.epochs if metric.name in epoch.metrics]
    top = choose(judged, key=lambda epoch: epoch.metrics[metric.name])
    highest = run_data.text(top.metrics[metric.name])
    if highest != value:  # the least loss and the best figure need not fall together
        below = f"{below}; {highest} in {top.epoch}"

    return Figure("figure.metric", label, value, below, best=True)


def _validation(record: Record, resolved: ResolvedExperiment | None) -> Figure:
    if not record.epochs:
        return Figure("figure.validation_loss", "validation loss", UNKNOWN, "after the first epoch")

    last = record.epochs[-1]
    patience = resolved.training.patience if resolved is not None else 0
    if last.best or not last.since_best:
        below = "the best so far"
    elif patience:
        below = f"no better for {last.since_best} of {count_text(patience, 'epoch')}"
    else:
        below = f"no better for {count_text(last.since_best, 'epoch')}"

    return Figure(
        "figure.validation_loss", "validation loss", number_text(last.validation_loss), below
    )


def _rate(record: Record, resolved: ResolvedExperiment | None) -> Figure:
    rates = record.rates.values
    value = float(rates[-1]) if len(rates) else float("nan")
    schedule = resolved.schedule if resolved is not None else None

    words = [schedule.label.lower()] if schedule is not None else []
    if phase := phase_of(rates):
        words.append(phase)

    return Figure("figure.learning_rate", "learning rate", number_text(value, 2), ", ".join(words))


def phase_of(rates: np.ndarray) -> str:
    """Returns where the learning rate is going: "rising", "falling", or "" for constant."""
    if len(rates) < 2:
        return ""

    now = float(rates[-1])
    before = float(rates[max(0, len(rates) - 20)])
    return "rising" if now > before * 1.0001 else "falling" if now < before * 0.9999 else ""


class FiguresRow(QWidget):
    """Figures side by side. Only what has changed is written again."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(2, 0, 0, 0)
        self._labels: list[tuple[QLabel, QLabel, QLabel]] = []
        theme.changed.connect(self._space)
        self._space()

    def show_figures(self, figures: list[Figure]) -> None:
        while len(self._labels) < len(figures):
            self._add(figures[len(self._labels)])
        for figure, labels in zip(figures, self._labels, strict=True):
            for label, text in zip(
                labels, (figure.label, figure.value, figure.below or " "), strict=True
            ):
                if label.text() != text:
                    label.setText(text)
            labels[1].setAccessibleName(f"{figure.label}: {figure.value}")

    def _add(self, figure: Figure) -> None:
        column = QVBoxLayout()
        column.setSpacing(0)
        labels = (Label(), Label(), Label())

        value = "figure-best" if figure.best else "figure"
        roles = ("figure-label", value, "figure-label")
        for label, role in zip(labels, roles, strict=True):
            style(label, role)
            column.addWidget(label)

        labels[1].setObjectName(figure.name)
        self._labels.append(labels)
        self._row.insertLayout(self._row.count(), column)
        self._space()

    def _space(self) -> None:
        self._row.setSpacing(self.theme.px(24))
        for _, _, below in self._labels:
            below.setVisible(not self.theme.projector)  # the plots need the room
