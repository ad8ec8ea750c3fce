"""The one preprocessing: from what a person has to what the network sees, in training, judging,
trying and exporting.

A preparation stands in the folder of its kind in `kinds`; here is what each must offer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import numpy as np
    import torch

    from models.shape import Input

    Batch = torch.Tensor | tuple[torch.Tensor, ...]
    """Prepared inputs: a tensor, or one for each half of a pair."""


class Preparation(ABC):
    """Settled on the training examples, kept beside the weights."""

    kind: ClassVar[str]
    """The name of its folder in `kinds`."""

    @property
    @abstractmethod
    def inputs(self) -> tuple[Input, ...]:
        """What the network meets: one, or the two halves of a pair."""

    @property
    def data_settings(self) -> dict[str, Any]:
        """The settings of [data] that it stands for, by name, for the record of a run."""
        return {}

    @abstractmethod
    def array(self, raw: Any) -> np.ndarray | tuple[np.ndarray, ...]:
        """One example as it is kept in a Dataset's arrays, or for a pair one array for each half.

        raw: a decoded picture (pictures.decode), the cells of a row by column, a text, a signal (C,
        L), or two of them. Raises UserError where it cannot be used.
        """

    def left_out(self, raw: Any) -> str:
        """A sentence where not all of an example is read, or something is put around it, else "".

        raw: see `array`.
        """
        return ""

    def shown(self, kept: Any) -> Any:
        """What a person is shown of one example as a Dataset keeps it (of a pair: of each half, by
        its own).

        A picture (C, H, W) uint8 and a signal (C, L) as they are; of a row ((column, value), ...),
        values as numbers or words of their own; of a text the text.
        """
        return kept

    @abstractmethod
    def tensor(self, batch: Batch) -> Batch:
        """(B, ...) as kept, on any device -> what the network reads.

        What is given stays as it is.
        """

    @abstractmethod
    def to_plain(self) -> dict[str, Any]:
        """Plain data for JSON; `read_preparation` makes the same of it."""

    @classmethod
    @abstractmethod
    def from_plain(cls, data: dict[str, Any]) -> Preparation:
        """Raises KeyError, TypeError or ValueError for what is not of this form."""
