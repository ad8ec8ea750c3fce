"""Muon for the matrices between hidden layers, with AdamW for the rest.

Muon: Jordan et al. 2024 (kellerjordan.github.io/posts/muon), scaled after Liu et al. 2025
(arXiv:2502.16982).
"""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window lists optimizers without it
from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from typing_extensions import override

from app.engine.learning.optimizer import (
    OPTIMIZERS,
    OptimizerCode,
    ParameterGroup,
    decay_setting,
)
from app.engine.learning.optimizers.adam import TwoMoments
from models.spec import setting

if TYPE_CHECKING:
    from collections.abc import Iterable

    import torch
    from torch import nn


@OPTIMIZERS.register
class Muon(TwoMoments):
    """Makes all directions of a matrix's first moment equally strong."""

    kind: ClassVar[str] = "muon"
    label: ClassVar[str] = "Muon and AdamW"
    summary: ClassVar[str] = (
        "Turns whole matrices evenly. For transformers and MLPs; CNNs have few matrices for it."
    )
    explanation: ClassVar[str] = (
        "Keeps one running average of the gradient for each matrix between hidden layers, and "
        "before a step makes all its directions equally strong. Filters, embeddings, biases, norms "
        "and the answer are trained by AdamW, with two averages a weight."
    )
    missing_moments: ClassVar[str] = (
        "Muon keeps no second moment of the matrices between hidden layers: it makes all "
        "directions of their first moment equally strong, so a step is made of the whole matrix. "
        "It is measured; the other layers have AdamW's."
    )
    state_names: ClassVar[dict[str, str]] = {
        "momentum_buffer": "first_moment",
        "exp_avg": "first_moment",
        "exp_avg_sq": "second_moment",
    }
    state_descriptions: ClassVar[dict[str, str]] = {
        **TwoMoments.state_descriptions,
        "momentum_buffer": "running sum of the gradients, the momentum",
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

    def state_shapes(
        self, shape: tuple[int, ...], matrix: bool = False
    ) -> dict[str, tuple[int, ...]]:
        return {"momentum_buffer": shape} if matrix else super().state_shapes(shape)

    @property
    def decoupled_decay(self) -> bool:
        return True

    def parameter_groups(self, network: nn.Module) -> list[ParameterGroup]:
        from models.network import hidden_matrices

        matrices = hidden_matrices(network)
        groups = []
        for group in super().parameter_groups(network):
            for are_matrices in (True, False):
                weights = [
                    weight for weight in group["params"] if (weight in matrices) is are_matrices
                ]
                if weights:
                    groups.append({**group, "params": weights, "matrices": are_matrices})

        return groups

    def build(
        self, groups: Iterable[ParameterGroup], device: torch.device
    ) -> torch.optim.Optimizer:
        import torch

        from app.engine.learning.combined_optimizer import CombinedOptimizer

        parts: list[torch.optim.Optimizer] = []
        matrices, rest = self._split(groups)
        if matrices:
            parts.append(torch.optim.Muon(matrices, **self._muon_arguments()))
        if rest:
            parts.append(torch.optim.AdamW(rest, **self.arguments(device.type)))

        return CombinedOptimizer(parts)

    @override
    def arguments(self, device_type: str) -> dict[str, Any]:
        """Returns those of AdamW, which trains what is no matrix."""
        return {
            "lr": self.peak_rate(),
            "betas": self.betas(),
            "eps": self.epsilon,
            "weight_decay": self.decay_rate(),
            "fused": self.has_fused_kernel(device_type),
        }

    def _muon_arguments(self) -> dict[str, Any]:
        return {
            "lr": self.peak_rate(),
            "weight_decay": self.decay_rate(),
            "momentum": self.momentum,
            "nesterov": self.nesterov,
            "ns_steps": self.iterations,
            "adjust_lr_fn": self.scale,
        }

    def code(self, device_type: str) -> tuple[OptimizerCode, ...]:
        return (
            OptimizerCode("Muon", self._muon_arguments(), matrices=True),
            OptimizerCode("AdamW", self.arguments(device_type)),
        )

    def _split(
        self, groups: Iterable[ParameterGroup]
    ) -> tuple[list[ParameterGroup], list[ParameterGroup]]:
        """Returns the groups of Muon and those of AdamW."""
        matrices: list[ParameterGroup] = []
        rest: list[ParameterGroup] = []
        for group in groups:
            weights = list(group["params"])
            for part, are_matrices in ((matrices, True), (rest, False)):
                own = [
                    weight for weight in weights if self.is_matrix(group, weight) is are_matrices
                ]
                if own:
                    part.append({**group, "params": own})

        return matrices, rest
