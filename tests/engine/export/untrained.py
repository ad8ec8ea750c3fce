"""A run whose weights follow from a seed: what exports need, in milliseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.experiment import toml_file
from app.engine.experiment.resolve import resolve
from app.engine.runs import checkpoint, tensors
from app.engine.runs.run import Run
from app.engine.sources.opening import open_dataset
from models.network import build_model

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.experiment.experiment import Experiment


def untrained_run(folder: Path, experiment: Experiment, seed: int = 5) -> tuple[Run, int]:
    """Returns a run that has a best epoch with initial weights, and its number of parameters."""
    description = open_dataset(experiment.data).description
    resolved = resolve(experiment, description)
    problem = resolved.problem(description)
    graph = resolved.model.graph(problem)

    run = Run.create(folder, experiment)
    state = {
        "epoch": 1,
        "step": 1,
        "loss": 1.0,
        "metrics": {},
        "task": resolved.task.kind,
        "experiment": toml_file.to_plain(resolved),
    }
    network = build_model(graph, problem, seed)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    best = checkpoint.Best(
        tensors.cpu_copies(network.state_dict()), description, graph, problem, state
    )
    checkpoint.save_best(run.path / "checkpoints", best)
    run.write_json("dataset.json", description.to_plain())
    return run, parameters
