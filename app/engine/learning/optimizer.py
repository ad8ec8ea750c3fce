"""Losses, optimizers and schedules: what each must say of itself. A member is a file in its folder.

These are declarations; torch is imported only inside the methods that need it, so that the window
can show them before the engine is loaded.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar

from models.spec import Choice, Registry, setting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import torch
    from torch import nn


class Optimizer(Choice):
    """A way to go downhill, and what it keeps of every weight."""

    order: ClassVar[int] = 100
    explanation: ClassVar[str]
    state_names: ClassVar[dict[str, str]]
    """PyTorch's name of a state tensor -> ledger row: {"exp_avg": "first_moment", ...}; others are
    counters, of one number each, in other_state.
    """

    default_learning_rate: ClassVar[float]

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

    def rate(self) -> float:
        """The peak learning rate: the one chosen, else this optimizer's usual one."""
        return self.learning_rate or self.default_learning_rate

    @staticmethod
    def fused(device: torch.device) -> bool:
        """Whether PyTorch updates all weights in one kernel there."""
        return device.type in ("cpu", "cuda", "mps")

    # --- what it keeps

    def kept(self, shape: tuple[int, ...], matrix: bool = False) -> dict[str, tuple[int, ...]]:
        """Every tensor kept of a weight of this shape: PyTorch's name -> its shape.

        All of them are float32.

        matrix: whether it is a matrix between hidden layers (see models.network.hidden_matrices).
        """
        raise NotImplementedError

    @property
    def state(self) -> tuple[str, ...]:
        """Of "first_moment", "second_moment", "other_state": what is kept in full, a float for each
        weight.
        """
        return tuple(
            row for row in ROWS_OF_STATE if all(self._share(row, *probe) == 1 for probe in _PROBES)
        )

    @property
    def partly(self) -> tuple[str, ...]:
        """Of the same rows: what is kept of some weights only, or for rows and columns instead of
        each weight.
        """
        return tuple(
            row
            for row in ROWS_OF_STATE
            if row not in self.state and any(self._share(row, *probe) for probe in _PROBES)
        )

    def _share(self, row: str, shape: tuple[int, ...], matrix: bool) -> float:
        return self._floats(shape, matrix)[row] / math.prod(shape)

    def _floats(self, shape: tuple[int, ...], matrix: bool) -> Counter[str]:
        """Floats by row of one weight, and its counters under "counters"."""
        found: Counter[str] = Counter()
        for name, of in self.kept(shape, matrix).items():
            found[self.state_names.get(name, "counters")] += math.prod(of)

        return found

    def floats(self, groups: Iterable[dict]) -> dict[str, int]:
        """Floats kept beside weights and gradients, exactly: by row of the ledger, and "counters"
        (part of other_state there). groups: as from `groups`.
        """
        found: Counter[str] = Counter()
        for group in groups:
            for weight in group["params"]:
                found += self._floats(tuple(weight.shape), self.is_matrix(group, weight))

        return {row: found[row] for row in (*ROWS_OF_STATE, "counters")}

    def floats_per_parameter(
        self, floats: Mapping[str, int] | None = None, parameters: int | None = None
    ) -> float:
        """Weight + gradient + state: 4 for Adam and AdamW (Kingma & Ba 2015; Loshchilov & Hutter
        2019).

        floats, parameters: as from `floats`, and n; left out, it is what every weight has in full.
        Counters are not counted: they are a float or two for each tensor.
        """
        if floats is None or not parameters:
            return 2 + len(self.state)

        return 2 + sum(floats[row] for row in ROWS_OF_STATE) / parameters

    # --- how it is made

    def decay(self) -> float:
        """The weight decay; 0.0 where none was chosen."""
        return float(getattr(self, "weight_decay", None) or 0.0)

    def groups(self, network: nn.Module) -> list[dict]:
        """The network's weights in parameter groups, by what is to be done with them."""
        from models.network import decay_groups

        return decay_groups(network, self.decay(), self.decay_all)

    @staticmethod
    def is_matrix(group: Mapping[str, Any], weight: torch.Tensor) -> bool:
        """Whether a weight of this group counts as a matrix between hidden layers."""
        return bool(group.get("matrices", weight.ndim == 2))

    # --- what it shows of itself while it trains, see training.inside

    lacks: ClassVar[str] = ""
    """In a sentence, what of gradient, moments and step it does not have for each weight, and what
    it does instead.
    """

    def formula(self) -> str:
        """The step of one weight, with {rate}, {gradient}, {first_moment}, {second_moment_root},
        {weight} and {decay} for figures; "" where no short one says it: then it is measured. It
        holds where a weight has all of them.
        """
        return ""

    def inside(
        self,
        state: Mapping[str, torch.Tensor],
        gradient: torch.Tensor,
        weight: torch.Tensor,
        group: Mapping[str, Any],
    ) -> dict[str, torch.Tensor]:
        """Of n weights after a step, (n,) each, as far as there are such: "first_moment",
        "second_moment_root", as the step uses them, and "step", what it took from the weight but
        for its decay; left out, it is measured.

        state: (n,) what is kept of them by PyTorch's names, counters too. gradient, weight: (n,),
        before the step. group: their parameter group.
        """
        rows = {self.state_names.get(name): value for name, value in state.items()}
        found = {"first_moment": rows["first_moment"]} if "first_moment" in rows else {}
        if "second_moment" in rows:
            found["second_moment_root"] = rows["second_moment"].sqrt()

        return found

    @property
    def decays_apart(self) -> bool:
        """Whether weight decay pulls at the weights themselves, rather than being added to the
        gradient.
        """
        return False

    def pull(self, group: Mapping[str, Any]) -> float:
        """The share of itself that every weight of this group loses to decay in a step."""
        return (
            float(group["lr"]) * float(group.get("weight_decay", 0.0)) if self.decays_apart else 0.0
        )

    def over(self, network: nn.Module, device: torch.device) -> torch.optim.Optimizer:
        """The optimizer of a network that lies on this device."""
        return self.build(self.groups(network), device)

    def build(self, groups: Iterable[dict], device: torch.device) -> torch.optim.Optimizer:
        """The optimizer over parameter groups ({"params": [...], "weight_decay": w}), fused where
        that exists.
        """
        raise NotImplementedError


def decay_setting(
    default: float | None,
    help: str = "Pulls weights towards zero at every step, which keeps the network from learning by heart.",
    advanced: bool = False,
) -> Any:
    """The field `weight_decay` of an optimizer.

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
    """The field `epsilon` of an optimizer that divides by the size of gradients."""
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


ROWS_OF_STATE = ("first_moment", "second_moment", "other_state")
"""Rows of the ledger in which an optimizer's state of the weights is counted."""

_PROBES = (((3, 4), True), ((3, 4), False), ((2, 3, 4, 5), False), ((5,), False))
"""Weights of every sort: their shape, and whether they are matrices between hidden layers."""


OPTIMIZERS: Registry[Optimizer] = Registry("optimizer", "app.engine.learning.optimizers")
