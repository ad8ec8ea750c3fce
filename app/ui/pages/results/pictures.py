"""The pictures behind the figures: the worst mistakes, or those of one cell or class, the surest answer first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import overload

import numpy as np
from PySide6.QtCore import QSize, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from app.engine.data.dataset import Dataset
from app.engine.results.report import Mistake, SplitReport
from app.ui.amounts import count_text, percent_text
from app.ui.assets import icon
from app.ui.pages.results.outcome import has_pictures
from app.ui.theme import Theme, style
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.thumbnails import Row, ThumbnailGrid, crisp

MOST = 1000


class _Lines(Sequence[Row]):
    """Rows for the grid, made when they are painted: a memory-mapped set is read where it is looked at."""

    def __init__(self, dataset: Dataset, found: list[Mistake], classes: tuple[str, ...], kind: str) -> None:
        self._dataset, self._found, self._classes, self._kind = dataset, found, classes, kind

    def __len__(self) -> int:
        return len(self._found)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        one, names = self._found[index], self._classes
        sure = percent_text(one.confidence, 0)
        caption = {
            "mistakes": f"{names[one.true]}\n→ {names[one.predicted]}\n{sure}",
            "class": f"→ {names[one.predicted]}\n{sure}",
            "cell": sure,
        }[self._kind]
        return self._dataset.inputs[one.row], caption, "normal"


class Gallery(QWidget):
    """show_mistakes(), show_cell() and show_class() of the split given to `show_split`.

    changed(): what is shown; `heading` says it. wanted(): the person asks to open the run's data.
    """

    changed = Signal()
    wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._split: SplitReport | None = None
        self._dataset: Dataset | None = None
        self._found: list[Mistake] = []
        self._what: tuple[str, int, int] = ("mistakes", 0, 0)
        self._missing, self._offer = "", False
        self.heading = "Worst mistakes"
        self.grid = ThumbnailGrid(theme, 76, keeps_choice=True)
        self.grid.setObjectName("results.pictures")
        self.grid.setAccessibleName("Pictures behind the figures")
        self.grid.chosen.connect(self._detail)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.grid)
        self._stack.addWidget(self._notice())
        self.count = ElidedLabel()
        self.count.setObjectName("results.pictures.count")
        self.count.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        style(self.count, "secondary")
        self.back = QPushButton("All mistakes")
        self.back.setObjectName("results.mistakes")
        self.back.setAccessibleName("Show the worst mistakes of all classes")
        self.back.setToolTip("Back to the mistakes it was surest of, of all classes.")
        style(self.back, "link")
        self.back.clicked.connect(self.show_mistakes)
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

    def _notice(self) -> QWidget:
        """Why there are no pictures, and the way to have them."""
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(8, 8, 8, 8)
        self._notice_text = QLabel()
        self._notice_text.setObjectName("results.pictures.why")
        self._notice_text.setWordWrap(True)
        self._notice_text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        style(self._notice_text, "why")
        self.offer = QPushButton("Open the run's data")
        self.offer.setObjectName("results.open_data")
        self.offer.setAccessibleName("Open the data of this run")
        self.offer.setToolTip("Takes the data settings of this run into the experiment; Ctrl+Z takes it back.")
        self.offer.clicked.connect(self.wanted)
        column.addStretch(1)
        column.addWidget(self._notice_text)
        column.addWidget(self.offer, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        return holder

    def _detail_strip(self) -> QWidget:
        self._strip = QWidget()
        row = QHBoxLayout(self._strip)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        self._large = QLabel()
        words = QVBoxLayout()
        words.setSpacing(0)
        self._name, self._answer = ElidedLabel(), QLabel()
        self._name.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._answer.setWordWrap(True)
        self._answer.setObjectName("results.picture.answer")
        style(self._name, "secondary")
        style(self._answer, "row")
        self.locate = QPushButton("Open file location")
        self.locate.setObjectName("results.picture.locate")
        self.locate.setAccessibleName("Open the folder of this picture")
        self.locate.setToolTip("Shows the folder in which this picture lies.")
        style(self.locate, "small")
        self.locate.clicked.connect(self._locate)
        words.addWidget(self._answer)
        words.addWidget(self._name)
        words.addWidget(self.locate, 0, Qt.AlignmentFlag.AlignLeft)
        row.addWidget(self._large, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        self._strip.hide()
        return self._strip

    # --- what is shown

    def show_split(self, split: SplitReport, dataset: Dataset | None, missing: str = "", offer: bool = False) -> None:
        """dataset: the run's own data, or None with the reason why there are none; `offer`: they can be opened."""
        self._split, self._dataset, self._missing, self._offer = split, dataset, missing, offer
        kind, true, answer = self._what
        if kind != "mistakes" and max(true, answer) >= len(split.classes):
            self._what = ("mistakes", 0, 0)
        self._show()

    def show_mistakes(self) -> None:
        self._what = ("mistakes", 0, 0)
        self._show()

    def show_cell(self, true: int, answer: int) -> None:
        self._what = ("cell", true, answer)
        self._show()

    def show_class(self, number: int) -> None:
        """The mistakes on the pictures of one class."""
        self._what = ("class", number, number)
        self._show()

    @property
    def found(self) -> list[Mistake]:
        """The examples shown, the surest answer first."""
        return self._found

    def _show(self) -> None:
        split = self._split
        if split is None:
            return
        self._strip.hide()
        kind, true, answer = self._what
        names = [row.name for row in split.classes]
        if kind == "cell":
            found, count = split.cell(true, answer), int(split.confusion[true, answer])
            self.heading = names[true] if true == answer else f"{names[true]} → {names[answer]}"
            total = count_text(int(split.confusion[true].sum()), "picture")
            words = f"{count:,} of {total} {'recognised' if true == answer else 'taken for it'}, the surest first"
        elif kind == "class":
            found = [one for one in split.mistakes(len(split.rows) or 1) if one.true == true]
            row = split.classes[true]
            count = row.count - int(split.confusion[true, true])
            self.heading = f"{names[true]} missed"
            words = f"{count:,} of {count_text(row.count, 'picture')}, the surest mistake first"
        else:
            found, count = split.mistakes(MOST), split.count - split.correct
            self.heading, words = "Worst mistakes", f"{count_text(count, 'mistake')}, the surest first"
        if not count or not has_pictures(split):
            words = words.partition(",")[0] if count else ""
        self.count.setText(words)
        self.back.setVisible(kind != "mistakes")
        self._found = found[:MOST]
        self._fill(count)
        self.changed.emit()

    def _fill(self, count: int) -> None:
        split, dataset = self._split, self._dataset
        text, offer = "", False
        if not count:
            text = "There is none." if self._what[0] != "mistakes" else "Not one mistake in this split."
        elif split is not None and not has_pictures(split):
            text = "Which pictures these are is kept for the epoch in use, and is known once training has ended."
        elif dataset is None:
            text, offer = self._missing, self._offer
        if text or split is None or dataset is None:
            self._notice_text.setText(text)
            self.offer.setVisible(offer)
            self.grid.show_rows([])
            self._stack.setCurrentIndex(1)
            return
        self.grid.show_rows(_Lines(dataset, self._found, tuple(row.name for row in split.classes), self._what[0]))
        self._stack.setCurrentIndex(0)

    # --- one picture

    def _detail(self, row: int) -> None:
        split, dataset = self._split, self._dataset
        if split is None or dataset is None or not 0 <= row < len(self._found):
            return
        one = self._found[row]
        names = [item.name for item in split.classes]
        self._large.setPixmap(crisp(dataset.inputs[one.row], self._theme.px(72), self.devicePixelRatioF()))
        place = int(np.flatnonzero(split.rows == one.row)[0])
        best = np.argsort(-split.probabilities[place], kind="stable")[:3]
        said = ", ".join(f"{names[k]} {percent_text(float(split.probabilities[place, k]))}" for k in best)
        self._answer.setText(f"<b>{_plain(names[one.true])}</b>, and it says: {_plain(said)}")
        self._name.setText(dataset.names[one.row] if len(dataset.names) else f"#{one.row}")
        self._where = location(dataset, one.row)
        self.locate.setVisible(self._where is not None)
        self._strip.show()

    def _locate(self) -> None:
        if self._where is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._where)))

    def _restyle(self) -> None:
        self.locate.setIcon(icon(self._theme, "folder", "secondary"))
        self.locate.setIconSize(QSize(self._theme.px(14), self._theme.px(14)))
        self._strip.hide()


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def location(dataset: Dataset, row: int) -> Path | None:
    """The folder in which the file of an example lies; None for what has no file of its own, or has gone."""
    if row >= len(dataset.names):
        return None
    source, name = Path(dataset.description.source).expanduser(), dataset.names[row]
    base = source if source.is_dir() else source.parent
    path = base / name
    try:
        return path.parent if path.is_file() else None
    except (OSError, ValueError):
        return None
