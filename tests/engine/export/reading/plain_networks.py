"""Networks as other programs write them: modules of torch with names of their own."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

from tests.engine.export.reading.sequence_networks import SEQUENCES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def le_net() -> nn.Module:
    """Filters without padding, an average, flattened."""
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(1, 6, 5),
            act1=nn.Tanh(),
            pool1=nn.AvgPool2d(2),
            conv2=nn.Conv2d(6, 16, 3, padding=1),
            act2=nn.Sigmoid(),
            pool2=nn.MaxPool2d(2, 2),
            flat=nn.Flatten(),
            fc1=nn.Linear(16 * 36, 32),
            act3=nn.ReLU(),
            fc2=nn.Linear(32, 10),
        )
    )


def perceptron() -> nn.Module:
    """Linear layers with all that may stand between them, and a softmax at the end."""
    return nn.Sequential(
        nn.Linear(12, 32, bias=False),
        nn.BatchNorm1d(32, eps=1e-3),
        nn.GELU(),
        nn.Dropout(0.3),
        nn.Linear(32, 16),
        nn.LayerNorm(16),
        nn.SiLU(),
        nn.Linear(16, 4),
        nn.Softmax(dim=1),
    )


class _Residual(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(y)) + self.downsample(x))


class _ResNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.layer1 = _Residual(8, 8, 1)
        self.layer2 = _Residual(8, 16, 2)
        self.grouped = nn.Conv2d(16, 16, 3, padding=1, groups=16)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(32, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.layer2(self.layer1(torch.relu(self.stem(x))))
        gated = nn.functional.hardswish(self.grouped(x)) * torch.sigmoid(x)
        x = self.pool(torch.cat([x, gated], dim=1))
        answers: torch.Tensor = self.fc(torch.flatten(x, 1))
        return answers


def res_net() -> nn.Module:
    """Residual connections, a strided bypass, groups, a gate, a concatenation."""
    return _ResNet()


Pair = tuple[torch.Tensor, ...]
"""What a network of several inputs reads."""

PLAIN: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "LeNet": (le_net, (1, 28, 28)),
    "perceptron": (perceptron, (12,)),
    "ResNet": (res_net, (3, 16, 16)),
}
"""By name: the network with torch's first weights, and the shape of an example."""


def trained_a_little(name: str) -> tuple[nn.Module, torch.Tensor]:
    """Returns a network whose averages are not the first ones, in use, and two examples."""
    make, shape = (PLAIN | SEQUENCES)[name]
    generator = torch.Generator().manual_seed(3)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = make()
        for _ in range(3):
            network.train()(torch.rand(8, *shape, generator=generator) * 3)

    return network.eval(), torch.rand(2, *shape, generator=generator)


def exported(network: nn.Module, example: torch.Tensor | Pair, path: Path) -> Path:
    """Writes a network as torch.onnx and torch.export write it, for batches of any size.

    example: what it reads, or several values for networks that read as many.
    """
    given = example if isinstance(example, tuple) else (example,)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        batch = torch.export.Dim("batch")
        sizes = tuple({0: batch} for _ in given)
        if path.suffix == ".pt2":
            program = torch.export.export(network, given, dynamic_shapes=sizes)
            torch.export.save(program, path)
        else:
            pytest.importorskip("onnxscript")
            torch.onnx.export(
                network,
                given,
                path,
                dynamo=True,
                dynamic_shapes=sizes,
                external_data=False,
                verbose=False,
            )

    return path
