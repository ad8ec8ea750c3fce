"""Changes while a run trains: the panel of what may be changed, and the list of changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.engine.runs.live_changes import RATE_FACTOR, live_settings, refusal
from app.ui.pages.training.live_fields import LiveField, RateField, SettingField, same
from app.ui.state.session import Session, State
from app.ui.style.theme import Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from app.engine.experiment.resolve import ResolvedExperiment
    from app.engine.runs import events
    from app.ui.state.record import Record

NUMBERS = ("number", "integer")
MOST_CHIPS = 3
QUIET = "from the next step on; marked on the curves and kept with the run"


class ChangePanel(Card):
    """The settings that may be changed while a run trains.

    What is chosen here reaches the run with "Apply". available_changed(): whether the run shown can
    be changed now.
    """

    available_changed = Signal()

    def __init__(self, theme: Theme, session: Session) -> None:
        super().__init__("Change while it runs", QUIET)
        self.setObjectName("training.change_panel")
        self.theme = theme
        self._session = session
        self.available = False
        self.fields: dict[str, LiveField] = {}
        self._record: Record = session.record
        self._resolved: ResolvedExperiment | None = None
        self._built_for: object = None
        self._chosen: dict[str, float] = {}
        self._requested: dict[str, float] = {}
        self._inside = QWidget(self)
        self.apply = QPushButton("Apply")
        self.apply.setObjectName("training.change.apply")
        self.apply.setAccessibleName("Apply the changes")
        self.apply.setToolTip("Asks the run to go on with these values from its next step.")
        self.apply.clicked.connect(self.make)
        self.tools.addWidget(self.apply)
        self.why.setObjectName("training.change.said")
        session.state_changed.connect(self._refresh)
        session.shown.connect(self._refresh)
        self._refresh()

    # --- showing

    def show_record(self, record: Record, resolved: ResolvedExperiment | None) -> None:
        """Shows the values of a run; may be called often.

        resolved: the settings of this run as planned; None while they are not known.
        """
        if record is not self._record:
            self._chosen = {}
            self._requested = {}

        self._record = record
        self._resolved = resolved
        self._refresh()

    def _refresh(self) -> None:
        session = self._session
        running = session.live and session.state in (State.RUNNING, State.PAUSED)
        # Of a race, one member may have ended while the others run.
        going = running and self._record.finished is None
        available = going and session.record is self._record and self._resolved is not None
        if not available:
            self._chosen = {}
            self._requested = {}

        if available != self.available:
            self.available = available
            self.available_changed.emit()

        if available and self._resolved is not None:
            self._build(self._resolved)
            self._show_values()

    def _build(self, resolved: ResolvedExperiment) -> None:
        """Builds fields for what this run has: one without label smoothing has no field for it."""
        built_for = (self._record, resolved.optimizer, resolved.loss, resolved.training)
        if built_for == self._built_for:
            return

        self._built_for = built_for
        self._inside.hide()
        self._inside.deleteLater()
        self._inside = QWidget()
        column = QVBoxLayout(self._inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        rate = resolved.optimizer.peak_rate()
        fields: list[LiveField] = [RateField(self.theme, rate)]
        fields += [
            SettingField(self.theme, live)
            for live in live_settings(resolved)
            if live.setting.type in NUMBERS
        ]

        self.fields = {field.name: field for field in fields}
        for field in fields:
            field.chosen.connect(self._choose)
            field.committed.connect(self.make)

        column.addWidget(fields[0])
        row = QHBoxLayout()
        row.setSpacing(self.theme.px(14))

        for field in fields[1:]:
            row.addWidget(field, 1, Qt.AlignmentFlag.AlignTop)

        column.addLayout(row)
        self.body.addWidget(self._inside)

    def _show_values(self) -> None:
        in_force = self.values_in_force()
        self._requested = {
            name: value
            for name, value in self._requested.items()
            if not same(value, in_force.get(name))
        }
        for name, field in self.fields.items():
            field.show_value(self._chosen.get(name, self._requested.get(name, in_force[name])))

        rates = self._record.rates.values
        rate = self.fields[RATE_FACTOR]

        assert isinstance(rate, RateField)

        factor = in_force[RATE_FACTOR] or 1.0
        rate.show_rate(float(rates[-1]) / factor if len(rates) else 0.0)
        self.apply.setEnabled(bool(self._chosen))

        role = "primary" if self._chosen else ""
        if self.apply.property("role") != role:
            style(self.apply, role)

        self._say(self._status())

    def _status(self) -> str:
        if self._requested:
            when = (
                "when the run goes on"
                if self._session.state is State.PAUSED
                else "from the next step on"
            )
            return f"Requested; it applies {when}."

        if self._chosen:
            names = [
                field.label.text().lower()
                for name, field in self.fields.items()
                if name in self._chosen
            ]
            return f"Not applied yet: {', '.join(names)}."

        if not self._record.changes:
            return QUIET

        last = self._record.changes[-1]
        return f"Since step {last.step + 1:,}: {self._record.words_of(last)}."

    def _say(self, text: str) -> None:
        if text != self.why.text():
            self.set_why(text)

    def values_in_force(self) -> dict[str, float | None]:
        """Returns each field's value in the run now: as planned, or as changed since."""
        planned: dict[str, float | None] = {
            name: field.planned for name, field in self.fields.items()
        }
        return planned | {
            name: value for name, value in self._record.in_force().items() if name in planned
        }

    # --- changing

    def _choose(self, name: str, value: float) -> None:
        """Notes what was chosen; a value that is in force already is no choice."""
        if same(value, self._requested.get(name, self.values_in_force()[name])):
            self._chosen.pop(name, None)
        else:
            self._chosen[name] = value

        self._trouble(name, value)
        self._show_values()

    def _trouble(self, name: str, value: float) -> str:
        why = (
            refusal(self._resolved, name, value)
            if self._resolved is not None and name in self._chosen
            else ""
        )
        self.fields[name].show_trouble(why)
        return why

    def make(self) -> None:
        """Requests what was chosen from the run.

        Nothing is requested while one of the values is refused.
        """
        if not self.available or not self._chosen:
            return

        refused = [name for name, value in self._chosen.items() if self._trouble(name, value)]
        if not refused and self._session.change(self._chosen):
            self._requested |= self._chosen
            self._chosen = {}

        self._show_values()


class ChangesStrip(QWidget):
    """The changes made while the run trained as chips, the latest last."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.theme = theme
        self.setObjectName("training.changes")
        self.setAccessibleName("Changes made while it ran")
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 0, 0, 0)
        self._flow = FlowLayout(gap=6)
        column.addLayout(self._flow)
        self._shown: tuple[Record, int] | None = None
        self.texts: list[str] = []
        self.hide()
        theme.changed.connect(self._restyle)

    def _restyle(self) -> None:
        """Makes new chips: their ends are round only while they are high enough."""
        if self._shown is not None:
            record = self._shown[0]
            self._shown = None
            self.show_record(record)

    def show_record(self, record: Record) -> None:
        shown = (record, len(record.changes))
        if shown == self._shown:
            return

        self._shown = shown
        self._flow.clear()

        self.texts = [text_of(record, change) for change in record.changes[-MOST_CHIPS:]]
        for text, change in zip(self.texts, record.changes[-MOST_CHIPS:], strict=True):
            chip = Label(text)
            chip.setToolTip(tooltip(change.why or f"Changed by hand after step {change.step:,}."))
            self._add(chip, "chip")

        if len(record.changes) > MOST_CHIPS:
            before = Label(f"and {len(record.changes) - MOST_CHIPS} before")
            before.setToolTip("The log has all of them.")
            self._add(before, "secondary")

        self.setVisible(bool(record.changes))

    def _add(self, label: QLabel, role: str) -> None:
        style(label, role)
        label.setMinimumHeight(self.theme.px(22))
        self._flow.addWidget(label)
        label.show()


def text_of(record: Record, change: events.SettingsChanged) -> str:
    """Returns a change and the first step done with it: "step 121: learning rate × 0.5"."""
    return f"step {change.step + 1:,}: {record.words_of(change)}"
