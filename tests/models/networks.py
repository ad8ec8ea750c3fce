"""Small networks, problems and examples for the tests of the models."""

from __future__ import annotations

import torch
from torch import nn

from models.network import Network, build_model, initialise
from models.shape import Answers, Input, Problem
from models.template import TEMPLATES, Template

INPUTS = {
    "a picture": Input("image", (3, 13, 10)),
    "a tiny picture": Input("image", (1, 4, 4)),
    "a text": Input("text", (12,), vocabulary=257),
    "a text of one token": Input("text", (1,), vocabulary=300),
    "a row": Input("row", (5,)),
    "a row with categories": Input("row", (6,), categories=(3, 4)),
    "a row of one number": Input("row", (1,)),
    "a row of categories": Input("row", (2,), categories=(3, 4)),
    "a signal": Input("signal", (2, 37)),
    "a signal of one value": Input("signal", (1, 1)),
}


def picture_problem(*shape: int, outputs: int = 5, examples: int = 1_000) -> Problem:
    """Returns the problem of pictures (C, H, W) with one list of values as output."""
    return Problem("image", shape, outputs, examples)


def problem_of(
    example: Input, answers: Answers = "values", outputs: int = 5, examples: int = 1_000
) -> Problem:
    """Returns the problem of such examples with this form of output."""
    if answers == "tokens":
        outputs = example.vocabulary

    return Problem.of((example,), outputs, examples, answers)


def cases() -> list[tuple[str, type[Template], Problem]]:
    """Returns a name, a template and a problem for every template and problem that fit.

    The problems are those of single examples, not of pairs.
    """
    fitting = []
    forms: tuple[Answers, ...] = ("values", "tokens", "copy")
    for kind in TEMPLATES.all():
        for name, example in INPUTS.items():
            for answers in forms:
                problem = problem_of(example, answers)
                if not kind.unfit(problem):
                    fitting.append((f"{kind.kind}, {name}, {answers}", kind, problem))

    return fitting


def typical_problem(kind: type[Template]) -> Problem:
    """Returns a problem that the template fits, of an example that is not tiny."""
    if "pair" in kind.gives:
        return Problem.of((INPUTS["a picture"], INPUTS["a text"]), 16, 1_000, "pair")

    pictures = picture_problem(1, 16, 16)
    if not kind.unfit(pictures):
        return pictures

    return next(problem for _, template, problem in cases() if template is kind)


def examples(example: Input, batch: int, seed: int = 0) -> torch.Tensor:
    """Returns a random batch (B, *shape): texts without padding, categories with known values."""
    generator = torch.Generator().manual_seed(seed)
    if example.kind == "text":
        shape = (batch, *example.shape)
        return torch.randint(1, example.vocabulary, shape, generator=generator)

    x = torch.randn(batch, *example.shape, generator=generator)
    first_category = example.shape[0] - len(example.categories)
    for column, values in enumerate(example.categories, start=first_category):
        x[:, column] = torch.randint(0, values, (batch,), generator=generator).float()

    return x


def batch_of(
    problem: Problem, batch: int, seed: int = 0
) -> torch.Tensor | tuple[torch.Tensor, ...]:
    """Returns what the network is given: a tensor, or one for each half of a pair."""
    halves = tuple(
        examples(example, batch, seed + number) for number, example in enumerate(problem.inputs)
    )
    return halves if len(halves) > 1 else halves[0]


def initialised(module: nn.Module) -> nn.Module:
    """Returns the module with initial weights that follow from seed 0."""
    initialise(module, torch.Generator().manual_seed(0))
    return module


def network_of(template: Template, problem: Problem, seed: int = 0) -> Network:
    """Builds the network that the template draws for the problem."""
    return build_model(template.resolved(problem).graph(problem), problem, seed)
