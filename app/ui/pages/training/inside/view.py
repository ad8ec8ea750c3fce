"""The view "Inside AdamW" of the Training page: gradients, moments and steps of every layer.

While it is seen, the run measures what its optimizer holds; the last measurements stay at its end.
"""

from __future__ import annotations

import time
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.ui.pages.training.inside import words
from app.ui.pages.training.inside.formula import FormulaCard
from app.ui.pages.training.inside.note import note_of
from app.ui.plots.base.plot_card import PlotCard
from app.ui.plots.curves.loss import epoch_axis
from app.ui.plots.matrices.heat_map import ColourBar
from app.ui.plots.optimizer.histogram_over_time import HistogramOverTime
from app.ui.plots.optimizer.layer_strip import LayerStrip
from app.ui.plots.optimizer.quantities import ALL, BY_KEY
from app.ui.plots.optimizer.sizes import SizesPlot, WeightNormsPlot
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label
from app.ui.widgets.segments import Segments

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent, QShowEvent

    from app.engine.experiment.resolve import ResolvedExperiment
    from app.engine.learning.optimizer import Optimizer
    from app.ui.state.optimizer_history import OptimizerHistory
    from app.ui.state.preferences import Preferences
    from app.ui.state.record import Record
    from app.ui.state.session import Session
    from app.ui.style.theme import Theme

DRAW_EVERY = 0.4
"""Seconds between two drawings, at least: looks are kept all the same, and drawing takes time from
the training.
"""

WORDS_EVERY = 0.6
"""Seconds between two changes of sentences, at least: figures may flicker, sentences are read."""

KEY = "inside.quantity"


class InsideView(QWidget):
    """What the optimizer of a run holds.

    `show_record` draws what has come since the last call; it costs little where nothing has.
    """

    def __init__(self, session: Session, theme: Theme, preferences: Preferences) -> None:
        super().__init__()
        self._session = session
        self._theme = theme
        self._preferences = preferences
        chosen = str(preferences.get(KEY, "gradient"))
        self.quantity = chosen if chosen in BY_KEY else "gradient"
        self.layer = ""
        self._record: Record | None = None
        self._resolved: ResolvedExperiment | None = None
        self._drawn: tuple[object, ...] | None = None
        self._drawn_at = self._words_at = 0.0
        self._missed = False  # whether something was not drawn because it could not be seen
        # It fires when what was just shown has its place.
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._catch_up)
        self._columns = 2
        self._build()

    def _build(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self.empty = self._build_empty()
        self.content = QWidget()
        outer.addWidget(self.empty)
        outer.addWidget(self.content, 1)
        self.grid = QGridLayout(self.content)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setSpacing(12)
        theme = self._theme
        self.layers = self._build_layers()
        self.formula = FormulaCard(theme)
        self.sizes = SizesPlot(theme)
        self.sizes_card = PlotCard(
            self.sizes, "Now", "how many numbers have which size", "inside.sizes", "sizes"
        )
        self.spectrum_card = Card("Over time", "")
        self.spectrum = HistogramOverTime(theme)
        self.spectrum_card.body.addWidget(self.spectrum, 1)
        self.norms = WeightNormsPlot(theme)
        why = "since the first look"
        self.norms_card = PlotCard(
            self.norms, "Length of the weights", why, "inside.norms", "weight norms"
        )
        self.arrange(2)
        self.content.hide()

    def _build_empty(self) -> Card:
        card = Card("Inside the optimizer", "its gradients, moments and steps, layer by layer")
        self.note = Label()
        self.note.setObjectName("inside.note")
        self.note.setWordWrap(True)
        style(self.note, "secondary")
        card.body.addWidget(self.note)
        card.body.addStretch(1)

        return card

    def _build_layers(self) -> Card:
        theme = self._theme
        card = Card("Layer by layer", "click a layer to look into it")
        choices = [
            (
                quantity.key,
                quantity.name if quantity.key in ("gradient", "weight") else quantity.sign,
                quantity.tip,
            )
            for quantity in ALL
        ]

        self.segments = Segments(theme, "inside.quantity", choices)
        for quantity in ALL:
            self.segments.buttons[quantity.key].setAccessibleName(f"Show {quantity.name}")

        self.segments.set_value(self.quantity)
        self.segments.chosen.connect(self._choose_quantity)
        card.tools.addWidget(self.segments)
        self.strip = LayerStrip(theme)
        self.bar = ColourBar(theme)
        self.strip.chosen.connect(self._choose_layer)
        card.body.addWidget(self.strip)
        row = QHBoxLayout()
        row.setSpacing(12)
        self.sampled = Label()
        self.sampled.setObjectName("inside.looked")
        style(self.sampled, "secondary")
        self.sampled.setWordWrap(True)
        row.addWidget(self.bar)
        row.addWidget(self.sampled, 1)
        card.body.addLayout(row)
        self.seen = Label()
        self.seen.setObjectName("inside.seen")
        self.seen.setAccessibleName("What you see now")
        self.seen.setTextFormat(Qt.TextFormat.RichText)
        self.seen.setWordWrap(True)
        card.body.addWidget(self.seen)

        return card

    def arrange(self, columns: int) -> None:
        """Places the cards side by side, or below each other."""
        self._columns = columns
        self.grid.addWidget(self.layers, 0, 0, 1, 2)

        cards = (self.formula, self.sizes_card, self.spectrum_card, self.norms_card)
        for number, card in enumerate(cards):
            card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            where = (1 + number // 2, number % 2, 1, 1) if columns == 2 else (1 + number, 0, 1, 2)
            self.grid.addWidget(card, *where)

        for column in range(2):
            self.grid.setColumnStretch(column, 1)

        self.layers.tools.removeWidget(self.segments)
        self.layers.body.removeWidget(self.segments)

        if columns == 2:
            self.layers.tools.addWidget(self.segments)
        else:
            self.layers.body.insertWidget(0, self.segments, 0, Qt.AlignmentFlag.AlignLeft)

        px = self._theme.px
        self.sizes.setMinimumHeight(px(190))
        self.norms.setMinimumHeight(px(150))

    # --- showing

    def show_record(self, record: Record, resolved: ResolvedExperiment | None) -> None:
        if record is not self._record:
            self._words_at = 0.0
            self._drawn = None

        self._record = record
        self._resolved = resolved
        history = record.inside

        choice = self._choice()
        if history.latest is None or choice is None:
            self._show_note()
            return

        drawn = (
            record,
            history.seen,
            history.latest.step,
            self.quantity,
            self.layer,
            choice,
            record.finished,
        )
        now = time.monotonic()

        before = self._drawn
        unchanged = before is not None and (drawn[0], drawn[3:]) == (before[0], before[3:])
        if drawn == self._drawn or (unchanged and now - self._drawn_at < DRAW_EVERY):
            return

        self._drawn = drawn
        self._drawn_at = now
        self.empty.hide()

        if self.content.isHidden():
            self.content.show()
            self._later.start()

        self._offer(history, choice)
        row = self._row(history)
        self._show_layers(history, row)
        self._show_layer(history, row, record)
        self.formula.show_figures(choice, history.latest, row)

        if now - self._words_at >= WORDS_EVERY or record.finished is not None:
            self._words_at = now
            self.formula.show_words(choice, history.latest, row)
            self._say(history, choice, row)

    def _choice(self) -> Optimizer | None:
        """Returns the optimizer as it is now: weight decay may have been changed."""
        choice = self._resolved.optimizer if self._resolved is not None else None
        measured = self._record.inside.latest if self._record is not None else None

        decay = (
            float(measured.followed["decay"].max(initial=0.0))
            if measured is not None and "decay" in measured.followed
            else None
        )
        if choice is not None and decay is not None and decay != choice.decay_rate():
            return choice.replace(weight_decay=decay)

        return choice

    def _show_note(self) -> None:
        self._drawn = None
        text = note_of(self._session)
        if self.note.text() != text:
            self.note.setText(text)

        self.content.hide()
        self.empty.show()

    def _offer(self, history: OptimizerHistory, choice: Optimizer) -> None:
        """Enables the quantities that this optimizer has."""
        for quantity in ALL:
            button = self.segments.buttons[quantity.key]
            there = quantity.key in (*history.quantities, "ratio")
            if button.isEnabled() != there:
                lacks = choice.missing_moments or f"{choice.label} does not keep it."
                button.setEnabled(there)
                button.setToolTip(tooltip(quantity.tip if there else lacks))

        if self.quantity not in (*history.quantities, "ratio"):
            self.quantity = "gradient"
            self.segments.set_value(self.quantity)

    def _row(self, history: OptimizerHistory) -> int:
        if self.layer not in history.layers:
            self.layer = history.layers[0]
        return history.layers.index(self.layer)

    def _show_layers(self, history: OptimizerHistory, row: int) -> None:
        measured = history.latest
        assert measured is not None

        self.strip.show_layers(
            history.layers,
            history.sizes(self.quantity),
            history.steps,
            measured.sizes,
            self.quantity,
            row,
        )
        self.bar.show_range(self.strip.low, self.strip.high)
        counted = int(measured.histograms["weight"][row].sum())
        sample = (
            f"{counted:,} of its {measured.numbers[row]:,}"
            if counted < measured.numbers[row]
            else f"all its {counted:,}"
        )

        finished = self._record is not None and self._record.finished is not None
        ended = " as it was last seen," if finished else ""
        self.sampled.setText(
            f"{measured.layers[row]},{ended} after step {measured.step:,}: looked at {sample} "
            "numbers. Biases and norms are left out."
        )

    def _show_layer(self, history: OptimizerHistory, row: int, record: Record) -> None:
        """Draws the chosen layer, as far as it is in sight.

        What is scrolled away is drawn when it comes into sight (see catch_up).
        """
        measured = history.latest
        name = history.layers[row]
        steps = history.steps

        assert measured is not None

        self._title(self.sizes_card, f"{name} now")
        self._title(self.spectrum_card, f"{name} over time")
        self._missed = False

        if self._is_in_sight(self.sizes.viewport()):
            self.sizes.show_sizes({key: counts[row] for key, counts in measured.histograms.items()})

        if self._is_in_sight(self.spectrum):
            quantity = BY_KEY["step" if self.quantity == "ratio" else self.quantity]
            self.spectrum_card.set_why(f"{quantity.name}; the line is its usual size")
            self.spectrum.show_histograms(
                history.histogram(quantity.key, row),
                steps,
                history.sizes(quantity.key)[row],
                quantity.role,
            )

        if self._is_in_sight(self.norms.viewport()):
            per_epoch, _ = epoch_axis(record)
            self.norms.show_norms(history.norms(), steps / per_epoch, row, name)

    def _is_in_sight(self, widget: QWidget) -> bool:
        """Returns whether a widget can be seen, and notes if it cannot.

        widget: without children, for Qt counts as visible only what no child lies on.
        """
        seen = not widget.visibleRegion().isEmpty()
        self._missed |= not seen
        return seen

    def catch_up(self) -> None:
        """Draws what may have come into sight, once it has its place."""
        if self._missed and self.isVisible():
            self._later.start()

    def _catch_up(self) -> None:
        if self._missed and self.isVisible():
            self._again()

    @staticmethod
    def _title(card: Card, text: str) -> None:
        if card.title.text() != text:
            card.title.setText(text)

    def _say(self, history: OptimizerHistory, choice: Optimizer, row: int) -> None:
        lines = words.observations(choice, history, row)
        self.seen.setText("<br>".join(f"•&nbsp;{escape(line)}" for line in lines))

    # --- choosing

    def _choose_quantity(self, key: str) -> None:
        self.quantity = key
        self._preferences.set(KEY, key)
        self._again()

    def _choose_layer(self, row: int) -> None:
        layers = self._record.inside.layers if self._record is not None else ()
        if row < len(layers):
            self.layer = layers[row]
            self._again()

    def _again(self) -> None:
        self._words_at = 0.0
        self._drawn = None

        if self._record is not None:
            self.show_record(self._record, self._resolved)

    # --- looking

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._session.look_inside(True)
        self._later.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._session.look_inside(False)
