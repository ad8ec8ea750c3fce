"""What comes out of the blocks of the open network for an example, as long as somebody sees it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from app.engine.insight.weights_choice import WeightsChoice
from app.engine.runs import events
from app.engine.runs.run import list_runs

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.compute.outputs.values import BlockOutput, OutputsRequest
    from app.engine.data.dataset import Dataset
    from app.engine.insight.looking import Look
    from app.engine.insight.networks import Networks
    from app.ui.state.background import Background, Failure
    from app.ui.state.document import Document
    from app.ui.state.network_measurer import Measured, NetworkMeasurer
    from app.ui.state.session import Session
    from models.graph import Graph

WAIT_MS = 60
"""Wait after a change for further ones."""

FIRST = "first"
"""Choice of weights: those that a training begins with."""

LIVE = "live"
"""Choice of weights: those of the training that runs, as they are now."""

MOST_RUNS = 40
"""Runs that are offered, the newest."""

WAITS = "The training tells it after its next step."
NO_DATA = "Open data first: an example of them goes through the network."
NOT_SOUND = "The network has a mistake; once it is mended, an example goes through it."
NO_TRAINING = "No training runs here now. Start one, or choose other weights."
BESIDE = "A run in a process of its own cannot be watched from here. Choose other weights."
OTHER = (
    "The network that trains is not the one that is drawn. Undo the changes, or choose other "
    "weights."
)


class BlockOutputs(QObject):
    """Follows document, measurer and session. Nothing is computed or asked for unless it is seen.

    changed(): what is shown changed. runs_changed(): other runs can be chosen.

    split, place: the example, from 0 within the split. weights: FIRST, LIVE, or the folder of a
    run. opened: the block of which large pictures are wanted. outputs: by block, see
    OutputWatcher.look; {} while there are none. words: of whose weights they are. trouble: a
    sentence that says why there are none. busy: others are on their way.
    """

    changed = Signal()
    runs_changed = Signal()

    def __init__(
        self,
        document: Document,
        session: Session,
        network_measurer: NetworkMeasurer,
        background: Background,
        runs_folder: Path,
    ) -> None:
        super().__init__()
        self._document = document
        self._session = session
        self._measurer = network_measurer
        self._background = background
        self._runs_folder = runs_folder
        self.split = "validation"
        self.place = 0
        self.weights: str | Path = FIRST
        self.opened = ""
        self.outputs: dict[str, BlockOutput] = {}
        self.words = ""
        self.trouble = ""
        self.busy = False
        self.runs: list[Path] = []
        self._seen = False
        self._number = 0
        self._request: OutputsRequest | None = None
        self._networks: Networks | None = None
        self._graph: Graph | None = None
        self._live_graph: Graph | None = None
        self._measured: Measured | None = None
        self._timer = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._timer.timeout.connect(self._renew)
        document.data_changed.connect(self._soon)
        network_measurer.changed.connect(self._soon)
        session.state_changed.connect(self._session_changed)
        session.events_received.connect(self._receive)

    # --- what is chosen

    @property
    def count(self) -> int:
        """How many examples the chosen split has."""
        dataset = self._document.dataset
        return len(dataset.indices.get(self.split, ())) if dataset is not None else 0

    @property
    def can_watch(self) -> bool:
        """Whether a training runs whose weights can be looked at."""
        return self._session.active and not self._session.goes_on_alone

    def set_seen(self, seen: bool) -> None:
        """Says whether somebody looks; while nobody does, nothing is held and no run is asked."""
        if seen == self._seen:
            return

        self._seen = seen
        if seen:
            self._list_runs()
            self._soon()
        else:
            self._timer.stop()
            self._session.see_outputs(None)
            self._background.forget("outputs")
            self._request = None
            self.outputs = {}
            self.changed.emit()
            if (networks := self._networks) is not None:
                self._background.run(lambda _control: networks.forget(), lambda _nothing: None)

    def choose_example(self, split: str, place: int) -> None:
        """Takes another example."""
        self.split = split
        self.place = max(0, min(place, self.count - 1))
        self._request = None
        self._soon()
        self.changed.emit()

    def choose_weights(self, weights: str | Path) -> None:
        """Takes other weights: FIRST, LIVE, or the folder of a run."""
        if weights != self.weights:
            self._live_graph = None

        self.weights = weights
        self.runs_changed.emit()
        self._soon()

    def open(self, name: str) -> None:
        """Wants large pictures of a block too; "" for none."""
        if name != self.opened:
            self.opened = name
            self._soon()
            self.changed.emit()

    # --- renewing

    def _soon(self, *_: object) -> None:
        if self._seen:
            self._timer.start()

    def _session_changed(self) -> None:
        self.runs_changed.emit()
        if not self._session.active:
            self._list_runs()

        if self.weights == LIVE:
            self._soon()

    def _renew(self) -> None:
        document = self._document
        measured = self._measurer.measured
        dataset = document.dataset
        if dataset is None or document.data_state != "ready":
            self._show_trouble(NO_DATA)
        elif self._measurer.busy or measured is None:
            return  # it tells when it is done
        elif measured.inspection.error is not None:
            self._show_trouble(NOT_SOUND)
        elif self.weights == LIVE and not self.can_watch:
            self._show_last(measured)
        else:
            self._ask(dataset, measured)

    def _ask(self, dataset: Dataset, measured: Measured) -> None:
        """Asks the worker, and through it the training, for what is chosen."""
        if self._request is not None and self._request.description is not dataset.description:
            self._request = None
        graph = self._drawn(measured)
        self.place = max(0, min(self.place, self.count - 1))
        self._number += 1
        self.busy = True
        example = dataset, self.split, self.place
        live = self.weights == LIVE
        if not live:
            self._session.see_outputs(None)

        seed = measured.resolved.training.seed
        run = self.weights if isinstance(self.weights, Path) else None
        weights = None if live else WeightsChoice(run, seed)
        request = partial(_request, self._request, example, self.opened, self._number)
        self._background.run(
            lambda _control: self._work(request, weights, graph, measured),
            partial(self._take, self._number),
            self._fail,
            key="outputs",
        )

    def _drawn(self, measured: Measured) -> Graph:
        """Returns the graph of the network that was measured, made once."""
        if self._graph is None or measured is not self._measured:
            self._measured = measured
            self._graph = measured.resolved.model.graph(measured.problem)

        return self._graph

    def _work(
        self,
        request: Callable[[], OutputsRequest],
        weights: WeightsChoice | None,
        graph: Graph,
        measured: Measured,
    ) -> tuple[OutputsRequest, Look | None]:
        """Reads the example, and looks unless the training does; on the worker."""
        from app.engine.insight.looking import look  # noqa: PLC0415 - it loads torch
        from app.engine.insight.networks import Networks  # noqa: PLC0415 - it loads torch

        asked = request()
        if weights is None:
            return asked, None

        self._networks = self._networks or Networks()
        seen = look(asked, graph, measured.problem, measured.resolved, weights, self._networks)
        return asked, seen

    def _take(self, number: int, result: tuple[OutputsRequest, Look | None]) -> None:
        if not self._seen or number != self._number:
            return

        self._request, seen = result
        if seen is None:
            self._session.see_outputs(self._request)  # the training answers
            if not self.outputs:
                self.words = WAITS
                self.trouble = ""
                self.changed.emit()

            return

        self.outputs = seen.outputs
        self.words = seen.words
        self._show("")

    def _fail(self, failure: Failure) -> None:
        self._show_trouble(failure.message)

    # --- while it trains

    def _receive(self, received: list[Any]) -> None:
        seen = [event for event in received if isinstance(event, events.OutputsSeen)]
        if not seen or not self._seen or self.weights != LIVE or seen[-1].number != self._number:
            return

        event = seen[-1]
        if event.trouble:
            self._show_trouble(event.trouble)
        elif event.graph != self._graph:
            self._show_trouble(OTHER)
        else:
            self.outputs = event.outputs
            self._live_graph = event.graph
            self.words = f"Weights of the training, after step {event.step:,}"
            self._show("")

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

    def _show_trouble(self, text: str) -> None:
        self.outputs = {}
        self.words = ""
        self._show(text)

    def _show(self, trouble: str) -> None:
        self.trouble = trouble
        self.busy = False
        self.changed.emit()

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


def _request(
    known: OutputsRequest | None, example: tuple[Dataset, str, int], opened: str, number: int
) -> OutputsRequest:
    """Returns the request for an example, which is read unless it is known; on the worker."""
    from app.engine.compute.outputs.request import request_of  # noqa: PLC0415 - it loads torch

    return replace(known or request_of(*example), opened=opened, number=number)


def _with_weights(folder: Path) -> list[Path]:
    """Returns the newest runs of a folder that have weights, the newest first; on the worker."""
    found: list[Path] = []
    for run in list_runs(folder):
        if run.best_folder is not None:
            found.append(run.path)
        if len(found) == MOST_RUNS:
            break

    return found
