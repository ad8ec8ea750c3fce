"""The predictions of many examples that this window makes, on a thread of their own."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.engine.runs.control import Control, Stopped
from app.engine.runs.run import Run
from app.ui.state.background import Background, Failure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.engine.predicting.answer_store import AnswerStore

TELL_EVERY = 0.1
"""Seconds between two reports on how far it is."""


@dataclass(frozen=True)
class PredictionOrder:
    """What is to be predicted: files and folders, by the network of a run."""

    run: Path
    names: tuple[str, ...]


@dataclass(frozen=True)
class PredictionStage:
    """How far it is.

    store: the answers so far, None before the first source is open. done of total examples; a total
    of 0 is not known yet. failures: sentences on sources that cannot be used. left_out: how many
    rows and files are no examples.
    """

    store: AnswerStore | None = None
    done: int = 0
    total: int = 0
    failures: tuple[str, ...] = ()
    left_out: int = 0


class Predictions(QObject):
    """Predicts one order after another; a training may go on meanwhile.

    changed(): it began, has come further, or has ended. The answers stay until they are forgotten
    or the next order begins.
    """

    changed = Signal()

    _came = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self.order: PredictionOrder | None = None
        self.stage = PredictionStage()
        self.busy = False
        self.cancelled = False
        self.failure: Failure | None = None
        self._dropping = False
        self._begun = 0.0
        self._seconds = 0.0
        self._control = Control()
        self._worker = Background()
        self._came.connect(self._take, Qt.ConnectionType.QueuedConnection)

    @property
    def seconds(self) -> float:
        """That it takes, or took."""
        return time.monotonic() - self._begun if self.busy else self._seconds

    def start(self, order: PredictionOrder) -> None:
        """Begins, unless something is under way."""
        if self.busy:
            return

        self.forget()
        self.order = order
        self.busy = True
        self._begun = time.monotonic()

        def tell(stage: PredictionStage) -> None:
            self._came.emit(order, stage)

        def end(cancelled: bool) -> None:
            self._end(cancelled)

        def fail(failure: Failure) -> None:
            self.failure = failure
            self._end(cancelled=False)

        self._control = self._worker.run(lambda control: _predict(order, control, tell), end, fail)
        self.changed.emit()

    def cancel(self) -> None:
        """Gives up what is under way; it ends a moment later, and what is answered stays."""
        if self.busy:
            self._control.stop()

    def drop(self) -> None:
        """Gives up what is under way, and forgets all of it as soon as it has ended."""
        self._dropping = self.busy
        self.cancel()
        self.forget()

    def save(
        self, path: Path, then: Callable[[Path], None], otherwise: Callable[[Failure], None]
    ) -> None:
        """Writes the answers into a file, in the form of its ending: then(path)."""
        store = self.stage.store
        assert store is not None and not self.busy

        def write(control: Control) -> Path:
            from app.engine.predicting.answer_file import (  # noqa: PLC0415 - imports torch
                write_answers,
            )

            return write_answers(store, path, control.check)

        self._worker.run(write, then, otherwise, key="save")

    def forget(self) -> None:
        """Lets go of the answers of an order that has ended."""
        if self.busy:
            return

        store = self.stage.store
        self.order = None
        self.stage = PredictionStage()
        self.cancelled = False
        self.failure = None
        if store is not None:
            self._worker.run(lambda _: store.close(), lambda _: None)  # behind a save under way

    @Slot(object, object)
    def _take(self, order: PredictionOrder, stage: PredictionStage) -> None:
        if order is self.order:
            self.stage = stage
            self.changed.emit()

    def _end(self, cancelled: bool) -> None:
        self._seconds = time.monotonic() - self._begun
        self.busy = False
        self.cancelled = cancelled
        if self._dropping:
            self._dropping = False
            self.forget()

        self.changed.emit()

    def close(self) -> None:
        """Ends what is under way and waits for it; nothing is told any more."""
        self._control.stop()
        self._worker.close()
        if self.stage.store is not None:
            self.stage.store.close()


def _predict(
    order: PredictionOrder, control: Control, tell: Callable[[PredictionStage], None]
) -> bool:
    """Predicts, on the thread; returns whether it was given up. Raises UserError."""
    try:
        progress = _Progress(tell)
        progress.follow(order, control)
    except Stopped:
        return True

    return False


class _Progress:
    """Follows the engine and tells how far it is, ten times a second at most."""

    def __init__(self, tell: Callable[[PredictionStage], None]) -> None:
        self._tell = tell
        self._told = 0.0
        self.stage = PredictionStage()

    def follow(self, order: PredictionOrder, control: Control) -> None:
        """Predicts to the end, or until it is given up. Raises UserError and Stopped."""
        from app.engine.predicting.answer_store import AnswerStore  # noqa: PLC0415 - imports torch
        from app.engine.predicting.predicting import (  # noqa: PLC0415 - as above
            BatchAnswered,
            SourceEnded,
            SourceFailed,
            SourceOpened,
            answer_sources,
        )
        from app.engine.predicting.sources import sources_of  # noqa: PLC0415 - as above
        from app.engine.results.answers import report_class_of  # noqa: PLC0415 - as above
        from app.engine.results.predictor import Predictor  # noqa: PLC0415 - as above

        predictor = Predictor.load(Run(order.run))
        sources = sources_of(order.names, predictor.description.preparation, control.check)
        columns = report_class_of(predictor).columns(predictor.description)
        store: AnswerStore | None = None
        opened = None
        total = left_out = 0
        failures: list[str] = []
        try:
            for happening in answer_sources(predictor, sources, control.check):
                if isinstance(happening, SourceOpened):
                    opened = happening.opened
                    total += opened.total
                    store = store or AnswerStore.beside(opened, columns, len(sources) == 1)
                elif isinstance(happening, BatchAnswered):
                    assert store is not None and opened is not None
                    store.add(opened, happening.rows)
                elif isinstance(happening, SourceEnded):
                    left_out += len(happening.opened.left_out)
                elif isinstance(happening, SourceFailed):
                    failures.append(str(happening.error))

                done = store.rows if store is not None else 0
                self.stage = PredictionStage(store, done, total, tuple(failures), left_out)
                self._tell_sometimes()
        finally:
            self._tell(self.stage)

    def _tell_sometimes(self) -> None:
        now = time.monotonic()
        if now - self._told >= TELL_EVERY:
            self._told = now
            self._tell(self.stage)
