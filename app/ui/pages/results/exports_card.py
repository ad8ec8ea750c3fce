"""The exports of the run that is shown: which files were made of it, and what proved them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from app.engine.export.formats import all_formats
from app.engine.export.words import format_label, remarks
from app.engine.text import UNKNOWN
from app.ui.state.exports.run_exports import read_run_exports
from app.ui.style.theme import style
from app.ui.text.run_names import moment_text
from app.ui.widgets.card import Card
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.export.cells import CellText, cells, heads, outdated_text, weights_text
from app.ui.widgets.export.format_row import Cell
from app.ui.widgets.label import Label
from app.ui.widgets.layouts import clear

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.export.proof import Proof
    from app.ui.pages.parts import Parts
    from app.ui.state.background import Failure
    from app.ui.state.exports.exporter import ExportEnd
    from app.ui.state.exports.run_exports import RunExports

SHOWN = (1, 2, 0)
"""Of the cells of a proof those that stand here: answers changed, the figure, the size."""

TOP = Qt.AlignmentFlag.AlignTop


class ExportsCard(Card):
    """Shows a line for each format that was exported; it is hidden where none was."""

    def __init__(self, parts: Parts) -> None:
        super().__init__("Exports", "files that were made of this run, and what proved them")
        self._parts = parts
        self._path: Path | None = None
        self.setObjectName("results.exports")
        self.trouble = Label()
        self.trouble.setWordWrap(True)
        style(self.trouble, "problem")
        self._grid = QGridLayout()
        self._grid.setColumnStretch(0, 1)
        self.body.addWidget(self.trouble)
        self.body.addLayout(self._grid)
        parts.exporter.ended.connect(self._export_ended)
        parts.theme.changed.connect(self._measure)
        self._measure()
        self.hide()

    def read(self, path: Path) -> None:
        """Reads the proofs of a run in the background, and shows them."""
        if path != self._path:
            self.hide()

        self._path = path
        self._parts.background.run(
            lambda _: read_run_exports(path), self._show, self._fail, key="results.exports"
        )

    def _export_ended(self, end: ExportEnd) -> None:
        if end.proof is not None and end.order.run == self._path:
            self.read(end.order.run)

    def _fail(self, _: Failure) -> None:
        """Hides itself: a run without weights has no exports, and the page says what is wrong."""
        self.hide()

    def _show(self, run: RunExports) -> None:
        if run.path != self._path:
            return

        clear(self._grid)
        self.trouble.setText(run.trouble)
        self.trouble.setVisible(bool(run.trouble))
        known = list(all_formats())
        proofs = sorted(
            run.proofs.values(),
            key=lambda proof: known.index(proof.format) if proof.format in known else len(known),
        )
        if proofs:
            titles = heads(proofs[0])
            for column, text in enumerate([*(titles[each] for each in SHOWN), "Exported"], 1):
                head = Label(text)
                style(head, "secondary")
                self._grid.addWidget(head, 0, column)

        for line, proof in enumerate(proofs, 1):
            self._add(line, proof, run)

        self.setVisible(bool(proofs or run.trouble))

    def _add(self, line: int, proof: Proof, run: RunExports) -> None:
        """Adds the line of a proof."""
        name = format_label(proof.format)
        self._grid.addWidget(_file(name, proof, outdated_text(proof, run)), line, 0, TOP)
        texts = cells(proof, run.unit)
        titles = heads(proof)
        for column, each in enumerate(SHOWN, 1):
            self._add_cell(line, column, texts[each], f"{name}, {titles[each].lower()}")

        moment = datetime.fromtimestamp(proof.time) if proof.time else None
        exported = CellText(
            moment_text(moment) if moment is not None else UNKNOWN,
            weights_text(proof),
            "When the file was proved, and of which weights it is.",
        )
        self._add_cell(line, len(SHOWN) + 1, exported, f"{name}, exported")

    def _add_cell(self, line: int, column: int, text: CellText, spoken: str) -> None:
        cell = Cell()
        cell.show_text(text, spoken)
        self._grid.addWidget(cell, line, column, TOP)

    def _measure(self) -> None:
        self._grid.setHorizontalSpacing(self._parts.theme.px(20))
        self._grid.setVerticalSpacing(self._parts.theme.px(8))


def _file(name: str, proof: Proof, outdated: str) -> QWidget:
    """Returns the words of a line: format and file, and what else the proof found."""
    words = QWidget()
    column = QVBoxLayout(words)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(2)
    title = Label(name)
    style(title, "tile-title")
    file = ElidedLabel(proof.out, least=10)
    style(file, "secondary")
    column.addWidget(title)
    column.addWidget(file)
    marked = "warning" if proof.is_marked else "secondary"
    for text, role in ((" ".join(remarks(proof)), marked), (outdated, "warning")):
        if text:
            sentence = Label(text)
            sentence.setWordWrap(True)
            style(sentence, role)
            column.addWidget(sentence)

    return words
