"""The base class of optimizers: what each declares about itself. An optimizer is a file.

Torch is loaded only where tensors are needed, so that the window can show optimizers before the
engine is there.
"""

# ruff: noqa: ARG002 - a default may ignore an argument that overrides need
from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from models.memory.lazy_dynamo import spare_dynamo
from models.spec import Choice, Registry, setting

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    import torch
    from torch import nn

ParameterGroup = dict[str, Any]
"""As torch has it: {"params": [weights], "weight_decay": ..., ...}."""

STATE_ROWS = ("first_moment", "second_moment", "other_state")
"""Rows of the memory ledger in which an optimizer's state is counted."""

_PROBES = (((3, 4), True), ((3, 4), False), ((2, 3, 4, 5), False), ((5,), False))
"""Weights of every sort: their shape, and whether they are matrices between hidden layers."""


@dataclass(frozen=True)
class OptimizerCode:
    """One of torch's optimizers with its arguments; matrices: whether it is for those alone.

    Those are the matrices between hidden layers; another optimizer has all other weights.
    """

    torch_name: str
    arguments: dict[str, Any]
    matrices: bool = False


class Optimizer(Choice):
    """A way to go downhill, and what it keeps of every weight."""

    order: ClassVar[int] = 100
    explanation: ClassVar[str]

    default_learning_rate: ClassVar[float]
    usual: ClassVar[dict[str, float]] = {}
    """Values of other settings that a person may leave open, where no recipe gives them."""

    torch_name: ClassVar[str] = ""
    """The class in torch.optim; "" where it is built of several."""

    # --- what sets it apart from others; the ledger and the window ask

    state_names: ClassVar[dict[str, str]]
    """PyTorch's name of a state tensor -> row of the ledger: {"exp_avg": "first_moment", ...}.

    Tensors that are not named are counters of one number each, in the row other_state.
    """

    state_descriptions: ClassVar[dict[str, str]] = {"step": "step counter"}
    """PyTorch's name of a state tensor -> what it is, for a person."""

    foreach_on_gpu: ClassVar[bool] = True
    """Whether torch changes all weights at once on a GPU where it has no fused kernel.

    It then holds intermediate results of all of them together.
    """

    first_moment_is_sum: ClassVar[bool] = False
    """Whether the first moment adds up gradients, instead of averaging them."""

    second_moment_is_sum: ClassVar[bool] = False
    """Whether the second moment adds up squared gradients, instead of averaging them."""

    bias_corrected: ClassVar[bool] = False
    """Whether moments are corrected for their start at zero."""

    steps_follow_weights: ClassVar[bool] = False
    """Whether a layer's step is in proportion to the size of its weights."""

    missing_moments: ClassVar[str] = ""
    """Which of gradient, moments and step it does not have for each weight, and what it does
    instead, in a sentence for a person.
    """

    # --- settings that all have

    learning_rate: float | None = setting(
        None,
        label="Learning rate",
        gt=0.0,
        le=100.0,
        logarithmic=True,
        help="How far a step goes, at its peak. Too high and the loss jumps; too low and it "
        "crawls.",
    )
    decay_all: bool = setting(
        False,
        label="Decay biases and norms too",
        advanced=True,
        help="Weight decay then reaches every weight; usually biases, norms and positions are left "
        "alone.",
    )

    def peak_rate(self) -> float:
        """Returns the peak learning rate: the one chosen, else this optimizer's usual one."""
        return self.learning_rate or self.default_learning_rate

    def decay_rate(self) -> float:
        """Returns the weight decay, 0.0 where none was chosen."""
        return float(getattr(self, "weight_decay", None) or 0.0)

    @property
    def decoupled_decay(self) -> bool:
        """Whether weight decay shrinks the weights themselves, as in AdamW.

        Otherwise it is added to the gradient, an L2 penalty.
        """
        return False

    def decay_share(self, group: Mapping[str, Any]) -> float:
        """Returns the share of itself that every weight of a group loses to decay in a step."""
        if not self.decoupled_decay:
            return 0.0

        return float(group["lr"]) * float(group.get("weight_decay", 0.0))

    # --- the state it keeps

    def memory_key(self) -> Hashable:
        """Returns all of it that the memory of a step depends on.

        Of fractions only whether they are 0: without momentum no moment is kept. So a changed
        learning rate is no reason to measure again.
        """
        settings = self.model_dump(exclude={"learning_rate"}).items()
        return self.kind, tuple(
            (name, bool(value) if isinstance(value, float) else value) for name, value in settings
        )

    def state_shapes(
        self, shape: tuple[int, ...], matrix: bool = False
    ) -> dict[str, tuple[int, ...]]:
        """Returns every tensor kept of a weight of this shape: PyTorch's name -> its shape.

        All of them are float32.

        matrix: whether it is a matrix between hidden layers (see models.network.hidden_matrices).
        """
        raise NotImplementedError

    @property
    def full_state(self) -> tuple[str, ...]:
        """Those of STATE_ROWS in which every weight has a float of its own."""
        return tuple(
            row for row in STATE_ROWS if all(self._share(row, *probe) == 1 for probe in _PROBES)
        )

    @property
    def partial_state(self) -> tuple[str, ...]:
        """Those of STATE_ROWS that hold something of some weights only, or of rows and columns."""
        return tuple(
            row
            for row in STATE_ROWS
            if row not in self.full_state and any(self._share(row, *probe) for probe in _PROBES)
        )

    def _share(self, row: str, shape: tuple[int, ...], matrix: bool) -> float:
        return self._floats(shape, matrix)[row] / math.prod(shape)

    def _floats(self, shape: tuple[int, ...], matrix: bool) -> Counter[str]:
        """Returns the floats of one weight by row, and its counters under "counters"."""
        floats: Counter[str] = Counter()
        for name, state_shape in self.state_shapes(shape, matrix).items():
            floats[self.state_names.get(name, "counters")] += math.prod(state_shape)

        return floats

    def state_floats(self, groups: Iterable[ParameterGroup]) -> dict[str, int]:
        """Returns the floats kept beside weights and gradients, exactly.

        By row of the ledger, and "counters", which the ledger has in other_state. groups: as from
        `parameter_groups`.
        """
        floats: Counter[str] = Counter()
        for group in groups:
            for weight in group["params"]:
                floats += self._floats(tuple(weight.shape), self.is_matrix(group, weight))

        return {row: floats[row] for row in (*STATE_ROWS, "counters")}

    def floats_per_parameter(
        self, floats: Mapping[str, int] | None = None, parameters: int | None = None
    ) -> float:
        """Returns the floats a parameter takes: weight, gradient and state.

        It is 4 for Adam and AdamW (Kingma & Ba 2015; Loshchilov & Hutter 2019). Counters are not
        counted: they are a float or two for each tensor.

        floats: as from `state_floats`. parameters: how many there are. Left out, it is what every
        weight has in full.
        """
        if floats is None or not parameters:
            return 2 + len(self.full_state)

        return 2 + sum(floats[row] for row in STATE_ROWS) / parameters

    # --- how it is built

    def for_network(self, network: nn.Module, device: torch.device) -> torch.optim.Optimizer:
        """Returns the torch optimizer of a network that lies on this device."""
        spare_dynamo()
        return self.build(self.parameter_groups(network), device)

    def parameter_groups(self, network: nn.Module) -> list[ParameterGroup]:
        """Returns the network's weights in groups, by what is to be done with them."""
        from models.network import decay_groups  # noqa: PLC0415 - it loads torch, for seconds

        return decay_groups(network, self.decay_rate(), self.decay_all)

    def build(
        self, groups: Iterable[ParameterGroup], device: torch.device
    ) -> torch.optim.Optimizer:
        """Returns the torch optimizer over parameter groups, fused where that exists."""
        import torch  # noqa: PLC0415 - it takes seconds to load; the window starts without it

        built: torch.optim.Optimizer = getattr(torch.optim, self.torch_name)(
            groups, **self.arguments(device.type)
        )
        return built

    def arguments(self, device_type: str) -> dict[str, Any]:
        """Returns the arguments of the torch optimizer beside the groups.

        device_type: "cpu", "cuda" or "mps".
        """
        raise NotImplementedError(f"the optimizer '{self.kind}' names no arguments")

    def code(self, device_type: str) -> tuple[OptimizerCode, ...]:
        """Returns the torch optimizers that are built, as code: as a rule one.

        Raises NotImplementedError where nobody has written it.
        """
        if not self.torch_name:
            raise NotImplementedError(f"the optimizer '{self.kind}' has no code")

        return (OptimizerCode(self.torch_name, self.arguments(device_type)),)

    @staticmethod
    def has_fused_kernel(device_type: str) -> bool:
        """Returns whether PyTorch can change all weights in one kernel on such a device."""
        return device_type in ("cpu", "cuda", "mps")

    @staticmethod
    def is_matrix(group: Mapping[str, Any], weight: torch.Tensor) -> bool:
        """Returns whether a weight of this group counts as a matrix between hidden layers."""
        return bool(group.get("matrices", weight.ndim == 2))

    # --- what it shows of itself while it trains, see training.optimizer_probe

    def step_formula(self) -> str:
        """Returns the step of one weight as a formula, "" where no short one says it.

        It has placeholders for numbers: {rate}, {gradient}, {first_moment}, {second_moment_root},
        {weight}, {decay} and the names of settings. It holds where a weight has all of them; a step
        without a formula is measured.
        """
        return ""

    def moments_and_step(
        self,
        state: Mapping[str, torch.Tensor],
        gradient: torch.Tensor,
        weight: torch.Tensor,
        group: Mapping[str, Any],
    ) -> dict[str, torch.Tensor]:
        """Returns what the optimizer's step was made of, for n weights, (n,) each.

        "first_moment" and "second_moment_root" are as the step used them, where there are such.
        "step" is what it took from the weight, without decay; left out, it is measured.

        state: (n,) what is kept of the weights by PyTorch's names, counters too. gradient, weight:
        (n,), before the step. group: their parameter group.
        """
        rows = {self.state_names.get(name): value for name, value in state.items()}
        quantities = {}
        if "first_moment" in rows:
            quantities["first_moment"] = rows["first_moment"]
        if "second_moment" in rows:
            quantities["second_moment_root"] = rows["second_moment"].sqrt()

        return quantities


def decay_setting(
    default: float | None,
    help: str = "Pulls weights towards zero at every step, which keeps the network from learning "
    "by heart.",
    advanced: bool = False,
) -> Any:
    """Returns the field `weight_decay` of an optimizer.

    help: what is done with it, where it does not simply pull.
    """
    return setting(
        default,
        label="Weight decay",
        ge=0.0,
        le=10.0,
        logarithmic=True,
        advanced=advanced,
        live=True,
        help=help,
    )


def epsilon_setting(default: float) -> Any:
    """Returns the field `epsilon` of an optimizer that divides by the size of gradients."""
    return setting(
        default,
        label="Epsilon",
        gt=0.0,
        le=1.0,
        logarithmic=True,
        advanced=True,
        help="Added below the fraction, so that a weight without gradients does not divide by "
        "zero.",
    )


OPTIMIZERS: Registry[Optimizer] = Registry("optimizer", "app.engine.learning.optimizers")
