"""The first process of several: it has the run folder, decides, and tells the others."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from app.engine import files
from app.engine.compute import device as devices
from app.engine.compute.division import WHOLE
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.runs.events import NewFinding, StageChanged
from app.engine.runs.findings import Finding
from app.engine.runs.tensors import optimizer_tensors
from app.engine.training.build import BATCH_NORMS
from app.engine.training.plan import plan_state
from app.engine.training.ranks.group import Group, Turns, versions
from app.engine.training.ranks.heart import (
    GO_ON,
    LAST_SECONDS,
    Heart,
    end_at_once,
    failure_in,
    is_broken,
)
from app.engine.training.ranks.passes import SharedPasses
from app.engine.training.ranks.position import Position
from app.engine.training.ranks.standstill import Standstill
from app.engine.training.ranks.starting import Here, Torchrun
from app.engine.training.ranks.team import ALONE, Team
from app.engine.training.ranks.world import name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.engine.compute.division import Division
    from app.engine.experiment.experiment import Experiment
    from app.engine.runs.progress import Progress
    from app.engine.runs.run import Run
    from app.engine.training.plan import Emit, Plan
    from app.engine.training.ranks.starting import Others
    from app.engine.training.ranks.team import Work
    from app.engine.training.ranks.world import World
    from models.network import Network

LOOK_EVERY = 0.05
"""Seconds between two looks whether another process is ready."""

NOTICE_SECONDS = 9.0
"""So long after a broken exchange it may take to learn which process has gone."""


class Lead(Team):
    """Trains with other processes, as the first of them."""

    def __init__(self, others: Others) -> None:
        self._others = others
        self.size = others.size
        self._run: Run | None = None
        self._emit: Emit = lambda _: None
        self._store: Any = None
        self._group: Group | None = None
        self._heart: Heart | None = None
        self._network: Network | None = None
        self._told: dict[str, float | None] = {}
        """The live changes that the others know."""

        self._is_broken = False
        self._left = False

    # --- the beginning

    def start(self, run: Run, emit: Emit, experiment: Experiment) -> None:
        self._run = run
        self._emit = emit
        emit(StageChanged(f"Starting {self.size} processes"))
        self._others.start(run.path / "log.txt")
        self._store = self._others.world.store()
        self._experiment = experiment

    def planned(self, plan: Plan) -> Plan:
        if plan.device.type == "mps":
            raise UserError(
                "Several processes cannot share the GPU of this computer.",
                "Train with one process, or set the device to cpu.",
                "training.device",
            )

        world = self._others.world
        if plan.device.type == "cuda" and torch.cuda.device_count() < world.local_size:
            raise UserError(
                f"{world.local_size} processes need as many GPUs; this computer has "
                f"{torch.cuda.device_count()}.",
                f"Start {torch.cuda.device_count()}, or set the device to cpu.",
            )

        examples = min(plan.part_size, plan.dataset.description.size("training"))
        if examples < 2 * self.size:
            most = examples // 2
            start = f"Start {most} processes at most" if most > 1 else "Train with one process"
            raise UserError(
                f"{self.size} processes cannot share a batch of {examples} examples: each needs "
                "two.",
                f"{start}, or choose a larger batch size.",
                "training.batch_size",
            )

        threads = plan.resolved.training.threads or max(1, devices.cores() // world.local_size)
        return replace(plan, threads=threads)

    def join(
        self, work: Work, progress: Progress, check: Callable[[], None], keeps_memory: bool
    ) -> None:
        self._network = work.network
        plan = work.plan
        told = {
            "experiment": toml_file.to_plain(self._experiment),
            "state": plan_state(plan, work.threads),
            "device": work.device.type,
            "memory_parts": plan.memory_parts,
            "keeps_memory": keeps_memory,
            "versions": versions(),
        }
        self._store.set("plan", files.json_line(told, ascii_only=True).decode())
        self._emit(StageChanged("Waiting for the other processes"))
        self._wait_for_all(check)
        position = Position()
        standstill = Standstill(position, on_cpu=work.device.type == "cpu")
        with self._watched():
            self._heart = Heart(self._others.world, standstill, self._end_at_once)
            self._group = Group(self._others.world, self._store, work.device, position)
            self._heart.begin()
            gathers = plan.resolved.training.batch_norm == "gathered"
            work.passes = SharedPasses(work.passes, self._group, gathers, self._watched)
            self._give_state(work, progress)

        if any(isinstance(module, BATCH_NORMS) for module in work.network.modules()):
            self._emit(NewFinding(_about_batch_norm(plan, self.size, gathers)))

    def _wait_for_all(self, check: Callable[[], None]) -> None:
        """Waits until every other process has the same plan and data. Raises UserError."""
        keys = [f"ready/{rank}" for rank in range(1, self.size)]
        while not self._store.check(keys):
            check()
            failed = failure_in(self._store, self._others.world)
            if failed is not None:
                self._log(failed[2])
                raise UserError(*failed[:2])
            if gone := self._others.gone():
                raise UserError(gone, "'log.txt' in the run's folder says more.")

            time.sleep(LOOK_EVERY)

    def _give_state(self, work: Work, progress: Progress) -> None:
        """Gives the others what a run that goes on has beside the weights."""
        assert self._group is not None
        state = optimizer_tensors(work.network, work.optimizer)
        described = {
            name: [list(tensor.shape), str(tensor.dtype).removeprefix("torch.")]
            for name, tensor in state.items()
        }
        self._group.tell({"do": "take", "optimizer": described, "scaler": progress.scaler})
        self._group.spread(state.values())

    # --- the training

    @contextmanager
    def step(self, progress: Progress, rate: float) -> Iterator[None]:
        assert self._group is not None
        order: dict[str, Any] = {
            "do": "step",
            "epoch": progress.epoch,
            "step": progress.step,
            "batch": progress.batch,
            "rate": rate,
        }
        if progress.changes != self._told:
            self._told = dict(progress.changes)
            order["changes"] = self._told

        with self._watched():
            self._group.tell(order)

        position = self._group.position
        position.works("step ")
        try:
            yield
        finally:
            position.free()

    @contextmanager
    def judging(self, split: str, batch_size: int) -> Iterator[Division]:
        if self._group is None:
            yield WHOLE
            return

        turns = Turns(self._group)
        with self._watched():
            self._group.tell({"do": "judge", "split": split, "batch_size": batch_size})
            position = self._group.position
            position.works(f"judge {split}")
            try:
                yield turns
            finally:
                position.free()
                if not turns.is_whole:
                    # It was given up in the middle, so the others send what nobody reads.
                    self._leave()

    def weights_changed(self) -> None:
        if self._group is None:
            return

        assert self._network is not None
        with self._watched():
            self._group.tell({"do": "weights"})
            self._group.spread(self._network.state_dict().values())

    # --- the end

    def close(self) -> None:
        if self._group is not None and not self._is_broken:
            with suppress(RuntimeError):
                self._group.tell({"do": "end"})

        self._leave()

    def _leave(self) -> None:
        """Lets the others end and goes on alone: what is left to do needs nobody else."""
        if self._left:
            return

        self._left = True
        if self._store is not None:
            with suppress(RuntimeError):
                self._store.set("end", "")
        if self._heart is not None:
            self._heart.close()
        if self._group is not None:
            self._group.close()
            self._group = None

        self._others.close()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Raises UserError, with the process that has gone, where an exchange breaks."""
        try:
            yield
        except RuntimeError as error:
            found = self._who_has_gone(NOTICE_SECONDS if is_broken(error) else 0.0)
            if found is None:
                raise

            self._is_broken = True
            what, remedy, details = found
            self._log(details)
            raise UserError(what, remedy) from error

    def _who_has_gone(self, seconds: float) -> tuple[str, str, str] | None:
        """Returns what became of another process, or None where all are there after so long."""
        if self._heart is None or self._left:
            return None

        end = time.monotonic() + seconds
        while True:
            if (found := self._heart.reason(2 * LOOK_EVERY)) is not None:
                return found
            if gone := self._others.gone():
                return gone, GO_ON, ""
            if time.monotonic() >= end:
                return None

    def _end_at_once(self, reason: str, details: str) -> None:
        """Ends this process; what it says is in the run's folder too, where the disk answers."""
        text = f"{reason}\n{details}"
        writing = threading.Thread(target=self._log, args=(text,), daemon=True)
        writing.start()
        writing.join(LAST_SECONDS)
        end_at_once(reason, details)

    def _log(self, details: str) -> None:
        if details and self._run is not None:
            self._run.log(details)


def _about_batch_norm(plan: Plan, size: int, gathers: bool) -> Finding:
    """Returns what batch norm takes its averages from, which is not what one process does."""
    share = -(-plan.part_size // size)
    text = (
        f"Its averages are gathered from all {size} processes: each step is that of one process."
        if gathers
        else f"Each of {size} processes takes the averages of its own {share} examples of a batch "
        f"of {plan.part_size}; the running averages are those of {name_of(0, size).lower()}. "
        "Gathered ones, which one process would have, are slower: [training] batch_norm."
    )
    return Finding("batch-norm", "info", "Batch norm", text)


def several(processes: int) -> Team:
    """Returns a team of so many processes of this computer; one is this process alone."""
    return Lead(Here(processes)) if processes > 1 else ALONE


def of_torchrun(world: World) -> Team:
    """Returns the team of processes that torchrun has started, for the first of them."""
    return Lead(Torchrun(world))
