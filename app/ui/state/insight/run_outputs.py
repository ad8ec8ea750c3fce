"""What comes out of the blocks of the run that is shown, live or with the weights it kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.engine.runs import events
from app.ui.state.insight.example_outputs import ExampleOutputs

if TYPE_CHECKING:
    from app.engine.compute.outputs.values import OutputsRequest
    from app.engine.data.dataset import Dataset
    from app.engine.insight.looking import Look
    from app.engine.insight.networks import Networks
    from app.ui.state.background import Background
    from app.ui.state.session import Session

NO_DATA = "The data of this run are not open; open them to see an example go through the network."

NO_WEIGHTS = "There are no weights of this run yet. They are kept from the first judged epoch on."


class RunOutputs(ExampleOutputs):
    """Lets an example go through the network of the run shown.

    While it trains here, that is the network as it is now; else it has the weights in use, which
    are in its folder.
    """

    def __init__(self, session: Session, background: Background) -> None:
        super().__init__(session, background, "run outputs")
        self._dataset: Dataset | None = None
        session.shown.connect(self._other_run)
        session.state_changed.connect(self._soon)

    @property
    def dataset(self) -> Dataset | None:
        return self._dataset

    @property
    def live(self) -> bool:
        session = self._session
        return session.live and not session.goes_on_alone

    def show_data(self, dataset: Dataset | None) -> None:
        """Takes examples of the run's own data from now on; None where they are not open."""
        if dataset is not self._dataset:
            self._dataset = dataset
            self._request = None
            self._soon()

    def _other_run(self) -> None:
        self._number = next(self._numbers)  # what is on its way is of the run before
        self.outputs = {}
        self.changed.emit()
        self._soon()

    def _renew(self) -> None:
        record = self._session.record
        path = record.path
        if self._dataset is None:
            self._show_trouble(NO_DATA)
        elif self.live:
            self._ask(self._dataset, None)
        elif path is None or not record.has_weights:
            self._show_trouble(NO_WEIGHTS)
        else:

            def looking(request: OutputsRequest, networks: Networks) -> Look:
                from app.engine.insight.looking import look_at_run  # noqa: PLC0415 - loads torch

                return look_at_run(request, path, networks)

            self._ask(self._dataset, looking)

    def _receive(self, received: list[Any]) -> None:
        super()._receive(received)
        kept = any(isinstance(event, events.CheckpointSaved) and event.best for event in received)
        if kept and not self.live:  # it trains in a process of its own
            self._soon()
