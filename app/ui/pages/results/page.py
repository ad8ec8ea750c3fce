"""Results: what came of a training. The verdict first, then how sure it is, what is confused, and the pictures."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QFileDialog, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from app.engine import storage
from app.engine.data.dataset import Dataset
from app.engine.errors import UserError
from app.engine.results.choosing import BEST
from app.engine.results.report import SplitReport, verdict
from app.engine.training import events
from app.ui.background import Failure
from app.ui.pages.results.head import Head
from app.ui.pages.results.matrix_card import MatrixCard
from app.ui.pages.results.order import Confusion
from app.ui.pages.results.outcome import Outcome, of_epoch, read_outcome
from app.ui.pages.results.side_card import SideCard
from app.ui.pages.results.summary_card import SummaryCard
from app.ui.pages.results.used import UsedLine
from app.ui.parts import GuideCard, Page, Parts
from app.ui.record import Record
from app.ui.run_names import label_of
from app.ui.theme import style
from app.ui.widgets.empty_state import EmptyState

NOTHING = "Train a network: what it gets right and wrong will be here, with the pictures."
NARROW = 720
"""Width at 100 % below which the pictures stand below the matrix instead of beside it."""


class ResultsPage(Page):
    """Shows the session's record: live its last epoch, afterwards the report in its folder."""

    name = "results"
    title = "Results"

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._outcome: Outcome | None = None
        self._wanted = "test"
        self._stale = True
        self._fit = QTimer(self, interval=0, singleShot=True)
        self._fit.timeout.connect(self._arrange)
        style(self, "page")
        self._build()
        session, document = parts.session, parts.document
        session.shown.connect(self._other)
        session.told.connect(self._told)
        session.finished.connect(lambda _: self._other())
        document.data_changed.connect(self._data_changed)
        parts.theme.changed.connect(self._fit.start)

    # --- what it looks like

    def _build(self) -> None:
        parts = self._parts
        self.head = Head(parts.theme)
        self.head.split_chosen.connect(self.show_split)
        self.head.epoch_chosen.connect(self._show)
        self.used = UsedLine(parts.background)
        self.used.chosen.connect(self._rechosen)
        self.summary = SummaryCard(parts.theme, self.used)
        self.matrix_card = MatrixCard(parts.theme, parts.preferences)
        self.side = SideCard(parts.theme)
        self.matrix, self.gallery, self.classes = self.matrix_card.matrix, self.side.gallery, self.side.classes
        self.matrix.picked.connect(self.side.show_cell)
        self.matrix_card.save_png.connect(lambda: self._save("confusion.png", self.matrix_card.png))
        self.matrix_card.save_csv.connect(lambda: self._save("confusion.csv", self.matrix_card.csv))
        self.side.save_csv.connect(lambda: self._save("classes.csv", self.classes.csv))
        self.gallery.wanted.connect(self._open_data)
        self.row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self.row.setSpacing(12)
        self.row.addWidget(self.matrix_card, 11)
        self.row.addWidget(self.side, 10)
        content = QWidget()
        style(content, "page")
        column = QVBoxLayout(content)
        column.setContentsMargins(16, 0, 16, 16)
        column.setSpacing(12)
        column.addWidget(self.summary)
        column.addLayout(self.row, 1)
        self.scroller = QScrollArea()
        self.scroller.setWidgetResizable(True)
        self.scroller.setFrameShape(QScrollArea.Shape.NoFrame)
        self.scroller.setWidget(content)
        full = QWidget()
        whole = QVBoxLayout(full)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        whole.addWidget(self.head)
        whole.addWidget(self.scroller, 1)
        self.empty = EmptyState(
            parts.theme,
            "chart",
            "No results yet",
            NOTHING,
            "Go to Training",
            lambda: parts.go("training"),
            "results.begin",
        )
        self.stack = QStackedLayout(self)
        self.stack.addWidget(self.empty)
        self.stack.addWidget(full)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit.start()

    def _arrange(self) -> None:
        """Side by side where there is room, else one below the other."""
        px = self._parts.theme.px
        wide = self.width() >= px(NARROW)
        self.summary.set_wide(wide)
        self.row.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)
        for card in (self.matrix_card, self.side):
            card.setMinimumHeight(px(300 if wide else 380))

    # --- what there is to show

    @property
    def _record(self) -> Record:
        return self._parts.session.record

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._read()
        else:
            self._show()

    def _other(self) -> None:
        """Another run, or the same one ended: what was read of its folder is old."""
        if self._outcome is not None and self._outcome.path != self._record.path:
            self._outcome, self._wanted = None, "test"
        self._stale = True
        if self.isVisible():
            self._read()

    def _told(self, batch: list[events.Event]) -> None:
        prepared = any(isinstance(event, events.RunPrepared | events.RunStarted) for event in batch)
        epoch = any(isinstance(event, events.EpochDone) for event in batch)
        if prepared or (epoch and (self._outcome is None or self._outcome.description is None)):
            self._stale = True
        if not self.isVisible():
            return
        if self._stale:
            self._read()
        elif epoch:
            self._show()

    def _read(self) -> None:
        """Read the run's folder in the background, then show it."""
        self._stale = False
        path = self._record.path
        if path is None:
            self._outcome = None
            self._show()
            return
        self._parts.background.run(lambda _: read_outcome(path), self._take, self._failed, key="results")
        if self._outcome is None:
            self._show()

    def _take(self, outcome: Outcome) -> None:
        if outcome.path != self._record.path:
            return
        self._outcome = outcome
        self.head.set_epochs(self._judged(), self._used())
        self._show()

    def _rechosen(self, path: Path) -> None:
        """Other weights of a run are used: its figures are others."""
        if path == self._record.path:
            self._stale = True
            if self.isVisible():
                self._read()

    def _failed(self, failure: Failure) -> None:
        self._outcome = None
        self._show(failure.what)

    # --- which split of which epoch

    def show_split(self, name: str) -> None:
        """ "validation" or "test"."""
        self._wanted = name
        self._show()

    @property
    def live(self) -> bool:
        """Whether the run goes on, or ended before its best epoch was judged: then the last epoch is shown."""
        return self._parts.session.live or self._outcome is None or self._outcome.report is None

    def _judged(self) -> list[events.EpochDone]:
        """The epochs of which the confusion is known."""
        return [epoch for epoch in self._record.epochs if epoch.confusion is not None]

    def _classes(self) -> tuple[str, ...]:
        if self._record.prepared is not None:
            return self._record.prepared.classes
        about = self._outcome.description if self._outcome else None
        return about.classes if about else ()

    def _at(self, epoch: events.EpochDone) -> SplitReport | None:
        about = self._outcome.description if self._outcome else None
        return of_epoch(epoch, self._classes(), about.counts if about else {})

    def splits(self) -> dict[str, SplitReport]:
        """What can be shown now, by name."""
        if self.live:
            epochs = self._judged()
            last = self._at(epochs[-1]) if epochs else None
            return {"validation": last} if last else {}
        assert self._outcome is not None and self._outcome.report is not None
        splits = {name: split for name, split in self._outcome.report.splits.items() if split.count}
        if self._wanted == "validation" and (past := self._past()) and (then := self._at(past)):
            splits["validation"] = then
        return splits

    def _used(self) -> events.EpochDone | None:
        """The epoch whose weights are in use; None where they are from the middle of one."""
        kept = self._outcome.kept if self._outcome else BEST
        if kept.use == "best":
            return self._record.best
        return next((one for one in self._record.epochs if one.epoch == kept.epoch and not kept.partial), None)

    def _past(self) -> events.EpochDone | None:
        """The epoch gone back to, if it is not the one in use, of which there is a full report."""
        chosen, used = self.head.epoch, self._used()
        return None if self.live or chosen is None or used is None or chosen.epoch == used.epoch else chosen

    def chosen(self, splits: dict[str, SplitReport]) -> str:
        """The split shown: the one wanted if there is it, else the one to trust most."""
        return next(name for name in (self._wanted, "test", "validation", *splits) if name in splits)

    def _show(self, trouble: str = "") -> None:
        splits = self.splits()
        if not splits:
            self._show_empty(trouble)
            return
        name = self.chosen(splits)
        split = splits[name]
        self.stack.setCurrentIndex(1)
        scrub = not self.live and name == "validation" and self._used() is not None
        self.head.show_choice(self._about(), list(splits), name, scrub)
        self._show_summary(splits, name)
        self._arrange()
        self.matrix_card.show_confusion(Confusion(split.confusion, tuple(row.name for row in split.classes)))
        self.classes.show_classes(split.classes)
        self.gallery.show_split(split, *self._dataset())
        self.side.suggest("classes" if self.live else "pictures")  # while it trains there are no pictures to show
        self.guide_changed.emit()

    def _about(self) -> str:
        name = label_of(self._record.path) if self._record.path else ""
        return f"{name} · running, after epoch {self._record.epochs[-1].epoch}" if self._parts.session.live else name

    def _show_empty(self, trouble: str) -> None:
        self.stack.setCurrentIndex(0)
        text = NOTHING
        if self._parts.session.live:
            text = "The first figures come when the first epoch is judged."
        elif self._record.path is not None:
            text = trouble or (self._outcome.trouble if self._outcome else "") or "Reading the results."
        self.empty.say("No results yet", text)
        self.guide_changed.emit()

    def _show_summary(self, splits: dict[str, SplitReport], name: str) -> None:
        past = self._past() if name == "validation" else None
        if past is None and self.live:
            past = self._judged()[-1]
        if past is None and self._outcome is not None and self._outcome.report is not None:
            self.summary.show_verdict(self._outcome.report.verdict, self._outcome.report.level)
        else:
            text, level = verdict(splits[name])
            text = f"After epoch {past.epoch}: {text[0].lower()}{text[1:]}" if past else text
            self.summary.show_verdict(text, level)
        self.summary.show_splits(splits, name)
        self.used.show_run(self._record, self._outcome, self.live)

    # --- pictures

    def _dataset(self) -> tuple[Dataset | None, str, bool]:
        """The open data if they are the run's; else why not, and whether they can be opened."""
        outcome, document = self._outcome, self._parts.document
        if outcome is None or not outcome.fingerprint:
            return None, "It is not known which data this run was trained on.", False
        if document.dataset is not None and document.dataset.description.fingerprint == outcome.fingerprint:
            return document.dataset, "", False
        source = outcome.data.source
        same = document.experiment.data == outcome.data
        if document.data_state == "reading" and same:
            return None, "Reading the pictures.", False
        if not source.startswith("sample:") and not Path(source).expanduser().exists():
            return (
                None,
                f"The pictures cannot be shown: '{source}' is not there any more. The figures still hold.",
                False,
            )
        if same and document.data_state == "ready":
            return None, "The pictures cannot be shown: the data changed since this run was trained.", False
        return None, "The pictures cannot be shown: other data are open than those of this run.", True

    def _data_changed(self) -> None:
        if self.isVisible() and self.stack.currentIndex() == 1 and (splits := self.splits()):
            self.gallery.show_split(splits[self.chosen(splits)], *self._dataset())

    def _open_data(self) -> None:
        """Take the run's data settings into the experiment; the opener reads them."""
        if self._outcome is not None:
            document = self._parts.document
            document.set(document.experiment.replace(data=self._outcome.data))

    # --- files

    def _save(self, file_name: str, content: Callable[[], bytes]) -> None:
        ending = Path(file_name).suffix
        kinds = "Picture (*.png)" if ending == ".png" else "Table (*.csv)"
        name, _ = QFileDialog.getSaveFileName(self, "Save", file_name, kinds)
        if not name:
            return
        path = Path(name if name.lower().endswith(ending) else name + ending)
        try:
            storage.write_atomically(path, content())
        except UserError as error:
            self._parts.background.failed.emit(Failure.of(error))

    # --- the Guide and the rail

    def ready(self) -> tuple[bool, str]:
        if self._record.epochs or self._outcome is not None:
            return True, ""
        return False, "Train a network first."

    def guide(self) -> list[GuideCard]:
        cards = [
            GuideCard(
                "What you see",
                "Each row is a true class, each column an answer. On the diagonal it is right; elsewhere one class is "
                "taken for another. Click a cell to see the pictures.",
            )
        ]
        splits = self.splits()
        if not splits:
            return cards
        split = splits[self.chosen(splits)]
        for true, answer, count, share in split.confused(1):
            names = split.classes
            cards.append(
                GuideCard(
                    f'"{names[true].name}" is hard',
                    f'{100 * share:.0f} % of its pictures ({count:,}) are taken for "{names[answer].name}".',
                    "warning" if share >= 0.2 else "info",
                    "Show these pictures",
                    partial(self._go_to, true, answer),
                    "guide.results.confused",
                )
            )
        cards.append(
            GuideCard(
                "How sure is it?",
                "The line beside a figure is its 95 % interval: the fewer pictures were judged, the wider. Two runs "
                "whose lines overlap much may be equally good.",
            )
        )
        return cards

    def _go_to(self, true: int, answer: int) -> None:
        self.matrix.set_current(true, answer)
        self.side.show_cell(true, answer)
