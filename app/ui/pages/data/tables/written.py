"""How a table is written: what was found out about it, each with a drop-down to change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.engine.experiment.data_settings import DataSettings
from app.engine.text import count_text
from app.ui.style.theme import SMALL, Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.label import Label
from app.ui.widgets.settings.number_box import DropDown
from models.spec import Setting, settings

if TYPE_CHECKING:
    from app.engine.sources.tables.preview import TablePreview
    from app.ui.state.document import Document

NAMES = (
    "sheet",
    "delimiter",
    "decimal",
    "thousands",
    "letter_k",
    "encoding",
    "skip_rows",
    "header",
    "second_row",
    "skip_footer",
    "comment",
)
SHORT = {
    "header": "Names",
    "sheet": "Sheet",
    "encoding": "Encoding",
    "delimiter": "Cells",
    "decimal": "Decimals",
    "thousands": "Thousands",
    "letter_k": "K is",
    "skip_rows": "Above",
    "second_row": "Second row",
    "skip_footer": "Below",
    "comment": "Comments",
}
FEW_ROWS = 6
"""At least so many entries say how many rows stand above or below the table."""

HEADS = ((True, "In the first row"), (False, "None"))
LONGEST = 24
"""Most characters of an entry while the box is closed."""


class WrittenRow(QWidget):
    """Writes [data] delimiter, decimal and the others.

    It is empty where the file itself says them, as Parquet does.
    """

    def __init__(self, document: Document, theme: Theme) -> None:
        super().__init__()
        self._document = document
        self._theme = theme
        self._declared = {setting.name: setting for setting in settings(DataSettings)}
        self.boxes: dict[str, DropDown] = {}
        self._holders: dict[str, QWidget] = {}

        flow = FlowLayout(self, 8)
        for name in NAMES:
            flow.addWidget(self._made(self._declared[name]))

        theme.changed.connect(self._restyle)

    def _made(self, setting: Setting) -> QWidget:
        holder = QWidget()
        box = DropDown()
        line = QHBoxLayout(holder)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        label = Label(SHORT[setting.name])
        style(label, "secondary")
        box.setObjectName(f"data.{setting.name}")
        box.setAccessibleName(setting.label)
        style(box, "small")
        box.activated.connect(
            lambda row: self._document.replace("data", **{setting.name: box.itemData(row)})
        )
        line.addWidget(label)
        line.addWidget(box)
        self.boxes[setting.name] = box
        self._holders[setting.name] = holder

        return holder

    def show_preview(self, preview: TablePreview) -> None:
        """Shows what is used; the reason stands in the tooltip."""
        data = self._document.experiment.data
        for name, box in self.boxes.items():
            used = getattr(preview, name)
            entries = self._entries(name, preview)
            several = name != "sheet" or len(preview.sheets) > 1
            concerns = several and (
                name in preview.reasons or (name == "thousands" and "decimal" in preview.reasons)
            )
            self._holders[name].setVisible(concerns)
            chosen = getattr(data, name)
            words = dict(entries).get(used, str(used))
            blocked = box.blockSignals(True)
            box.clear()
            box.addItem(f"{words} (found)" if chosen is None else "As found", None)

            for value, text in entries:
                box.addItem(text, value)

            box.setCurrentIndex(max(0, box.findData(chosen)))
            box.blockSignals(blocked)
            self._fit(box)
            reason = preview.reasons.get(name, "")
            box.setToolTip(tooltip(f"{self._declared[name].help} {_sentence(reason)}".strip()))

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

    def _entries(self, name: str, preview: TablePreview) -> list[tuple[Any, str]]:
        """Returns (value, its words) of every entry."""
        if name == "sheet":
            return [
                (sheet, sheet if len(sheet) <= LONGEST else sheet[: LONGEST - 1] + "…")
                for sheet in preview.sheets
            ]
        if name == "header":
            return list(HEADS)
        if name in ("skip_rows", "skip_footer"):
            most = max(FEW_ROWS, getattr(preview, name) + 1)
            return [(count, _rows_text(count)) for count in range(most)]

        return [(value, words.split(" (")[0]) for value, words in self._declared[name].choices]


def _rows_text(count: int) -> str:
    return count_text(count, "row") if count else "Nothing"


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}." if words else ""
