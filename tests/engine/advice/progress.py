"""The figures of a training that never was, as findings read them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


def falling() -> np.ndarray:
    return np.linspace(2.0, 0.5, 200)


@dataclass
class ProgressSoFar:
    """Figures of steps and epochs. shares: of the peak learning rate of 0.004, per step."""

    losses: np.ndarray = field(default_factory=falling)
    epochs: list[dict[str, Any]] = field(default_factory=list)
    matrix: np.ndarray | None = None
    """The confusion matrix of every epoch."""

    changes: list[Any] = field(default_factory=list)
    shares: np.ndarray | None = None
    later: dict[int, np.ndarray] = field(default_factory=dict)
    """Matrices of some epochs that have another one."""

    @property
    def steps(self) -> np.ndarray:
        return np.arange(1, len(self.losses) + 1)

    @property
    def rates(self) -> np.ndarray:
        return np.zeros(0) if self.shares is None else 0.004 * self.shares

    @property
    def norms(self) -> np.ndarray:
        return np.ones(len(self.losses))

    @property
    def confusions(self) -> dict[int, np.ndarray]:
        if self.matrix is None:
            return self.later
        return {epoch["epoch"]: self.matrix for epoch in self.epochs} | self.later


def epochs(
    training: list[float],
    validation: list[float | None],
    each: int = 10,
    **metrics: list[float] | float,
) -> list[dict[str, Any]]:
    """Returns the lines of epochs of `each` steps. metrics: a value for every epoch, or for all."""
    lines: list[dict[str, Any]] = []
    best = 0
    for index, (learned, judged) in enumerate(zip(training, validation, strict=True)):
        if judged is not None and (best == 0 or judged < (validation[best - 1] or np.inf)):
            best = index + 1
        lines.append(
            {
                "epoch": index + 1,
                "step": each * (index + 1),
                "training_loss": learned,
                "validation_loss": judged,
                "metrics": {
                    name: values[index] if isinstance(values, list) else values
                    for name, values in metrics.items()
                },
                "best": best == index + 1,
                "best_epoch": best,
                "since_best": index + 1 - best,
                "seconds": 0.1,
            }
        )

    return lines
