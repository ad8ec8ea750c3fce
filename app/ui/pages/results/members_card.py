"""How far the members of a network disagree, and what that says: four quarters of the examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout

from app.engine.results.member_spread import Quarter, has_members, member_spread, quarters
from app.engine.runs.run import Run
from app.engine.text import amount_text, percent_text
from app.ui.pages.results.loaded_network import LoadedNetwork
from app.ui.style.theme import style
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label
from app.ui.widgets.layouts import clear

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset, Description
    from app.engine.learning.task import Task
    from app.engine.results.reports import SplitReport
    from app.engine.runs.control import Control
    from app.ui.pages.parts import Parts
    from app.ui.pages.results.selection import ViewContent
    from app.ui.state.background import Failure

MOST = 4_000
"""Examples that the members answer, evenly taken where there are more."""

BATCH = 256
KEY = "results.members"
CLOSED = "Open the data of this run to see where its members disagree."
NAMES = ("agree most", "agree more", "disagree more", "disagree most")


@dataclass(frozen=True)
class Members:
    """The quarters of a split; members: 0 of a network without any."""

    members: int
    quarters: tuple[Quarter, ...] = ()
    description: Description | None = None
    task: Task | None = None


class MembersCard(Card):
    """Shows a line a quarter: show_results(content). It is hidden for networks without members."""

    def __init__(self, parts: Parts) -> None:
        super().__init__("Its members", "how right they are where they agree, and where not")
        self.setObjectName(KEY)
        self._parts = parts
        self._loaded = LoadedNetwork()
        self._asked: tuple[SplitReport, Dataset | None] | None = None
        self.note = Label()
        self.note.setWordWrap(True)
        style(self.note, "secondary")
        self._grid = QGridLayout()
        self._grid.setColumnStretch(0, 1)
        self.body.addWidget(self.note)
        self.body.addLayout(self._grid)
        parts.theme.changed.connect(self._measure)
        self._measure()
        self.hide()

    def show_results(self, content: ViewContent) -> None:
        """Asks the members of the run that is shown about the examples of the split."""
        if content.live or content.past or content.path is None or content.description is None:
            self._asked = None
            self._parts.background.forget(KEY)
            self.hide()
            return

        # There is another report where other weights are used.
        report, dataset, path = content.report, content.dataset, content.path
        if self._asked is not None and self._asked[0] is report and self._asked[1] is dataset:
            return

        self._asked = report, dataset
        description = content.description
        self.hide()
        self._parts.background.run(
            lambda control: self._ask(control, path, description, dataset, report.split),
            self._show,
            self._fail,
            key=KEY,
        )

    def _ask(
        self,
        control: Control,
        path: Path,
        description: Description,
        dataset: Dataset | None,
        split: str,
    ) -> Members:
        """Returns what the members say; on the background thread."""
        if not has_members(Run(path).experiment(), description):
            return Members(0)
        if dataset is None:
            return Members(1)

        predictor = self._loaded.predictor(path)
        rows = dataset.indices[split]
        if len(rows) > MOST:
            rows = rows[np.linspace(0, len(rows) - 1, MOST).astype(np.int64)]

        found = []
        for first in range(0, len(rows), BATCH):
            control.check()
            part = rows[first : first + BATCH]
            spread = member_spread(predictor, *(array[part] for array in dataset.arrays))
            if spread is None:
                return Members(0)
            found.append(spread)

        if not found:
            return Members(0)

        whole = found[0].joined(found[1:])
        parts = quarters(whole, predictor.task, dataset.targets[rows])
        return Members(whole.members, tuple(parts), predictor.description, predictor.task)

    def _fail(self, _: Failure) -> None:
        """Hides itself: where the network cannot be loaded, the page says why."""
        self.hide()

    def _show(self, members: Members) -> None:
        clear(self._grid)
        if not members.members or (members.task is not None and not members.quarters):
            self.hide()
            return

        self.show()
        self.note.setVisible(members.task is None)
        self.note.setText(CLOSED)
        if members.task is None or members.description is None:
            return

        is_amount = members.task.targets == "amounts"
        unit = members.description.amounts[0].unit if is_amount else ""
        heads = (
            f"The quarter on which its {members.members} members",
            "nine of ten within" if is_amount else "say something else",
            "mean error" if is_amount else "accuracy",
            "examples",
        )
        for column, text in enumerate(heads):
            head = Label(text)
            style(head, "secondary")
            self._grid.addWidget(head, 0, column, _side(column))

        def words(value: float) -> str:
            return amount_text(value, unit, 3) if is_amount else percent_text(value)

        for line, (name, quarter) in enumerate(zip(NAMES, members.quarters, strict=True), 1):
            texts = (name, words(quarter.apart), words(quarter.figure), f"{quarter.count:,}")
            for column, text in enumerate(texts):
                cell = Label(text)
                style(cell, "row")
                self._grid.addWidget(cell, line, column, _side(column))

    def _measure(self) -> None:
        self._grid.setHorizontalSpacing(self._parts.theme.px(20))
        self._grid.setVerticalSpacing(self._parts.theme.px(8))


def _side(column: int) -> Qt.AlignmentFlag:
    return Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
