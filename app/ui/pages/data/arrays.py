"""The arrays of a source: which is the input and which the label, each with a box to change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.ui.style.theme import SMALL, Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.label import Label
from app.ui.widgets.settings.number_box import DropDown

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.runs.control import Control
    from app.engine.sources.arrays.choices import ArrayChoice
    from app.ui.state.background import Background, Failure
    from app.ui.state.document import Document

WORDS = {"inputs": "Input", "target": "Label"}
HELP = {
    "inputs": "The array that the network reads.",
    "target": "What is predicted of every example.",
}
LONGEST = 32
"""Most characters of a name in a box."""


class ArrayRow(QWidget):
    """Writes [data] inputs and target; hidden where the source leaves nothing to choose."""

    def __init__(self, document: Document, background: Background, theme: Theme) -> None:
        super().__init__()
        self._document = document
        self._background = background
        self._theme = theme
        self._requested: DataSettings | None = None
        self.boxes: dict[str, DropDown] = {}
        self._holders: dict[str, QWidget] = {}

        flow = FlowLayout(self, 8)
        for setting in WORDS:
            flow.addWidget(self._made(setting))

        theme.changed.connect(self._restyle)
        self.hide()

    def _made(self, setting: str) -> QWidget:
        holder = QWidget()
        line = QHBoxLayout(holder)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        label = Label(WORDS[setting])
        style(label, "secondary")
        box = DropDown()
        box.setObjectName(f"data.arrays.{setting}")
        box.setAccessibleName(WORDS[setting])
        style(box, "small")
        box.activated.connect(
            lambda row: self._document.replace("data", **{setting: box.itemData(row)})
        )
        label.setBuddy(box)
        line.addWidget(label)
        line.addWidget(box)
        self.boxes[setting] = box
        self._holders[setting] = holder

        return holder

    def refresh(self) -> None:
        """Looks at the source again if a setting of [data] has changed."""
        data = self._document.experiment.data
        if data == self._requested or not data.source:
            return

        self._requested = data

        def look_again(_control: Control) -> Any:
            from app.engine.sources.table_preview import (  # noqa: PLC0415 - with the first data
                preview_arrays,
            )

            return preview_arrays(data)

        self._background.run(look_again, self._show, self._failed, key=f"data.arrays.{id(self)}")

    def forget(self) -> None:
        """Gives up what it has asked for, before it is deleted."""
        self._background.forget(f"data.arrays.{id(self)}")

    def _show(self, choices: tuple[ArrayChoice, ...]) -> None:
        shown = {choice.setting: choice for choice in choices}
        for setting, holder in self._holders.items():
            holder.setVisible(setting in shown)
            if setting in shown:
                self._fill(self.boxes[setting], shown[setting])

        self.setVisible(bool(shown))

    def _failed(self, _failure: Failure) -> None:
        self.hide()  # the page itself says what is wrong with the source

    def _fill(self, box: DropDown, choice: ArrayChoice) -> None:
        chosen = getattr(self._document.experiment.data, choice.setting)
        found = _short(", ".join(choice.used))
        blocked = box.blockSignals(True)
        box.clear()
        box.addItem(f"{found} (found)" if chosen is None else "As found", None)
        for offer in choice.offers:
            form = f"  ({offer.form})" if offer.form else ""
            box.addItem(f"{_short(offer.name)}{form}", offer.name)
            box.setItemData(box.count() - 1, tooltip(offer.name), Qt.ItemDataRole.ToolTipRole)

        if isinstance(chosen, list) and len(chosen) == 1:
            chosen = chosen[0]
        if chosen is not None and box.findData(chosen) < 0:
            box.addItem(found, chosen)
        box.setCurrentIndex(max(0, box.findData(chosen)))
        box.blockSignals(blocked)

        reason = f" Taken: {choice.reason}." if choice.reason and chosen is None else ""
        box.setToolTip(tooltip(f"{HELP[choice.setting]}{reason}"))
        self._fit(box)

    def _restyle(self) -> None:
        for box in self.boxes.values():
            if box.count():
                self._fit(box)

    def _fit(self, box: DropDown) -> None:
        """Makes the box as wide as what is chosen, and its list as wide as the longest entry."""
        metrics = QFontMetrics(self._theme.font(SMALL))
        box.setFixedWidth(metrics.horizontalAdvance(box.currentText()) + self._theme.px(44))
        longest = max(metrics.horizontalAdvance(box.itemText(row)) for row in range(box.count()))
        box.view().setMinimumWidth(longest + self._theme.px(32))


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
