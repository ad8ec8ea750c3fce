"""What an optimizer holds while it trains: gradients, moments and steps of every layer, looked at
now and then.

A look takes a fixed sample of each layer's numbers, so that its cost does not grow with the
network, and one transfer from the device. Whatever looking takes, at least WAIT times as long
passes before the next look.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from math import gcd
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.runs.events import InsideMeasured

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import torch
    from torch import nn

    from app.engine.learning.optimizer import Optimizer

QUANTITIES = ("gradient", "first_moment", "second_moment_root", "step", "weight")
"""gradient: as the optimizer was given it, after clipping.

first_moment, second_moment_root: as the step uses them, so Adam's are corrected for their start at
zero. step: what was taken from the weight, its decay apart. weight: before.
"""

LOWEST = -10
HIGHEST = 2
PER_DECADE = 4
BINS = (HIGHEST - LOWEST) * PER_DECADE
EDGES = np.linspace(LOWEST, HIGHEST, BINS + 1)
"""(BINS + 1,) log10 of a number's size.

The first bin also holds what is smaller and zeros, the last what is larger.
"""

SAMPLE = 4096
TOGETHER = 65_536
LEAST = 512
"""Numbers of a layer that are looked at, at most; of all layers, about; and at least, where a layer
has as many.
"""

EVERY = 0.2
WAIT = 40.0
"""Seconds between two looks, at least; and how many times as long as a look took."""


class OptimizerProbe:
    """Looks at an optimizer in its run.

    `before` and `after` stand around its step, in every step while somebody looks.

    Layers are the weights with two dimensions and more, in the network's order; biases, norms and
    single scales are left out. Nothing is made before the first look.
    """

    def __init__(
        self, network: nn.Module, optimizer: torch.optim.Optimizer, choice: Optimizer
    ) -> None:
        self._network = network
        self._optimizer = optimizer
        self._choice = choice
        self._layers: list[_Layer] = []
        self._bundles: dict[tuple[Any, ...], _Bundle] = {}
        self._weights: torch.Tensor | None = None
        self._next = self._taken = 0.0

    def before(self) -> None:
        """Before the optimizer's step: decides whether this one is looked at, and if so copies the
        sampled weights.
        """
        self._weights = None
        begun = time.perf_counter()
        if begun < self._next:
            return

        if not self._layers:
            self._layers = _layers(self._network, self._optimizer)

        if self._layers:
            import torch

            self._weights = torch.cat([layer.sampled(layer.weight) for layer in self._layers])

        self._taken = time.perf_counter() - begun

    def after(self, step: int, rate: float) -> InsideMeasured | None:
        """After the optimizer's step, with the gradients still there.

        step: the steps done; rate: the learning rate.

        None where this step is not looked at, or was left out because a gradient was no number.
        Waits for the device.
        """
        weights = self._weights
        self._weights = None
        if weights is None:
            return None

        begun = time.perf_counter()
        looked = _Look(self._choice, self._layers, self._bundles, weights)
        told = looked.told(step, rate)
        ended = time.perf_counter()
        seconds = self._taken + ended - begun
        self._next = max(begun + EVERY, ended + WAIT * seconds)

        return told(seconds) if told is not None else None


@dataclass
class _Layer:
    """A weight and which of its numbers are looked at: `count` of them, `stride` apart in memory."""

    name: str
    weight: torch.Tensor
    group: Mapping[str, Any]
    state: Mapping[Any, Mapping[str, Any]]
    stride: int
    count: int
    followed: int | None = None
    """Which of those is shown in figures: one of usual size, chosen at the first look."""

    def sampled(self, values: torch.Tensor) -> torch.Tensor:
        """(count,) of a tensor of the weight's shape.

        A view where it lies in memory as the weight does.
        """
        import torch

        values = values.detach()
        if values.stride() != self.weight.stride():
            values = torch.empty_like(self.weight).copy_(values)

        return values.as_strided((self.count,), (self.stride,), values.storage_offset())

    def kept(self) -> dict[str, torch.Tensor]:
        """Its state: tensors of the weight's shape, and counters of one number."""
        found = self.state.get(self.weight, {})
        return {
            name: one for name, one in found.items() if hasattr(one, "numel") and self._usable(one)
        }

    def _usable(self, one: torch.Tensor) -> bool:
        return one.shape == self.weight.shape or one.numel() == 1


def _layers(network: nn.Module, optimizer: torch.optim.Optimizer) -> list[_Layer]:
    groups = {weight: group for group in optimizer.param_groups for weight in group["params"]}
    found = [
        (name, one)
        for name, one in network.named_parameters()
        if one.ndim >= 2 and one in groups and one.numel()
    ]

    names = plain_names([name for name, _ in found])
    each = min(SAMPLE, max(LEAST, TOGETHER // max(1, len(found))))

    made = []
    for name, (_, weight) in zip(names, found, strict=True):
        stride = -(-weight.numel() // each)
        while (
            stride > 1 and gcd(stride, weight.numel()) > 1
        ):  # else it would always meet the same place of a filter
            stride += 1

        count = -(-weight.numel() // stride)
        made.append(_Layer(name, weight, groups[weight], optimizer.state, stride, count))

    return made


def plain_names(paths: Sequence[str]) -> tuple[str, ...]:
    """Names of weights for a person, each different: "blocks.block1.attention.output.weight" is
    "block1 attention output", the block's name first.
    """
    names: list[str] = []
    for path in paths:
        parts: list[str] = []
        for part in path.split("."):
            if part not in ("blocks", "weight", "filters", *parts[-1:]) and not part.isdigit():
                parts.append(part)

        name = " ".join(parts).replace("query_key_value", "in").replace("_", " ") or path
        names.append(name if name not in names else path)

    return tuple(names)


@dataclass
class _Bundle:
    """Layers of one group with the same sort of state: one formula goes over all their numbers at
    once.

    rows: (l,) their places among all layers. owner: (n,) of each number the place of its layer.
    followed: (l,) where the number that is shown stands among the n.
    """

    rows: torch.Tensor
    owner: torch.Tensor
    counts: torch.Tensor
    followed: torch.Tensor


@dataclass
class _Look:
    """One look, on the device: sums, counts and the numbers shown, until they are fetched together."""

    choice: Optimizer
    layers: list[_Layer]
    bundles: dict[tuple[Any, ...], _Bundle]
    weights: torch.Tensor
    found: dict[str, list[torch.Tensor]] = field(default_factory=dict)

    def told(self, step: int, rate: float) -> Any:
        """The event, but for the seconds that it took; None where a gradient is no number."""
        import torch

        with torch.no_grad():
            numbers = self._numbers()

        count = len(self.layers)
        kinds = len(QUANTITIES)
        of_kind = kinds * count
        squares, one, bins = np.split(numbers[:-count], [of_kind, 2 * of_kind])
        histograms = bins.reshape(kinds, count, BINS).astype(np.int64)
        squares = squares.reshape(kinds, count)
        one = one.reshape(kinds, count)

        if not np.isfinite(squares[0]).all():
            return None  # in float16 such a step is left out; otherwise the run is about to end

        seen = histograms.sum(axis=2)
        sizes = np.sqrt(
            np.divide(squares, seen, out=np.full(squares.shape, np.nan), where=seen > 0)
        )
        there = [number for number in range(kinds) if seen[number].any()]
        decay = np.array([float(layer.group.get("weight_decay", 0.0)) for layer in self.layers])

        return lambda seconds: InsideMeasured(
            step,
            tuple(layer.name for layer in self.layers),
            tuple(layer.weight.numel() for layer in self.layers),
            {QUANTITIES[number]: sizes[number] for number in there},
            {QUANTITIES[number]: histograms[number] for number in there},
            numbers[-count:].astype(float),
            seconds,
            rate,
            {QUANTITIES[number]: one[number].astype(float) for number in there} | {"decay": decay},
        )

    def _numbers(self) -> np.ndarray:
        """All that is told, one after another; fetching it waits for the device, once."""
        import torch

        count = len(self.layers)
        kinds = len(QUANTITIES)
        device = self.weights.device
        squares = torch.zeros(kinds, count, device=device)
        one = torch.full((kinds, count), float("nan"), device=device)
        bins = torch.zeros(kinds, count * BINS, device=device)
        weights = self.weights.split([layer.count for layer in self.layers])
        self._choose_followed()

        for bundle, values in self._bundled(weights):
            for name, found in values.items():
                number = QUANTITIES.index(name)
                found = found.float()
                squares[number].index_add_(0, bundle.owner, found.square())
                one[number, bundle.rows] = found[bundle.followed]
                place = ((found.abs().log10_() - LOWEST) * PER_DECADE).floor_().nan_to_num_(nan=0.0)
                place = place.clamp_(0, BINS - 1).long() + bundle.owner * BINS
                bins[number].index_add_(0, place, torch.ones_like(found))

        norms = torch.stack(
            torch._foreach_norm([layer.weight.detach() for layer in self.layers])
        ).float()
        result: np.ndarray = (
            torch.cat([squares.flatten(), one.flatten(), bins.flatten(), norms]).cpu().numpy()
        )
        return result

    def _choose_followed(self) -> None:
        """Of each layer the number whose gradient comes nearest to their usual size."""
        import torch

        if self.layers[0].followed is not None:
            return

        places = []
        for layer in self.layers:
            gradient = layer.weight.grad
            if gradient is None:
                places.append(torch.tensor(layer.count // 2, device=self.weights.device))
                continue

            sizes = layer.sampled(gradient).float().abs()
            places.append((sizes - sizes.square().mean().sqrt()).abs_().argmin())

        for layer, place in zip(self.layers, torch.stack(places).tolist(), strict=True):
            layer.followed = int(place)

    def _bundled(self, weights: Sequence[torch.Tensor]) -> Any:
        """(bundle, quantity -> (n,) numbers) of layers that can be looked at together."""
        import torch

        together: dict[tuple[Any, ...], list[int]] = {}
        kept = [layer.kept() for layer in self.layers]
        for row, layer in enumerate(self.layers):
            if layer.weight.grad is not None:
                sort = tuple((name, value.numel() == 1) for name, value in kept[row].items())
                together.setdefault((id(layer.group), sort), []).append(row)

        for (_, sort), rows in together.items():
            bundle = self._bundle(rows)
            group = self.layers[rows[0]].group
            weight = torch.cat([weights[row] for row in rows])
            gradient = self._together(rows, [self.layers[row].weight.grad for row in rows])

            state = {}
            for name, single in sort:
                if single and self.layers[rows[0]].weight.numel() > 1:
                    counters = torch.stack([kept[row][name].reshape(()) for row in rows])
                    state[name] = counters.to(weight.device).repeat_interleave(bundle.counts)
                else:
                    state[name] = self._together(rows, [kept[row][name] for row in rows])

            values = dict(self.choice.moments_and_step(state, gradient, weight, group))
            if "step" not in values:
                now = self._together(rows, [self.layers[row].weight for row in rows])
                values["step"] = weight - now - self.choice.decay_share(group) * weight

            yield bundle, {"gradient": gradient, **values, "weight": weight}

    def _together(self, rows: list[int], values: Sequence[Any]) -> torch.Tensor:
        import torch

        return torch.cat(
            [self.layers[row].sampled(one) for row, one in zip(rows, values, strict=True)]
        )

    def _bundle(self, rows: list[int]) -> _Bundle:
        import torch

        if tuple(rows) not in self.bundles:
            layers = [self.layers[row] for row in rows]
            device = self.weights.device
            begins = np.cumsum([0, *(layer.count for layer in layers)])
            counts = torch.tensor([layer.count for layer in layers])
            self.bundles[tuple(rows)] = _Bundle(
                torch.tensor(rows, device=device),
                torch.tensor(rows).repeat_interleave(counts).to(device),
                counts.to(device),
                torch.tensor(
                    [b + (layer.followed or 0) for b, layer in zip(begins, layers, strict=False)]
                ).to(device),
            )

        return self.bundles[tuple(rows)]
