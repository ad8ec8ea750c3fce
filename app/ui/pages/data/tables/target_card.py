"""What is predicted from a table: the guess, why it is that, and every other column."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy

from app.engine.text import count_text
from app.ui.pages.data.tables.roles import with_role, without_targets
from app.ui.style.theme import style
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label
from app.ui.widgets.settings.number_box import DropDown

if TYPE_CHECKING:
    from app.engine.sources.tables.preview import ColumnPreview, TablePreview
    from app.ui.state.document import Document
    from app.ui.style.theme import Theme

TITLE = "What do you want to predict?"
NAMED = 3
"""At most so many of several targets are named."""

PLACES = 12
"""Of a longer list no place is offered by itself."""

REASON = "what is predicted: "
"""The beginning of the reason beside a column that was guessed to be the target."""


class TargetCard(Card):
    """Writes data.target; hidden where no column of a table is predicted."""

    def __init__(self, document: Document, theme: Theme) -> None:
        super().__init__(TITLE, "the target, predicted from the other columns")
        self._document = document
        self._theme = theme
        self._preview: TablePreview | None = None
        self.setObjectName("data.target_card")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.box = DropDown()
        self.box.setObjectName("data.predicted")
        self.box.setAccessibleName(TITLE)
        self.box.setToolTip(
            "The column that the network learns to predict. Several at once: on the Table tab."
        )
        self.box.activated.connect(lambda row: self._choose(self.box.itemData(row)))
        self.words = Label()
        self.words.setObjectName("data.predicted.words")
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        style(self.words, "secondary")

        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.box)
        row.addWidget(self.words, 1)
        self.body.addLayout(row)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def show_preview(self, preview: Any) -> None:
        """Shows the targets of a preview; None where there is no table."""
        self._preview = preview
        if preview is None or not (preview.targets or preview.problem):
            self.hide()
            return

        chosen = self._chosen(preview)
        names = self._targets(preview)
        self.box.blockSignals(True)
        self.box.clear()
        self.box.addItem(_guess_text(preview, names) if not chosen else "As guessed", None)

        for words, name in _offers(preview):
            self.box.addItem(words, name)

        if len(chosen) > 1:
            self.box.addItem(_names_text(preview, names), chosen)

        known = self.box.findData(chosen[0] if len(chosen) == 1 else chosen) if chosen else 0
        self.box.setCurrentIndex(known if names else -1)
        self.box.blockSignals(False)
        self.words.setText(_words(preview, names, bool(chosen)))
        self.show()

    def _chosen(self, preview: TablePreview) -> list[str]:
        """Returns the target columns that a person chose, [] where they are guessed."""
        target = self._document.experiment.data.target
        named = [target] if isinstance(target, str) else list(target or ())
        by_role = [
            column.name
            for column in preview.columns
            if column.chosen and column.role == "target" and column.list_name not in named
        ]
        return list(dict.fromkeys([*named, *by_role]))

    def _targets(self, preview: TablePreview) -> tuple[str, ...]:
        """Returns the targets in use. A preview of a long table has seen its beginning only."""
        description = self._document.description
        ready = self._document.data_state == "ready" and description is not None
        if not preview.complete and ready and description is not None:
            return description.reading.targets or preview.targets

        return preview.targets

    def _choose(self, name: str | list[str] | None) -> None:
        document = self._document
        if self._preview is None or isinstance(name, list):
            return

        data = document.experiment.data
        if name is None:
            document.replace("data", **without_targets(data), task=None)
        else:
            changes = with_role(data, self._preview.targets, name, "target")
            document.replace("data", **changes, task=None)

    def _restyle(self) -> None:
        self.box.setFixedWidth(self._theme.px(240))


def _offers(preview: TablePreview) -> list[tuple[str, str]]:
    """Returns the words and the name of what may be predicted: columns, and lists as a whole."""
    lengths = Counter(column.list_name for column in preview.columns)
    offered: dict[str, str] = {}
    for column in preview.columns:
        length = lengths[column.list_name] if column.list_name else 0
        if length > 1:
            offered.setdefault(column.list_name, f"{column.list_name}: {length:,} numbers")
        if length <= PLACES and column.distinct > 1 and column.kind not in ("empty", "nested"):
            offered.setdefault(column.name, column.name)

    return [(words, name) for name, words in offered.items()]


def _guess_text(preview: TablePreview, names: tuple[str, ...]) -> str:
    return f"{_names_text(preview, names)} (a guess)" if names else "Choose a column"


def _names_text(preview: TablePreview, names: tuple[str, ...]) -> str:
    """Returns the names of targets, of many the first ones, of a whole list its own."""
    if len(names) == 1:
        return names[0]

    lists = {column.list_name for column in preview.columns if column.name in names}
    if len(lists) == 1 and (name := next(iter(lists))):
        return f"{name}: {len(names):,} numbers"

    shown = ", ".join(names[:NAMED])
    return f"{len(names):,} columns: {shown}{' …' if len(names) > NAMED else ''}"


def _words(preview: TablePreview, names: tuple[str, ...], chosen: bool) -> str:
    """Returns why these are predicted, and what their gaps cost."""
    targets = [column for column in preview.columns if column.name in names]
    if not targets:
        return preview.problem or "No column was guessed."

    return " ".join(filter(None, (_reason(targets[0], chosen), _gaps(preview, targets))))


def _reason(target: ColumnPreview, chosen: bool) -> str:
    if chosen:
        return "Chosen by you."

    reason = target.reason.removeprefix(REASON) if target.role == "target" else ""
    return f"A guess: it is {reason}." if reason else "A guess."


def _gaps(preview: TablePreview, targets: list[ColumnPreview]) -> str:
    """Says what becomes of the rows that have nothing to predict."""
    missing = [column for column in targets if column.missing]
    if not missing or preview.separator:
        return ""
    if not preview.complete or len(missing) > 1:
        return "Rows without a value here are left out."

    count = missing[0].missing
    verb = "has no value here and is" if count == 1 else "have no value here and are"
    return f"{count_text(count, 'row')} {verb} left out."
