"""Recurrent layers over tokens, and what the blocks of the family share."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor
from torch.nn import functional

from models.layers.block import Block, check_masks, token_shape
from models.layers.layer import Layer
from models.spec import setting

if TYPE_CHECKING:
    from models.receptive_field import ReceptiveField
    from models.shape import Shape

OUTPUTS = {"tokens": "Every token", "last": "The end"}
"""The names on screen, by the values of the setting `output`."""


class Recurrent(Block):
    """Base class of recurrent blocks: tokens (N, D) -> (N, width), or (width,) at the end.

    In both directions it is twice as wide. A second input (N,) says which tokens count: 1 yes, 0
    no. Padding stands only at the end and is never read.
    """

    arity: ClassVar[tuple[int, int]] = (1, 2)

    gates: ClassVar[int]
    """How many products of the input, and of what is remembered, a step takes."""

    width: int = setting(
        128, label="Width", unit="numbers", ge=1, le=4096, step=8, help="How much it remembers."
    )
    layers: int = setting(
        1,
        label="Layers",
        ge=1,
        le=16,
        advanced=True,
        help="How many are stacked on each other.",
    )
    bidirectional: bool = setting(
        False,
        label="Both directions",
        help="It reads from the end to the beginning too; twice as many numbers come out.",
    )
    output: Literal["tokens", "last"] = setting(
        "tokens",
        label="Passes on",
        choices=OUTPUTS,
        help="What it remembers at every token, or only what it remembers at the end.",
    )

    def title(self) -> str:
        both = ", both directions" if self.bidirectional else ""
        end = ", the end" if self.output == "last" else ""
        return f"{self.label} · {self.width}{both}{end}"

    def shape(self, *inputs: Shape) -> Shape:
        count, _ = token_shape(inputs[0], self.label)
        check_masks(count, inputs[1:], self.label)
        width = self.width * self._directions
        return (width,) if self.output == "last" else (count, width)

    def module(self, *inputs: Shape) -> nn.Module:
        return RecurrentModule(
            self.kind,
            inputs[0][1],
            self.width,
            self.layers,
            self.bidirectional,
            self.output == "last",
        )

    def multiply_adds(self, *inputs: Shape) -> int:
        count, width = inputs[0]
        first = width + self.width
        others = (self.layers - 1) * (self._directions + 1) * self.width
        return self._directions * count * self.gates * self.width * (first + others)

    def receptive_field(self, *inputs: Shape) -> ReceptiveField | None:
        del inputs
        return None

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1


class RecurrentLayers(Layer):
    """Recurrent layers over tokens: (B, N, D) -> (B, N, width), or (B, width).

    kind: "gru" or "lstm". bidirectional: each layer also reads backwards, and the output is twice
    as wide. last: what is remembered after the last token. An optional mask (B, N) is 1 for tokens
    and 0 for the padding behind them, which is never read.
    """

    def __init__(
        self, kind: str, inputs: int, width: int, layers: int, bidirectional: bool, last: bool
    ) -> None:
        super().__init__()
        recurrence = nn.GRU if kind == "gru" else nn.LSTM
        directions = 2 if bidirectional else 1
        widths = [inputs] + [directions * width] * (layers - 1)

        self.last = last
        self.ahead = nn.ModuleList(recurrence(size, width, batch_first=True) for size in widths)
        self.back = nn.ModuleList()
        if bidirectional:
            self.back.extend(recurrence(size, width, batch_first=True) for size in widths)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        batch, count, _ = x.shape
        lengths = torch.full((batch,), count, device=x.device)
        if mask is not None:
            lengths = mask.long().sum(1)

        for index, layer in enumerate(self.ahead):
            states = [self.read(layer, x)]
            if len(self.back):
                backwards = self.read(self.back[index], reversed_tokens(x, lengths))
                states.append(reversed_tokens(backwards, lengths))

            x = torch.cat(states, 2) if len(states) > 1 else states[0]

        if not self.last:
            return x if mask is None else x * mask.to(x.dtype)[:, :, None]

        # The backward direction ends at the first token.
        end = (lengths - 1).clamp(min=0)[:, None, None]
        ends = [states[0].gather(1, end.expand(-1, 1, states[0].shape[2]))[:, 0]]
        ends += [state[:, 0] for state in states[1:]]
        return torch.cat(ends, 1)

    def read(self, layer: nn.Module, x: torch.Tensor) -> torch.Tensor:
        """Returns what a layer remembers at each token."""
        states: torch.Tensor = layer(x)[0]
        return states


_MOST_FAKE_STEPS = 128
"""More steps would take seconds; fewer, and the peak is predicted 5 % too high."""


class Float32Recurrent(RecurrentLayers):
    """The same in float32 on the CPU, whatever the precision.

    Some processors have no LSTM in two-byte types, and torch refuses it there.
    """

    float32_on_cpu: bool = True

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        if self.float32_on_cpu and x.device.type == "cpu" and torch.is_autocast_enabled("cpu"):
            with torch.autocast("cpu", enabled=False):
                return super().forward(x.float(), mask)

        return super().forward(x, mask)


class RecurrentModule(Float32Recurrent):
    """The same, whose memory can be simulated."""

    written_as: ClassVar[type[nn.Module]] = RecurrentLayers
    written_mixed: ClassVar[type[nn.Module]] = Float32Recurrent

    def read(self, layer: nn.Module, x: torch.Tensor) -> torch.Tensor:
        """Reads fake tokens as many short sequences, which keep as much memory as a long one.

        Torch makes some fifteen operations of each step of a GRU: the memory of 4,096 of them took
        half a minute to simulate.
        """
        batch, count, width = x.shape
        if not isinstance(x, FakeTensor) or count <= _MOST_FAKE_STEPS:
            return super().read(layer, x)

        steps = min(range(_MOST_FAKE_STEPS // 2, _MOST_FAKE_STEPS), key=lambda n: -count % n)
        padded = functional.pad(x, (0, 0, 0, -count % steps)) if count % steps else x
        states = super().read(layer, padded.reshape(-1, steps, width))
        return states.reshape(batch, padded.shape[1], -1)[:, :count]


def reversed_tokens(x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Reverses tokens (B, N, D); padding behind them stays in place."""
    place = torch.arange(x.shape[1], device=x.device)[None, :]
    index = torch.where(place < lengths[:, None], lengths[:, None] - 1 - place, place)
    return x.gather(1, index[:, :, None].expand(-1, -1, x.shape[2]))
