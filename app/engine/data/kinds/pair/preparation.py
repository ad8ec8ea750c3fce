"""Preparation of pairs: each half by a preparation of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from app.engine.data.kinds import read_preparation
from app.engine.data.preparation import Preparation, RawInput

if TYPE_CHECKING:
    import torch

    from app.engine.data.preparation import Batch
    from models.shape import Input


@dataclass(frozen=True)
class PairPreparation(Preparation):
    """Stores pairs as two arrays, which the network reads as two tensors.

    names: what the halves are called, for a person ("picture", "text").
    """

    kind: ClassVar[str] = "pair"

    left: Preparation
    right: Preparation
    names: tuple[str, str] = ("first", "second")

    @property
    def halves(self) -> tuple[Preparation, Preparation]:
        return self.left, self.right

    @property
    def inputs(self) -> tuple[Input, ...]:
        return (*self.left.inputs, *self.right.inputs)

    def array(self, raw: tuple[Any, Any]) -> tuple[np.ndarray, ...]:
        return tuple(
            np.asarray(half.array(example)) for half, example in zip(self.halves, raw, strict=True)
        )

    def left_out_note(self, raw: tuple[Any, ...]) -> str:
        notes = [
            half.left_out_note(example) for half, example in zip(self.halves, raw, strict=True)
        ]
        return " ".join(note for note in notes if note)

    def tensor(self, batch: Batch) -> Batch:
        left, right = batch
        return self.left.tensor(left), self.right.tensor(right)  # type: ignore[return-value]

    @property
    def raw_inputs(self) -> tuple[RawInput, ...]:
        """Those of both halves; halves of one kind are told apart by what they are called."""
        halves = [half.raw_inputs for half in self.halves]
        names = [raw.name for half in halves for raw in half]
        if len(set(names)) == len(names):
            return (*halves[0], *halves[1])

        called = self.names if self.names[0] != self.names[1] else ("first", "second")
        return tuple(
            replace(raw, name=f"{name} {raw.name}")
            for name, half in zip(called, halves, strict=True)
            for raw in half
        )

    def to_raw(self, *stored: np.ndarray) -> tuple[np.ndarray, ...]:
        left, right = stored
        return (*self.left.to_raw(left), *self.right.to_raw(right))

    def of_raw(self, *raw: torch.Tensor) -> Batch:
        count = len(self.left.raw_inputs)
        left, right = self.left.of_raw(*raw[:count]), self.right.of_raw(*raw[count:])
        return left, right  # type: ignore[return-value]

    def to_plain(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "left": self.left.to_plain(),
            "right": self.right.to_plain(),
            "names": list(self.names),
        }

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> PairPreparation:
        first, second = data["names"]
        return cls(
            read_preparation(data["left"]),
            read_preparation(data["right"]),
            (str(first), str(second)),
        )


PREPARATION = PairPreparation
