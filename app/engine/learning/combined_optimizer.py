"""Several torch optimizers that share a network's weights, as one.

The trainer, checkpoints and the ledger then know a single optimizer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class CombinedOptimizer(torch.optim.Optimizer):
    """Steps with each of its parts in turn.

    Each part has weights of its own; groups and state are those of all parts together.
    """

    def __init__(self, parts: Sequence[torch.optim.Optimizer]) -> None:
        """parts: at least one, fresh, with no weight in two of them."""
        defaults = {"fused": any(part.defaults.get("fused") for part in parts)}
        super().__init__([group for part in parts for group in part.param_groups], defaults)

        self.parts = tuple(parts)
        for part in self.parts:
            self.state.update(part.state)

        self._share()

    def _share(self) -> None:
        """Gives the parts the groups and the state of the whole: the same objects, not copies.

        So whatever is changed here, such as a learning rate, is changed in its part.
        """
        groups = iter(self.param_groups)
        for part in self.parts:
            part.param_groups = [next(groups) for _ in part.param_groups]
            part.state = self.state

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()

        for part in self.parts:
            part.step()

        return loss

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict(state_dict)
        self._share()
