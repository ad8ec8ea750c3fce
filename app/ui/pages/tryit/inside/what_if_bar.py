"""The choice of a part of a block, and what is done to it: mute, scale or prune."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSlider, QVBoxLayout, QWidget

from app.engine.insight.part_change import PartChange
from app.ui.pages.tryit.inside.words import change_text, parts_text
from app.ui.style.theme import style
from app.ui.text.literal import button_text, tooltip
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.label import Label
from app.ui.widgets.layouts import clear
from app.ui.widgets.settings.number_box import DropDown, NumberBox

if TYPE_CHECKING:
    from app.engine.insight.part_change import BlockParts, Kind
    from app.ui.style.theme import Theme

STEPS = 20
"""Steps of the slider from 0 to 2: a step is a tenth."""

MOST = 64
"""Changes at a time: each is a button, and each takes a little of every pass."""


class WhatIfBar(QWidget):
    """Changes parts of the opened block. changed(): `changes` are others."""

    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._block = ""
        self._parts: BlockParts | None = None
        self._noun = "channel"
        self._nouns: dict[str, str] = {}
        self.changes: tuple[PartChange, ...] = ()
        self._build()
        self.show_block("", None, self._noun)

    def _build(self) -> None:
        title = Label("What if")
        style(title, "row-strong")
        self.kind = DropDown()
        self.kind.setObjectName("tryit.inside.kind")
        self.kind.setAccessibleName("Kind of the part")
        self.kind.activated.connect(lambda _row: self._show_count())
        self.number = NumberBox(whole=True)
        self.number.setObjectName("tryit.inside.part")
        self.number.setAccessibleName("Number of the part")
        self.number.setMinimum(1)
        self.count = Label()
        self.count.setWordWrap(True)
        style(self.count, "secondary")
        choice = QHBoxLayout()
        choice.setSpacing(6)
        for widget in (title, self.kind, self.number):
            choice.addWidget(widget)

        choice.addWidget(self.count, 1)
        self.number.setMaximumWidth(self._theme.px(110))
        self.mute = self._button("mute", "Mute", "Sets what this part gives to 0.")
        self.prune = self._button(
            "prune", "Prune", "The same for good: the weights that make the part could go."
        )
        self.factor = QSlider(Qt.Orientation.Horizontal)
        self.factor.setObjectName("tryit.inside.factor")
        self.factor.setAccessibleName("Factor of the part")
        self.factor.setRange(0, STEPS)
        self.factor.setValue(STEPS // 2)
        self.factor.setToolTip("Multiplies what this part gives, from 0 to 2.")
        self.factor.valueChanged.connect(self._show_factor)
        self.factor.setMinimumWidth(self._theme.px(80))
        self.scale = self._button("scale", "", "Multiplies what this part gives.")
        self._show_factor()
        self.mute.clicked.connect(lambda: self._take(0.0))
        self.prune.clicked.connect(lambda: self._take(0.0, pruned=True))
        self.scale.clicked.connect(lambda: self._take(self._value))
        acts = QHBoxLayout()
        acts.setSpacing(6)
        for button in (self.mute, self.prune):
            acts.addWidget(button)

        acts.addWidget(self.factor, 1)
        acts.addWidget(self.scale)
        self.list = QWidget()
        self._chips = FlowLayout(self.list, 6)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(choice)
        column.addLayout(acts)
        column.addWidget(self.list)

    def _button(self, name: str, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(f"tryit.inside.{name}")
        button.setToolTip(tooltip(tip))
        style(button, "small")
        return button

    # --- what can be changed

    def show_block(self, block: str, parts: BlockParts | None, noun_of_unit: str) -> None:
        """Offers the parts of a block; None where it has none."""
        there = parts is not None and (parts.units or parts.heads)
        self.setVisible(bool(there) or bool(self.changes))
        same = (block, parts) == (self._block, self._parts)
        self._block, self._parts, self._noun = block, parts, noun_of_unit
        self._nouns[block] = noun_of_unit
        for widget in (self.kind, self.number, self.mute, self.prune, self.factor, self.scale):
            widget.setEnabled(bool(there))
        if same or parts is None:
            return

        self.kind.clear()
        if parts.heads:
            self.kind.addItem("Head", "head")
        if parts.units:
            self.kind.addItem(noun_of_unit.capitalize(), "unit")

        self._show_count()

    def pick(self, kind: Kind, number: int) -> None:
        """Chooses a part, which was clicked."""
        row = self.kind.findData(kind)
        if row >= 0:
            self.kind.setCurrentIndex(row)
            self._show_count()
            self.number.show_value(number + 1)

    def forget(self) -> None:
        """Changes nothing any more; tells nobody."""
        self.changes = ()
        self._list()

    def _show_count(self) -> None:
        parts, kind = self._parts, self.kind.currentData()
        if parts is None or kind is None:
            self.count.setText("")
            return

        self.number.setMaximum(max(1, parts.count(kind)))
        self.count.setText(parts_text(parts, kind, self._noun))

    # --- what is changed

    @property
    def _value(self) -> float:
        return self.factor.value() * 2 / STEPS

    def _show_factor(self, *_: object) -> None:
        self.scale.setText(f"Scale × {self._value:.1f}")
        self.scale.setAccessibleName(f"Multiply the part by {self._value:.1f}")

    def _take(self, factor: float, pruned: bool = False) -> None:
        kind = self.kind.currentData()
        number = int(self.number.value() or 1) - 1
        change = PartChange(self._block, kind, number, factor, pruned)
        others = [each for each in self.changes if not _same_part(each, change)]
        self._set((*others, change)[-MOST:])

    def _set(self, changes: tuple[PartChange, ...]) -> None:
        self.changes = changes
        self._list()
        self.changed.emit()

    def _list(self) -> None:
        """Shows the changes, each as a button that takes it back."""
        clear(self._chips)
        for change in self.changes:
            text = change_text(change, self._nouns.get(change.block, self._noun))
            chip = QPushButton(button_text(f"{text}  ×"))
            chip.setToolTip("Takes this change back.")
            chip.setAccessibleName(f"Take back: {text}")
            style(chip, "small")
            chip.clicked.connect(lambda _=False, gone=change: self._drop(gone))
            self._chips.addWidget(chip)

        if len(self.changes) > 1:
            every = self._button("reset", "Take all back", "The network is as it was trained.")
            every.clicked.connect(lambda: self._set(()))
            self._chips.addWidget(every)

        self.list.setVisible(bool(self.changes))

    def _drop(self, gone: PartChange) -> None:
        self._set(tuple(change for change in self.changes if change != gone))


def _same_part(one: PartChange, other: PartChange) -> bool:
    return (one.block, one.kind, one.number) == (other.block, other.kind, other.number)
