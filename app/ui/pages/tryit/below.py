"""What stands below example and answer: why this answer, inside the network, and many examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui.pages.tryit.explanation.card import ExplanationCard
from app.ui.pages.tryit.inside.card import InsideCard
from app.ui.pages.tryit.many import ManyLine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.engine.data.dataset import Dataset
    from app.ui.pages.parts import Parts
    from app.ui.pages.tryit.answer_panel import AnswerPanel
    from app.ui.pages.tryit.loaded_predictor import LoadedPredictor
    from app.ui.pages.tryit.usable_runs import LoadedRun


class CardsBelow(QWidget):
    """Follows the answers of a panel; dataset(): the run's own data, where they are open."""

    def __init__(
        self,
        parts: Parts,
        predictor: LoadedPredictor,
        answer: AnswerPanel,
        dataset: Callable[[], Dataset | None],
    ) -> None:
        super().__init__()
        self._session = parts.session
        self.explanation = ExplanationCard(parts.theme, parts.background, predictor)
        self.inside = InsideCard(parts.theme, parts.background, predictor, dataset, self.trains)
        self.many = ManyLine(parts)
        answer.shown.connect(self.explanation.show_result)
        answer.shown.connect(self.inside.show_result)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.inside.button)
        row.addWidget(self.many, 1)
        column.addWidget(self.explanation)
        column.addWidget(self.inside)
        column.addLayout(row)

    def trains(self, path: Path) -> bool:
        """Returns whether a run goes on."""
        return self._session.active and self._session.live_record.path == path

    def show_run(self, run: LoadedRun) -> None:
        """Asks the network of this run from now on."""
        self.many.show_run(run)
        self.explanation.show_run(run)
        self.inside.show_run(run)
