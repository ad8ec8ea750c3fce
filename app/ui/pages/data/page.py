"""The Data page: what there is to learn from.

It is empty, reading, failed, or ready with the tabs that concern these data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from app.engine.data.dataset import SPLITS, Description
from app.engine.errors import UserError
from app.engine.sources.samples import PREFIX, SAMPLES
from app.engine.text import count_text
from app.ui.pages.data.arrays import ArrayRow
from app.ui.pages.data.guide import guide_cards
from app.ui.pages.data.overview import Overview
from app.ui.pages.data.preparing import Preparing
from app.ui.pages.data.question import Question
from app.ui.pages.data.skipped import SkippedFiles
from app.ui.pages.data.states import EmptyState, FailedState, Waiting, button
from app.ui.pages.data.tables.view import TableView
from app.ui.pages.data.task_box import TaskBox
from app.ui.pages.data.varying import Varying
from app.ui.pages.parts import GuideCard, Page, Parts
from app.ui.state.action import Action
from app.ui.style.dresser import parts_of
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.text.words import holds
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

TABS = ("overview", "table", "preparation", "augmentation", "skipped")
TITLES = ("Overview", "Table", "Preparation", "Augmentation", "Skipped files")


class DataPage(Page):
    """Shows the data of the document, and how they are read, prepared, divided and varied.

    It writes the sections "data" and "augmentation", and the class weights of the loss.
    """

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        style(self, "page")
        document = parts.document
        background = parts.background
        theme = parts.theme
        self._states = {
            "none": EmptyState(theme, parts.do, lambda: parts.go("welcome")),
            "reading": Waiting(document, theme, parts.do),
            "failed": FailedState(document, background, theme, parts.do),
            "ready": self._ready(),
        }

        self._stack = QStackedWidget()
        for widget in self._states.values():
            self._stack.addWidget(widget)

        self._column = QVBoxLayout(self)
        self._column.addWidget(self._stack)
        parts.document.changed.connect(self._refresh)
        parts.document.data_changed.connect(self._refresh)
        parts.theme.changed.connect(self._restyle)
        self._restyle()

    def guide(self) -> list[GuideCard]:
        return guide_cards(self._parts.document, self.tab, lambda: self.show_tab("skipped"))

    def dressed(self) -> list[QWidget]:
        return parts_of(self, self._stack, self._pages)

    def ready(self) -> tuple[bool, str]:
        """Returns whether there are data to learn from."""
        document = self._parts.document
        if document.data_state == "ready":
            return True, ""
        if document.data_state == "failed":
            return False, getattr(
                document.data_failure, "what", ""
            ) or "The data could not be opened."

        return (
            False,
            "The data are being read."
            if document.data_state == "reading"
            else "No data are opened yet.",
        )

    @property
    def tab(self) -> str:
        """Returns the name of the tab in front (see TABS)."""
        return TABS[self._tabs.currentIndex()]

    def show_tab(self, name: str) -> None:
        self._tabs.setCurrentIndex(TABS.index(name))

    # --- building

    def _ready(self) -> QWidget:
        parts = self._parts
        self._heading = ElidedLabel(least=10)
        self._where = ElidedLabel(least=10)
        style(self._heading, "heading")
        style(self._where, "secondary")
        self._other = QPushButton("Open other data")
        self._other.setObjectName("data.other")
        self._other.setToolTip(
            "Choose other data. All settings go back to their defaults; you can undo it."
        )
        self._other.setMenu(self._menu())
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._heading)
        words.addWidget(self._where)
        head = QHBoxLayout()
        self._other.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

        for label in (self._heading, self._where):
            label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

        head.addLayout(words, 1)
        head.addWidget(self._again_strip())
        head.addWidget(self._other)
        self._task_words = Label("Task")
        self.task = TaskBox(parts.document)
        self._task_words.setBuddy(self.task)
        style(self._task_words, "secondary")
        self._build_tabs()
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.question)
        column.addWidget(self.arrays)
        line = QHBoxLayout()
        line.addWidget(self._tabs, 1)
        line.addWidget(self._task_words)
        line.addWidget(self.task)
        column.addLayout(line)
        column.addWidget(self._pages, 1)

        return content

    def _build_tabs(self) -> None:
        """Makes the tabs and what stands behind them."""
        parts = self._parts
        document = parts.document
        background = parts.background
        theme = parts.theme
        self._tabs = QTabBar()
        self._tabs.setObjectName("data.tabs")
        self._tabs.setAccessibleName("Parts of the Data page")
        self._tabs.setExpanding(False)
        self._tabs.setDrawBase(False)

        for text in TITLES:
            self._tabs.addTab(text)

        self.overview = Overview(document, background, theme)
        self.table = TableView(document, background, theme)
        self.preparing = Preparing(document, background, theme, parts.preferences)
        self.varying = Varying(document, background, theme, parts.preferences)
        self.skipped = SkippedFiles(document, theme)
        self.question = Question(document)
        self.arrays = ArrayRow(document, background, theme)
        self.table.looked.connect(self._show_table)

        self._pages = QStackedWidget()
        for page in (self.overview, self.table, self.preparing, self.varying, self.skipped):
            self._pages.addWidget(page)

        self._tabs.setTabVisible(TABS.index("table"), False)
        self._tabs.currentChanged.connect(self._tab_changed)

    def _menu(self) -> QMenu:
        parts = self._parts
        menu = QMenu(self)
        menu.addAction("A folder…", lambda: parts.do(Action.OPEN_FOLDER))
        menu.addAction("A file…", lambda: parts.do(Action.OPEN_FILE))
        menu.addAction("Built-in data", lambda: parts.go("welcome"))
        menu.addAction("Read again", lambda: parts.do(Action.READ_AGAIN))

        return menu

    def _again_strip(self) -> QWidget:
        """Returns what is shown while the same source is read in another way."""
        self._strip = QWidget()
        row = QHBoxLayout(self._strip)
        row.setContentsMargins(0, 0, 0, 0)
        self._stage = Label()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        style(self._stage, "secondary")
        row.addWidget(self._stage)
        row.addWidget(self._bar)
        row.addWidget(
            button(
                "Cancel",
                "data.cancel_again",
                "Stops reading.",
                lambda: self._parts.do(Action.CANCEL_READING),
                "small",
            )
        )

        return self._strip

    # --- showing

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._refresh()

    def _tab_changed(self, index: int) -> None:
        self._pages.setCurrentIndex(index)
        self._refresh()

    def _refresh(self, *_: object) -> None:
        """Follows the document; a page that is not seen waits until it is."""
        self.guide_changed.emit()
        if not self.isVisible():
            return

        document = self._parts.document
        again = document.data_state == "reading" and document.description is not None
        state = "ready" if again else document.data_state
        self._stack.setCurrentWidget(self._states[state])

        shown = self._states[state]
        if isinstance(shown, Waiting | FailedState):
            shown.refresh()
        elif state == "ready" and document.description is not None:
            self._show_head(document.description)
            self._show_strip(again)
            self.table.refresh()  # it also knows whether there is a question
            self.arrays.refresh()
            page = self._pages.currentWidget()

            assert isinstance(page, Overview | TableView | Preparing | Varying | SkippedFiles)

            page.refresh()

    def _show_head(self, description: Description) -> None:
        document = self._parts.document
        try:
            heading = holds(description, document.task())
        except UserError:  # said where the network is measured
            heading = holds(description)

        self._heading.setText(f"{heading[:1].upper()}{heading[1:]}")
        self.task.refresh()
        splits = ", ".join(
            f"{description.about}{description.size(split):,} {split}"
            for split in SPLITS
            if description.size(split)
        )
        self._where.setText(f"{_source_words(description)} · {splits}")
        self._show_tab(
            "augmentation", any(part.kind == "image" for part in description.preparation.inputs)
        )
        bad = sum(not item.ignored for item in description.skipped)
        many = "Skipped rows" if self.table.preview is not None else "Skipped files"
        self._tabs.setTabText(TABS.index("skipped"), f"{many} ({bad:,})" if bad else many)
        self._tabs.setTabToolTip(
            TABS.index("skipped"),
            tooltip(count_text(bad, "row or file", "rows or files") + " left out"),
        )

    def _show_table(self) -> None:
        """Follows the table's preview with the tab and the question."""
        preview = self.table.preview
        self._show_tab("table", preview is not None)
        self.question.show_question(preview)
        self.overview.target.show_preview(preview)

        description = self._parts.document.description
        if description is not None:
            self._show_head(description)

    def _show_tab(self, name: str, shown: bool) -> None:
        index = TABS.index(name)
        if not shown and self._tabs.currentIndex() == index:
            self._tabs.setCurrentIndex(0)
        self._tabs.setTabVisible(index, shown)

    def _show_strip(self, again: bool) -> None:
        text, done, total = self._parts.document.progress
        self._strip.setVisible(again)
        self._other.setVisible(not again)
        self._stage.setText(f"{text} …")
        self._bar.setRange(0, total)
        self._bar.setValue(done)

    def _restyle(self) -> None:
        theme = self._parts.theme
        margin = theme.px(16)
        self._column.setContentsMargins(margin, theme.px(12), margin, margin)
        self._bar.setFixedWidth(theme.px(120))
        self.task.setFixedWidth(theme.px(264))
        self._refresh()


def _source_words(description: Description) -> str:
    """Returns where the data come from: "Handwritten digits · Built-in", or path and format."""
    if description.source.startswith(PREFIX):
        sample = SAMPLES.get(description.source.removeprefix(PREFIX))
        return f"{sample.label if sample else description.source} · {description.format}"

    return f"{description.source} · {description.format}"
