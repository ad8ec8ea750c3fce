"""The layout of the export dialog: its widgets and where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout

from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.export.format_table import FormatTable
from app.ui.widgets.export.progress_line import ProgressLine
from app.ui.widgets.label import Label
from app.ui.widgets.segments import Segments

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from app.engine.export.format import ExportFormat
    from app.ui.state.exports.exporter import Exporter
    from app.ui.style.theme import Theme

WIDTH = 1040
HEIGHT = 800
ABOUT = (
    "Writes the trained network as a file for other programs. Each file is proved before it "
    "counts: loaded without this program, it answers every example that was kept apart for "
    "judging, and each answer is compared with that of the network here."
)
WEIGHTS = (
    ("best", "Best epoch", "The weights that were best on validation."),
    ("last", "Last epoch", "The weights at the end of the training."),
)


class ExportLayout(QDialog):
    """The empty dialog: words, a line on the weights, the table of formats, buttons."""

    def __init__(
        self,
        theme: Theme,
        exporter: Exporter,
        path: Path,
        formats: Mapping[str, ExportFormat],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.theme = theme
        self.setObjectName("export.dialog")
        self.setWindowTitle("Export")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.table = FormatTable(theme, formats)
        self.progress = ProgressLine(theme, exporter, path)
        px = theme.px
        outer = QVBoxLayout(self)
        outer.setContentsMargins(px(20), px(16), px(20), px(16))
        outer.setSpacing(px(10))
        outer.addLayout(self._build_head())
        outer.addLayout(self._build_weights())
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidget(self.table)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setMinimumHeight(px(48))  # less than Qt wants, as a single format takes little
        outer.addWidget(self.area, 1)
        outer.addWidget(self.progress)
        outer.addLayout(self._build_notice())
        outer.addLayout(self._build_foot())
        self.fit()

    def _build_head(self) -> QVBoxLayout:
        heading = Label("Export")
        style(heading, "heading")
        self.run_title = ElidedLabel(least=10)
        self.run_title.setObjectName("export.run")
        style(self.run_title, "why")
        about = Label(ABOUT)
        about.setWordWrap(True)
        style(about, "secondary")
        line = QHBoxLayout()
        line.setSpacing(self.theme.px(8))
        line.addWidget(heading)
        line.addWidget(self.run_title, 1)
        line.addStretch(1)
        words = QVBoxLayout()
        words.setSpacing(self.theme.px(4))
        words.addLayout(line)
        words.addWidget(about)
        return words

    def _build_weights(self) -> QHBoxLayout:
        self.weights_name = Label("Weights")
        style(self.weights_name, "secondary")
        self.weights = Segments(self.theme, "export.weights", WEIGHTS)
        self.weights_words = Label()
        self.weights_words.setObjectName("export.weights.words")
        self.weights_words.setWordWrap(True)
        style(self.weights_words, "secondary")
        row = QHBoxLayout()
        row.setSpacing(self.theme.px(8))
        row.addWidget(self.weights_name)
        row.addWidget(self.weights)
        row.addWidget(self.weights_words, 1)
        self.weights_name.hide()
        self.weights.hide()
        return row

    def _build_notice(self) -> QHBoxLayout:
        self.notice = Label()
        self.notice.setObjectName("export.notice")
        self.notice.setWordWrap(True)
        self.notice.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.notice.hide()
        row = QHBoxLayout()
        row.addWidget(self.notice, 1)
        return row

    def _build_foot(self) -> QHBoxLayout:
        self.closing = _button("Close", "export.close", "Closes this.")
        self.begin = _button("Export…", "export.begin", "")
        style(self.begin, "primary")
        self.begin.setDefault(True)
        row = QHBoxLayout()
        row.setSpacing(self.theme.px(8))
        row.addStretch(1)
        row.addWidget(self.closing)
        row.addWidget(self.begin)
        return row

    def fit(self) -> None:
        """Makes the dialog as high as what is in it, within the window; it never shrinks.

        At once, and again when Qt has shown what was added.
        """
        self._fit_now()
        QTimer.singleShot(0, self, self._fit_now)

    def _fit_now(self) -> None:
        for layout in (self.table.layout(), self.progress.layout(), self.layout()):
            if layout is not None:
                layout.invalidate()
                layout.activate()

        width, most = self._room()
        whole = self.layout()
        least = whole.totalMinimumHeightForWidth(width) if whole is not None else 0
        inside = self.table.heightForWidth(width - self.theme.px(40 + 10))
        wanted = least + max(0, inside - self.area.minimumHeight())
        before = self.height() if self.isVisible() else 0
        self.resize(width, max(before, min(most, wanted)))

    def _room(self) -> tuple[int, int]:
        """Returns the width, and the most height, that the dialog may take."""
        px = self.theme.px
        around = self.parentWidget()
        room = around.window().size() if around is not None else QSize(px(WIDTH), px(HEIGHT))
        width = min(px(WIDTH), max(320, room.width() - 32))
        return width, min(px(HEIGHT), max(240, room.height() - 32))


def _button(text: str, name: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(text)
    button.setToolTip(tooltip(tip))
    button.setAutoDefault(False)

    return button
