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


def problem(*shape: int, outputs: int = 5, examples: int = 1_000) -> Problem:
    return Problem("image", shape, outputs, examples)


def asked(
    one: Input, answers: Answers = "values", outputs: int = 5, examples: int = 1_000
) -> Problem:
    return Problem.of((one,), one.vocabulary if answers == "tokens" else outputs, examples, answers)


def cases() -> list[tuple[str, type[Template], Problem]]:
    """Every template with every problem of a single example that it fits: a name, the template, the
    problem.
    """
    found = []
    answers: tuple[Answers, ...] = ("values", "tokens", "copy")
    for kind in TEMPLATES.all():
        for name, one in INPUTS.items():
            for wanted in answers:
                of = asked(one, wanted)
                if not kind.unfit(of):
                    found.append((f"{kind.kind}, {name}, {wanted}", kind, of))

    return found


def usual(kind: type[Template]) -> Problem:
    """A problem that the template fits, of an example that is not tiny."""
    if "pair" in kind.gives:
        return Problem.of((INPUTS["a picture"], INPUTS["a text"]), 16, 1_000, "pair")

    image = problem(1, 16, 16)
    return image if not kind.unfit(image) else next(of for _, one, of in cases() if one is kind)


def examples(one: Input, batch: int, seed: int = 0) -> torch.Tensor:
    """A batch of examples of this form: texts without padding, categories among those known."""
    generator = torch.Generator().manual_seed(seed)
    if one.kind == "text":
        return torch.randint(1, one.vocabulary, (batch, *one.shape), generator=generator)

    x = torch.randn(batch, *one.shape, generator=generator)
    for place, values in enumerate(one.categories, start=one.shape[0] - len(one.categories)):
        x[:, place] = torch.randint(0, values, (batch,), generator=generator).float()

    return x


def batch_of(of: Problem, batch: int, seed: int = 0) -> torch.Tensor | tuple[torch.Tensor, ...]:
    """What the network is given: a tensor, or one for each half of a pair."""
    made = tuple(examples(one, batch, seed + number) for number, one in enumerate(of.inputs))
    return made if len(made) > 1 else made[0]


def initialised(module: nn.Module) -> nn.Module:
    initialise(module, torch.Generator().manual_seed(0))
    return module


def network_of(template: Template, of: Problem, seed: int = 0) -> Network:
    return build_model(template.resolved(of).graph(of), of, seed)
