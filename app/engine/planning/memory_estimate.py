"""An experiment with some settings changed, estimate: the memory it would take, and whether that
fits the device.

Without torch until something is weighed; what is weighed is weighed on a background thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from app.engine.compute import device as devices
from app.engine.errors import UserError
from app.engine.experiment.changes import with_changes
from app.engine.experiment.resolve import ResolvedExperiment, problem_of, resolve
from models.graph import GraphError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.engine.data.dataset import Description
    from app.engine.experiment.experiment import Experiment

MARGIN = 0.8
"""Of what is free; above it another program can spoil it."""

Predictions = dict[str, dict[str, int]]
Verdict = Literal["fits", "barely", "no", "unknown"]


@dataclass(frozen=True)
class Budget:
    """What the device has, in bytes; None where unknown, with the reason in a sentence.

    label: the device for a person.

    held: of what a training takes, what lies in this memory already (open data on the CPU). on_cpu:
    its memory is that of the computer.
    """

    label: str
    total: int | None
    free: int | None
    held: int = 0
    reason: str = ""
    on_cpu: bool = False

    @property
    def room(self) -> int | None:
        """What may be planned with."""
        return None if self.free is None else int(MARGIN * self.free)

    def verdict(self, needed: int) -> Verdict:
        if self.free is None or self.room is None:
            return "unknown"
        return "fits" if needed <= self.room else "barely" if needed <= self.free else "no"


@dataclass(frozen=True)
class Estimate:
    """Settings and what they take.

    changes: by "section.field", as a Remedy has them. requested: the experiment with them, as a
    person would write it. rows: the memory ledger. needed: bytes beyond what is in use now.
    """

    changes: dict[str, Any]
    requested: Experiment
    resolved: ResolvedExperiment
    rows: dict[str, int]
    needed: int
    verdict: Verdict


class MemoryEstimator:
    """Estimates the memory of one experiment, with changes, on one device.

    requested: the experiment as a person wrote it. description: of its data. automatic: the precision that "auto" stands for there. dataset_bytes: of the training examples
    in that memory. predictions: those made before, by what they depend on; new ones are added.
    """

    def __init__(
        self,
        requested: Experiment,
        description: Description,
        budget: Budget,
        device_type: str = "cpu",
        automatic: devices.Precision = "float32",
        dataset_bytes: int = 0,
        predictions: Predictions | None = None,
    ) -> None:
        self.requested = requested
        self.description = description
        self.problem = problem_of(requested, description)
        self.budget = budget
        self.device_type = device_type
        self.automatic = automatic
        self.dataset_bytes = dataset_bytes
        self._predictions: Predictions = predictions if predictions is not None else {}
        self._known: dict[str, Estimate] = {}
        self._floats: dict[str, float] = {}

    def estimate(self, changes: Mapping[str, Any]) -> Estimate | None:
        """None where these settings do not go together. The same changes are weighed once."""
        key = repr(sorted(changes.items()))
        if key not in self._known:
            try:
                self._known[key] = self._weigh(dict(changes))
            except (UserError, GraphError, ValidationError):
                return None

        return self._known[key]

    def _weigh(self, changes: dict[str, Any]) -> Estimate:
        requested = with_changes(self.requested, changes, self.description)
        resolved = resolve(requested, self.description)
        rows = self._predicted(resolved)
        needed = max(0, rows["peak"] - self.budget.held)

        return Estimate(changes, requested, resolved, rows, needed, self.budget.verdict(needed))

    def _predicted(self, resolved: ResolvedExperiment) -> dict[str, int]:
        from app.engine.memory.ledger import predict

        training = resolved.training
        precision = self.precision(resolved)

        key = repr(
            (
                resolved.model,
                resolved.loss,
                resolved.optimizer,
                training.batch_size,
                training.accumulation,
                training.recompute,
                training.gradient_clip,
                precision,
                self.device_type,
                self.dataset_bytes,
                resolved.task.kind,
                self.problem,
            )
        )
        if key not in self._predictions:
            self._predictions[key] = predict(
                resolved,
                resolved.model.graph(self.problem),
                self.problem,
                self.dataset_bytes,
                self.device_type,
                precision,
            )

        return self._predictions[key]

    @cached_property
    def now(self) -> Estimate:
        """The experiment as it is. Raises UserError where it cannot be trained at all."""
        try:
            return self._weigh({})
        except GraphError as error:
            raise UserError(
                f"The network cannot be built: {error.what}", error.remedy, "model.template"
            ) from error

    def precision(self, resolved: ResolvedExperiment) -> str:
        """What activations are computed in."""
        setting = resolved.training.precision
        return self.automatic if setting == "auto" else setting

    @cached_property
    def compares(self) -> bool:
        """Whether the loss compares the examples of a batch with each other."""
        import torch

        function = self.now.resolved.loss.build(
            (1,) * self.problem.outputs, torch.device("cpu"), self.problem.examples
        )
        return function.compares

    @cached_property
    def normalises(self) -> bool:
        """Whether the network normalises over the examples of a batch: it then needs two of them."""
        from torch.nn.modules.batchnorm import _BatchNorm

        from app.engine.compute.fake_tensors import fake_tensors
        from models.network import Network

        # Made before: fake tensors are not to be entered twice.
        graph = self.now.resolved.model.graph(self.problem)
        with fake_tensors():
            network = Network(graph, self.problem)

        return any(isinstance(module, _BatchNorm) for module in network.modules())

    @property
    def smallest(self) -> int:
        """The smallest batch that can go through the network."""
        return 2 if self.normalises else 1

    def floats(self, kind: str) -> float:
        """Floats for each parameter with the optimizer of this kind, counters left out: weights,
        gradients and what it keeps.
        """
        if kind not in self._floats:
            self._floats[kind] = self._counted(kind)
        return self._floats[kind]

    def _counted(self, kind: str) -> float:
        from app.engine.memory.ledger import optimizer_floats

        resolved = self.now.resolved
        if kind != resolved.optimizer.kind:
            changes = {"optimizer.kind": kind}
            changed = with_changes(self.requested, changes, self.description)
            resolved = resolve(changed, self.description)

        graph = resolved.model.graph(self.problem)
        kept = optimizer_floats(resolved, graph, self.problem)
        return resolved.optimizer.floats_per_parameter(kept, max(1, self.now.rows["weights"] // 4))


def estimator_for(
    requested: Experiment,
    description: Description,
    dataset_bytes: int = 0,
    data_open: bool = True,
    predictions: Predictions | None = None,
) -> MemoryEstimator:
    """Scales for the device that this experiment would be trained on, as much of it as is free now.

    data_open: whether the data lie in main memory already. Raises UserError where that device is
    not there.
    """
    device = devices.choose(requested.training.device)
    budget = budget_of(device, dataset_bytes if device.type == "cpu" and data_open else 0)
    automatic = devices.precision("auto", device)

    return MemoryEstimator(
        requested, description, budget, device.type, automatic, dataset_bytes, predictions
    )


def budget_of(device: devices.Device, held: int = 0) -> Budget:
    """What this device has now. held: see Budget."""
    from app.engine.memory.device_monitor import DeviceMonitor

    monitor = DeviceMonitor(device.name)
    readings, reasons = monitor.sample()
    monitor.close()
    total = readings["total"]
    free = readings["free"]

    return Budget(
        device.label,
        None if total is None else int(total),
        None if free is None else int(free),
        held,
        reasons.get("free", reasons.get("total", "")),
        device.type == "cpu",
    )
