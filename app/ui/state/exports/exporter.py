"""The export that this window makes: one at a time, on a thread of its own."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.engine.export.exporting import export, left_out
from app.engine.runs.control import Control, Stopped
from app.engine.runs.run import Run
from app.ui.state.background import Background, Failure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.engine.export.proof import Proof
    from app.engine.runs.weights_in_use import Which

CANCELLED = "The export was cancelled; nothing was written."


@dataclass(frozen=True)
class ExportOrder:
    """What is to be exported: the run, the kind of the format, the file, the weights."""

    run: Path
    kind: str
    out: Path
    which: Which | None = None


@dataclass(frozen=True)
class Stage:
    """How far an export has come. done of total; 0 of 0 where that is not known."""

    text: str = "Starting"
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class ExportEnd:
    """How an export ended: with a proof, with a failure, or with neither if it was cancelled."""

    order: ExportOrder
    proof: Proof | None = None
    failure: Failure | None = None


class Exporter(QObject):
    """Makes one export after another; a training may go on meanwhile.

    changed(): it began, has come further, or has ended, or is watched by a dialog or not any more.
    ended(ExportEnd): nothing is under way any more.
    """

    changed = Signal()
    ended = Signal(object)

    _came = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self.order: ExportOrder | None = None
        self.stage = Stage()
        self.cancelling = False
        self._watched = False
        self._begun = 0.0
        self._made: dict[tuple[Path, str], Path] = {}
        self._control = Control()
        self._thread: threading.Thread | None = None
        self._looking = Background()
        self._came.connect(self._take, Qt.ConnectionType.QueuedConnection)

    @property
    def busy(self) -> bool:
        return self.order is not None

    @property
    def watched(self) -> bool:
        """Whether a dialog is open that shows the export."""
        return self._watched

    @watched.setter
    def watched(self, watched: bool) -> None:
        self._watched = watched
        self.changed.emit()

    @property
    def seconds(self) -> float:
        """Since the export under way began."""
        return time.monotonic() - self._begun

    def file_of(self, run: Path, kind: str) -> Path | None:
        """Returns the file in this format that was made since the start and is still there."""
        path = self._made.get((run, kind))
        try:
            return path if path is not None and path.exists() else None
        except OSError:
            return None

    # --- exporting

    def start(self, order: ExportOrder) -> None:
        """Begins an export, unless one is under way."""
        if self.busy:
            return

        self.forget_look()
        control = Control()
        self.order = order
        self.stage = Stage()
        self.cancelling = False
        self._begun = time.monotonic()
        self._control = control

        def progress(text: str, done: int, total: int) -> None:
            self._came.emit(order, Stage(text, done, total))

        def work() -> None:
            try:
                run = Run(order.run)
                proof = export(run, order.kind, order.out, order.which, progress, control.check)
                end = ExportEnd(order, proof)
            except Stopped:
                end = ExportEnd(order)
            except BaseException as error:
                end = ExportEnd(order, failure=Failure.of(error))

            self._came.emit(order, end)

        self._thread = threading.Thread(target=work, name="export")
        self._thread.start()
        self.changed.emit()

    def cancel(self) -> None:
        """Gives up the export under way; it ends a moment later, and nothing of it is left."""
        if self.busy and not self.cancelling:
            self.cancelling = True
            self._control.stop()
            self.changed.emit()

    @Slot(object, object)
    def _take(self, order: ExportOrder, message: Stage | ExportEnd) -> None:
        if order is not self.order:
            return

        if isinstance(message, Stage):
            self.stage = message
            self.changed.emit()
            return

        self.order = None
        self.cancelling = False
        if message.proof is not None:
            self._made[order.run, order.kind] = order.out

        self.changed.emit()
        self.ended.emit(message)

    # --- looking beforehand

    def look(
        self,
        run: Path,
        then: Callable[[dict[str, tuple[str, ...]]], None],
        otherwise: Callable[[Failure], None],
    ) -> None:
        """Finds out what each format cannot hold of a run's network: `then(sentences by kind)`.

        otherwise(failure): it cannot be exported at all.
        """
        self._looking.run(
            lambda control: left_out(Run(run), None, control.check), then, otherwise, key="look"
        )

    def forget_look(self) -> None:
        """Ends the look under way; nobody wants to know any more."""
        self._looking.forget("look")

    def close(self) -> None:
        """Ends what is under way and waits for it; nothing is told any more."""
        self.order = None
        self._control.stop()
        self._looking.close()
        if self._thread is not None:
            self._thread.join()
