"""What every layer of a network without autograd does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

Learned = tuple["torch.Tensor", "torch.Tensor"]
"""A weight, and the tensor that every backward pass writes its gradient into."""


class ManualLayer(ABC):
    """A layer: (B, D) -> (B, D')."""

    learned: tuple[Learned, ...] = ()
    """Its weights with their gradients."""

    @abstractmethod
    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Returns the output of a batch in training, and keeps what `backward` needs."""

    def evaluate(self, values: torch.Tensor) -> torch.Tensor:
        """Returns the output of a batch outside of training; nothing is kept."""
        return self.forward(values)

    @abstractmethod
    def backward(self, gradient: torch.Tensor) -> torch.Tensor:
        """Returns the gradient of the input, and writes those of the weights.

        gradient: that of the output; it may be overwritten.
        """
