"""Suspects: training examples whose labels look wrong, and a revision of the data made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.engine.data.nouns import counted
from app.engine.runs.run import Run
from app.engine.suspects.suspects import SORTS, Suspects
from app.ui.pages.results.loaded_network import LoadedNetwork
from app.ui.pages.results.missing_data import MissingDataNotice
from app.ui.pages.results.panels.base import Panel
from app.ui.pages.results.suspects.detail import SuspectDetail, short_change
from app.ui.pages.results.suspects.grid import SuspectGrid
from app.ui.pages.results.suspects.revision_card import RevisionCard
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.examples.example import example_of
from app.ui.widgets.examples.example_grid import ExampleRow, LazyRows
from app.ui.widgets.segments import Segments

if TYPE_CHECKING:
    from app.engine.experiment.revision import Action, Label
    from app.engine.runs.control import Control
    from app.engine.suspects.neighbours import Neighbours
    from app.ui.pages.parts import Parts
    from app.ui.pages.results.selection import ViewContent
    from app.ui.state.background import Failure
    from app.ui.state.revisions.draft import RevisionDraft

LISTED = 2000
"""Suspects that are listed; the command lists all."""

WHICH = (
    ("all", "All", "All training examples, the most suspicious first."),
    ("copies", "Copies", "Copies in other splits or of other labels, and outliers."),
    ("changed", "Changed", "Those that something is done with."),
)
FINDING = "results.suspects"
LOOKING = "results.suspects.look"
"""Work in the background, by what it does."""

LOOK = "Compares all examples with one another by what the network makes of them, and by content."


class SuspectsPanel(Panel):
    """The list on the left; on the right the chosen ones, and the revision."""

    key: ClassVar[str] = "suspects"
    label: ClassVar[str] = "Suspects"
    tip: ClassVar[str] = "Training examples whose labels look wrong, to be corrected or left out."
    order: ClassVar[int] = 10
    shows: ClassVar[str] = (
        "Training examples that the network learned late, never, or against its own judgement: the "
        "most suspicious first. Correct a label, leave the example out, or settle that it is right."
    )
    means: ClassVar[str] = (
        "High in the list wrong labels are frequent, further down they are rare. Look at them from "
        "the top until you find no more. Then train again and see what it brought."
    )
    means_not: ClassVar[str] = (
        "No place in the list proves that a label is wrong: rare and difficult examples stand high "
        "too, and those are the ones that a network needs most. Look before you leave them out."
    )

    def __init__(self, parts: Parts, draft: RevisionDraft) -> None:
        super().__init__(parts, draft)
        self._suspects: Suspects | None = None
        self._found_for: object = None
        self._places = np.zeros(0, np.int64)
        self._network = LoadedNetwork()
        self._build()
        draft.changed.connect(self._draft_changed)
        draft.failed.connect(self._say)

    def _build(self) -> None:
        self.grid = SuspectGrid(self.theme)
        self.grid.picked.connect(self._show_chosen)
        self.grid.asked.connect(self._ask)
        self.grid.labelled.connect(self._relabel)
        self.grid.undone.connect(lambda back: self.draft.undo() if back else self.draft.redo())
        self.which = Segments(self.theme, "results.suspects.which", WHICH)
        self.which.chosen.connect(lambda _: self._list())
        self.look = QPushButton("Look for copies and outliers")
        self.look.setObjectName("results.suspects.look")
        self.look.setAccessibleName("Look for copies and outliers")
        self.look.setToolTip(tooltip(LOOK))
        self.look.clicked.connect(self._look)
        style(self.look, "small")
        self.count = ElidedLabel()
        self.count.setObjectName("results.suspects.count")
        style(self.count, "secondary")
        self.notice = MissingDataNotice("results.suspects.why")
        self.notice.wanted.connect(self.data_wanted)
        self.list_card = Card("The list")
        self.list_card.tools.addWidget(self.which)
        line = QHBoxLayout()
        line.addWidget(self.count, 1)
        line.addWidget(self.look)
        self.list_card.body.addLayout(line)
        self.list_card.body.addWidget(self.grid, 1)
        self.list_card.body.addWidget(self.notice, 1)
        self.detail = SuspectDetail(self.theme)
        self.detail.asked.connect(self._ask)
        self.detail.labels.chosen.connect(self._relabel)
        self.detail.labels.typed.connect(self._set_amounts)
        self.detail.targets.chosen.connect(self._relabel)
        self.detail.targets.clicked.connect(lambda _: self.grid.setFocus())  # which has the keys
        self.detail.targets.dropped.connect(lambda number: self._relabel(number, takes_away=False))
        self.revision = RevisionCard(self.parts, self.draft)
        self.revision.told.connect(self._say)
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.detail, 1)
        column.addWidget(self.revision)
        self.row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self.row.setSpacing(12)
        self.row.addWidget(self.list_card, 11)
        self.row.addWidget(side, 10)
        self.column.addLayout(self.row, 1)

    @classmethod
    def applies(cls, content: ViewContent) -> bool:
        task = content.task
        return task is not None and not task.pairs and task.targets != "tokens"

    # --- finding them

    def fill(self, content: ViewContent) -> None:
        if content.path is not None:
            self.revision.show_run(content.path, content.task)

        dataset = content.dataset
        known = content.path, dataset, content.weights
        if dataset is None or content.description is None or content.path is None:
            self._forget()
            self._found_for = None
            self._refuse(content.missing, content.offer)
        elif known != self._found_for:
            self._forget()
            self._found_for = known
            self._refuse("Reading what the epochs said.")
            self.detail.offer(dataset.description)
            self._find(content)

    def _forget(self) -> None:
        """Gives up what is known, and what is on its way, of another run or other data."""
        self._suspects = None
        for key in (FINDING, LOOKING):
            self.parts.measuring.forget(key)

    def _find(self, content: ViewContent) -> None:
        path, dataset = content.path, content.dataset
        description, task = content.description, content.task
        assert path is not None and dataset is not None
        assert description is not None and task is not None
        network = self._network

        def find(control: Control) -> Suspects:
            from app.engine.suspects.finding import quick_suspects  # noqa: PLC0415 - loads torch

            found = quick_suspects(
                Run(path),
                description,
                task,
                dataset,
                lambda: network.predictor(path),
                control.check,
            )
            found.order  # noqa: B018 - worked out here, not on the window's thread
            return found

        self.parts.measuring.run(find, self._take, self._failed, key=FINDING)

    def _take(self, suspects: Suspects) -> None:
        self._suspects = suspects
        self._list()

    def _failed(self, failure: Failure) -> None:
        self._refuse(failure.message)

    def _refuse(self, text: str, offer: bool = False) -> None:
        self.grid.show_rows([])  # first: what comes may lay it out, and its rows are gone
        self.grid.hide()
        self.notice.say(text, offer)
        self.notice.show()
        self.count.setText("")
        self.look.setEnabled(False)
        self.detail.show_none()

    def _say(self, text: str) -> None:
        self.count.setText(text)

    def _look(self) -> None:
        """Looks for copies and outliers, which takes a pass over all examples."""
        suspects = self._suspects
        path = self.content.path
        if suspects is None or path is None:
            return

        self.look.setEnabled(False)
        self._say("Comparing all examples with one another…")
        network = self._network

        def compare(control: Control) -> Neighbours:
            from app.engine.suspects import neighbours as engine  # noqa: PLC0415 - loads torch

            return engine.find_neighbours(
                network.predictor(path), suspects.dataset, check=control.check
            )

        def take(neighbours: Neighbours) -> None:
            if self._suspects is suspects:
                self._take(suspects.with_neighbours(neighbours))

        self.parts.measuring.run(compare, take, self._look_failed, key=LOOKING)

    def _look_failed(self, failure: Failure) -> None:
        self.look.setEnabled(True)
        self._say(failure.message)

    # --- the list

    def _list(self) -> None:
        suspects = self._suspects
        if suspects is None:
            return

        self._places = self._chosen_places(suspects)
        self.notice.hide()
        self.grid.show()
        self.look.setEnabled(suspects.neighbours is None)
        many = counted(self.content.kind, len(suspects))
        shown = len(self._places)
        text = f"{shown:,} of {many}" if shown < len(suspects) else f"all {many}"
        self._say(f"{text}. {suspects.note}".strip())
        self.grid.show_rows(LazyRows(shown, self._line, 2))
        self._show_chosen()

    def _chosen_places(self, suspects: Suspects) -> np.ndarray:
        """Returns which places of the suspects are listed."""
        order = suspects.order
        which = self.which.value
        if which == "copies":
            order = order[suspects.stands_out[order]]
        elif which == "changed":
            changed = self.draft.rows_of(suspects.dataset)
            order = order[np.isin(suspects.rows[order], changed)]

        return order[:LISTED]

    def _line(self, number: int) -> ExampleRow:
        suspects = self._suspects
        assert suspects is not None
        place = int(self._places[number])
        row = int(suspects.rows[place])
        example = example_of(suspects.dataset, row)
        label, likely = suspects.label(row), suspects.likely(place)
        change = self.draft.of(suspects.dataset, row)
        first = f"{label} → {likely}?" if likely and likely != label else label
        if change is not None:
            tone = "quiet" if change.action == "exclude" else "good"
            return example, f"{first}\n{short_change(change)}", tone

        sort = suspects.sort(place)
        words = f"{suspects.scores[place]:.2f}"
        words = words if sort in ("label", "none") else SORTS[sort]
        return example, f"{first}\n{words}", "normal"

    def _show_chosen(self) -> None:
        suspects = self._suspects
        numbers = self.grid.numbers
        if suspects is None or not numbers:
            self.detail.show_none()
            return

        rows = self._rows(numbers)
        changes = [self.draft.of(suspects.dataset, row) for row in rows]
        if len(rows) == 1:
            place = int(self._places[numbers[0]])
            self.detail.show_one(suspects.dataset, suspects.suspect(place), changes[0])
        else:
            changed = sum(change is not None for change in changes)
            self.detail.show_many(self.content.kind, len(rows), changed)

    def _rows(self, numbers: list[int]) -> list[int]:
        assert self._suspects is not None
        return [int(self._suspects.rows[self._places[number]]) for number in numbers]

    # --- what is done with them

    def _ask(self, action: Action | str) -> None:
        suspects = self._suspects
        rows = self._rows(self.grid.numbers) if suspects is not None else []
        if suspects is None or not rows:
            return
        if action == "forget":
            self.draft.forget(suspects.dataset, rows)
        elif action in ("exclude", "confirm"):
            self._change(rows, action)  # type: ignore[arg-type]

    def _relabel(self, number: int, takes_away: bool = True) -> None:
        """Gives the chosen ones a class or tag. takes_away: a tag that all have is taken away."""
        suspects = self._suspects
        numbers = self.grid.numbers
        if suspects is None or not numbers:
            return

        if number < len(suspects.dataset.description.classes):
            self.draft.give(suspects.dataset, self._rows(numbers), number, takes_away)

    def _set_amounts(self, amounts: list[float]) -> None:
        suspects = self._suspects
        if suspects is None:
            return

        needed = len(suspects.dataset.description.amounts)
        if len(amounts) != needed:
            self._say(f"{needed:,} amounts are needed, divided by semicolons.")
            return

        label: Label = amounts if needed > 1 else amounts[0]
        self._change(self._rows(self.grid.numbers), "relabel", label)

    def _change(self, rows: list[int], action: Action, label: Label | None = None) -> None:
        assert self._suspects is not None
        self.draft.change(self._suspects.dataset, rows, action, label)

    def _draft_changed(self) -> None:
        if self._suspects is None:
            return
        if self.which.value == "changed":
            self._list()
            return

        self.grid.viewport().update()
        self._show_chosen()

    def arrange(self, wide: bool) -> None:
        direction = QBoxLayout.Direction
        self.row.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        if wide:
            self.detail.take_labels()
        else:  # what is dragged has no way to a card that is out of sight
            self.list_card.body.addWidget(self.detail.offered)
        self.list_card.setMinimumHeight(self.theme.px(300 if wide else 320))
        self.grid.setMinimumHeight(self.theme.px(120))


PANEL = SuspectsPanel
