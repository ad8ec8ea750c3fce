"""What is promised beside Train: a figure and the time until then, where there is a basis.

The basis is the curve of earlier trainings with the same settings (see runs.promises.curves). Where
that is of another computer, some steps are timed on this one, once, while nothing else is done.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer, Signal

from app.engine.errors import UserError
from app.engine.runs.promises import curves
from app.ui.state.exclusive_task import ExclusiveTask

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.experiment.experiment import Experiment
    from app.engine.runs.control import Control
    from app.engine.runs.promises.curves import Curve
    from app.engine.runs.promises.promise import Promise
    from app.ui.state.background import Background
    from app.ui.state.document import Document
    from app.ui.state.exclusive_task import Tell
    from app.ui.state.preferences import Preferences
    from app.ui.state.session import Session

SOON_MS = 250
"""Wait after a change before a basis is looked for."""

IDLE_MS = 1_500
"""Wait before steps are timed: whoever goes on at once is not disturbed."""

KEPT = 50
"""Times of steps that are kept."""

NAME = "steps"
"""Of these times among the preferences."""


class PromiseMaker(ExclusiveTask):
    """Keeps `promise` up to date; None where there is no basis. changed(): it is another one."""

    called = "promise"
    changed = Signal()

    def __init__(
        self,
        document: Document,
        session: Session,
        background: Background,
        preferences: Preferences,
    ) -> None:
        super().__init__(session)
        self._document = document
        self._background = background
        self._preferences = preferences
        self._device = ""
        self._key: str | None = ""
        """What `promise` is of; "" for nothing, None to look anew."""
        self._curve: Curve | None = None
        self.promise: Promise | None = None
        self._soon = self._timer(SOON_MS, self._look)
        self._idle = self._timer(IDLE_MS, self._time_steps)
        document.changed.connect(self._changed)
        document.data_changed.connect(self._changed)
        session.finished.connect(self._finished)

    def _timer(self, milliseconds: int, then: Any) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(then)
        return timer

    def set_device(self, device: str) -> None:
        """Takes the device that would train: "cpu", "cuda:0"."""
        if device != self._device:
            self._device = device
            self._key = None
            self._changed()

    def close(self) -> None:
        """Looks for nothing more."""
        self._device = ""
        self._soon.stop()
        self._idle.stop()

    def of_now(self) -> Promise | None:
        """Returns what is promised of the settings of this moment.

        None where that is not known, or not yet: `promise` follows a moment later.
        """
        return self.promise if self._key and self._key == self._key_now() else None

    # --- the basis

    def _changed(self, *_: object) -> None:
        self._soon.start()

    def _finished(self, *_: object) -> None:
        """Looks again: the run that has ended is a basis itself."""
        self._key = None
        self._changed()

    def _look(self) -> None:
        key = self._key_now()
        if key == self._key:
            return

        self._key = key
        self._curve = None
        self._idle.stop()
        self._show(None)
        if key:
            device = self._device
            self._background.run(
                lambda _: curves.known(key, device), partial(self._take_curve, key), key="promise"
            )

    def _key_now(self) -> str:
        """Returns the key of the training that Train would start; "" where there is none."""
        document = self._document
        description = document.description
        if not self._device or document.data_state != "ready" or description is None:
            return ""

        try:
            return curves.key_of(document.resolved(), description.size("training"))
        except UserError:
            return ""

    def _take_curve(self, key: str, curve: Curve | None) -> None:
        if key != self._key or curve is None:
            return

        self._curve = curve
        step = self._steps().get(self._place, 0.0) if curve.step else 0.0
        self._show(curve.promise(step))
        if curve.step and not step:
            self._idle.start()

    def _show(self, promise: Promise | None) -> None:
        if promise != self.promise:
            self.promise = promise
            self.changed.emit()

    # --- the time of a step here

    @property
    def _place(self) -> str:
        return f"{self._device}/{self._key}"

    def _steps(self) -> dict[str, float]:
        """Returns the seconds of steps that were timed on this computer, by device and training."""
        kept: dict[str, Any] = self._preferences.get(NAME, {})
        return {
            name: float(value)
            for name, value in kept.items()
            if isinstance(value, int | float) and value > 0
        }

    def _time_steps(self) -> None:
        """Times some steps, unless something else is under way."""
        dataset = self._document.dataset
        if self._session.active or self._curve is None or dataset is None:
            return
        if self._session.exclusive.busy:
            self._idle.start()
            return

        key, experiment = self._key or "", self._document.experiment
        self._begin(lambda tell, control: _measure(key, experiment, dataset, tell, control))

    def _take(self, message: tuple[str, float | None]) -> None:
        key, step = message
        self._end()
        if key != self._key or self._curve is None or step is None:
            return

        steps = self._steps() | {self._place: step}
        self._preferences.set(NAME, dict([*steps.items()][-KEPT:]))
        self._show(self._curve.promise(step))

    def _gave_way(self) -> None:
        self._idle.start()


def _measure(
    key: str, experiment: Experiment, dataset: Dataset, tell: Tell, control: Control
) -> None:
    """Tells the key and the seconds of a step, None where it cannot be timed; on the thread."""
    from app.engine.planning.step_timing import time_steps  # noqa: PLC0415 - it loads torch

    tell((key, time_steps(experiment, dataset, control).mean))
