"""What of earlier weights fits the network, said where they are chosen."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from app.engine.runs.control import Control
    from app.engine.training.start_weights import TakenOver
    from app.ui.pages.parts import Parts
    from app.ui.state.background import Failure
    from models.graph import Graph
    from models.shape import Problem

KEY = "start weights"

MOST_LISTED = 30
"""Weights that the tip lists; the log of the run has them all."""


class StartNote(Label):
    """Says which blocks begin with earlier weights; its tip lists the weights with their shapes.

    Hidden where all begin at random. The weights are read in the background, once for a network.
    """

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts
        self._asked: tuple[str, Graph, Problem] | None = None
        self.setObjectName("learning.start_weights")
        self.setAccessibleName("What of the earlier weights fits this network")
        self.setWordWrap(True)
        style(self, "secondary")
        self.hide()

    def show_start(self, text: str, graph: Graph | None, problem: Problem | None) -> None:
        """Compares what [training] start_from names with the network that was measured."""
        if not text or graph is None or problem is None:
            self._parts.background.forget(KEY)
            self._asked = None
            self.hide()
            return

        asked = (text, graph, problem)
        if asked == self._asked:
            return

        self._asked = asked
        self._parts.background.run(partial(_compare, *asked), self._take, self._fail, key=KEY)

    def _take(self, taken: TakenOver) -> None:
        finding = taken.finding()
        listed = list(taken.weights[:MOST_LISTED])
        if len(taken.weights) > MOST_LISTED:
            listed.append(f"{len(taken.weights) - MOST_LISTED} more")
        self._say(finding.text, "secondary" if taken.taken else "warning", "\n".join(listed))

    def _fail(self, failure: Failure) -> None:
        self._say(failure.message, "problem", "")

    def _say(self, text: str, role: str, tip: str) -> None:
        style(self, role)
        self.setText(text)
        self.setToolTip(tooltip(tip))
        self.show()


def _compare(text: str, graph: Graph, problem: Problem, _: Control) -> TakenOver:
    from app.engine.training.start_weights import preview  # noqa: PLC0415 - it loads torch

    return preview(text, graph, problem)
