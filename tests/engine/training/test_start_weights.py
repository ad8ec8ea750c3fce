"""A new run starts from the weights of an earlier one, where names and shapes agree."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import safetensors.torch
import torch

from app.engine.errors import UserError
from app.engine.experiment.experiment import Experiment
from app.engine.experiment.resolve import resolve
from app.engine.runs import checkpoint
from app.engine.runs.control import Control
from app.engine.runs.weights_file import read_weights_file
from app.engine.training import build, plan
from models import edits
from models.network import build_model
from models.own_network import OwnNetwork

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset
    from app.engine.runs.run import Run
    from app.engine.training.build import TrainState
    from app.engine.training.start_weights import TakenOver
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
    assert taken.fresh[new] == "it is new"
    old = graph.nodes[1].name
    assert taken.fresh["renamed"] == f"it is new, or was called '{old}'"
    assert "has its old name again" in taken.finding().text
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
    assert f"'{new}' (it is new)" in text and "Not used of it" in text
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


# --- from a file


def starting(run: Run, dataset: Dataset, path: Path, graph: Graph) -> TakenOver:
    """Returns what a new run of this graph takes over of a file."""
    experiment = run.experiment()
    experiment = Experiment(
        data=experiment.data,
        model=OwnNetwork(blocks=graph),
        training=experiment.training.replace(start_from=str(path), threads=1),
    )
    state = build.assemble(plan.plan_training(experiment, lambda _: None, Control(), dataset))
    assert state.taken_over is not None
    return state.taken_over


def test_a_file_is_listed_weight_by_weight(kept_run: Run, dataset: Dataset, tmp_path: Path) -> None:
    graph = drawn(kept_run, dataset)
    model = checkpoint.read_best(kept_run).model
    convolutions = [node.name for node in graph.nodes if node.kind == "convolution"]
    first = f"blocks.{convolutions[0]}.weight"
    path = tmp_path / "other.safetensors"

    # As other programs name them, in half precision, one of another shape, one that nobody has.
    named = {name.removeprefix("blocks."): tensor.half() for name, tensor in model.items()}
    named[f"{convolutions[-1]}.weight"] = torch.zeros(2, 3)
    named["classifier.weight"] = torch.zeros(4, 5)
    path.write_bytes(safetensors.torch.save(named))

    taken = starting(kept_run, dataset, path, graph)
    assert convolutions[0] in taken.taken
    assert set(taken.unused) == {"classifier", convolutions[-1]}
    assert "its weights were 2 × 3" in taken.fresh[convolutions[-1]]
    assert taken.finding().text.startswith("The weights of ") and "'other.safetensors'" in (
        taken.finding().text
    )

    lines = "\n".join(taken.lines())
    sizes = " × ".join(map(str, model[first].shape))
    assert f"weight '{convolutions[0]}.weight' ({sizes}) is taken over" in lines
    assert "weight 'classifier.weight' (4 × 5) of 'other.safetensors' is not used" in lines


def test_the_attributes_of_written_code_are_known_again(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    facts = {"netwright": json.dumps({"attributes": {"größe": "gr_e"}})}
    path.write_bytes(safetensors.torch.save({"gr_e.weight": torch.ones(2)}, facts))
    assert list(read_weights_file(path).by_block()) == ["blocks.größe.weight"]


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff" * 64, (1 << 62).to_bytes(8, "little")])
def test_what_is_no_file_of_weights_is_a_sentence(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"'a\.safetensors' cannot be read as weights"):
        read_weights_file(path)


def test_counters_say_nothing_of_what_fits(kept_run: Run, dataset: Dataset, tmp_path: Path) -> None:
    model = checkpoint.read_best(kept_run).model
    path = tmp_path / "plain.safetensors"
    learned = {name: each for name, each in model.items() if not name.endswith("_tracked")}
    assert len(learned) < len(model)
    path.write_bytes(safetensors.torch.save(learned))
    taken = starting(kept_run, dataset, path, drawn(kept_run, dataset))
    assert taken.fresh == {} and taken.unused == ()
