"""A field for a number, with steps that suit the setting and a unit."""

from __future__ import annotations

import math
from decimal import Decimal

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QSlider,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QWidget,
)

from app.engine.text import unit_text
from app.ui.text.typed_numbers import UnclearNumber, own_decimal_point, typed_number

WIDEST = 1e15
"""Limit of the field itself. The limits of a setting stand in its declaration."""

TYPED = frozenset("0123456789.,-+−eE'’_ \u00a0\u202f")
"""Characters of numbers, with those that people put between groups of digits."""


class NumberBox(QDoubleSpinBox):
    """A field for whole or fractional numbers.

    Logarithmic ones step by doubling (whole) or by 1, 2, 5 (fractional). `cleared`: the person
    emptied an optional field. `refused(sentence)`: what was typed is no number, or could be two;
    the value stays. `show_unknown` shows an empty field, where the value follows the data.
    """

    cleared = Signal()
    refused = Signal(str)

    def __init__(
        self,
        whole: bool,
        optional: bool = False,
        step: float | None = None,
        logarithmic: bool = False,
        unit: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._whole = whole
        self._optional = optional
        self._logarithmic = logarithmic
        self._step = step or (1.0 if whole else 0.1)
        self._unknown = self._emptied = False
        self._unit = unit
        self.setDecimals(0 if whole else 15)
        self.setRange(-WIDEST, WIDEST)
        self.setKeyboardTracking(False)
        self.setFocusPolicy(self.focusPolicy().StrongFocus)
        self._show_unit(0.0)
        self.valueChanged.connect(self._show_unit)
        self.editingFinished.connect(self._tell_cleared)
        self.lineEdit().setAcceptDrops(False)  # the window takes files
        self.lineEdit().setTextMargins(6, 0, 0, 0)

    def show_value(self, value: float) -> None:
        """Shows a value without a signal."""
        self._unknown = False
        blocked = self.blockSignals(True)
        self._show_unit(value)
        self.setValue(value)
        self.lineEdit().setText(f"{self.textFromValue(value)}{self.suffix()}")
        self.blockSignals(blocked)

    def _show_unit(self, value: float) -> None:
        """Puts the unit behind the number: one pixel, two pixels."""
        suffix = f" {unit_text(value, self._unit)}".rstrip()
        if suffix != self.suffix():
            self.setSuffix(suffix)

    def show_unknown(self, hint: str) -> None:
        """Shows an empty field with a hint in grey."""
        self._unknown = True
        blocked = self.blockSignals(True)
        self.setSuffix("")
        self.lineEdit().setPlaceholderText(hint)
        self.lineEdit().setText("")
        self.blockSignals(blocked)

    def textFromValue(self, value: float) -> str:
        if self._unknown:
            return ""
        if self._whole:
            return f"{value:,.0f}"

        # Without groups: in a field that takes fractions 1,500 is one and a half to some.
        return format(Decimal(f"{value:.12g}"), "f")

    def valueFromText(self, text: str) -> float:
        try:
            number = self._number(text)
        except UnclearNumber:
            self._emptied = self._optional and not self._bare(text)
            return self.value()

        self._unknown = self._emptied = False
        return number

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        bare = self._bare(text)
        if not all(character in TYPED for character in bare):
            return QValidator.State.Invalid, text, position
        if not bare and self._optional:
            return QValidator.State.Acceptable, text, position

        try:
            self._number(text)
        except UnclearNumber:
            return QValidator.State.Intermediate, text, position

        return QValidator.State.Acceptable, text, position

    def fixup(self, text: str) -> str:
        """Says why what was typed is not taken: Qt puts the last value back."""
        if self._bare(text):
            try:
                self._number(text)
            except UnclearNumber as unclear:
                self.refused.emit(str(unclear))

        return text

    def stepBy(self, steps: int) -> None:
        self._unknown = False
        value = self.value()
        if not self._logarithmic:
            self.setValue(round(value + steps * self._step, 12))
        elif self._whole:
            self.setValue(max(1.0, value * 2.0**steps) if value else float(max(steps, 0)))
        else:
            self.setValue(_nice(value, steps))

    def sizeHint(self) -> QSize:
        return QSize(
            self.fontMetrics().horizontalAdvance(f"000000 {self._unit}") + 44,
            super().sizeHint().height(),
        )

    def minimumSizeHint(self) -> QSize:
        return QSize(
            self.fontMetrics().horizontalAdvance(f"0000 {self._unit}") + 40,
            super().sizeHint().height(),
        )

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Lets the wheel scroll the page, unless the person is writing in this field."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def _tell_cleared(self) -> None:
        if self._emptied:
            self._emptied = False
            self.cleared.emit()

    def _bare(self, text: str) -> str:
        text = text.strip()
        for number in (1, 2):  # the unit of before may still stand there
            text = text.removesuffix(unit_text(number, self._unit)).rstrip()

        return text

    def _number(self, text: str) -> float:
        """Returns the number in a text. Raises UnclearNumber."""
        number = typed_number(self._bare(text), self._whole, own_decimal_point())
        if abs(number) > WIDEST:
            raise UnclearNumber(f"'{self._bare(text)}' is too large.")

        return number


def _nice(value: float, steps: int) -> float:
    """Returns the value `steps` further on in 1, 2, 5, 10, 20 ..."""
    if value <= 0.0:
        return 1e-4 if steps > 0 else 0.0

    ladder = (1.0, 2.0, 5.0)
    power = math.floor(math.log10(value) + 1e-9)
    index = 3 * power + sum(value / 10.0**power >= rung - 1e-9 for rung in ladder) - 1 + steps

    return float(f"{ladder[index % 3] * 10.0 ** (index // 3):.12g}")


class DropDown(QComboBox):
    """A drop-down that the wheel does not change while one scrolls the page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(self.focusPolicy().StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paints the text with an ellipsis where it has no room."""
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        control = QStyle.ComplexControl.CC_ComboBox
        part = QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(control, option, part, self).width() - 2
        option.currentText = self.fontMetrics().elidedText(
            option.currentText, Qt.TextElideMode.ElideRight, room
        )
        painter.drawComplexControl(control, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class Slider(QSlider):
    """A slider that the wheel does not change while one scrolls the page."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
