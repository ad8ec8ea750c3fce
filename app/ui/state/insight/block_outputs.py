"""What comes out of the blocks of the open network for an example, as long as somebody sees it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from app.engine.errors import message_of
from app.engine.insight.weights_choice import WeightsChoice
from app.engine.runs.run import list_runs
from app.ui.state.insight.example_outputs import ExampleOutputs

if TYPE_CHECKING:
    from app.engine.compute.outputs.values import OutputsRequest
    from app.engine.data.dataset import Dataset
    from app.engine.insight.looking import Look
    from app.engine.insight.networks import Networks
    from app.engine.runs import events
    from app.ui.state.background import Background
    from app.ui.state.document import Document
    from app.ui.state.network_measurer import Measured, NetworkMeasurer
    from app.ui.state.session import Session
    from models.graph import Graph

FIRST = "first"
"""Choice of weights: those that a training begins with."""

LIVE = "live"
"""Choice of weights: those of the training that runs, as they are now."""

MOST_RUNS = 40
"""Runs that are offered, the newest."""

NO_DATA = "Open data first: an example of them goes through the network."
NOT_SOUND = "The network has a mistake; once it is mended, an example goes through it."
NO_TRAINING = "No training runs here now. Start one, or choose other weights."
BESIDE = "A run in a process of its own cannot be watched from here. Choose other weights."
OTHER = (
    "The network that trains is not the one that is drawn. Undo the changes, or choose other "
    "weights."
)


class BlockOutputs(ExampleOutputs):
    """Lets an example go through the open network: follows document, measurer and session.

    runs_changed(): other runs can be chosen. weights: FIRST, LIVE, or the folder of a run.
    """

    runs_changed = Signal()

    def __init__(
        self,
        document: Document,
        session: Session,
        network_measurer: NetworkMeasurer,
        background: Background,
        runs_folder: Path,
    ) -> None:
        super().__init__(session, background, "outputs")
        self._document = document
        self._measurer = network_measurer
        self._runs_folder = runs_folder
        self.weights: str | Path = FIRST
        self.runs: list[Path] = []
        self._graph: Graph | None = None
        self._live_graph: Graph | None = None
        self._measured: Measured | None = None
        document.data_changed.connect(self._soon)
        network_measurer.changed.connect(self._soon)
        session.state_changed.connect(self._session_changed)

    # --- what is chosen

    @property
    def dataset(self) -> Dataset | None:
        return self._document.dataset

    @property
    def live(self) -> bool:
        return self.weights == LIVE

    @property
    def can_watch(self) -> bool:
        """Whether a training runs whose weights can be looked at."""
        return self._session.active and not self._session.goes_on_alone

    def set_seen(self, seen: bool) -> None:
        begins = seen and not self._seen
        super().set_seen(seen)
        if begins:
            self._list_runs()

    def choose_weights(self, weights: str | Path) -> None:
        """Takes other weights: FIRST, LIVE, or the folder of a run."""
        if weights != self.weights:
            self._live_graph = None

        self.weights = weights
        self.runs_changed.emit()
        self._soon()

    # --- renewing

    def _session_changed(self) -> None:
        self.runs_changed.emit()
        if not self._session.active:
            self._list_runs()

        if self.live:
            self._soon()

    def _renew(self) -> None:
        document = self._document
        measured = self._measurer.measured
        dataset = document.dataset
        if dataset is None or document.data_state != "ready":
            self._show_trouble(NO_DATA)
        elif self._measurer.busy:
            return  # it tells when it is done
        elif measured is None:
            trouble = self._measurer.trouble
            self._show_trouble(message_of(trouble) if trouble is not None else NOT_SOUND)
        elif measured.inspection.error is not None:
            self._show_trouble(NOT_SOUND)
        elif self.live and not self.can_watch:
            self._show_last(measured)
        else:
            self._ask_of(dataset, measured)

    def _ask_of(self, dataset: Dataset, measured: Measured) -> None:
        """Asks the worker, and through it the training, for what is chosen."""
        graph = self._drawn(measured)
        run = self.weights if isinstance(self.weights, Path) else None
        weights = WeightsChoice(run, measured.resolved.training.seed)

        def looking(request: OutputsRequest, networks: Networks) -> Look:
            from app.engine.insight.looking import look  # noqa: PLC0415 - it loads torch

            return look(request, graph, measured.problem, measured.resolved, weights, networks)

        self._ask(dataset, None if self.live else looking)

    def _drawn(self, measured: Measured) -> Graph:
        """Returns the graph of the network that was measured, made once."""
        if self._graph is None or measured is not self._measured:
            self._measured = measured
            self._graph = measured.resolved.model.graph(measured.problem)

        return self._graph

    # --- while it trains

    def _trouble_of(self, event: events.OutputsSeen) -> str:
        if event.trouble:
            return event.trouble
        if event.graph != self._graph:
            return OTHER

        self._live_graph = event.graph
        return ""

    # --- showing

    def _show_last(self, measured: Measured) -> None:
        """Keeps what was seen last of a training that is over; it says after which step."""
        same = self._live_graph is not None and self._drawn(measured) == self._live_graph
        if not same or self._request is None:  # another network, or another example
            self.outputs = {}

        seen = self.outputs.get(self.opened)
        lacks = bool(self.opened) and (seen is None or not seen.large)
        why = BESIDE if self._session.goes_on_alone else NO_TRAINING
        self._show(why if lacks or not self.outputs else "")

    def _list_runs(self) -> None:
        if self._seen:
            folder = self._runs_folder
            self._background.run(
                lambda _control: _with_weights(folder), self._take_runs, key="outputs.runs"
            )

    def _take_runs(self, runs: list[Path]) -> None:
        if runs != self.runs:
            self.runs = runs
            self.runs_changed.emit()


def _with_weights(folder: Path) -> list[Path]:
    """Returns the newest runs of a folder that have weights, the newest first; on the worker."""
    found: list[Path] = []
    for run in list_runs(folder):
        if run.best_folder is not None:
            found.append(run.path)
        if len(found) == MOST_RUNS:
            break

    return found
