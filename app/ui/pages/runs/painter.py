"""Paints a line of the list of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QFontMetrics, QIcon, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget

from app.engine.text import UNKNOWN, duration_text, number_text
from app.ui.pages.runs.entries import Entry, common_metric
from app.ui.pages.runs.model import (
    BEST,
    LOSS,
    RUN,
    TIME,
    Index,
    RunsModel,
    best_text,
    epoch_words,
    when,
)
from app.ui.style.assets import icon
from app.ui.text.short_names import alike
from app.ui.widgets.row_states import RowStates

if TYPE_CHECKING:
    from app.ui.style.theme import Theme

ICONS = {
    "running": ("mdi6.progress-clock", "accent"),
    "interrupted": ("warning", "warning"),
    "completed": ("good", "best"),
    "stopped": ("mdi6.stop-circle-outline", "secondary"),
    "failed": ("problem", "problem"),
    "diverged": ("mdi6.chart-line-variant", "problem"),
    "damaged": ("problem", "problem"),
}
"""Icon and colour role of each status."""


class RunPainter(QStyledItemDelegate):
    """Paints a cell of the list in two lines, the second one quiet.

    The loss is a small curve.
    """

    def __init__(self, theme: Theme, table: QTableView, runs: RunsModel) -> None:
        super().__init__(table)
        self._theme = theme
        self._runs = runs
        self._states = RowStates(theme, table)
        self._icons: dict[tuple[str, str], QIcon] = {}
        theme.changed.connect(self._icons.clear)

    def _icon(self, name: str, role: str) -> QIcon:
        if (name, role) not in self._icons:
            self._icons[name, role] = icon(self._theme, name, role)
        return self._icons[name, role]

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(self._theme.px(80), self._theme.px(48))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme = self._theme
        entry = self._runs.entries[index.row()]
        box: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        self._states.paint_ground(painter, box, index)
        painter.setPen(QPen(theme.color("border"), 1))
        painter.drawLine(
            QPointF(box.left(), box.bottom() + 0.5), QPointF(box.right() + 1, box.bottom() + 0.5)
        )

        inner = box.adjusted(theme.px(8), theme.px(5), -theme.px(8), -theme.px(5))
        if index.column() == RUN:
            self._run(painter, inner, entry, chosen)
        elif index.column() == BEST:
            mixed = common_metric(self._runs.entries) is None
            words = epoch_words(entry).removeprefix(", ")
            self._lines(
                painter,
                inner,
                best_text(entry),
                f"{entry.metric.label}, {words}" if mixed else words,
            )
        elif index.column() == LOSS:
            self._curve(painter, inner, entry)
        elif index.column() == TIME:
            self._lines(painter, inner, duration_text(entry.seconds), "")
        else:
            self._note(painter, inner, entry.note)

        self._states.paint_focus(painter, box, index)
        painter.restore()

    def _run(self, painter: QPainter, box: QRect, entry: Entry, chosen: bool) -> None:
        theme = self._theme
        side = self._theme.px(16)
        check = QRectF(box.left(), box.center().y() - side / 2 + 1, side, side)
        painter.setPen(QPen(theme.color("accent" if chosen else "line"), 1.5))
        painter.setBrush(QBrush(theme.color("accent")) if chosen else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(check, theme.px(4), theme.px(4))

        if chosen:
            tick = check.adjusted(2, 2, -2, -2).toRect()
            self._icon("check", "on_accent").paint(painter, tick)

        name, role = ICONS.get(entry.status, ICONS["failed"])
        mark = QRect(
            box.left() + theme.px(26), box.center().y() - theme.px(9), theme.px(20), theme.px(20)
        )
        self._icon(name, role).paint(painter, mark)
        text = box.adjusted(theme.px(54), 0, 0, 0)
        names = alike(shown.name for shown in self._runs.entries)
        name = names.short(entry.name, QFontMetrics(theme.font(14, bold=True)), text.width())
        self._lines(painter, text, name, f"{entry.status_words} · {when(entry)}", bold=True)

    def _lines(
        self, painter: QPainter, box: QRect, first: str, second: str, bold: bool = False
    ) -> None:
        theme = self._theme
        font, small = theme.font(14, bold), theme.font(12)
        height, below = QFontMetrics(font).height(), QFontMetrics(small).height() if second else 0
        top = box.top() + (box.height() - height - below) // 2
        painter.setFont(font)
        painter.setPen(theme.color("text"))
        text = QFontMetrics(font).elidedText(first, Qt.TextElideMode.ElideMiddle, box.width())
        painter.drawText(
            QRect(box.left(), top, box.width(), height), Qt.AlignmentFlag.AlignVCenter, text
        )

        if second:
            painter.setFont(small)
            painter.setPen(theme.color("secondary"))
            text = QFontMetrics(small).elidedText(second, Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(
                QRect(box.left(), top + height, box.width(), below),
                Qt.AlignmentFlag.AlignVCenter,
                text,
            )

    def _curve(self, painter: QPainter, box: QRect, entry: Entry) -> None:
        """Paints the validation loss over its whole range, and a ring at the best epoch."""
        theme = self._theme
        width = min(theme.px(96), box.width() - theme.px(48))

        known = np.flatnonzero(np.isfinite(entry.losses))
        if len(known) and width > theme.px(16):
            values = entry.losses[known]
            low = float(values.min())
            reach = float(np.ptp(values)) or 1.0
            steps = max(1, len(entry.losses) - 1)
            top = box.top() + theme.px(4)
            tall = box.height() - theme.px(8)
            points = [
                QPointF(
                    box.left() + 4 + (width - 8) * epoch / steps,
                    top + tall * (1 - (value - low) / reach),
                )
                for epoch, value in zip(known.tolist(), values.tolist(), strict=True)
            ]

            painter.setPen(QPen(theme.color("validation"), theme.px(1.5)))
            painter.drawPolyline(QPolygonF(points))

            best = entry.best_epoch - 1
            if best in known:
                point = points[int(np.searchsorted(known, best))]
                painter.setPen(QPen(theme.color("best"), theme.px(1.5)))
                painter.setBrush(theme.color("surface"))
                painter.drawEllipse(point, theme.px(3), theme.px(3))

        painter.setFont(theme.font(12))
        painter.setPen(theme.color("secondary"))
        painter.drawText(
            box.adjusted(width + theme.px(8), 0, 0, 0),
            Qt.AlignmentFlag.AlignVCenter,
            number_text(entry.loss) if entry.loss is not None else UNKNOWN,
        )

    def _note(self, painter: QPainter, box: QRect, note: str) -> None:
        theme = self._theme
        painter.setFont(theme.font(12))
        painter.setPen(theme.color("secondary"))
        flat = " ".join(note.split())

        metrics = QFontMetrics(painter.font())
        if metrics.horizontalAdvance(flat) <= box.width():
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, flat)
            return

        flags = int(Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextWordWrap)
        while flat and metrics.boundingRect(box, flags, flat).height() > box.height():
            flat = flat[: max(0, len(flat) - 12)].rstrip() + "…" if len(flat) > 12 else ""

        painter.drawText(box, flags, flat)

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        box: QRect = option.rect
        left = self._theme.px(54) if index.column() == RUN else 0
        height = min(box.height(), self._theme.px(32))
        editor.setGeometry(
            box.left() + left, box.center().y() - height // 2, box.width() - left, height
        )
