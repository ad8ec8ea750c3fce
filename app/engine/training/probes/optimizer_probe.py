"""Gradients, moments and steps of every layer, measured now and then while an optimizer works.

A measurement takes a fixed sample of each layer's numbers, so that its cost does not grow with the
network, and one transfer from the device. However long it takes, at least WAIT times as long passes
before the next one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from math import gcd
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from app.engine.runs.events import OptimizerMeasured
from app.engine.runs.optimizer_figures import BINS, LOWEST, PER_DECADE, QUANTITIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from torch import nn

    from app.engine.learning.optimizer import Optimizer

LARGEST_SAMPLE = 4096
"""Numbers of a layer that are measured, at most."""

SAMPLE_OF_ALL = 65_536
"""Numbers of all layers together that are measured, about."""

SMALLEST_SAMPLE = 512
"""Numbers of a layer that are measured, at least, where it has as many."""

EVERY = 0.2
"""Seconds between two measurements, at least."""

WAIT = 40.0
"""How many times as long as a measurement took passes before the next, at least."""


class OptimizerProbe:
    """Measures what an optimizer holds in the middle of its run.

    `before` and `after` stand around the optimizer's step, in every step while somebody watches.
    Layers are the weights with two dimensions and more, in the network's order; biases, norms and
    single scales are left out. Nothing is allocated before the first measurement.
    """

    def __init__(
        self, network: nn.Module, optimizer: torch.optim.Optimizer, choice: Optimizer
    ) -> None:
        self._network = network
        self._optimizer = optimizer
        self._choice = choice
        self._layers: list[_Layer] = []
        self._bundles: dict[tuple[int, ...], _Bundle] = {}
        self._weights: torch.Tensor | None = None
        self._next_time = 0.0
        self._seconds_before = 0.0

    def before(self) -> None:
        """Decides whether this step is measured, and copies the sampled weights if it is."""
        self._weights = None
        begun = time.perf_counter()
        if begun < self._next_time:
            return

        if not self._layers:
            self._layers = _layers(self._network, self._optimizer)
        if self._layers:
            self._weights = torch.cat([layer.sample(layer.weight) for layer in self._layers])

        self._seconds_before = time.perf_counter() - begun

    def after(self, step: int, rate: float) -> OptimizerMeasured | None:
        """Returns the measurement of a step that was just taken, its gradients still there.

        step: the steps done. rate: the learning rate. None where this step is not measured, or was
        left out because a gradient was no number. Waits for the device.
        """
        weights = self._weights
        self._weights = None
        if weights is None:
            return None

        begun = time.perf_counter()
        measurement = _Measurement(self._choice, self._layers, self._bundles, weights)
        event = measurement.event(step, rate)
        ended = time.perf_counter()
        seconds = self._seconds_before + ended - begun
        self._next_time = max(begun + EVERY, ended + WAIT * seconds)

        return replace(event, seconds=seconds) if event is not None else None


# --- layers


@dataclass
class _Layer:
    """A weight and its sample: `count` of its numbers, `stride` apart in memory."""

    name: str
    weight: torch.Tensor
    group: Mapping[str, Any]
    state: Mapping[Any, Mapping[str, Any]]
    stride: int
    count: int
    shown: int | None = None
    """Which number of the sample is shown in figures; one of usual size, chosen at the start."""

    def sample(self, values: torch.Tensor) -> torch.Tensor:
        """Returns (count,) numbers of a tensor of the weight's shape.

        They are a view where the tensor lies in memory as the weight does.
        """
        values = values.detach()
        if values.stride() != self.weight.stride():
            values = torch.empty_like(self.weight).copy_(values)

        return values.as_strided((self.count,), (self.stride,), values.storage_offset())

    def state_tensors(self) -> dict[str, torch.Tensor]:
        """Returns its state by name: tensors of the weight's shape, and counters of one number."""
        return {
            name: value
            for name, value in self.state.get(self.weight, {}).items()
            if isinstance(value, torch.Tensor)
            and (value.shape == self.weight.shape or value.numel() == 1)
        }


def _layers(network: nn.Module, optimizer: torch.optim.Optimizer) -> list[_Layer]:
    """Returns the layers that the optimizer changes, with their samples."""
    groups = {weight: group for group in optimizer.param_groups for weight in group["params"]}
    weights = [
        (path, weight)
        for path, weight in network.named_parameters()
        if weight.ndim >= 2 and weight in groups and weight.numel()
    ]

    names = plain_names([path for path, _ in weights])
    size = min(LARGEST_SAMPLE, max(SMALLEST_SAMPLE, SAMPLE_OF_ALL // max(1, len(weights))))

    layers = []
    for name, (_, weight) in zip(names, weights, strict=True):
        stride = -(-weight.numel() // size)
        # A common divisor would always meet the same place of a filter.
        while stride > 1 and gcd(stride, weight.numel()) > 1:
            stride += 1

        count = -(-weight.numel() // stride)
        layers.append(_Layer(name, weight, groups[weight], optimizer.state, stride, count))

    return layers


def plain_names(paths: Sequence[str]) -> tuple[str, ...]:
    """Returns names of weights for a person, each different, with the block's name first.

    "blocks.block1.attention.output.weight" becomes "block1 attention output".
    """
    names: list[str] = []
    for path in paths:
        parts: list[str] = []
        for part in path.split("."):
            if part not in ("blocks", "weight", "filters", *parts[-1:]) and not part.isdigit():
                parts.append(part)

        name = _words(parts) or path
        if name in names:  # the layers of a block have numbers alone
            numbered = [part for part in path.split(".") if part not in ("blocks", "weight")]
            name = _words(numbered)

        names.append(name if name not in names else path)

    return tuple(names)


def _words(parts: Sequence[str]) -> str:
    return " ".join(parts).replace("query_key_value", "in").replace("_", " ")


# --- one measurement


@dataclass
class _Bundle:
    """Layers of one group with the same sort of state: one formula serves all their n numbers.

    rows: (l,) their places among all layers. owner: (n,) for each number the place of its layer.
    counts: (l,) numbers of each layer. shown: (l,) where the number that is shown stands among n.
    """

    rows: torch.Tensor
    owner: torch.Tensor
    counts: torch.Tensor
    shown: torch.Tensor


@dataclass
class _Measurement:
    """One measurement, on the device until all of it is fetched together."""

    choice: Optimizer
    layers: list[_Layer]
    bundles: dict[tuple[int, ...], _Bundle]
    weights: torch.Tensor

    def event(self, step: int, rate: float) -> OptimizerMeasured | None:
        """Returns the event, without its seconds; None where a gradient is no number."""
        with torch.no_grad():
            numbers = self._numbers()

        count = len(self.layers)
        kinds = len(QUANTITIES)
        squares, shown, bins = np.split(numbers[:-count], [kinds * count, 2 * kinds * count])
        squares = squares.reshape(kinds, count)
        shown = shown.reshape(kinds, count)
        histograms = bins.reshape(kinds, count, BINS).astype(np.int64)

        if not np.isfinite(squares[0]).all():
            return None  # in float16 such a step is left out; otherwise the run is about to end

        sampled = histograms.sum(axis=2)
        sizes = np.sqrt(
            np.divide(squares, sampled, out=np.full(squares.shape, np.nan), where=sampled > 0)
        )
        present = [(row, name) for row, name in enumerate(QUANTITIES) if sampled[row].any()]
        decay = np.array([float(layer.group.get("weight_decay", 0.0)) for layer in self.layers])

        return OptimizerMeasured(
            step=step,
            layers=tuple(layer.name for layer in self.layers),
            numbers=tuple(layer.weight.numel() for layer in self.layers),
            sizes={name: sizes[row] for row, name in present},
            histograms={name: histograms[row] for row, name in present},
            norms=numbers[-count:].astype(float),
            rate=rate,
            followed={name: shown[row].astype(float) for row, name in present} | {"decay": decay},
        )

    def _numbers(self) -> np.ndarray:
        """Returns all that is measured, one after another; waits for the device, once."""
        count = len(self.layers)
        kinds = len(QUANTITIES)
        device = self.weights.device
        squares = torch.zeros(kinds, count, device=device)
        shown = torch.full((kinds, count), float("nan"), device=device)
        bins = torch.zeros(kinds, count * BINS, device=device)
        weights = torch.split(self.weights, [layer.count for layer in self.layers])
        self._choose_shown()

        for bundle, quantities in self._bundled(weights):
            for name, values in quantities.items():
                row = QUANTITIES.index(name)
                values = values.float()
                squares[row].index_add_(0, bundle.owner, values.square())
                shown[row, bundle.rows] = values[bundle.shown]

                bin_ = ((values.abs().log10_() - LOWEST) * PER_DECADE).floor_()
                bin_ = bin_.nan_to_num_(nan=0.0).clamp_(0, BINS - 1).long() + bundle.owner * BINS
                bins[row].index_add_(0, bin_, torch.ones_like(values))

        norms = torch.stack(
            torch._foreach_norm(  # noqa: SLF001 - one kernel for all layers has no public name
                [layer.weight.detach() for layer in self.layers]
            )
        ).float()
        everything = torch.cat([squares.flatten(), shown.flatten(), bins.flatten(), norms])
        result: np.ndarray = everything.cpu().numpy()
        return result

    def _choose_shown(self) -> None:
        """Chooses in each layer the number whose gradient comes nearest to their usual size."""
        if self.layers[0].shown is not None:
            return

        positions = []
        for layer in self.layers:
            gradient = layer.weight.grad
            if gradient is None:
                positions.append(torch.tensor(layer.count // 2, device=self.weights.device))
                continue

            sizes = layer.sample(gradient).float().abs()
            positions.append((sizes - sizes.square().mean().sqrt()).abs_().argmin())

        for layer, position in zip(self.layers, torch.stack(positions).tolist(), strict=True):
            layer.shown = int(position)

    def _bundled(
        self, weights: Sequence[torch.Tensor]
    ) -> Iterator[tuple[_Bundle, dict[str, torch.Tensor]]]:
        """Yields a bundle of layers with its quantities: name -> (n,) numbers.

        weights: (count,) of each layer, as they were before the step.
        """
        bundles: dict[tuple[Any, ...], list[int]] = {}
        states = [layer.state_tensors() for layer in self.layers]
        gradients: dict[int, torch.Tensor] = {}
        for row, layer in enumerate(self.layers):
            if layer.weight.grad is not None:
                gradients[row] = layer.weight.grad
                sort = tuple((name, value.numel() == 1) for name, value in states[row].items())
                bundles.setdefault((id(layer.group), sort), []).append(row)

        for (_, sort), rows in bundles.items():
            bundle = self._bundle(rows)
            group = self.layers[rows[0]].group
            weight = torch.cat([weights[row] for row in rows])
            gradient = self._samples(rows, [gradients[row] for row in rows])

            state = {}
            for name, is_single in sort:
                if is_single and self.layers[rows[0]].weight.numel() > 1:
                    counters = torch.stack([states[row][name].reshape(()) for row in rows])
                    state[name] = counters.to(weight.device).repeat_interleave(bundle.counts)
                else:
                    state[name] = self._samples(rows, [states[row][name] for row in rows])

            quantities = dict(self.choice.moments_and_step(state, gradient, weight, group))
            if "step" not in quantities:
                after = self._samples(rows, [self.layers[row].weight for row in rows])
                quantities["step"] = weight - after - self.choice.decay_share(group) * weight

            yield bundle, {"gradient": gradient, **quantities, "weight": weight}

    def _samples(self, rows: list[int], tensors: Sequence[torch.Tensor]) -> torch.Tensor:
        """Returns (n,) the samples of these layers' tensors, one after another."""
        return torch.cat(
            [self.layers[row].sample(tensor) for row, tensor in zip(rows, tensors, strict=True)]
        )

    def _bundle(self, rows: list[int]) -> _Bundle:
        """Returns the bundle of these layers, made once for all measurements."""
        key = tuple(rows)
        if key not in self.bundles:
            layers = [self.layers[row] for row in rows]
            device = self.weights.device
            counts = torch.tensor([layer.count for layer in layers])
            begins = np.cumsum([0, *(layer.count for layer in layers[:-1])]).tolist()
            shown = [
                begin + (layer.shown or 0) for begin, layer in zip(begins, layers, strict=True)
            ]
            self.bundles[key] = _Bundle(
                torch.tensor(rows, device=device),
                torch.tensor(rows).repeat_interleave(counts).to(device),
                counts.to(device),
                torch.tensor(shown).to(device),
            )

        return self.bundles[key]
