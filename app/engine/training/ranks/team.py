"""What the training asks of the processes that train a run together."""

# ruff: noqa: ARG002 - a process alone does nothing with what it is told
from __future__ import annotations

from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Protocol

from app.engine.compute.division import WHOLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    import torch

    from app.engine.compute.division import Division
    from app.engine.compute.passes import Passes
    from app.engine.experiment.experiment import Experiment
    from app.engine.runs.progress import Progress
    from app.engine.runs.run import Run
    from app.engine.training.plan import Emit, Plan
    from models.network import Network


AT_ONCE = nullcontext()


class Work(Protocol):
    """What a process trains, of a `TrainState`; the passes are replaced by those of a team."""

    plan: Plan
    network: Network
    optimizer: torch.optim.Optimizer
    device: torch.device
    passes: Passes
    threads: int


class Team:
    """The processes that train a run: here this one alone, to which nothing of it costs anything.

    The first process decides everything and has the run folder. What the others are to do it tells
    them: `step` around each step, `judging` around each evaluation.
    """

    size: int = 1
    """Processes, this one included."""

    def start(self, run: Run, emit: Emit, experiment: Experiment) -> None:
        """Starts the other processes, which load what they need meanwhile. Raises UserError."""

    def planned(self, plan: Plan) -> Plan:
        """Returns the plan as one of these processes carries it out.

        Raises UserError where so many cannot share it.
        """
        return plan

    def join(
        self, work: Work, progress: Progress, check: Callable[[], None], keeps_memory: bool
    ) -> None:
        """Waits for the others, gives them the state and brings the passes to share each batch.

        check: may raise to give up. keeps_memory: whether the others are to keep what steps free,
        see `garbage.keep_freed_memory`. Raises UserError where another process cannot take part.
        """

    def step(self, progress: Progress, rate: float) -> AbstractContextManager[None]:
        """Tells which step comes next, and its learning rate; goes around that step here."""
        return AT_ONCE

    @contextmanager
    def judging(self, split: str, batch_size: int) -> Iterator[Division]:
        """Goes around an evaluation of a split; yields which of its batches are judged here."""
        yield WHOLE

    def weights_changed(self) -> None:
        """Tells that the weights were replaced here, before the others judge with them."""

    def close(self) -> None:
        """Lets the other processes end."""


ALONE = Team()
