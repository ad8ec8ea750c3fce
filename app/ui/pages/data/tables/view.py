"""The table: how the file is written, what its columns are, and its first rows.

All of it can be overruled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.engine.errors import with_remedy
from app.engine.text import count_text
from app.ui.pages.data.scrolled import scrolled
from app.ui.pages.data.tables.columns import ColumnTable
from app.ui.pages.data.tables.roles import with_role
from app.ui.pages.data.tables.rows import RowTable
from app.ui.pages.data.tables.written import WrittenRow
from app.ui.style.theme import style
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.runs.control import Control
    from app.ui.state.background import Background, Failure
    from app.ui.state.document import Document
    from app.ui.style.theme import Theme


class TableView(QWidget):
    """Shows a preview of a table.

    looked(): another preview is there, in `preview`; it is None where the data are no table.
    """

    looked = Signal()

    def __init__(self, document: Document, background: Background, theme: Theme) -> None:
        super().__init__()
        self._document = document
        self._background = background
        self._theme = theme
        self.preview: Any = None
        self._requested: DataSettings | None = None
        self.written = WrittenRow(document, theme)
        self.columns = ColumnTable(theme)
        self.columns.chosen.connect(self._chosen)
        self.rows = RowTable(theme)
        self._problem = Label()
        self._problem.setObjectName("data.table.problem")
        self._problem.setWordWrap(True)
        style(self._problem, "problem")
        self._what = Card("Columns", "what each is; press to change")
        self._first = Card("First rows", "as in the file")
        self._what.body.addWidget(self._problem)
        self._what.body.addWidget(self.columns, 1)
        self._first.body.addWidget(self.rows, 1)
        self._inside = QWidget()
        self._column = QVBoxLayout(self._inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scrolled(self._inside))
        self._column.addWidget(self.written)
        self._column.addWidget(self._what, 3)
        self._column.addWidget(self._first, 2)
        theme.changed.connect(self._restyle)
        self._restyle()

    def refresh(self) -> None:
        """Looks at the file again if a setting of [data] has changed."""
        data = self._document.experiment.data
        if data == self._requested or not data.source:
            return

        self._requested = data

        def look_again(control: Control) -> Any:
            from app.engine.sources.table_preview import (  # noqa: PLC0415 - with the first table
                preview_source,
            )

            return preview_source(data, control.check)

        self._background.run(look_again, self._show, self._failed, key=f"data.table.{id(self)}")

    def forget(self) -> None:
        """Gives up what it has asked for, before it is deleted."""
        self._background.forget(f"data.table.{id(self)}")

    def _show(self, preview: Any) -> None:
        self.preview = preview
        if preview is not None:
            self.written.show_preview(preview)
            self.columns.show_columns(preview.columns)
            self.rows.show_preview(preview)
            self._say(with_remedy(preview.problem, preview.remedy))
            self._limit()
            description = "" if preview.complete else "about "
            self._first.set_why(
                f"of {description}{count_text(preview.total, 'row')}, as in the file"
            )
            self._what.set_why(f"{len(preview.columns):,}: what each is; press to change")

        self.looked.emit()

    def _failed(self, failure: Failure) -> None:
        self.preview = None
        self._say(failure.message)
        self.looked.emit()

    def _say(self, trouble: str) -> None:
        self._problem.setText(trouble)
        self._problem.setVisible(bool(trouble))

    def _limit(self) -> None:
        """Leaves the room that few columns do not need to the rows."""
        beside = (
            self._problem.heightForWidth(max(200, self.width()))
            if self._problem.isVisibleTo(self)
            else 0
        )
        most = self.columns.maximumHeight() + beside + self._theme.px(72)
        self._what.setMaximumHeight(max(most, self._what.minimumHeight()))

    # --- changing

    def _chosen(self, name: str, what: str, value: str) -> None:
        document = self._document
        data = document.experiment.data
        if what == "policy":
            document.replace("data", missing={**data.missing, name: value})
        elif self.preview is not None:
            document.replace("data", **with_role(data, self.preview.targets, name, value))

    def _restyle(self) -> None:
        theme = self._theme
        self._column.setSpacing(theme.px(12))
        self._what.setMinimumHeight(theme.px(168))
        self._limit()
        self._first.setMinimumHeight(theme.px(176))
