"""Which settings mattered: a bar for each, with the caution that few trials ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from app.engine.search.study import LEAST_FOR_IMPORTANCE
from app.engine.text import count_text, percent_text
from app.ui.pages.search.words import importance_text
from app.ui.style.theme import style
from app.ui.widgets.card import Card
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.search.progress import Progress
    from app.ui.pages.search.words import Column
    from app.ui.style.theme import Theme


class ShareBar(QWidget):
    """A share of 1 as a bar."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.share = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(60), self._theme.px(10))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRectF(self.rect())
        outline = QPainterPath()
        outline.addRoundedRect(whole, self._theme.px(3), self._theme.px(3))
        painter.fillPath(outline, self._theme.color("track"))
        painter.setClipPath(outline)
        filled = QRectF(0, 0, whole.width() * min(1.0, max(0.0, self.share)), whole.height())
        painter.fillRect(filled, self._theme.color("accent"))
        painter.end()


class ImportanceCard(Card):
    """Shows the share of each setting in the differences between trials, the largest first."""

    def __init__(self, theme: Theme) -> None:
        super().__init__("What mattered", "")
        self._theme = theme
        self.setObjectName("search.importance")
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self._rows: list[tuple[ElidedLabel, ShareBar, Label]] = []
        self.caution = Label()
        self.caution.setObjectName("search.importance.caution")
        self.caution.setWordWrap(True)
        style(self.caution, "secondary")
        self.body.addLayout(self._grid)
        self.body.addWidget(self.caution)
        self.body.addStretch(1)

    def show_progress(self, progress: Progress, columns: Sequence[Column]) -> None:
        importance = progress.importance
        labels = {column.name: column.label for column in columns}
        shares = importance.shares if importance is not None else {}
        known = sorted(shares.items(), key=lambda pair: -pair[1])
        while len(self._rows) < len(known):
            self._add_row()

        for row, (name, bar, percent) in enumerate(self._rows):
            shown = row < len(known)
            for widget in (name, bar, percent):
                widget.setVisible(shown)
            if shown:
                key, share = known[row]
                name.setText(labels.get(key, key))
                bar.share = share
                bar.setAccessibleName(f"{labels.get(key, key)}: {percent_text(share)}")
                bar.update()
                percent.setText(percent_text(share))

        if importance is not None and shares:
            self.caution.setText(importance_text(importance))
        else:
            done = sum(trial.status == "completed" for trial in progress.trials)
            least = count_text(LEAST_FOR_IMPORTANCE, "run")
            self.caution.setText(
                f"With {done:,} of the {least} that it takes, nothing can be said yet."
                if done < LEAST_FOR_IMPORTANCE
                else "All runs reached the same figure, or it is found out in a moment."
            )

    def _add_row(self) -> None:
        name, bar, percent = ElidedLabel("", 6), ShareBar(self._theme), Label()
        style(percent, "secondary")
        line = len(self._rows)
        for column, widget in enumerate((name, bar, percent)):
            self._grid.addWidget(widget, line, column)

        self._rows.append((name, bar, percent))
