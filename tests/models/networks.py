"""Small networks and problems for the tests of the models."""

from __future__ import annotations

import torch
from torch import nn

from models.network import Network, build_model, initialise
from models.shape import Problem
from models.template import Template


def problem(*shape: int, outputs: int = 5, examples: int = 1_000) -> Problem:
    return Problem("image", shape, outputs, examples)


def initialised(module: nn.Module) -> nn.Module:
    initialise(module, torch.Generator().manual_seed(0))
    return module


def network_of(template: Template, of: Problem, seed: int = 0) -> Network:
    return build_model(template.resolved(of).graph(of), of, seed)
