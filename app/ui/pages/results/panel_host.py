"""The buttons above the figures of a run, and the panel that stands in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMessageBox,
    QScrollArea,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from app.ui.pages.results.panels import Panel, panels
from app.ui.state.revisions.draft import RevisionDraft
from app.ui.text.literal import tooltip
from app.ui.widgets.message_box import message_box
from app.ui.widgets.segments import Segments

if TYPE_CHECKING:
    from app.ui.pages.parts import GuideCard, Parts
    from app.ui.pages.results.selection import ViewContent

FIGURES = "figures"
FIGURES_TIP = "How good it is: the figures of a split, and the examples behind them."


class PanelHost(QWidget):
    """Shows `figures`, or a panel in its place: show_content(content).

    A panel is made when it is first asked for. data_wanted(), guide_changed(): as of the panels.
    """

    data_wanted = Signal()
    guide_changed = Signal()

    def __init__(self, parts: Parts, figures: QWidget) -> None:
        super().__init__()
        self._parts = parts
        self.draft = RevisionDraft(parts.background)
        self.draft.failed.connect(self._tell)
        self._content: ViewContent | None = None
        self._wide = True
        self._made: dict[str, tuple[Panel, QWidget]] = {}
        choices = [(panel.key, panel.label, panel.tip) for panel in panels()]
        self.choice = Segments(
            parts.theme, "results.panel", [(FIGURES, "Figures", FIGURES_TIP), *choices]
        )
        self.choice.chosen.connect(lambda _: self._show())
        for key, _, _ in choices:
            self.choice.buttons[key].hide()  # which apply is known with a run; all need more room

        bar = QHBoxLayout()
        bar.setContentsMargins(16, 0, 16, 0)
        bar.addWidget(self.choice)
        bar.addStretch(1)
        self._figures = figures
        self._stack = QStackedLayout()
        self._stack.addWidget(figures)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(bar)
        column.addLayout(self._stack, 1)

    @property
    def panel(self) -> Panel | None:
        """The panel in front; None where the figures are."""
        made = self._made.get(self.choice.value)
        return made[0] if made is not None else None

    def show_content(self, content: ViewContent) -> None:
        """Shows another run or split; a panel that has nothing to say of it gives way."""
        self._content = content
        if content.path is not None:
            self.draft.open(content.path)  # also without its data: the changes of another run go

        for panel in panels():
            button = self.choice.buttons[panel.key]
            applies = panel.applies(content)
            why_not = panel.why_not(content) if applies else ""
            button.setVisible(applies)
            button.setEnabled(applies and not why_not)
            button.setToolTip(tooltip(why_not or panel.tip))
            if self.choice.value == panel.key and not button.isEnabled():
                self.choice.set_value(FIGURES)

        self._show()

    def choose(self, key: str) -> None:
        """Shows a panel by its key, or the figures."""
        if self.choice.buttons[key].isEnabled():
            self.choice.set_value(key)
            self._show()

    def _tell(self, text: str) -> None:
        """Says that changes could not be kept, where no panel in front says it."""
        if self.panel is None:
            box = message_box(self, "results.revision.failed", "The changes are not kept.", text)
            box.addButton(QMessageBox.StandardButton.Close)
            box.open()

    def _show(self) -> None:
        key = self.choice.value
        if key == FIGURES or self._content is None:
            self._stack.setCurrentWidget(self._figures)
            self.guide_changed.emit()
            return

        panel, scroller = self._made.get(key) or self._make(key)
        panel.show_content(self._content)
        panel.arrange(self._wide)
        self._stack.setCurrentWidget(scroller)
        self.guide_changed.emit()

    def _make(self, key: str) -> tuple[Panel, QWidget]:
        panel = next(each for each in panels() if each.key == key)(self._parts, self.draft)
        panel.data_wanted.connect(self.data_wanted)
        panel.guide_changed.connect(self.guide_changed)
        scroller = QScrollArea()
        scroller.setWidgetResizable(True)
        scroller.setFrameShape(QScrollArea.Shape.NoFrame)
        scroller.setWidget(panel)
        self._stack.addWidget(scroller)
        self._made[key] = panel, scroller
        return self._made[key]

    def arrange(self, wide: bool) -> None:
        """Puts cards side by side where there is room."""
        self._wide = wide
        for panel, _ in self._made.values():
            panel.arrange(wide)

    def guide(self) -> list[GuideCard] | None:
        """Returns the Guide's cards of the panel in front; None where the figures are."""
        return self.panel.guide() if self.panel is not None else None
