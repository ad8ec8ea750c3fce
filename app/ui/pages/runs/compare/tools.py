"""The controls of a comparison: which curves, over which axis, how smooth, and what is cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QToolButton, QWidget

from app.engine.runs.curves.run_curves import Axis
from app.ui.pages.runs.compare.drawn import Choice, Quantity
from app.ui.plots.base.plot_card import LogButton, SmoothButton
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.segments import Segments

if TYPE_CHECKING:
    from app.engine.learning.metrics import Metric
    from app.ui.pages.runs.compare.plot import ComparePlot
    from app.ui.state.preferences import Preferences
    from app.ui.style.theme import Theme

QUANTITIES = (
    ("validation", "Validation loss", "The loss on validation, once an epoch."),
    ("figure", "Figure", "The figure by which the runs are judged, on validation."),
    ("training", "Training loss", "The loss of every step, smoothed."),
)
AXES = (
    ("epoch", "Epochs", "Over epochs: how often each example was seen."),
    ("step", "Steps", "Over steps of the optimizer."),
    ("examples", "Examples", "Over examples seen, whatever the batch size."),
    ("time", "Time", "Over the time of work, without pauses."),
)

AXIS_KEY = "runs.compare.axis"
SMOOTH_KEY = "runs.compare.smooth"
LOG_KEY = "runs.compare.log"


class CompareTools(QWidget):
    """A row of controls that breaks where it has no room, and `buttons` for the line above it.

    changed(): the curves are to be drawn otherwise.
    """

    changed = Signal()

    def __init__(self, theme: Theme, preferences: Preferences, plot: ComparePlot) -> None:
        super().__init__()
        self._preferences = preferences
        self.headline: Metric | None = None
        self.quantities = Segments(theme, "runs.compare.curve", QUANTITIES)
        self.axes = Segments(theme, "runs.compare.axis", AXES)
        self.axes.set_value(_axis(preferences.get(AXIS_KEY, "epoch")))
        self.smooth = SmoothButton(theme, preferences, SMOOTH_KEY)
        self.log = LogButton([plot], preferences, LOG_KEY)
        self.bands = _toggle("Seeds as a band", "runs.compare.bands")
        self.bands.setToolTip(
            tooltip(
                "Runs that differ by their seed alone are drawn as their mean, with a band of one "
                "standard deviation."
            )
        )
        self.bands.setChecked(True)
        self.bands.hide()
        row = FlowLayout(self, 8)
        for widget in (self.quantities, self.axes):
            row.addWidget(widget)

        self.buttons = (self.bands, self.smooth, self.log)
        self.quantities.chosen.connect(lambda _: self._another())
        self.axes.chosen.connect(self._axis_chosen)
        self.smooth.smoothed.connect(lambda _: self.changed.emit())
        self.bands.toggled.connect(lambda _: self.changed.emit())
        self._allow()

    @property
    def choice(self) -> Choice:
        """How the curves are to be drawn."""
        quantity: Quantity = self.quantities.value  # type: ignore[assignment]  # one of QUANTITIES
        return Choice(
            quantity,
            _axis(self.axes.value),
            self.headline.name if self.headline is not None else "",
            self.smooth.factor if quantity == "training" else 0.0,
            self.bands.isChecked(),
        )

    def offer(self, metric: Metric | None, has_seeds: bool) -> None:
        """Offers what these runs have. metric: None where they are judged by different ones."""
        self.headline = metric
        self.bands.setVisible(has_seeds)
        button = self.quantities.buttons["figure"]
        button.setVisible(metric is not None)
        if metric is not None:
            self.quantities.set_text("figure", metric.label[:1].upper() + metric.label[1:])
            button.setToolTip(tooltip(f"The validation {metric.label} of the runs. {metric.help}"))
        elif self.quantities.value == "figure":
            self.quantities.set_value("validation")

        self._allow()

    def _axis_chosen(self, axis: str) -> None:
        self._preferences.set(AXIS_KEY, axis)
        self.changed.emit()

    def _another(self) -> None:
        self._allow()
        self.changed.emit()

    def _allow(self) -> None:
        """Only the loss of steps is smoothed: of an epoch there is one value."""
        self.smooth.setVisible(self.quantities.value == "training")


def _axis(name: str) -> Axis:
    return name if name in get_args(Axis) else "epoch"  # type: ignore[return-value]


def _toggle(text: str, name: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setAccessibleName(text)
    button.setObjectName(name)
    button.setCheckable(True)
    style(button, "small")
    return button
