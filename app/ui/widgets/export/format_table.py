"""The table of exports: every format, which one is chosen, and the proofs of those made so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QGridLayout, QWidget

from app.engine.export.words import remarks
from app.ui.style.theme import Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.export.cells import (
    BATCHES,
    HEADS,
    NOTHING,
    cells,
    heads,
    outdated_text,
    weights_text,
)
from app.ui.widgets.export.format_row import FormatRow
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from app.engine.export.format import ExportFormat
    from app.engine.export.proof import Proof
    from app.ui.state.exports.run_exports import RunExports

TIPS = (
    "Of all files of the export, and how that compares with the weights in float32.",
    "Answers that a person would be told otherwise: another class, another set of tags, an amount "
    "that is off, another next token.",
    "By the exported file; below it, by the network here on the same examples.",
    *(
        f"The time that an example takes {'alone' if batch == '1' else f'in batches of {batch}'}, "
        "and how that compares with PyTorch, both on one thread."
        for batch in BATCHES
    ),
)


class FormatTable(QWidget):
    """A line for each format. chosen(): another format; `kind` is the one. folder_wanted(kind)."""

    chosen = Signal()
    folder_wanted = Signal(str)

    def __init__(self, theme: Theme, formats: Mapping[str, ExportFormat]) -> None:
        super().__init__()
        self._theme = theme
        self._formats = formats
        self._group = QButtonGroup(self)
        self._group.buttonClicked.connect(lambda _: self.chosen.emit())
        self.rows: dict[str, FormatRow] = {}
        self._heads: list[Label] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, theme.px(8), 0)
        self._grid.setHorizontalSpacing(theme.px(16))
        self._grid.setVerticalSpacing(theme.px(8))
        self._grid.setColumnStretch(0, 1)
        self.setAccessibleName("Formats, and the proof of the last export in each")
        style(self, "page")
        for column, tip in enumerate(TIPS, 1):
            head = Label()
            head.setToolTip(tooltip(tip))
            style(head, "secondary")
            self._grid.addWidget(head, 0, column)
            self._heads.append(head)

        for kind in formats:
            self._add(kind)

        first = next((row for row in self.rows.values() if row.radio.isEnabled()), None)
        if first is not None:
            first.radio.setChecked(True)

        self._show_heads(None)

    @property
    def kind(self) -> str:
        """The format that is chosen, "" where none can be."""
        return next((kind for kind, row in self.rows.items() if row.radio.isChecked()), "")

    def show_run(self, run: RunExports, file_of: Callable[[str], Path | None]) -> None:
        """Shows the proofs of a run. file_of: the file of a kind, where it is known."""
        proofs = run.proofs
        self._show_heads(next(iter(proofs.values()), None))
        for kind in proofs:
            if kind not in self.rows:
                self._add(kind)

        for kind, row in self.rows.items():
            proof = proofs.get(kind)
            titles = heads(proof)
            if proof is None:
                row.show_cells(NOTHING, titles)
                row.show_remarks((), False)
                row.show_file("", "", "", False)
                continue

            row.show_cells(cells(proof, run.unit), titles)
            row.show_limits(proof.left_out)
            row.show_remarks(remarks(proof), proof.is_marked)
            row.show_file(
                proof.out, weights_text(proof), outdated_text(proof, run), file_of(kind) is not None
            )

    def show_limits(self, limits: Mapping[str, tuple[str, ...]]) -> None:
        """Says what each format cannot hold of the network."""
        for kind, sentences in limits.items():
            if kind in self.rows:
                self.rows[kind].show_limits(sentences)

    def _add(self, kind: str) -> None:
        line = self._grid.rowCount()
        if self.rows:
            between = QFrame()
            style(between, "separator")
            self._grid.addWidget(between, line, 0, 1, len(HEADS) + 1)
            line += 1

        row = FormatRow(self._theme, self._grid, line, kind, self._formats.get(kind), HEADS)
        row.folder.clicked.connect(lambda: self.folder_wanted.emit(kind))
        self._group.addButton(row.radio)
        self.rows[kind] = row

    def _show_heads(self, proof: Proof | None) -> None:
        for head, text in zip(self._heads, heads(proof), strict=True):
            head.setText(text)
            head.setVisible(proof is not None)
