"""Blocks of every kind with several settings, and inputs that they take, for tests."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from pydantic import ValidationError

from models.layers.block import BLOCKS, Block, BlockError
from models.spec import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.shape import Shape
    from models.spec import Setting

SHAPES: tuple[Shape, ...] = (
    (3, 12, 10),
    (8, 9, 9),
    (6, 16),
    (12, 96),
    (16,),
    (49, 32),
    (1, 7),
    (8, 1, 1),
    (8,),
)
"""Examples of pictures, tokens, signals and values."""

TEXTS = {"token-embedding", "padding-mask"}
"""Kinds that read token numbers."""

VALUES: dict[str, tuple[object, ...]] = {
    "categories": ([3, 4],),
    "target_shape": ([2, -1], [-1, 3], [2, 2, 2, -1]),
}
"""Values of settings that are lists."""

UNPATCHED: dict[str, tuple[dict[str, int], ...]] = {
    "unpatchify": ({}, {"height": 27, "width": 26}, {"patch_size": 2, "height": 5, "width": 8}),
    "unpatchify-1d": ({}, {"length": 90}, {"patch_size": 3, "length": 34}),
}
"""Settings of the kinds whose settings must fit each other and the input."""

TOGETHER: dict[str, tuple[dict[str, Any], ...]] = {
    "residual": (
        {"downsample": True, "halving": "before-norm"},
        {"downsample": True, "halving": "first", "first_weights": "identity"},
    ),
}
"""Settings that do something only beside others, by the kind of the block."""

BATCHES = {"concatenate-in-batch": 2}
"""The factor by which a block makes the batch larger."""

MOST_INPUTS = 3
"""How many inputs a block is tried with at most."""


@dataclass(frozen=True)
class Case:
    """A block and the shapes of inputs that it takes."""

    block: Block
    shapes: tuple[Shape, ...]

    def __str__(self) -> str:
        return f"{self.block!r} of {self.shapes}"

    @property
    def masks(self) -> int:
        """How many of the last inputs are masks: one mark for each token of the input before."""
        if self.block.kind in {"multiply", "padding-mask", "contrastive-output"}:
            return 0

        last = len(self.shapes) - 1
        is_mask = last > 0 and self.shapes[last] == self.shapes[last - 1][:1]
        return int(is_mask and len(self.shapes[last - 1]) == 2)

    def inputs(self, batch: int, device: str = "cpu") -> list[torch.Tensor]:
        """Returns random inputs (B, *shape) that ask for gradients where they can."""
        if self.block.kind in TEXTS:
            most = getattr(self.block, "vocabulary", 200)
            return [torch.randint(0, most, (batch, *shape), device=device) for shape in self.shapes]

        if self.block.kind == "contrastive-output" and len(self.shapes) == 1:
            batch *= 2

        inputs = [torch.randn(batch, *shape, device=device) for shape in self.shapes]
        if self.masks:
            # Padding stands only at the end, and one token counts at least.
            count = self.shapes[-1][0]
            last = torch.arange(len(inputs[-1]), device=device)[:, None]
            inputs[-1] = (torch.arange(count, device=device) <= last).float()

        for tensor in inputs[: len(inputs) - self.masks]:
            tensor.requires_grad_()

        return inputs

    def output_batch(self, batch: int) -> int:
        """How many examples the output has in training."""
        if self.block.kind == "ensemble-layers":
            return batch * int(getattr(self.block, "members"))  # noqa: B009 - of this kind alone

        return batch * BATCHES.get(self.block.kind, 1)


def cases(kind: type[Block], most: int = 2) -> list[Case]:
    """Returns the block with its defaults and with each setting changed, and inputs for each.

    most: how many examples each number of inputs has at most.
    """
    least, largest = kind.arity
    found = []
    for block in variations(kind):
        for count in range(least, min(largest, MOST_INPUTS) + 1):
            tuples = itertools.islice(suitable(block, count), most)
            found += [Case(block, shapes) for shapes in tuples]

    return found


def variations(kind: type[Block]) -> list[Block]:
    """Returns the block with its defaults, and with each setting changed to a few values."""
    if kind.kind in UNPATCHED:
        return [kind(**values) for values in UNPATCHED[kind.kind]]

    blocks = [kind()]
    for setting in settings(kind):
        for value in _values(setting):
            try:
                block = kind(**{setting.name: value})
            except ValidationError:
                continue

            if block not in blocks:
                blocks.append(block)

    return blocks + [kind(**values) for values in TOGETHER.get(kind.kind, ())]


def suitable(block: Block, count: int) -> Iterator[tuple[Shape, ...]]:
    """Yields tuples of so many inputs that the block takes.

    Asserts that what it does not take is refused in whole sentences.
    """
    for first in SHAPES:
        others = dict.fromkeys((first, first[:1], *SHAPES[2:6], (12,), (49,)))
        for rest in itertools.product(others, repeat=count - 1):
            try:
                block.shape(first, *rest)
            except BlockError as error:
                assert error.what.endswith(".") and error.remedy.endswith("."), error
            else:
                yield first, *rest
                break


def _values(setting: Setting) -> list[Any]:
    if setting.name in VALUES:
        return list(VALUES[setting.name])
    if setting.choices:
        return [value for value, _ in setting.choices]
    if setting.type == "switch":
        return [False, True]
    if setting.type == "integer":
        default = setting.default or 2
        return [setting.minimum, 2, 3, default - 1, default + 1]
    if setting.type == "number":
        return [0.3, 2.5]

    raise AssertionError(f"no values to try of {setting}")


ALL = BLOCKS.all()
