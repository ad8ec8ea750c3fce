"""Keeps how well the training examples fit their labels, epoch by epoch, while a run trains.

The outputs of the steps are taken as they are: nothing is evaluated again, no random number is
drawn, and the device is waited for once an epoch.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import torch

from app.engine.compute.kept_outputs import KeptOutputs
from app.engine.errors import UserError
from app.engine.runs.margins import margin_files
from app.engine.runs.margins.margin_files import MarginSums
from app.engine.text import bytes_text

if TYPE_CHECKING:
    from app.engine.runs.run import Run
    from app.engine.runs.tensors import Tensors
    from app.engine.training.build import TrainState

STATE_BYTES = 16
"""Bytes of an example in a checkpoint."""

PARTIAL = "partial"
"""The name in a checkpoint of the margins of an epoch that has not ended: (3, n)."""


class MarginKeeper:
    """Collects margins, writes those of every epoch, and hands its state to checkpoints."""

    def __init__(self, train_state: TrainState, run: Run) -> None:
        self._train_state = train_state
        self._run = run
        plan = train_state.plan
        self._rows = np.asarray(plan.dataset.indices["training"], np.int64)
        count = len(self._rows)
        most = margin_files.MOST_BYTES
        alone = train_state.team.size == 1  # else each process has a part of the outputs
        self.is_active = plan.task.has_margins and alone and STATE_BYTES * count <= most
        self._keeps_epochs = self.is_active and margin_files.fit(plan.dataset, plan.epochs)
        self._outputs = KeptOutputs(plan.task)
        self._epochs = 0
        self._ended: list[tuple[int, np.ndarray]] = []
        """Epochs whose outputs wait, with the places of their examples in their order."""

        self._sums: dict[str, np.ndarray] = {
            "total": np.zeros(count, np.float32),
            "forgotten": np.zeros(count, np.uint16),
            "learned": np.zeros(count, bool),
            "right": np.zeros(count, bool),
            "loss": np.zeros(count, np.float32),
            "other": np.full(count, np.nan, np.float32),
        }
        self._chunks: dict[str, list[np.ndarray]] = {}
        """The file of the newest epoch, and those before that are not on the disk."""

        self._unwritten: set[str] = set()
        train_state.passes.kept = [] if self.is_active else None
        if self.is_active:
            size = bytes_text(2 * count * plan.epochs)
            what = "each epoch is kept" if self._keeps_epochs else "only their sums are kept"
            run.log(f"margins of {count:,} training examples, {size} in all epochs: {what}")
        elif not alone:
            run.log("margins of training examples: not kept where processes share the batches")

    def note_step(self) -> None:
        """Takes the outputs of the step that was just done."""
        kept = self._train_state.passes.kept
        if kept:
            self._outputs.add(kept)
            kept.clear()

    def end_epoch(self, epoch: int) -> None:
        """Takes the margins of an epoch (from 1) that has ended.

        Those of short epochs are worked out together: one by one that would take 2 or 3 % of them.
        """
        if not self.is_active:
            return

        places = self._train_state.batches.places.numpy()
        self._ended.append((epoch, places))
        if not self._outputs.has_room(len(places)):
            self._work_out(under_way=False)

    def _work_out(self, under_way: bool = True) -> None:
        """Works out the margins of the epochs that have ended; waits for the device.

        under_way: whether outputs of the epoch after them may be there too.
        """
        ended = self._ended
        if not ended:
            return

        self._ended = []
        found = self._outputs.take().numpy()
        ends = np.cumsum([len(places) for _, places in ended])
        *each, begun = np.split(found, ends, axis=1)
        if found.shape[1] < ends[-1] or (begun.size and not under_way):
            self._give_up(ended[-1][0])
            return

        if begun.size:
            self._outputs.start_with(torch.from_numpy(begun.copy()))
        for (epoch, places), values in zip(ended, each, strict=True):
            self._take(epoch, places, values)

    def _take(self, epoch: int, places: np.ndarray, values: np.ndarray) -> None:
        """Adds the margins of one epoch. values: (3, n) as the examples came in the steps."""
        ordered = np.empty_like(values)
        ordered[:, places] = values
        margins, losses, others = ordered
        if not np.isfinite(margins.sum()):
            margins = np.nan_to_num(margins)

        self._add(margins, losses, others)
        self._epochs = epoch
        if self._keeps_epochs:
            self._keep(epoch, margins)

    def _give_up(self, epoch: int) -> None:
        """Stops where a checkpoint of an older version has no margins of the epochs before."""
        self.is_active = self._keeps_epochs = False
        self._train_state.passes.kept = None
        self._run.log(f"epoch {epoch}: not all margins are known; none are kept from here on")

    def _add(self, margins: np.ndarray, losses: np.ndarray, others: np.ndarray) -> None:
        sums = self._sums
        right = margins > 0
        sums["total"] += margins
        sums["forgotten"] += sums["right"] & ~right
        sums["learned"] |= right
        sums["right"] = right
        sums["loss"] = losses
        sums["other"] = np.where(right, sums["other"], others)

    def _keep(self, epoch: int, margins: np.ndarray) -> None:
        count = len(self._rows)
        name = margin_files.chunk_name(epoch, count)
        before = (epoch - 1) % margin_files.epochs_a_file(count)
        chunk = self._chunks.setdefault(name, [])
        if len(chunk) > before:
            del chunk[before:]
        elif len(chunk) < before:  # of a run that goes on
            chunk[:] = self._read(name, before)
            if len(chunk) < before:
                self._keeps_epochs = False
                return

        bounded = np.clip(margins, -margin_files.LARGEST, margin_files.LARGEST)
        chunk.append(bounded.astype(np.float16))
        self._unwritten.add(name)

    def _read(self, name: str, count: int) -> list[np.ndarray]:
        with suppress(UserError, OSError):
            chunk = margin_files.read_chunk(self._run.path, name)
            if chunk is not None and chunk.shape[1] == len(self._rows):
                return list(chunk[:count])

        return []

    # --- on the disk

    def write(self) -> None:
        """Writes what is not on the disk yet. Raises UserError: it is written the next time."""
        self._work_out()
        if self._unwritten:
            waiting = {name: np.stack(self._chunks[name]) for name in sorted(self._unwritten)}
            margin_files.write_chunks(self._run.path, waiting)
            self._unwritten.clear()

        for name in list(self._chunks)[:-1]:
            del self._chunks[name]

    def finish(self) -> None:
        """Writes the margins and their sums at the end of a run. Raises UserError."""
        self._work_out()
        if not self.is_active or not self._epochs:
            return

        self.write()
        if not self._keeps_epochs:
            margin_files.remove_chunks(self._run.path)

        sums = self._sums
        margin_files.write_sums(
            self._run.path,
            MarginSums(
                self._rows,
                sums["total"],
                sums["forgotten"],
                sums["learned"],
                sums["loss"],
                sums["other"],
                self._epochs,
            ),
        )

    def state(self) -> Tensors:
        """Returns what a checkpoint holds, {} for nothing."""
        self._work_out()
        if not self.is_active:
            return {}

        sums = {
            name: torch.from_numpy(
                values.view(np.int16).copy() if values.dtype == np.uint16 else values.copy()
            )
            for name, values in self._sums.items()
        }
        return {**sums, PARTIAL: self._outputs.margins().contiguous()}

    def restore(self, state: Tensors, epoch: int) -> None:
        """Takes up what a checkpoint in an epoch (from 1) holds."""
        if not self.is_active:
            return

        known = {name: tensor for name, tensor in state.items() if name != PARTIAL}
        fits = known.keys() == self._sums.keys() and all(
            tensor.shape == self._sums[name].shape for name, tensor in known.items()
        )
        if not fits or PARTIAL not in state:
            if epoch > 1:
                self._give_up(epoch)
            return

        for name, tensor in known.items():
            values = tensor.numpy().copy()
            self._sums[name] = values.view(self._sums[name].dtype)

        self._epochs = epoch - 1
        self._outputs.start_with(state[PARTIAL])
