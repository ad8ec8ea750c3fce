"""The step of Adam and AdamW on the CPU: their fused kernels, called at once.

Torch's optimizers gather their tensors anew in every step and prepare for devices and compilers
that are not there. For a small network that takes ten times as long as the kernel. The kernels,
their arguments and so the weights are the same here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

MOMENTS = ("exp_avg", "exp_avg_sq")
LARGEST = "max_exp_avg_sq"
"""Names of the state in torch; LARGEST only with AMSGrad."""


class FusedAdam:
    """Takes the steps of an optimizer that has taken one already: its state is there."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self._optimizer = optimizer
        self._counters = _joined_counters(optimizer)
        self._one = torch.ones(())  # a kernel takes it faster than a number of Python
        self._groups = [_Group(group, optimizer.state) for group in optimizer.param_groups]

    @classmethod
    def of(cls, optimizer: torch.optim.Optimizer) -> FusedAdam | None:
        """Returns the steps of an optimizer; None of one of another kind, or before its first."""
        if type(optimizer) not in (torch.optim.Adam, torch.optim.AdamW):
            return None
        if not all(_is_usual(group, optimizer.state) for group in optimizer.param_groups):
            return None

        return cls(optimizer)

    def is_of(self, optimizer: torch.optim.Optimizer) -> bool:
        """Returns whether these are the steps of this optimizer, and its state is the same yet."""
        group = self._groups[0]
        state = optimizer.state[group.parameters[0]]
        return optimizer is self._optimizer and state.get("step") is group.counters[0]

    def step(self) -> bool:
        """Takes a step; returns False, and does nothing, where a weight has no gradient."""
        gradients = [[weight.grad for weight in group.parameters] for group in self._groups]
        for found in gradients:
            for gradient in found:
                if gradient is None:
                    return False

        self._counters.add_(self._one)
        for group, found in zip(self._groups, gradients, strict=True):
            group.step(found)

        return True


class _Group:
    """A parameter group, with what the kernel takes of it as lists."""

    def __init__(self, group: dict[str, Any], state: dict[torch.Tensor, dict[str, Any]]) -> None:
        self.group = group
        self.parameters: list[torch.Tensor] = list(group["params"])
        # The same memory, without gradients to be recorded.
        self._weights = [weight.detach() for weight in self.parameters]
        states = [state[weight] for weight in self.parameters]
        self.counters = [values["step"] for values in states]
        self._firsts, self._seconds = ([values[name] for values in states] for name in MOMENTS)
        self._largest = [values[LARGEST] for values in states] if group["amsgrad"] else []
        self._kernel: Callable[..., None] = (
            torch._fused_adamw_ if group["decoupled_weight_decay"] else torch._fused_adam_
        )

    def step(self, gradients: list[torch.Tensor | None]) -> None:
        group = self.group
        beta1, beta2 = group["betas"]
        self._kernel(
            self._weights,
            gradients,
            self._firsts,
            self._seconds,
            self._largest,
            self.counters,
            lr=group["lr"],
            beta1=beta1,
            beta2=beta2,
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            amsgrad=group["amsgrad"],
            maximize=False,
            grad_scale=None,
            found_inf=None,
        )


def _joined_counters(optimizer: torch.optim.Optimizer) -> torch.Tensor:
    """Makes the step counters of all weights views of one tensor, which it returns.

    One addition then counts for all of them.
    """
    states = [
        optimizer.state[weight] for group in optimizer.param_groups for weight in group["params"]
    ]
    joined = torch.stack([state["step"] for state in states])
    for state, counter in zip(states, joined.unbind(), strict=True):
        state["step"] = counter

    return joined


def _is_usual(group: dict[str, Any], state: dict[torch.Tensor, dict[str, Any]]) -> bool:
    """Returns whether a group is as our optimizers build it on the CPU, with all its state."""
    names = {"step", *MOMENTS, *([LARGEST] if group["amsgrad"] else [])}
    return bool(
        group["params"]
        and group["fused"]
        and not group["maximize"]
        and all(
            weight.device.type == "cpu"
            and weight.dtype is torch.float32
            and names <= set(state.get(weight, ()))
            for weight in group["params"]
        )
    )
