"""A new run starts from the weights of an earlier one, where names and shapes agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from app.engine.errors import UserError
from app.engine.experiment.experiment import Experiment
from app.engine.experiment.resolve import resolve
from app.engine.runs import checkpoint
from app.engine.runs.control import Control
from app.engine.training import build, plan
from models import edits
from models.network import build_model
from models.own_network import OwnNetwork

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.runs.run import Run
    from app.engine.training.build import TrainState
    from models.graph import Graph


def drawn(run: Run, dataset: Dataset) -> Graph:
    """Returns the graph of the run's template, for the same data."""
    description = dataset.description
    resolved = resolve(run.experiment(), description)
    return resolved.model.graph(resolved.problem(description))


def assembled(run: Run, dataset: Dataset, graph: Graph, **data: Any) -> TrainState:
    experiment = run.experiment()
    experiment = Experiment(
        data=experiment.data.replace(**data),
        model=OwnNetwork(blocks=graph),
        training=experiment.training.replace(start_from=str(run.path), threads=1),
    )
    planned = plan.plan_training(experiment, lambda _: None, Control(), dataset)
    return build.assemble(planned)


def test_the_same_network_takes_everything(kept_run: Run, dataset: Dataset) -> None:
    graph = drawn(kept_run, dataset)
    state = assembled(kept_run, dataset, graph)
    assert state.taken_over is not None
    assert state.taken_over.fresh == {} and state.taken_over.unused == ()
    kept = checkpoint.read_best(kept_run).model
    own = state.network.state_dict()
    assert all(torch.equal(own[name], kept[name]) for name in kept)
    assert state.taken_over.finding().level == "info"


def test_what_is_new_or_of_another_shape_begins_at_random_and_is_listed(
    kept_run: Run, dataset: Dataset
) -> None:
    graph = drawn(kept_run, dataset)
    convolutions = [node.name for node in graph.nodes if node.kind == "convolution"]
    changed, new = edits.insert_after(graph, convolutions[0], "group-norm")
    last = edits.set_settings(changed, convolutions[-1], kernel_size=5)
    last = edits.rename(last, graph.nodes[1].name, "renamed")

    state = assembled(kept_run, dataset, last)
    taken = state.taken_over
    assert taken is not None
    assert taken.fresh[new] == taken.fresh["renamed"] == "it is new"
    assert "5 × 5" in taken.fresh[convolutions[-1]]
    assert convolutions[0] in taken.taken
    assert graph.nodes[1].name in taken.unused

    own = state.network.state_dict()
    kept = checkpoint.read_best(kept_run).model
    name = f"blocks.{convolutions[0]}.weight"
    assert torch.equal(own[name], kept[name])
    at_random = build_model(last, state.plan.problem, 0).state_dict()
    other = f"blocks.{convolutions[-1]}.weight"
    assert torch.equal(own[other], at_random[other])

    text = taken.finding().text
    assert f"'{new}' (it is new)" in text and "Not used of that run" in text
    assert any(f"'{new}' begins at random" in line for line in taken.lines())


def test_data_divided_otherwise_are_warned_of(kept_run: Run, dataset: Dataset) -> None:
    graph = drawn(kept_run, dataset)
    state = assembled(kept_run, dataset, graph, split_seed=3)
    assert state.taken_over is not None
    finding = state.taken_over.finding()
    assert finding.level == "warning" and "may come out too good" in finding.text


def test_a_run_that_is_not_there_is_told_before_the_data_are_read(
    kept_run: Run, dataset: Dataset
) -> None:
    experiment = kept_run.experiment()
    experiment = experiment.replace(training=experiment.training.replace(start_from="nowhere"))
    with pytest.raises(UserError, match="no run 'nowhere'") as error:
        plan.plan_training(experiment, lambda _: None, Control(), dataset)

    assert error.value.setting == "training.start_from"
