"""Fields for what may be changed while a run trains: the learning rate's factor, or a setting.

A field reports what was chosen in it; it applies nothing.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.engine.runs.live_changes import RATE_FACTOR, LiveSetting
from app.engine.text import UNKNOWN, number_text, times_text
from app.ui.style.theme import Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.label import Label
from app.ui.widgets.settings.number_box import NumberBox, Slider

LADDER = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
"""Factors on the slider: its steps look alike because they multiply."""

QUICK = (("÷ 10", 0.1), ("÷ 2", 0.5), ("× 2", 2.0), ("× 10", 10.0))
SAME = 1e-9
"""Factors nearer to each other than this share are one."""


class LiveField(QWidget):
    """A field for one live setting; the editor's objectName is "live.NAME".

    chosen(name, value): the person set a value, not at each key. committed(): Return was pressed in
    the field.
    """

    chosen = Signal(str, float)
    committed = Signal()

    def __init__(
        self, theme: Theme, name: str, label: str, help: str, box: NumberBox, planned: float
    ) -> None:
        super().__init__()
        self.theme = theme
        self.name = name
        self.planned = planned
        self.box = box
        self.value = planned
        box.setObjectName(f"live.{name}")
        box.setAccessibleName(f"{label}, while it runs")
        box.setAccessibleDescription(help)
        box.setToolTip(tooltip(help))
        box.valueChanged.connect(self._choose)
        box.refused.connect(self.show_trouble)
        box.lineEdit().returnPressed.connect(self.committed)
        self.label = Label(label)
        self.label.setBuddy(box)
        self.reset = QToolButton()
        self.reset.setText(f"↺ {number_text(planned, 6)}")
        self.reset.setObjectName(f"live.{name}.reset")
        self.reset.setAccessibleName(f"{label} as planned")
        self.reset.setToolTip(tooltip(f"Back to what was planned: {number_text(planned, 6)}."))
        self.reset.clicked.connect(lambda: self._choose(self.planned))
        style(self.reset, "reset")
        policy = self.reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(policy)
        self.trouble = Label()
        self.trouble.setObjectName(f"live.{name}.problem")
        self.trouble.setWordWrap(True)
        style(self.trouble, "problem")
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self.label)
        self._add_beside(head)
        head.addStretch(1)
        head.addWidget(self.reset)
        self.column.addLayout(head)
        self._add_editor()
        self.column.addWidget(self.trouble)
        self.trouble.hide()
        self.show_value(planned)

    def _add_beside(self, head: QHBoxLayout) -> None:
        """Adds what stands beside the label."""

    def _add_editor(self) -> None:
        self.column.addWidget(self.box)

    def _choose(self, value: float) -> None:
        self.chosen.emit(self.name, value)

    def show_value(self, value: float | None) -> None:
        """Shows the value that holds, or will be applied; None where nothing is set."""
        self.value = 0.0 if value is None else value
        if not self.box.lineEdit().isModified() or not self.box.hasFocus():
            if value is None:
                self.box.show_unknown(UNKNOWN)
            else:
                self.box.show_value(value)

        self.reset.setVisible(not same(self.value, self.planned))

    def show_trouble(self, sentence: str) -> None:
        """Shows why this value is refused; "" for nothing."""
        self.trouble.setText(sentence)
        self.trouble.setVisible(bool(sentence))

        if bool(sentence) != bool(self.box.property("invalid")):
            self.box.setProperty("invalid", bool(sentence))
            self.box.style().unpolish(self.box)
            self.box.style().polish(self.box)


class SettingField(LiveField):
    """A number of the experiment, by its declaration."""

    def __init__(self, theme: Theme, live: LiveSetting) -> None:
        setting = live.setting
        box = NumberBox(
            setting.type == "integer", False, setting.step, setting.logarithmic, setting.unit
        )
        super().__init__(
            theme, live.name, setting.label, setting.help, box, float(live.value or 0.0)
        )


class RateField(LiveField):
    """The factor of the learning rate, and what comes of it.

    Buttons for the usual factors, a slider on which equal ways multiply equally, a number for any
    other.
    """

    def __init__(self, theme: Theme, peak: float) -> None:
        """peak: the learning rate of the plan at its height."""
        self._peak = peak
        self._now = 0.0
        self.slider = Slider(Qt.Orientation.Horizontal)
        self.words = ElidedLabel("", 10)
        self.words.setObjectName("live.learning_rate")
        style(self.words, "secondary")
        help = (
            "Multiplies the learning rate that the schedule gives, from the next step to the end."
        )
        super().__init__(
            theme, RATE_FACTOR, "Learning rate", help, NumberBox(False, logarithmic=True), 1.0
        )

    def _add_beside(self, head: QHBoxLayout) -> None:
        head.addWidget(self.words)

    def _add_editor(self) -> None:
        self.slider.setRange(0, len(LADDER) - 1)
        self.slider.setPageStep(1)
        self.slider.setObjectName(f"live.{self.name}.slider")
        self.slider.setAccessibleName("Factor of the learning rate")
        self.slider.setToolTip(
            "A hundredth on the left, a hundredfold on the right; as planned in the middle."
        )
        self.slider.setMinimumWidth(self.theme.px(60))
        self.slider.valueChanged.connect(lambda position: self._choose(LADDER[position]))
        row = QHBoxLayout()
        row.setSpacing(4)

        self.quick: list[QPushButton] = []
        for text, times in QUICK:
            button = QPushButton(text)
            button.setObjectName(f"live.{self.name}.{times:g}")
            words = (
                f"{times_text(times)} times"
                if times > 1
                else "half"
                if times == 0.5
                else "a tenth of"
            )
            button.setToolTip(tooltip(f"Makes the learning rate {words} what it is."))
            button.setAccessibleName(f"Learning rate {words} what it is")
            button.clicked.connect(
                lambda _=False, times=times: self._choose(float(f"{self.value * times:.6g}"))
            )
            style(button, "small")
            self.quick.append(button)

        for button in self.quick[:2]:
            row.addWidget(button)

        row.addWidget(self.slider, 1)
        for button in self.quick[2:]:
            row.addWidget(button)

        row.addSpacing(self.theme.px(6))
        row.addWidget(Label("×"))
        row.addWidget(self.box)
        self.column.addLayout(row)

    def show_rate(self, planned_now: float) -> None:
        """Shows the learning rate at this step.

        planned_now: what the schedule gives without any factor; 0 before the first step.
        """
        self._now = planned_now
        self._tell()

    def show_value(self, value: float | None) -> None:
        super().show_value(value)
        nearest = min(
            range(len(LADDER)), key=lambda number: abs(LADDER[number] / max(self.value, 1e-12) - 1)
        )
        blocked = self.slider.blockSignals(True)
        self.slider.setValue(nearest)
        self.slider.blockSignals(blocked)
        self._tell()

    def _tell(self) -> None:
        peak = number_text(self._peak * self.value)
        words = f"{number_text(self._peak)} × {number_text(self.value)} = {peak} at its peak"
        if self._now:
            words += f", {number_text(self._now * self.value)} now"
        if words != self.words.text():
            self.words.setText(words)


def same(first: float | None, second: float | None) -> bool:
    """Returns whether two values are equal up to rounding; None equals None only."""
    if first is None or second is None:
        return first is second
    return abs(first - second) <= SAME * max(abs(first), abs(second))
