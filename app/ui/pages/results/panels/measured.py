"""The base class of panels whose figures are measured when a person asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton

from app.ui.pages.results.loaded_network import LoadedNetwork
from app.ui.pages.results.missing_data import MissingDataNotice
from app.ui.pages.results.panels.base import Panel
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.data.dataset import Dataset
    from app.engine.results.predictor import Predictor
    from app.engine.runs.control import Control
    from app.ui.pages.parts import Parts
    from app.ui.pages.results.selection import ViewContent
    from app.ui.state.background import Failure
    from app.ui.state.revisions.draft import RevisionDraft


class MeasuredPanel(Panel):
    """A button that measures in the background, a sentence, and below them what came out.

    A panel puts its own widgets below, and says how to measure, show and clear them.
    """

    button_name: ClassVar[str]
    """What the button is called for those who do not see it."""

    button_tip: ClassVar[str]
    """What is done, and what it costs."""

    progress: ClassVar[str]
    """The sentence while it is measured."""

    def __init__(self, parts: Parts, draft: RevisionDraft) -> None:
        super().__init__(parts, draft)
        self._name = f"results.{self.key}"
        self._network = LoadedNetwork()
        self._measured_for: object = None
        self.button = QPushButton("Measure")
        self.button.setObjectName(f"{self._name}.measure")
        self.button.setAccessibleName(self.button_name)
        self.button.setToolTip(tooltip(self.button_tip))
        style(self.button, "primary")
        self.button.clicked.connect(self._measure)
        self.status = Label()
        self.status.setObjectName(f"{self._name}.status")
        self.status.setWordWrap(True)
        style(self.status, "secondary")
        self.notice = MissingDataNotice(f"{self._name}.why")
        self.notice.wanted.connect(self.data_wanted)
        self.column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addWidget(self.status)
        self.column.addWidget(self.notice, 1)

    def measured(self, predictor: Predictor, dataset: Dataset, check: Callable[[], None]) -> Any:
        """Returns what comes out; on a thread of its own. check: raises Stopped when given up."""
        raise NotImplementedError

    def show_found(self, found: Any) -> str:
        """Shows what came out; returns the sentence about it."""
        raise NotImplementedError

    def clear(self) -> None:
        """Hides what came out for another run, or other data."""
        raise NotImplementedError

    def fill(self, content: ViewContent) -> None:
        has_data = content.dataset is not None
        self.notice.setVisible(not has_data)
        self.button.setVisible(has_data)
        if not has_data:
            self.notice.say(content.missing, content.offer)

        measured_for = content.path, content.dataset, content.weights
        if measured_for != self._measured_for:
            self._measured_for = measured_for
            self.parts.measuring.forget(self._name)
            self.button.setEnabled(True)
            self.status.setText("")
            self.clear()

    def _measure(self) -> None:
        path, dataset = self.content.path, self.content.dataset
        if path is None or dataset is None:
            return

        network = self._network
        self.button.setEnabled(False)
        self.status.setText(self.progress)

        def measure(control: Control) -> Any:
            return self.measured(network.predictor(path), dataset, control.check)

        self.parts.measuring.run(measure, self._take, self._failed, key=self._name)

    def _take(self, found: Any) -> None:
        self.button.setEnabled(True)
        self.status.setText(self.show_found(found))

    def _failed(self, failure: Failure) -> None:
        self.button.setEnabled(True)
        self.status.setText(failure.message)
