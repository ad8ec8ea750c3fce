"""Text that gives way: it ends in an ellipsis, and the tooltip of a line holds all of it."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStyleOptionFrame,
    QStylePainter,
    QWidget,
)

from app.ui.text.literal import tooltip


class ElidedLabel(QLabel):
    """A label as wide as its text, or as narrow as `least` characters where room is short."""

    def __init__(self, text: str = "", least: int = 6, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._least = least
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)

    def minimumSizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        wanted = metrics.horizontalAdvance(self.text()) + 2
        return QSize(min(wanted, metrics.averageCharWidth() * self._least), metrics.height())

    def sizeHint(self) -> QSize:
        return QSize(
            self.fontMetrics().horizontalAdvance(self.text()) + 2, self.fontMetrics().height()
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        self.setToolTip(tooltip(self.text() if text != self.text() else ""))
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), text)
        painter.end()


class ElidedEdit(QLineEdit):
    """A line to type in that shows the end of a long text as an ellipsis, until it is edited."""

    @property
    def cuts(self) -> bool:
        """Whether there is no room for all of the text."""
        return self.fontMetrics().horizontalAdvance(self.text()) > self._room().width()

    def _room(self) -> QRect:
        option = QStyleOptionFrame()
        self.initStyleOption(option)
        inside = self.style().subElementRect(QStyle.SubElement.SE_LineEditContents, option, self)
        return inside.adjusted(2, 0, -2, 0)  # the margin that a line edit keeps for its cursor

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.hasFocus() or not self.cuts:
            super().paintEvent(event)
            return

        option = QStyleOptionFrame()
        self.initStyleOption(option)
        painter = QStylePainter(self)
        painter.drawPrimitive(QStyle.PrimitiveElement.PE_PanelLineEdit, option)
        room = self._room()
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(room, int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), text)
        painter.end()


class ElidedButton(QPushButton):
    """A button as wide as its text, or as narrow as `least` characters where room is short."""

    def __init__(self, text: str = "", least: int = 6, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._least = least
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        hint = self.sizeHint()
        spare = metrics.horizontalAdvance(self.text()) - metrics.averageCharWidth() * self._least
        return QSize(hint.width() - max(0, spare), hint.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        missing = self.sizeHint().width() - self.width()
        if missing > 0:
            metrics = self.fontMetrics()
            room = metrics.horizontalAdvance(self.text()) - missing
            option.text = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, room)

        text = option.text
        if self.menu() is not None:
            # Where a style sheet has a rule for the menu's arrow, Qt paints the text of a button
            # outside of its padding on the left (PySide6 6.11.3).
            option.text = ""

        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        if self.menu() is not None:
            self._paint_text(painter, option, text)

        painter.end()

    def _paint_text(self, painter: QStylePainter, option: QStyleOptionButton, text: str) -> None:
        """Paints the text at the left of the room inside the padding."""
        option.features &= ~QStyleOptionButton.ButtonFeature.HasMenu
        inside = self.style().subElementRect(QStyle.SubElement.SE_PushButtonContents, option, self)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawItemText(
            inside,
            int(flags | Qt.TextFlag.TextShowMnemonic),
            option.palette,
            self.isEnabled(),
            text,
            QPalette.ColorRole.ButtonText,
        )
