"""Results: what came of a training.

The verdict comes first, then the figures, then what the task's view of results shows of them, and
the exports last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from app.engine.data.nouns import noun
from app.engine.runs import events
from app.engine.runs.weights_in_use import BEST
from app.ui.pages import run_actions
from app.ui.pages.parts import GuideCard, Page, Parts
from app.ui.pages.results.epochs.fold import BackFold
from app.ui.pages.results.exports_card import ExportsCard
from app.ui.pages.results.header import ResultsHeader
from app.ui.pages.results.members_card import MembersCard
from app.ui.pages.results.outcome import Outcome, read_outcome
from app.ui.pages.results.panel_host import PanelHost
from app.ui.pages.results.run_data import RunData, run_data_of
from app.ui.pages.results.save_file import save
from app.ui.pages.results.selection import Selection, ViewContent
from app.ui.pages.results.summary_card import SummaryCard
from app.ui.pages.results.views import ResultsView, view_for
from app.ui.pages.results.weights_in_use import WeightsInUseLine
from app.ui.state.exports.run_exports import NO_WEIGHTS
from app.ui.state.run_identity import RunIdentity, why_not_trained
from app.ui.style.theme import style
from app.ui.widgets.empty_state import EmptyState

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QResizeEvent, QShowEvent

    from app.ui.state.background import Failure
    from app.ui.state.record import Record

NOTHING = "Train a network: what it gets right and wrong will be here, with the examples."

EPOCH_EVENTS = (events.EpochDone, events.ProbePredicted, events.ValidationPredicted)

NARROW = 720
"""Width at 100 % below which the cards of a view stand below one another."""


class ResultsPage(Page):
    """Shows the run of the session: its last epoch while it is live, afterwards its report.

    The task's view of results decides how.
    """

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._outcome: Outcome | None = None
        self._requested = "test"
        self._stale = True
        self.view: ResultsView | None = None
        self._view_name = ""
        self._fit = QTimer(self, interval=0, singleShot=True)
        self._fit.timeout.connect(self._arrange)
        style(self, "page")
        self._build()
        session = parts.session
        document = parts.document
        session.shown.connect(self._other_run)
        session.events_received.connect(self._handle_events)
        session.finished.connect(lambda _: self._other_run())
        document.data_changed.connect(self._data_changed)
        parts.theme.changed.connect(self._fit.start)

    # --- what it looks like

    def _build(self) -> None:
        parts = self._parts
        self.header = ResultsHeader(parts)
        self.header.split_chosen.connect(self.show_split)
        self.header.epoch_chosen.connect(self._epoch_chosen)
        self.header.export.clicked.connect(self._export)
        self.exports = ExportsCard(parts)
        self.folded = BackFold(parts)
        self.folded.button.toggled.connect(self._fold_back)
        self.back = self.folded.back
        self.back.moved.connect(self._looked_back)
        self.back.data_wanted.connect(self._open_data)
        self.members = MembersCard(parts)
        self.header.report.clicked.connect(self._report)
        self.weights_line = WeightsInUseLine(parts.background)
        self.weights_line.chosen.connect(self._weights_changed)
        self.summary = SummaryCard(parts.theme, self.weights_line)
        self.content = QWidget()
        style(self.content, "page")
        self._column = QVBoxLayout(self.content)
        self._column.setContentsMargins(16, 0, 16, 16)
        self._column.setSpacing(12)
        self._column.addWidget(self.summary)
        for card in (self.folded, self.members, self.exports):
            self._column.addWidget(card)

        self.scroller = QScrollArea()
        self.scroller.setWidgetResizable(True)
        self.scroller.setFrameShape(QScrollArea.Shape.NoFrame)
        self.scroller.setWidget(self.content)
        self.panels = PanelHost(parts, self.scroller)
        self.panels.data_wanted.connect(self._open_data)
        self.panels.guide_changed.connect(self.guide_changed)
        full = QWidget()
        whole = QVBoxLayout(full)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        whole.addWidget(self.header)
        whole.addWidget(self.panels, 1)
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

    def _bring_view(self, name: str) -> ResultsView:
        """Returns the widget for this view of results; one at a time is kept."""
        if self.view is None or self._view_name != name:
            if self.view is not None:
                self.view.close_down()
                self._column.removeWidget(self.view)
                self.view.deleteLater()

            self.view = view_for(name)(self._parts)
            self._view_name = name
            self.view.save_wanted.connect(
                lambda name, content: save(self, self._parts.background, name, content)
            )
            self.view.data_wanted.connect(self._open_data)
            self.view.guide_changed.connect(self.guide_changed)
            self.view.use_draft(self.panels.draft)
            self._column.insertWidget(1, self.view, 1)  # before the exports

        return self.view

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit.start()

    def _arrange(self) -> None:
        """Puts cards side by side where there is room, else one below the other."""
        wide = self.width() >= self._parts.theme.px(NARROW)
        self.summary.set_wide(wide)
        self.panels.arrange(wide)

        if self.view is not None:
            self.view.arrange(wide)
            # It fills the first screen, as if nothing stood below it.
            margins = self._column.spacing() + self._column.contentsMargins().bottom()
            room = self.scroller.viewport().height() - self.summary.height() - margins
            fills = wide and self.back.isVisible()
            self.view.setMinimumHeight(max(0, room) if fills else 0)

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

    def _other_run(self) -> None:
        """Reads the folder again: it is another run, or the same one has ended."""
        if self._outcome is not None and self._outcome.path != self._record.path:
            self._outcome = None
            self._requested = "test"

        self._stale = True
        if self.isVisible():
            self._read()

    def _handle_events(self, batch: list[events.Event]) -> None:
        prepared = any(isinstance(event, events.RunPrepared | events.RunStarted) for event in batch)
        epoch = any(isinstance(event, EPOCH_EVENTS) for event in batch)
        if prepared or (epoch and (self._outcome is None or self._outcome.description is None)):
            self._stale = True
        if not self.isVisible():
            return

        self._allow_export()
        if self._stale:
            self._read()
        elif epoch:
            self._show()

    def _read(self) -> None:
        """Reads the run's folder in the background, then shows it."""
        self._stale = False
        path = self._record.path
        if path is None:
            self._outcome = None
            self._show()
            return

        self._parts.background.run(
            lambda _: read_outcome(path), self._take, self._failed, key="results"
        )
        if self._outcome is None:
            self._show()

    def _take(self, outcome: Outcome) -> None:
        if outcome.path != self._record.path:
            return

        self._outcome = outcome
        selection = self.selection
        self.header.set_epochs(selection.known_epochs, selection.used)
        self.exports.read(outcome.path)
        self._show()
        if self.back.isVisible():
            self._looked_back()  # an epoch that was gone back to before the report came stays

    def _weights_changed(self, path: Path) -> None:
        """Reads the figures again, where other weights of the run are used now."""
        if path == self._record.path:
            self._stale = True
            if self.isVisible():
                self._read()

    def _failed(self, failure: Failure) -> None:
        self._outcome = None
        self._show(failure.what)

    # --- which split of which epoch

    def show_split(self, name: str) -> None:
        """Shows a split, "validation" or "test"."""
        self._requested = name
        self._show()

    def _fold_back(self, _on: bool) -> None:
        """Shows or hides the card that looks back: without it all results are in view at once."""
        self._show()
        if self.back.isVisible():
            QTimer.singleShot(0, self, lambda: self.scroller.ensureWidgetVisible(self.back))

    def _epoch_chosen(self) -> None:
        if self.header.epoch is not None:
            self.back.choose(self.header.epoch.epoch)
        self._show()

    def _looked_back(self) -> None:
        """Takes the epoch that the card below goes back to."""
        epoch = self.back.sliders[0].epoch
        if epoch is not None:
            self.header.choose(epoch.epoch)

    @property
    def selection(self) -> Selection:
        """The figures that are due now."""
        running = self._parts.session.live
        return Selection(
            self._record,
            self._outcome,
            running,
            self._requested,
            self.header.epoch,
            self._run_data().dataset,
        )

    @property
    def live(self) -> bool:
        return self.selection.live

    def _show(self, trouble: str = "") -> None:
        selection = self.selection
        if not selection.splits:
            self._show_empty(trouble)
            return

        self.stack.setCurrentIndex(1)
        self.header.chip.show_run(RunIdentity.of_record(self._record))
        self._allow_export()
        kind = selection.description.kind if selection.description is not None else ""
        self.header.show_choice(
            self._stage(), list(selection.splits), selection.name, selection.scrubs, noun(kind)
        )
        self.summary.show_verdict(selection.verdict.text, selection.verdict.level)
        self.summary.show_splits(selection.splits, selection.name, selection.description)
        self.weights_line.show_run(self._record, self._outcome, selection.live)
        content = self._content(selection)
        self._bring_view(selection.report.view).show_results(content)
        self.panels.show_content(content)
        self.members.show_results(content)
        self.folded.show_run(selection, content)
        self._arrange()
        self.guide_changed.emit()

    def _content(self, selection: Selection) -> ViewContent:
        run_data = self._run_data()
        return ViewContent(
            selection.report,
            selection.description,
            run_data.dataset,
            run_data.missing,
            run_data.offer,
            selection.live,
            selection.name == "validation" and selection.past is not None,
            self._record.path,
            selection.task,
            selection.splits,
            selection.outcome.weights if selection.outcome is not None else BEST,
        )

    def _export(self) -> None:
        if self._record.path is not None:
            run_actions.export(self._parts, self._record.path, self.window())

    def _report(self) -> None:
        if self._record.path is not None:
            run_actions.report(self._parts, [self._record.path], self.window())

    def _allow_export(self) -> None:
        self.header.allow_export("" if self._record.has_weights else NO_WEIGHTS)

    def _stage(self) -> str:
        """Returns what the header says of a run that goes on."""
        live = self._parts.session.live and self._record.epochs
        return f"running, after epoch {self._record.epochs[-1].epoch}" if live else ""

    def _show_empty(self, trouble: str) -> None:
        self.stack.setCurrentIndex(0)
        self.back.forget()
        text = NOTHING
        if self._parts.session.live:
            text = "The first figures come when the first epoch is judged."
        elif self._record.path is not None:
            text = (
                trouble
                or (self._outcome.trouble if self._outcome else "")
                or "Reading the results."
            )

        self.empty.say("No results yet", text)
        self.guide_changed.emit()

    # --- the data behind the figures

    def _run_data(self) -> RunData:
        return run_data_of(self._outcome, self._parts.document)

    def _data_changed(self) -> None:
        if self.isVisible() and self.stack.currentIndex() == 1 and self.view is not None:
            selection = self.selection
            if selection.splits and selection.report.view == self._view_name:
                content = self._content(selection)
                self.view.show_results(content)
                self.panels.show_content(content)
                self.members.show_results(content)

    def _open_data(self) -> None:
        """Takes the run's data settings into the experiment; the data loader reads them."""
        if self._outcome is not None:
            document = self._parts.document
            document.set(document.experiment.replace(data=self._outcome.data))

    # --- the Guide and the rail

    def ready(self) -> tuple[bool, str]:
        why_not = why_not_trained(self._record, self._parts.document)
        return not why_not, why_not

    def guide(self) -> list[GuideCard]:
        if self.view is not None and self.stack.currentIndex() == 1:
            cards = self.panels.guide()
            return self.view.guide() if cards is None else cards
        return [
            GuideCard(
                "What you see here", "After the first epoch: what the network gets right and wrong."
            )
        ]
