"""Live changes applied: how a change of settings reaches what computes.

They come from a person, from the run itself where memory runs out, and from the history of a run
that goes on from before them.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from app.engine.runs.events import Event, SettingsChanged
from app.engine.runs.live_changes import (
    PARTS,
    RATE_FACTOR,
    changes_in_words,
    refusal,
    with_live_changes,
)
from app.engine.training.build import TrainState, build_loss

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.engine.runs.history import Writer
    from app.engine.runs.metrics_lines import MarkLine
    from app.engine.runs.progress import Progress
    from app.engine.runs.summary import ChangeMade

MARKS = ("changed", "memory")
"""Lines of metrics.jsonl that say what was changed: by a person, and because memory ran out."""

NEVER = 2**62
"""A step that no run comes to."""


class LiveChanges:
    """Holds what differs from the experiment by now, and applies it.

    `rate_factor` and `clip` are read at every step; the rest stands where it is used: weight decay
    in the optimizer's groups, the loss and the size of parts in the passes.
    """

    def __init__(
        self,
        train_state: TrainState,
        progress: Progress,
        marks: Iterable[MarkLine],
        writer: Writer,
        emit: Callable[[Event], None],
        log: Callable[[str], None],
    ) -> None:
        """Applies what the progress holds.

        marks: those of the run so far. Changes at steps that will be repeated are made again at the
        same step.
        """
        self._train_state = train_state
        self._progress = progress
        self._writer = writer
        self._emit = emit
        self._log = log
        marks = [mark for mark in marks if mark["mark"] in MARKS]
        self.records = [_record_of(mark) for mark in marks]
        """All changes of the run, for its summary: step, values, why."""

        self._pending = sorted(
            (mark for mark in marks if mark["step"] >= progress.step), key=lambda mark: mark["step"]
        )
        self._from_first_step = not progress.step
        self.rate_factor = 1.0
        self.clip = 0.0
        self._apply()

    @property
    def next_step(self) -> int:
        """Steps done when the next change of a run that goes on is due; NEVER without one."""
        return int(self._pending[0]["step"]) if self._pending else NEVER

    def repeat(self) -> None:
        """Repeats the changes that were made at this step, which are in the history already.

        They were made before the run was interrupted, whose listeners know of them, or in the run
        that this one repeats from its first step; then they are told.
        """
        changes = self._progress.changes
        while self._pending and self._pending[0]["step"] <= self._progress.step:
            mark = self._pending.pop(0)
            values = dict(mark["values"])
            if PARTS in values:  # memory may have become scarcer since, which was told
                values[PARTS] = max(values[PARTS] or 1, changes.get(PARTS) or 1)
            if self._from_first_step and values == mark["values"]:
                self._emit(SettingsChanged(mark["step"], mark["values"], mark.get("why", "")))

            changes |= values

        self._apply()

    def change(
        self, values: dict[str, float | None], why: str = "", mark: str = "changed"
    ) -> list[str]:
        """Makes changes from the next step on, writes and tells them.

        Returns a sentence for each that could not be made.
        """
        resolved = self._train_state.plan.resolved
        refusals = {
            name: refusal(resolved, name, value) for name, value in values.items() if name != PARTS
        }

        values = {name: value for name, value in values.items() if not refusals.get(name)}
        if values:
            step = self._progress.step
            self._progress.changes |= values
            self._apply()
            line: MarkLine = {"mark": mark, "step": step, "values": values, "why": why}
            self.records.append(_record_of(line))
            self._writer.line({**line, "time": round(time.time(), 3)})
            self._log(
                f"changed after step {step}: {changes_in_words(resolved, values)}. {why}".strip()
            )
            self._emit(SettingsChanged(step, values, why))

        return [text for text in refusals.values() if text]

    def _apply(self) -> None:
        """Brings the changes to the optimizer's groups, the loss and the passes."""
        changes = self._progress.changes
        self.rate_factor = float(changes.get(RATE_FACTOR) or 1.0)
        self.clip = apply_changes(self._train_state, changes)


def apply_changes(train_state: TrainState, changes: dict[str, float | None]) -> float:
    """Brings changes to what computes; returns the norm to which gradients are clipped now."""
    resolved = with_live_changes(train_state.plan.resolved, changes)
    groups = resolved.optimizer.parameter_groups(train_state.network)
    decay = {id(weight): group["weight_decay"] for group in groups for weight in group["params"]}
    for group in train_state.optimizer.param_groups:
        group["weight_decay"] = decay[id(group["params"][0])]

    if resolved.loss != train_state.loss:
        loss_function = build_loss(train_state.plan, resolved.loss, train_state.device)
        train_state.loss = resolved.loss
        train_state.loss_function = loss_function
        train_state.passes.loss_function = loss_function

    parts = max(int(changes.get(PARTS) or 1), train_state.plan.parts)
    train_state.passes.part_size = -(-train_state.plan.step_size // parts)
    return resolved.training.gradient_clip


def _record_of(mark: MarkLine) -> ChangeMade:
    """Returns what the summary keeps of a line of metrics.jsonl."""
    return {"step": mark["step"], "values": mark["values"], "why": mark["why"]}
