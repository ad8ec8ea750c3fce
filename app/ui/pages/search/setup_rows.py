"""A row in the table of a search that is set up: a setting, and the values that are tried."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.style.assets import icon
from app.ui.style.theme import style
from app.ui.text.literal import button_text, tooltip
from app.ui.text.typed_numbers import UnclearNumber, own_decimal_point, typed_number
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.label import Label
from app.ui.widgets.settings.number_box import DropDown, NumberBox

if TYPE_CHECKING:
    from app.ui.state.searches.draft import Tried
    from app.ui.style.theme import Theme

MODES = (("range", "from … to"), ("values", "these values"))
SEPARATOR = ";"
POWERS = "in powers"
POWERS_TIP = (
    "Tries as many values between 0.001 and 0.01 as between 0.01 and 0.1. Good for what may be "
    "many times larger or smaller."
)


class TriedRow(QWidget):
    """The widgets of one row. changed(Tried): its values. removed(name): it is not to be tried."""

    changed = Signal(object)
    removed = Signal(str)

    def __init__(self, theme: Theme, tried: Tried) -> None:
        super().__init__()
        self.tried = tried
        self._theme = theme
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(10))
        row.addWidget(self._build_name(), 0)
        if tried.is_number:
            self._build_number(row)
        else:
            row.addWidget(self._build_options(), 1)

        row.addWidget(self._build_remove(), 0, Qt.AlignmentFlag.AlignTop)

    # --- building

    def _build_name(self) -> QWidget:
        holder = QWidget()
        holder.setFixedWidth(self._theme.px(170))
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, self._theme.px(4), 0, 0)
        column.setSpacing(0)
        name = Label(self.tried.label)
        name.setWordWrap(True)
        style(name, "tile-title")
        if self.tried.setting is not None:
            name.setToolTip(tooltip(self.tried.setting.help))

        section = Label(self.tried.name.split(".")[0])
        style(section, "secondary")
        column.addWidget(name)
        column.addWidget(section)
        column.addStretch(1)
        return holder

    def _build_number(self, row: QHBoxLayout) -> None:
        tried = self.tried
        self.mode = DropDown()
        self.mode.setObjectName(f"search.mode.{tried.name}")
        self.mode.setAccessibleName(f"How the values of {tried.label} are given")
        self.mode.setToolTip("A range that the search goes through, or single values.")
        for key, words in MODES:
            self.mode.addItem(words, key)

        self.mode.setCurrentIndex(1 if tried.values else 0)
        self.mode.activated.connect(self._take_mode)
        both = QWidget()
        both.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._modes = QStackedLayout(both)
        self._modes.addWidget(self._build_ends())
        self._modes.addWidget(self._build_values())
        self._modes.setCurrentIndex(self.mode.currentIndex())
        row.addWidget(self.mode, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(both, 1, Qt.AlignmentFlag.AlignTop)

    def _build_ends(self) -> QWidget:
        tried = self.tried
        self.low = self._number("low", f"Smallest {tried.label}", tried.low)
        self.high = self._number("high", f"Largest {tried.label}", tried.high)
        self.powers = QCheckBox(POWERS)
        self.powers.setObjectName(f"search.powers.{tried.name}")
        self.powers.setAccessibleName(f"{tried.label} {POWERS}")
        self.powers.setToolTip(tooltip(POWERS_TIP))
        self.powers.setChecked(tried.logarithmic)
        self.powers.toggled.connect(lambda _: self._take_ends())
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(self._theme.px(8))
        row.addWidget(self.low)
        row.addWidget(Label("to"))
        row.addWidget(self.high)
        row.addWidget(self.powers)
        row.addStretch(1)
        return holder

    def _number(self, which: str, words: str, value: float) -> NumberBox:
        setting = self.tried.setting
        box = NumberBox(
            self.tried.whole,
            step=setting.step if setting is not None else None,
            logarithmic=setting is not None and setting.logarithmic,
        )
        box.setObjectName(f"search.{which}.{self.tried.name}")
        box.setAccessibleName(words)
        box.setToolTip(tooltip(f"{words} that is tried."))
        box.show_value(value)
        box.valueChanged.connect(lambda _: self._take_ends())
        return box

    def _build_values(self) -> QWidget:
        self.values = QLineEdit(values_text(self.tried.values))
        self.values.setObjectName(f"search.values.{self.tried.name}")
        self.values.setAccessibleName(f"Values of {self.tried.label}")
        self.values.setPlaceholderText("for example 16; 32; 64")
        self.values.setToolTip("The values that are tried, with a semicolon between them.")
        self.values.setAcceptDrops(False)
        self.values.editingFinished.connect(self._take_values)
        return self.values

    def _build_options(self) -> QWidget:
        """Builds a button for each value of a choice; those that are pressed are tried."""
        holder = QWidget()
        holder.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        flow = FlowLayout(holder, self._theme.px(6))
        self.options: dict[Any, QPushButton] = {}
        for value, words in self.tried.options:
            button = QPushButton(button_text(words))
            button.setCheckable(True)
            button.setChecked(value in self.tried.values)
            button.setAutoDefault(False)
            button.setObjectName(f"search.option.{self.tried.name}.{value}")
            button.setAccessibleName(f"Try {words}")
            button.setToolTip(tooltip(f"{words}: tried while it is pressed."))
            button.toggled.connect(lambda _: self._take_options())
            style(button, "pill")
            self.options[value] = button
            flow.addWidget(button)

        return holder

    def _build_remove(self) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon(self._theme, "close", "secondary"))
        button.setIconSize(QSize(self._theme.px(14), self._theme.px(14)))
        button.setObjectName(f"search.remove.{self.tried.name}")
        button.setAccessibleName(f"Do not try {self.tried.label}")
        button.setToolTip(tooltip(f"Keeps {self.tried.label} as it is in the experiment."))
        style(button, "round")
        button.clicked.connect(lambda: self.removed.emit(self.tried.name))
        return button

    # --- taking

    def _take_mode(self, index: int) -> None:
        self._modes.setCurrentIndex(index)
        if self.mode.itemData(index) == "range":
            self._take(replace(self.tried, values=()))
        elif self.tried.values:
            return
        else:
            ends = (self.low.value(), self.high.value())
            values = tuple(round(end) if self.tried.whole else end for end in ends)
            self.values.setText(values_text(values))
            self._take(replace(self.tried, values=values))

    def _take_ends(self) -> None:
        low = self.low.value()
        high = self.high.value()
        powers = self.powers.isChecked()
        self._take(replace(self.tried, low=low, high=high, logarithmic=powers, values=()))

    def _take_values(self) -> None:
        values = typed_values(self.values.text(), self.tried.whole)

        self._take(replace(self.tried, values=values))

    def _take_options(self) -> None:
        values = [value for value, button in self.options.items() if button.isChecked()]
        self._take(replace(self.tried, values=tuple(values)))

    def _take(self, tried: Tried) -> None:
        if tried != self.tried:
            self.tried = tried
            self.changed.emit(tried)


def values_text(values: tuple[Any, ...]) -> str:
    """Returns numbers as they are written into the field."""
    return f"{SEPARATOR} ".join(
        value if isinstance(value, str) else f"{value:g}" for value in values
    )


def typed_values(text: str, whole: bool) -> tuple[Any, ...]:
    """Returns the numbers of a line, each once. What is none stays text: the search refuses it."""
    found: list[float | str] = []
    for part in filter(None, (part.strip() for part in text.split(SEPARATOR))):
        try:
            number = typed_number(part, whole, own_decimal_point())
        except UnclearNumber:
            found.append(part)
        else:
            found.append(round(number) if whole else number)

    return tuple(dict.fromkeys(found))
