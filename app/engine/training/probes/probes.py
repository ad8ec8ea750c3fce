"""What is measured of a training for those who watch it; nothing while nobody does."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from app.engine.training.probes.optimizer_probe import OptimizerProbe
from app.engine.training.probes.output_probe import OutputProbe

if TYPE_CHECKING:
    from app.engine.training.build import TrainState
    from app.engine.training.execution import RunContext


class Probes:
    """Looks at the optimizer and at the outputs of blocks, as the run's `Control` asks."""

    def __init__(self, train_state: TrainState, context: RunContext) -> None:
        self._train_state = train_state
        self._context = context
        self._measures_optimizer = False

    @cached_property
    def _optimizer(self) -> OptimizerProbe:
        """The probe, made when somebody watches for the first time."""
        train_state = self._train_state
        return OptimizerProbe(
            train_state.network, train_state.optimizer, train_state.optimizer_choice
        )

    @cached_property
    def _outputs(self) -> OutputProbe:
        train_state = self._train_state
        return OutputProbe(train_state.network, train_state.plan, self._context.run.log)

    def before_update(self) -> None:
        """Goes before the optimizer's step: the gradients are there, the weights not changed."""
        self._measures_optimizer = self._context.control.watching
        if self._measures_optimizer:
            self._optimizer.before()

    def after_update(self, step: int, rate: float) -> None:
        """Goes after it, and tells what was measured.

        step: the steps done. rate: the learning rate.
        """
        emit = self._context.emit
        if self._measures_optimizer and (measured := self._optimizer.after(step, rate)):
            emit(measured)

        request = self._context.control.outputs
        if request is not None and (seen := self._outputs.look(step, request)):
            emit(seen)
