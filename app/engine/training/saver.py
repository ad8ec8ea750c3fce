"""When a run saves its state, and what happens where the disk refuses.

The run then trains on, says so and tries again.
"""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from app.engine.errors import UserError
from app.engine.files import as_user_error
from app.engine.runs import checkpoint
from app.engine.runs.checkpoint import Checkpoint
from app.engine.runs.events import CheckpointSaved, Event, NewFinding
from app.engine.runs.findings import Finding
from app.engine.runs.looks import kept_epochs
from app.engine.runs.storage import manifest
from app.engine.runs.tensors import cpu_copies, optimizer_tensors
from app.engine.training.plan import plan_state

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.compute.evaluation import Evaluation
    from app.engine.runs.history import Writer
    from app.engine.runs.progress import Progress
    from app.engine.runs.run import Run
    from app.engine.runs.tensors import Tensors
    from app.engine.training.build import TrainState
    from app.engine.training.margin_keeper import MarginKeeper
    from app.engine.training.recorder import Recorder
    from app.engine.training.validation import BestKeeper

SAVE_EVERY = 60.0
"""Seconds after which a state is saved within an epoch."""

EPOCH_EVERY = 2.0
"""Seconds after which a state is saved at the end of an epoch: short epochs share a save."""


class Saver:
    """Saves the state of a run: at the end of an epoch, before a pause or an end, and every minute.

    Where epochs are shorter than two seconds not every one is saved; the best weights then wait in
    memory for the next save. State and best are saved as one, see checkpoint.
    """

    def __init__(
        self,
        train_state: TrainState,
        run: Run,
        progress: Progress,
        recorder: Recorder,
        writer: Writer,
        best: BestKeeper,
        margins: MarginKeeper,
        emit: Callable[[Event], None],
    ) -> None:
        self._train_state = train_state
        self._run = run
        self._progress = progress
        self._recorder = recorder
        self._writer = writer
        self._best = best
        self._margins = margins
        self._emit = emit
        self._state = plan_state(train_state.plan, train_state.threads)
        self._last = time.monotonic()
        self._saved_position: tuple[int, int, str] | None = None
        """Step, epoch and end of the newest state on the disk."""

        self.trouble = ""
        """Why the newest state is not on the disk; "" if it is."""

    @property
    def due(self) -> bool:
        """Whether it is time to save within an epoch."""
        return time.monotonic() - self._last >= SAVE_EVERY

    @property
    def due_after_epoch(self) -> bool:
        """Whether it is time to save at the end of an epoch."""
        is_late = time.monotonic() - self._last >= EPOCH_EVERY
        return bool(self._progress.end) or is_late or self._keeps_epochs

    @property
    def _keeps_epochs(self) -> bool:
        """Whether the state of every epoch stays on the disk."""
        return self._train_state.plan.resolved.training.keep_epochs

    def save(self) -> bool:
        """Saves where the run stands, if it is not saved yet and the loss is a number.

        Returns whether it is saved. Raises Diverged (see Recorder.flush).
        """
        progress = self._progress
        self._recorder.flush()
        self._last = time.monotonic()

        if self._is_saved or progress.unfinite:
            return self._is_saved

        model = cpu_copies(self._train_state.network.state_dict())
        if not all(bool(tensor.isfinite().all()) for tensor in model.values()):
            return False  # the step overflowed; the next loss will say so

        self._recorder.flush_clock()
        self.guarded(self._margins.write, "The margins of the training examples")
        refusal = self.guarded(lambda: self._save(model))
        self.trouble = str(refusal or "")
        if refusal is None:
            self._saved_position = self._position
            self._emit(CheckpointSaved(progress.step, progress.epoch, best=False))

        self._recorder.restart_clock()
        return refusal is None

    def _save(self, model: Tensors) -> None:
        """Writes a checkpoint, with the best weights if they wait. Raises UserError."""
        train_state = self._train_state
        self._progress.scaler = train_state.passes.scale_state()
        state = {
            **self._state,
            "progress": asdict(self._progress),
            "history_offset": self._writer.offset(),
        }

        best = self._best.unsaved
        saved = checkpoint.save(
            self._run.path / "checkpoints",
            Checkpoint(
                model,
                optimizer_tensors(train_state.network, train_state.optimizer),
                state,
                self._margins.state(),
            ),
            best,
        )
        if best is not None:
            self._best.saved()
            self._emit(CheckpointSaved(self._progress.step, self._progress.best_epoch, best=True))
        if self._keeps_epochs and not self._progress.batch and self._progress.epoch > 1:
            kept_epochs.keep(saved, self._progress.epoch - 1)

        manifest.note_grown(self._run.path)
        self._run.touch()

    def save_partial(self, evaluation: Evaluation) -> None:
        """Saves the network as the best that there is, in the middle of its first epoch.

        No state names it: a run that goes on chooses its best anew.
        """
        self._best.take(self._progress, evaluation, self._progress.epoch, partial=True)
        if not self.guarded(self._best.save, "The best weights"):
            self._emit(CheckpointSaved(self._progress.step, self._progress.epoch, best=True))

    @property
    def _position(self) -> tuple[int, int, str]:
        return self._progress.step, self._progress.epoch, self._progress.end

    @property
    def _is_saved(self) -> bool:
        """Whether the newest state on the disk is where the run stands."""
        return self._saved_position == self._position

    def guarded(self, save: Callable[[], None], what: str = "The last state") -> UserError | None:
        """Saves something; returns why that was refused, None where it was not.

        Where it was, what was saved before is still there, and training goes on. what: for the
        title of the finding that tells it.
        """
        try:
            save()
        except (UserError, OSError) as error:
            refusal = as_user_error(error, self._run.path)
            self._run.log(f"not saved: {refusal}")
            text = (
                f"{refusal.what} Training goes on, and what was saved before is untouched. "
                f"{refusal.remedy}"
            )
            self._emit(
                NewFinding(Finding("disk", "problem", f"{what} could not be saved", text.strip()))
            )
            return refusal

        return None
