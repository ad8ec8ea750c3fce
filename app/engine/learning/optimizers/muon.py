"""Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon; scaled after Liu et al. 2025,
arXiv:2502.16982) for the matrices between hidden layers, with AdamW for the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from app.engine.learning.optimizer import OPTIMIZERS, decay_setting
from app.engine.learning.optimizers.adam import TwoMoments
from models.spec import setting

if TYPE_CHECKING:
    from collections.abc import Iterable

    import torch
    from torch import nn


@OPTIMIZERS.register
class Muon(TwoMoments):
    kind: ClassVar[str] = "muon"
    label: ClassVar[str] = "Muon and AdamW"
    summary: ClassVar[str] = (
        "Turns whole matrices evenly. For transformers and MLPs; CNNs have few matrices for it."
    )
    explanation: ClassVar[str] = (
        "Keeps one running average of the gradient for each matrix between hidden layers, and "
        "before a step makes all "
        "its directions equally strong. Filters, embeddings, biases, norms and the answer are "
        "trained by AdamW, with "
        "two averages a weight."
    )
    lacks: ClassVar[str] = (
        "Muon keeps no second moment of the matrices between hidden layers: it makes all "
        "directions of their first "
        "moment equally strong, so a step is made of the whole matrix. It is measured; the other "
        "layers have AdamW's."
    )
    state_names: ClassVar[dict[str, str]] = {
        "momentum_buffer": "first_moment",
        "exp_avg": "first_moment",
        "exp_avg_sq": "second_moment",
    }
    order: ClassVar[int] = 90

    weight_decay: float = decay_setting(0.05)
    momentum: float = setting(
        0.95,
        label="Momentum of matrices",
        ge=0.0,
        lt=1.0,
        step=0.01,
        advanced=True,
        help="How slowly the average of a matrix's gradient forgets; 0.95 looks back about 20 "
        "steps.",
    )
    nesterov: bool = setting(
        True,
        label="Look ahead (Nesterov)",
        advanced=True,
        help="Counts the newest gradient of a matrix once more.",
    )
    scale: Literal["match_rms_adamw", "original"] = setting(
        "match_rms_adamw",
        label="Size of steps",
        choices={"match_rms_adamw": "as with AdamW", "original": "as first published"},
        advanced=True,
        help="As with AdamW: its learning rates fit. As first published: matrices take about ten "
        "times as much.",
    )
    iterations: int = setting(
        5,
        label="Iterations",
        ge=1,
        le=20,
        advanced=True,
        help="Rounds of Newton and Schulz by which a matrix's directions are made equally strong.",
    )

    def kept(self, shape: tuple[int, ...], matrix: bool = False) -> dict[str, tuple[int, ...]]:
        return {"momentum_buffer": shape} if matrix else super().kept(shape)

    @property
    def decays_apart(self) -> bool:
        return True

    def groups(self, network: nn.Module) -> list[dict]:
        from models.network import hidden_matrices

        matrices = hidden_matrices(network)
        found = []
        for group in super().groups(network):
            for chosen in (True, False):
                weights = [weight for weight in group["params"] if (weight in matrices) is chosen]
                if weights:
                    found.append({**group, "params": weights, "matrices": chosen})

        return found

    def build(self, groups: Iterable[dict], device: torch.device) -> torch.optim.Optimizer:
        import torch

        from app.engine.learning.combined_optimizer import CombinedOptimizer

        parts: list[torch.optim.Optimizer] = []
        matrices, rest = self._split(groups)
        if matrices:
            parts.append(
                torch.optim.Muon(
                    matrices,
                    lr=self.rate(),
                    weight_decay=self.decay(),
                    momentum=self.momentum,
                    nesterov=self.nesterov,
                    ns_steps=self.iterations,
                    adjust_lr_fn=self.scale,
                )
            )

        if rest:
            parts.append(
                torch.optim.AdamW(
                    rest,
                    lr=self.rate(),
                    betas=(self.beta1, self.beta2),
                    eps=self.epsilon,
                    weight_decay=self.decay(),
                    fused=self.fused(device),
                )
            )

        return CombinedOptimizer(parts)

    def _split(self, groups: Iterable[dict]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The groups of Muon and those of AdamW."""
        found: tuple[list[dict[str, Any]], list[dict[str, Any]]] = ([], [])
        for group in groups:
            weights = list(group["params"])
            for part, chosen in zip(found, (True, False), strict=True):
                own = [weight for weight in weights if self.is_matrix(group, weight) is chosen]
                if own:
                    part.append({**group, "params": own})

        return found
