"""Examples in a grid with captions, and below it, in full, the one that was clicked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from app.ui.pages.results.missing_data import MissingDataNotice
from app.ui.pages.results.suspects.example_actions import ExampleActions
from app.ui.style.assets import icon
from app.ui.style.theme import Theme, style
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.examples.example import example_of
from app.ui.widgets.examples.example_grid import ExampleGrid, ExampleRow, LazyRows
from app.ui.widgets.examples.painting import ExampleView
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.data.dataset import Dataset
    from app.ui.state.revisions.draft import RevisionDraft


@dataclass(frozen=True)
class GalleryExample:
    """An example to show.

    row: of the data set. caption: up to three lines. answer: of the network, as rich text, shown
    when it is clicked. tone: of the caption (see ExampleGrid).
    """

    row: int
    caption: str
    answer: str = ""
    tone: str = "normal"


class ExampleGallery(QWidget):
    """Shows examples of the data given to `show_data`: show_examples(examples, ...).

    changed(): other examples are shown; `heading` says which. wanted(): a person asks to open the
    run's data. chosen(row): an example was clicked, by its row of the data set. back_pressed(): the
    link back was.
    """

    changed = Signal()
    wanted = Signal()
    chosen = Signal(int)
    back_pressed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._dataset: Dataset | None = None
        self._missing = ""
        self._offer = False
        self._examples: Sequence[GalleryExample] = ()
        self._empty = ""
        self._folder: Path | None = None
        self.heading = "Worst mistakes"
        self.grid = ExampleGrid(theme, 76, keeps_choice=True)
        self.grid.setObjectName("results.pictures")
        self.grid.setAccessibleName("Examples behind the figures")
        self.grid.chosen.connect(self._detail)
        self.grid.setMinimumHeight(theme.px(72))  # it gives way to the example that was clicked
        self.notice = MissingDataNotice()
        self.notice.wanted.connect(self.wanted)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.grid)
        self._stack.addWidget(self.notice)
        self.count = ElidedLabel()
        self.count.setObjectName("results.pictures.count")
        self.count.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        style(self.count, "secondary")
        self.back = QPushButton("All mistakes")
        self.back.setObjectName("results.mistakes")
        self.back.setAccessibleName("Show the worst mistakes of all classes")
        self.back.setToolTip("Back to the mistakes of all classes, the surest first.")
        style(self.back, "link")
        self.back.clicked.connect(self.back_pressed)
        self.back.hide()
        line = QHBoxLayout()
        line.addWidget(self.count, 1)
        line.addWidget(self.back)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(line)
        column.addLayout(self._stack, 1)
        column.addWidget(self._detail_strip())
        theme.changed.connect(self._restyle)
        self._restyle()

    def _detail_strip(self) -> QWidget:
        self._strip = QWidget()
        row = QHBoxLayout(self._strip)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        self._large = ExampleView(self._theme)
        words = QVBoxLayout()
        words.setSpacing(0)
        self._name = ElidedLabel()
        self._answer = Label()
        self._answer.setTextFormat(Qt.TextFormat.RichText)
        self._name.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._answer.setWordWrap(True)
        self._answer.setObjectName("results.picture.answer")
        style(self._name, "secondary")
        style(self._answer, "row")
        self.locate = QPushButton("Open file location")
        self.locate.setObjectName("results.picture.locate")
        self.locate.setAccessibleName("Open the folder of this example")
        self.locate.setToolTip("Shows the folder in which this file lies.")
        style(self.locate, "small")
        self.locate.clicked.connect(self._locate)
        words.addWidget(self._answer)
        words.addWidget(self._name)
        words.addWidget(self.locate, 0, Qt.AlignmentFlag.AlignLeft)
        self._words = words
        self._actions: ExampleActions | None = None
        row.addWidget(self._large, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        self._strip.hide()

        return self._strip

    def use_draft(self, draft: RevisionDraft) -> None:
        """Offers to change labels of examples that are clicked."""
        self._actions = ExampleActions(draft)
        self._words.addWidget(self._actions)

    # --- what is shown

    def show_data(self, dataset: Dataset | None, missing: str = "", offer: bool = False) -> None:
        """Takes the data that examples are shown from.

        dataset: the run's own, or None with the reason why there is none (`missing`) and whether
        it can be opened (`offer`).
        """
        self._dataset = dataset
        self._missing = missing
        self._offer = offer

    def show_examples(
        self,
        examples: Sequence[GalleryExample],
        words: str,
        empty: str = "",
        back: bool = False,
    ) -> None:
        """Shows other examples.

        words: how many, in which order. empty: why there are none though the data are there. back:
        whether the link back is offered.
        """
        self._examples = examples
        self._empty = empty
        self._strip.hide()
        self.count.setText(words)
        self.back.setVisible(back)
        self._fill()
        self.changed.emit()

    def _fill(self) -> None:
        dataset = self._dataset
        text = self._empty or ("" if dataset is not None else self._missing)
        if text or dataset is None:
            self.notice.say(text, not self._empty and self._offer)
            self.grid.show_rows([])
            self._stack.setCurrentIndex(1)

            return

        examples = self._examples

        def line(number: int) -> ExampleRow:
            example = examples[number]
            return example_of(dataset, example.row), example.caption, example.tone

        captions = [example.caption for example in examples if example.caption]
        lines = max((caption.count("\n") + 1 for caption in captions), default=0)
        self.grid.show_rows(LazyRows(len(examples), line, lines))
        self._stack.setCurrentIndex(0)

    # --- one example

    def _detail(self, number: int) -> None:
        dataset = self._dataset
        if dataset is None or not 0 <= number < len(self._examples):
            return

        row = self._examples[number].row
        self._large.show_example(example_of(dataset, row))
        self._answer.setText(self._examples[number].answer)
        self._name.setText(dataset.names[row] if len(dataset.names) else f"#{row}")
        self._folder = location(dataset, row)
        self.locate.setVisible(self._folder is not None)
        self._strip.show()
        if self._actions is not None:
            self._actions.show_example(dataset, row)

        self.chosen.emit(row)

    def _locate(self) -> None:
        if self._folder is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))

    def _restyle(self) -> None:
        self.locate.setIcon(icon(self._theme, "folder", "secondary"))
        self.locate.setIconSize(QSize(self._theme.px(14), self._theme.px(14)))
        self._strip.hide()


def location(dataset: Dataset, row: int) -> Path | None:
    """Returns the folder in which the file of an example lies.

    None where the example has no file of its own, or the file has gone.
    """
    if row >= len(dataset.names):
        return None

    source = Path(dataset.description.source).expanduser()
    name = dataset.names[row]
    base = source if source.is_dir() else source.parent

    path = base / name
    try:
        return path.parent if path.is_file() else None
    except (OSError, ValueError):
        return None
