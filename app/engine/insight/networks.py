"""The network of a graph with first weights, or with those of a run as far as they fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from app.engine.compute.outputs.watch import OutputWatcher
from app.engine.errors import UserError
from app.engine.insight.weights_choice import WeightsChoice
from app.engine.results.predictor import Predictor
from app.engine.runs.run import Run
from app.engine.training.start_weights import take_over
from models.memory.without_memory import give_memory, without_memory
from models.network import Network, build_model

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from pathlib import Path

    from app.engine.data.dataset import Description
    from app.engine.experiment.resolve import ResolvedExperiment
    from app.engine.learning.task import Task
    from models.graph import Graph
    from models.shape import Problem


@dataclass(frozen=True)
class LoadedNetwork:
    """A network ready to be looked at, with what it learned from and for.

    words: whose weights it has, for a person.
    """

    watcher: OutputWatcher
    description: Description
    task: Task
    words: str


class Networks:
    """Makes networks, and keeps the last one, which the next example mostly goes through too."""

    def __init__(self) -> None:
        self._key: Hashable = None
        self._last: LoadedNetwork | None = None

    def get(
        self,
        graph: Graph,
        problem: Problem,
        weights: WeightsChoice,
        resolved: ResolvedExperiment,
        description: Description,
    ) -> LoadedNetwork:
        """Returns the network of a graph with the chosen weights, on the CPU.

        resolved, description: of what is open, for first weights; a run knows its own data and
        task. Raises GraphError where the blocks do not fit, and UserError where the weights are
        not there, are damaged or do not fit the graph.
        """
        start = resolved.training.start_from
        known = description.fingerprint, resolved.task.kind, start
        key = (repr(graph), problem, weights, _stamp(weights), known)
        run = weights.run
        if run is None:
            return self._kept(
                key, lambda: _first(graph, problem, weights.seed, resolved, description)
            )

        return self._kept(key, lambda: _of_run(Run(run), graph, problem))

    def of_run(self, folder: Path) -> LoadedNetwork:
        """Returns the network of a run as it was trained, with its weights in use, on the CPU.

        Raises UserError where the weights are not there or are damaged.
        """
        key = folder, _stamp(WeightsChoice(folder))
        return self._kept(key, lambda: _of_run(Run(folder)))

    def _kept(self, key: Hashable, make: Callable[[], LoadedNetwork]) -> LoadedNetwork:
        if self._last is None or key != self._key:
            self.forget()  # before the next one takes memory
            self._last = make()
            self._key = key

        return self._last

    def forget(self) -> None:
        """Lets go of the network."""
        self._key = None
        self._last = None


def _stamp(weights: WeightsChoice) -> tuple[int, ...]:
    """Returns what changes when the weights of a run do."""
    folder = Run(weights.run).best_folder if weights.run is not None else None
    if folder is None or weights.run is None:
        return ()

    files = (folder / "manifest.json", weights.run / "kept.json")
    return tuple(path.stat().st_mtime_ns if path.is_file() else 0 for path in files)


def _first(
    graph: Graph,
    problem: Problem,
    seed: int,
    resolved: ResolvedExperiment,
    description: Description,
) -> LoadedNetwork:
    """Returns the network as a training of this experiment begins with it."""
    network = build_model(graph, problem, seed)
    taken = take_over(network, resolved, description)
    begun = f", begun with those of '{taken.start}'" if taken is not None else ""
    words = f"First weights, of seed {seed}{begun}"
    return LoadedNetwork(OutputWatcher(network), description, resolved.task, words)


def _of_run(run: Run, graph: Graph | None = None, problem: Problem | None = None) -> LoadedNetwork:
    """Returns the network of a run; graph, problem: of another that takes its weights over."""
    predictor = Predictor.load(run)
    network = predictor.network
    if graph is not None and problem is not None:
        network = fitted(graph, problem, network, run.name)

    used = predictor.weights
    point = f"step {used.step:,}" if used.partial or not used.epoch else f"epoch {used.epoch}"
    words = f"Weights of '{run.name}', after {point}"
    return LoadedNetwork(OutputWatcher(network), predictor.description, predictor.task, words)


def fitted(graph: Graph, problem: Problem, trained: Network, name: str) -> Network:
    """Returns the network of a graph with the weights of a trained one, called `name`.

    The trained one itself where its graph is the same. Raises UserError where the graph has a
    weight that the trained network has not, or of another form.
    """
    if trained.graph == graph and trained.problem.inputs == problem.inputs:
        return trained

    with without_memory():
        network = Network(graph, problem)

    give_memory(network)
    there = trained.state_dict()
    with torch.no_grad():
        for weight, tensor in network.state_dict().items():
            found = there.get(weight)
            if found is None or found.shape != tensor.shape:
                raise _misfit(weight, tensor, found, name)

            tensor.copy_(found)

    return network.eval().requires_grad_(False)


def _misfit(weight: str, here: torch.Tensor, there: torch.Tensor | None, name: str) -> UserError:
    block = weight.removeprefix("blocks.").partition(".")[0]
    why = (
        f"it has no block '{block}' of this form"
        if there is None
        else f"of block '{block}' a weight is {_sizes(there)} there and {_sizes(here)} here"
    )
    return UserError(
        f"The weights of '{name}' do not fit this network: {why}.",
        "Choose first weights, or undo the change.",
    )


def _sizes(tensor: torch.Tensor) -> str:
    return " × ".join(map(str, tensor.shape)) or "one number"
