"""Estimates the memory that an experiment would take with some settings changed.

It loads torch only when the first estimate is made, which is work for a background thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from app.engine.compute import device as devices
from app.engine.errors import UserError
from app.engine.experiment.changes import with_changes
from app.engine.experiment.resolve import ResolvedExperiment, problem_of, resolve
from models.graph import GraphError

if TYPE_CHECKING:
    from app.engine.data.dataset import Description
    from app.engine.experiment.experiment import Experiment

MARGIN = 0.8
"""The share of the free memory that is planned with; more, and another program can spoil it."""

LedgerCache = dict[str, dict[str, int]]
"""Rows of the memory ledger by what they depend on, as text."""

Changes = dict[str, bool | int | float | str]
"""Values of settings by "section.field", as a Remedy has them."""

Verdict = Literal["fits", "barely", "no", "unknown"]


@dataclass(frozen=True)
class Budget:
    """The memory of the device, in bytes, None where unknown.

    label: the device, for a person. held: what lies in this memory already of what a training takes
    (open data on the CPU). reason: why a number is unknown, a sentence. on_cpu: whether this is the
    memory of the computer.
    """

    label: str
    total: int | None
    free: int | None
    held: int = 0
    reason: str = ""
    on_cpu: bool = False

    @property
    def room(self) -> int | None:
        """The bytes that may be planned with."""
        return None if self.free is None else int(MARGIN * self.free)

    def verdict(self, needed: int) -> Verdict:
        """Returns whether so many bytes fit."""
        if self.free is None or self.room is None:
            return "unknown"
        if needed <= self.room:
            return "fits"

        return "barely" if needed <= self.free else "no"


@dataclass(frozen=True)
class Estimate:
    """Settings, and the memory that they take.

    requested: the experiment with the changes, as a person would write it. rows: the memory ledger.
    needed: bytes beyond what is in use now.
    """

    changes: Changes
    requested: Experiment
    resolved: ResolvedExperiment
    rows: dict[str, int]
    needed: int
    verdict: Verdict


class MemoryEstimator:
    """Estimates changes of one experiment on one device.

    requested: the experiment as a person wrote it. description: of its data. automatic: the
    precision that "auto" stands for on the device. dataset_bytes: the training examples in that
    memory. cache: ledgers predicted before; new ones are added.
    """

    def __init__(
        self,
        requested: Experiment,
        description: Description,
        budget: Budget,
        device_type: str = "cpu",
        automatic: devices.Precision = "float32",
        dataset_bytes: int = 0,
        cache: LedgerCache | None = None,
    ) -> None:
        self.requested = requested
        self.description = description
        self.problem = problem_of(requested, description)
        self.budget = budget
        self.device_type = device_type
        self.automatic = automatic
        self.dataset_bytes = dataset_bytes
        self._cache: LedgerCache = cache if cache is not None else {}
        self._estimates: dict[str, Estimate] = {}
        self._floats: dict[str, float] = {}

    @classmethod
    def for_experiment(
        cls,
        requested: Experiment,
        description: Description,
        dataset_bytes: int = 0,
        data_open: bool = True,
        cache: LedgerCache | None = None,
    ) -> MemoryEstimator:
        """Returns an estimator for the device that this experiment would be trained on.

        It plans with the memory that is free now.

        data_open: whether the data lie in main memory already. Raises UserError where the device is
        not there.
        """
        device = devices.choose(requested.training.device)
        held = dataset_bytes if device.type == "cpu" and data_open else 0
        automatic = devices.precision("auto", device)

        return cls(
            requested,
            description,
            budget_of(device, held),
            device.type,
            automatic,
            dataset_bytes,
            cache,
        )

    def estimate(self, changes: Changes) -> Estimate | None:
        """Returns the estimate of some changes, None where these settings do not go together.

        The same changes are estimated once.
        """
        key = repr(sorted(changes.items()))
        if key not in self._estimates:
            try:
                self._estimates[key] = self._estimate(changes)
            except (UserError, GraphError, ValidationError):
                return None

        return self._estimates[key]

    @cached_property
    def current(self) -> Estimate:
        """The estimate of the experiment as it is. Raises UserError where it cannot be trained."""
        try:
            return self._estimate({})
        except GraphError as error:
            raise UserError(
                f"The network cannot be built: {error.what}", error.remedy, "model.template"
            ) from error

    def _estimate(self, changes: Changes) -> Estimate:
        requested = with_changes(self.requested, changes, self.description)
        resolved = resolve(requested, self.description)
        rows = self._predict(resolved)
        needed = max(0, rows["peak"] - self.budget.held)

        return Estimate(changes, requested, resolved, rows, needed, self.budget.verdict(needed))

    def _predict(self, resolved: ResolvedExperiment) -> dict[str, int]:
        """Returns the memory ledger, from the cache if it is there."""
        from app.engine.memory.ledger import predict  # noqa: PLC0415 - it loads torch, see above

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
        if key not in self._cache:
            self._cache[key] = predict(
                resolved,
                resolved.model.graph(self.problem),
                self.problem,
                self.dataset_bytes,
                self.device_type,
                precision,
            )

        return self._cache[key]

    # --- what the planner asks about the experiment

    def precision(self, resolved: ResolvedExperiment) -> str:
        """Returns what activations are computed in."""
        setting = resolved.training.precision
        if setting != "auto":
            return setting
        if self.device_type != "cpu" or self.automatic == "float32":
            return self.automatic

        # On a CPU it follows the size of the work, as in `devices.precision`.
        from app.engine.memory.inspection import inspect  # noqa: PLC0415 - it loads torch

        inspection = inspect(resolved.model.graph(self.problem), self.problem)
        work = inspection.multiply_adds * resolved.training.batch_size
        return self.automatic if work >= devices.LEAST_MULTIPLY_ADDS else "float32"

    @cached_property
    def loss_compares(self) -> bool:
        """Whether the loss compares the examples of a batch with each other."""
        import torch  # noqa: PLC0415 - torch takes seconds to load, see above

        function = self.current.resolved.loss.build(
            (1,) * self.problem.outputs, torch.device("cpu"), self.problem.examples
        )
        return function.compares

    @cached_property
    def has_batch_norm(self) -> bool:
        """Whether the network normalises over a batch, which then needs two examples."""
        from torch.nn.modules.batchnorm import _BatchNorm  # noqa: PLC0415 - it loads torch

        from app.engine.compute.fake_tensors import fake_tensors  # noqa: PLC0415 - it loads torch
        from models.network import Network  # noqa: PLC0415 - it loads torch

        # The graph first: its estimate enters fake_tensors itself, and that must not be nested.
        graph = self.current.resolved.model.graph(self.problem)
        with fake_tensors():
            network = Network(graph, self.problem)

        return any(isinstance(module, _BatchNorm) for module in network.modules())

    @property
    def smallest_batch(self) -> int:
        """The smallest batch that can go through the network."""
        return 2 if self.has_batch_norm else 1

    def floats_per_parameter(self, optimizer_kind: str) -> float:
        """Returns the floats a parameter takes with an optimizer: weight, gradient and state.

        Counters are left out.
        """
        if optimizer_kind not in self._floats:
            self._floats[optimizer_kind] = self._count_floats(optimizer_kind)

        return self._floats[optimizer_kind]

    def _count_floats(self, optimizer_kind: str) -> float:
        from app.engine.memory.inspection import optimizer_floats  # noqa: PLC0415 - it loads torch

        resolved = self.current.resolved
        if optimizer_kind != resolved.optimizer.kind:
            changes: Changes = {"optimizer.kind": optimizer_kind}
            requested = with_changes(self.requested, changes, self.description)
            resolved = resolve(requested, self.description)

        graph = resolved.model.graph(self.problem)
        floats = optimizer_floats(resolved, graph, self.problem)
        parameters = max(1, self.current.rows["weights"] // 4)
        return resolved.optimizer.floats_per_parameter(floats, parameters)


def budget_of(device: devices.Device, held: int = 0) -> Budget:
    """Returns the memory that this device has now. held: see Budget."""
    from app.engine.memory.device_monitor import DeviceMonitor  # noqa: PLC0415 - it loads torch

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
