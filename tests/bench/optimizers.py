"""Floats per parameter, counted on the live state after one step, beside what optimizers state.

There is one table for each of a few templates, because factored moments and Muon's mixture follow
the shapes of the weights. On a machine with a GPU the step is done there.
"""

from __future__ import annotations

import torch

import app.engine.learning.tasks as tasks
from app.engine.experiment.experiment import Experiment
from app.engine.experiment.resolve import resolve_for
from app.engine.experiment.training_settings import TrainingSettings
from app.engine.learning.optimizer import OPTIMIZERS, Optimizer
from app.engine.memory.inspection import optimizer_floats
from app.engine.training.build import placed_on
from models.network import build_model, fake_inputs
from models.template import TEMPLATES
from tests.problems import fitting

TEMPLATES_SHOWN = ("mlp", "resnet", "vit", "gpt")
BATCH = 8
OPTIONS = (("adamw", {"amsgrad": True}), ("rmsprop", {"momentum": 0.9, "centered": True}))
"""Settings under which more is kept."""


def count_floats(
    template: str, choice: Optimizer, device: torch.device
) -> tuple[int, dict[str, int], dict[str, int]]:
    """Returns n, the floats stated and those counted after one real step, by row of the ledger."""
    name, problem = fitting(TEMPLATES.get(template))[0]
    task = tasks.task(name)
    requested = Experiment(
        model=TEMPLATES.get(template)(),
        optimizer=choice,
        training=TrainingSettings(batch_size=BATCH),
    )

    resolved = resolve_for(requested, problem, task)
    graph = resolved.model.graph(problem)
    stated = optimizer_floats(resolved, graph, problem)
    network = placed_on(build_model(graph, problem, 0), device).train()
    optimizer = resolved.optimizer.for_network(network, device)
    inputs = [
        (values.random_(1, 3) if values.dtype == torch.int64 else values.normal_()).to(device)
        for values in fake_inputs(problem, BATCH)
    ]

    loss = resolved.loss.build((1,) * max(2, problem.outputs), device, problem.examples)
    targets = task.fake_targets(problem, BATCH).to(device)
    loss(network(tuple(inputs) if len(inputs) > 1 else inputs[0]), targets).backward()
    optimizer.step()

    counted_floats = dict.fromkeys(stated, 0)
    for state in optimizer.state.values():
        for name, value in state.items():
            if isinstance(value, torch.Tensor):
                assert value.dtype == torch.float32, (choice.kind, name, value.dtype)
                counted_floats[resolved.optimizer.state_names.get(name, "counters")] += (
                    value.numel()
                )

    return sum(weight.numel() for weight in network.parameters()), stated, counted_floats


def main() -> None:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    choices = [(kind.label, kind()) for kind in OPTIMIZERS.all()]
    choices += [
        (f"{OPTIMIZERS.get(kind).label}, {' and '.join(more)}", OPTIMIZERS.get(kind)(**more))
        for kind, more in OPTIONS
    ]

    for template in TEMPLATES_SHOWN:
        title = f"{TEMPLATES.get(template).label} on {device.type}: floats per parameter"
        print(
            f"\n{title}\n{'':34}{'stated':>8}{'counted':>9}"
            f"{'first':>8}{'second':>8}{'other':>8}{'counters':>10}"
        )

        for label, choice in choices:
            parameters, stated, counted_floats = count_floats(template, choice, device)
            stated_each = choice.floats_per_parameter(stated, parameters)
            counted_each = choice.floats_per_parameter(counted_floats, parameters)
            shares = "".join(
                f"{counted_floats[row] / parameters:8.3f}"
                for row in ("first_moment", "second_moment", "other_state")
            )

            verdict = "" if counted_floats == stated else "  DIFFERS"
            print(
                f"{label:34}{stated_each:8.4g}{counted_each:9.4g}{shares}"
                f"{counted_floats['counters']:10,}{verdict}",
                flush=True,
            )

        print(
            f"n = {parameters:,}; weight and gradient are 2 of the floats; counters are floats in "
            "all"
        )


if __name__ == "__main__":
    main()
