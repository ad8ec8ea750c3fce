"""A format in the table of exports: what it is, what it cannot hold, and its last proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from app.engine.errors import UserError
from app.engine.export.words import format_label
from app.engine.extras import INSTALL_WITH
from app.ui.style.theme import Theme, style
from app.ui.text.literal import button_text, tooltip
from app.ui.widgets.elided import ElidedEdit
from app.ui.widgets.export.cells import NOTHING, CellText
from app.ui.widgets.label import Label
from app.ui.widgets.layouts import clear

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.export.format import ExportFormat

TOP = Qt.AlignmentFlag.AlignTop


class Cell(QWidget):
    """A figure and a quiet line below it."""

    def __init__(self) -> None:
        super().__init__()
        self.text = Label()
        self.below = Label()
        self.mark = Label()
        style(self.below, "secondary")
        style(self.mark, "warning")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.text)
        column.addWidget(self.below)
        column.addWidget(self.mark)
        column.addStretch(1)

    def show_text(self, cell: CellText, spoken: str) -> None:
        """Shows a cell. spoken: what it is of, for a screen reader."""
        self.text.setText(cell.text)
        self.below.setText(cell.below)
        self.below.setVisible(bool(cell.below))
        self.mark.setText(cell.mark)
        self.mark.setVisible(bool(cell.mark))
        self.setToolTip(tooltip(cell.tip))
        words = ", ".join(filter(None, (cell.text, cell.below, cell.mark)))
        self.setAccessibleName(f"{spoken}: {words}" if words else "")
        style(self.text, "marked" if cell.mark else "")


class _Words(QWidget):
    """Words that can be clicked anywhere."""

    clicked = Signal()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.clicked.emit()

        super().mouseReleaseEvent(event)


class FormatRow:
    """The widgets of one format in a grid. folder_wanted is the signal of its button's clicks."""

    def __init__(
        self,
        theme: Theme,
        grid: QGridLayout,
        line: int,
        kind: str,
        known: ExportFormat | None,
        heads: Sequence[str],
    ) -> None:
        """known: None of a format that this version does not know, of which a proof is kept."""
        self.kind = kind
        self.known = known
        self._theme = theme
        self._grid = grid
        self._line = line
        self.name = known.label if known is not None else format_label(kind)
        self.radio = QRadioButton(button_text(self.name))
        self.radio.setObjectName(f"export.format.{kind}")
        self.radio.setAccessibleName(self.name)
        style(self.radio, "tile-title")
        self.summary = _sentence(known.summary if known is not None else "", "secondary")
        self.limits = QVBoxLayout()
        self.limits.setSpacing(2)
        self.file = _sentence("", "secondary")
        self.outdated = _sentence("", "warning")
        self.remarks = _sentence("", "row")
        self.folder = QPushButton("Open folder")
        self.folder.setObjectName(f"export.folder.{kind}")
        self.folder.setAccessibleName(f"Open the folder of the {self.name} file")
        self.folder.setAutoDefault(False)
        style(self.folder, "link-row")
        self.missing = self._build_missing()
        self.words = self._build_words()
        self.cells = [Cell() for _ in heads]
        for column, cell in enumerate(self.cells, 1):
            grid.addWidget(cell, line, column, TOP)

        self.show_cells(NOTHING, heads)
        self.show_remarks((), False)
        self.show_file("", "", "", False)

    # --- what it looks like

    def _build_words(self) -> QWidget:
        words = _Words()
        column = QVBoxLayout(words)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.radio)

        below = QVBoxLayout()
        below.setContentsMargins(self._theme.px(14) + 2 + self._theme.px(8), 0, 0, 0)
        below.setSpacing(2)
        below.addWidget(self.summary)
        below.addLayout(self.limits)
        below.addWidget(self.missing)
        below.addWidget(self.file)
        below.addWidget(self.outdated)
        below.addWidget(self.remarks)
        below.addWidget(self.folder, 0, Qt.AlignmentFlag.AlignLeft)
        column.addLayout(below)
        words.clicked.connect(self.radio.click)
        self.summary.setVisible(bool(self.summary.text()))

        return words

    def _build_missing(self) -> QWidget:
        """Builds what is said where packages are missing, with the command that brings them."""
        holder = QWidget()
        trouble, command = self._obstacle
        self.radio.setEnabled(not trouble)
        self.radio.setToolTip(tooltip(trouble))
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(_sentence(trouble, "warning"))
        row = QHBoxLayout()
        row.setSpacing(self._theme.px(8))
        line = ElidedEdit(command)
        line.setReadOnly(True)
        line.setCursorPosition(0)
        line.setAccessibleName(f"The command that installs what {self.name} needs")
        line.setToolTip(tooltip(command))
        copy = QPushButton("Copy")
        copy.setObjectName(f"export.copy.{self.kind}")
        copy.setAccessibleName(f"Copy the command that installs what {self.name} needs")
        copy.setToolTip("Copies the command, for a terminal. Open this again afterwards.")
        copy.setAutoDefault(False)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(command))
        style(copy, "small")
        row.addWidget(line, 1)
        row.addWidget(copy)
        column.addLayout(row)
        holder.setVisible(bool(trouble) and self.known is not None)

        return holder

    @property
    def _obstacle(self) -> tuple[str, str]:
        """Why nothing can be exported in this format here, and the command that mends it."""
        if self.known is None:
            return "This version of the program does not know this format.", ""

        try:
            self.known.require_packages()
        except UserError as error:
            return error.what, error.remedy.removeprefix(INSTALL_WITH)
        return "", ""

    # --- showing

    def show_cells(self, texts: Sequence[CellText], heads: Sequence[str]) -> None:
        """Shows the figures of the last proof. heads: what stands above them.

        Without any the words take the whole line.
        """
        known = any(text.text for text in texts)
        self._grid.removeWidget(self.words)
        span = 1 if known else len(texts) + 1
        self._grid.addWidget(self.words, self._line, 0, 1, span, TOP)
        for cell, text, head in zip(self.cells, texts, heads, strict=True):
            cell.show_text(text, f"{self.name}, {head.lower()}")
            cell.setVisible(known)

    def show_limits(self, sentences: Sequence[str]) -> None:
        """Says what the format cannot hold of this network."""
        clear(self.limits)
        for sentence in sentences:
            self.limits.addWidget(_sentence(sentence, "row"))

    def show_remarks(self, sentences: Sequence[str], marked: bool) -> None:
        """Says what the last proof found beside its figures. marked: it is a warning."""
        self.remarks.setText(" ".join(sentences))
        self.remarks.setVisible(bool(sentences))
        style(self.remarks, "warning" if marked else "row")

    def show_file(self, name: str, weights: str, outdated: str, found: bool) -> None:
        """Says what was exported last.

        outdated: why it is not what is used now. found: whether its file, made since the start, is
        still there.
        """
        self.file.setText(f"{name}, {weights}" if name else "")
        self.file.setVisible(bool(name))
        self.outdated.setText(outdated)
        self.outdated.setVisible(bool(outdated))
        self.folder.setVisible(found)


def _sentence(text: str, role: str) -> Label:
    label = Label(text)
    label.setWordWrap(True)
    style(label, role)

    return label
