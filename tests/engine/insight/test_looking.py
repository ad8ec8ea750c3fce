"""A network that does not train is looked at with first weights, or with those of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from app.engine.compute.outputs.request import request_of
from app.engine.errors import UserError
from app.engine.experiment.resolve import resolve
from app.engine.insight.looking import Look, look
from app.engine.insight.networks import Networks
from app.engine.insight.weights_choice import WeightsChoice
from app.engine.results.predictor import Predictor
from app.engine.runs.control import Control
from app.engine.training import build, plan
from models import edits

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.experiment.resolve import ResolvedExperiment
    from app.engine.runs.run import Run
    from models.graph import Graph


class Open:
    """An open experiment on a data set, with the graph that it draws."""

    def __init__(self, run: Run, dataset: Dataset) -> None:
        self.dataset = dataset
        self.resolved: ResolvedExperiment = resolve(run.experiment(), dataset.description)
        self.problem = self.resolved.problem(dataset.description)
        self.graph: Graph = self.resolved.model.graph(self.problem)
        self.networks = Networks()

    def look(self, weights: WeightsChoice, graph: Graph | None = None) -> Look:
        request = request_of(self.dataset, "validation", 0)
        return look(
            request, graph or self.graph, self.problem, self.resolved, weights, self.networks
        )


@pytest.fixture
def opened(kept_run: Run, dataset: Dataset) -> Open:
    return Open(kept_run, dataset)


def answer(seen: Look) -> np.ndarray:
    picture = seen.outputs[seen.graph.nodes[-1].name].small
    assert picture is not None
    return picture.values


def test_the_weights_of_a_run_answer_as_it_does(
    opened: Open, kept_run: Run, dataset: Dataset
) -> None:
    seen = opened.look(WeightsChoice(kept_run.path))
    example = dataset.inputs[dataset.indices["validation"][0]]
    assert np.allclose(answer(seen), Predictor.load(kept_run).logits(example), atol=1e-5)
    assert seen.words == f"Weights of '{kept_run.name}', after epoch 3"


def test_first_weights_follow_from_the_seed(opened: Open) -> None:
    one, other, again = (opened.look(WeightsChoice(None, seed)) for seed in (0, 1, 0))
    assert one.words == "First weights, of seed 0"
    assert np.array_equal(answer(one), answer(again))
    assert not np.array_equal(answer(one), answer(other))


def test_first_weights_are_those_that_a_training_begins_with(opened: Open) -> None:
    planned = plan.plan_training(
        opened.resolved.replace(training=opened.resolved.training.replace(seed=3, device="cpu")),
        lambda _: None,
        Control(),
        opened.dataset,
    )
    begun = build.assemble(planned).network.eval()
    opened.look(WeightsChoice(None, 3))
    known = opened.networks._last
    assert known is not None
    first = known.watcher.network.state_dict()
    assert all(torch.equal(first[name], value) for name, value in begun.state_dict().items())


def test_a_start_from_a_run_is_where_a_training_begins(opened: Open, kept_run: Run) -> None:
    started = opened.resolved.training.replace(start_from=str(kept_run.path))
    opened.resolved = opened.resolved.replace(training=started)
    seen = opened.look(WeightsChoice(None, 0))
    assert np.allclose(answer(seen), answer(opened.look(WeightsChoice(kept_run.path))), atol=1e-6)
    assert kept_run.name in seen.words


def test_the_next_example_goes_through_the_same_network(opened: Open) -> None:
    opened.look(WeightsChoice(None, 0))
    known = opened.networks._last
    opened.look(WeightsChoice(None, 0))
    assert known is not None and opened.networks._last is known
    opened.networks.forget()
    assert opened.networks._last is None


def test_weights_that_do_not_fit_an_edited_graph_are_refused(opened: Open, kept_run: Run) -> None:
    name = next(node.name for node in opened.graph.nodes if node.kind == "convolution")
    wider = edits.set_settings(opened.graph, name, channels=12)
    with pytest.raises(UserError, match=rf"of block '{name}' a weight is 8 .* there and 12"):
        opened.look(WeightsChoice(kept_run.path), wider)

    renamed = edits.rename(opened.graph, name, "another")
    with pytest.raises(UserError, match="it has no block 'another' of this form"):
        opened.look(WeightsChoice(kept_run.path), renamed)


def test_an_edit_without_weights_of_its_own_leaves_them_fitting(
    opened: Open, kept_run: Run
) -> None:
    first = opened.graph.nodes[0].name
    changed, name = edits.insert_after(opened.graph, first, "activation", {"function": "tanh"})
    seen = opened.look(WeightsChoice(kept_run.path), changed)
    assert -1 <= seen.outputs[name].lowest <= seen.outputs[name].highest <= 1


def test_a_run_without_weights_says_so(opened: Open, kept_run: Run) -> None:
    from app.engine.runs.run import Run as AnyRun

    empty = AnyRun.create(kept_run.path.parent, kept_run.experiment())
    with pytest.raises(UserError, match="has kept no weights yet"):
        opened.look(WeightsChoice(empty.path))
