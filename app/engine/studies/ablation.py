"""What each part of a training brings: the same training with one part left out at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.engine.data.augmentation import Augmentation
from app.engine.errors import UserError
from app.engine.experiment.changes import with_changes
from app.engine.experiment.resolve import resolve
from app.engine.experiment.training_settings import TrainingSettings
from app.engine.learning.metrics import shared_unit
from app.engine.memory.inspection import BlockReport, inspect
from app.engine.studies.study import (
    Member,
    Study,
    description_of,
    metric_of,
    seeds_from,
    without_seed,
)
from app.engine.text import nearest_name, number_text, percent_text
from models import edits
from models.graph import Graph, GraphError
from models.own_network import OwnNetwork

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.engine.data.dataset import Description
    from app.engine.experiment.experiment import Experiment
    from app.engine.experiment.resolve import ResolvedExperiment
    from app.engine.runs.run import Run
    from models.shape import Problem

NO_AUGMENTATION: dict[str, Any] = {
    "augmentation.flip": False,
    "augmentation.shift": 0.0,
    "augmentation.rotate": 0.0,
    "augmentation.scale": 0.0,
    "augmentation.light": 0.0,
    "augmentation.erase": 0.0,
}
DROPPING = ("dropout", "stochastic_depth")
"""Settings of templates and blocks that leave something out at random."""

USUAL_SEEDS = 3
BLOCK = "block "
"""The key of a block of the network begins so."""


@dataclass(frozen=True)
class Part:
    """A part that can be left out.

    key: its name on the command line. name: on screen. detail: how it is now. without: the
    experiment without it, named as the whole is.
    """

    key: str
    name: str
    detail: str
    without: Experiment

    @property
    def is_block(self) -> bool:
        """Whether it is a block of the network."""
        return self.key.startswith(BLOCK)


def ablation(run: Run, parts: Sequence[Part], count: int = USUAL_SEEDS) -> Study:
    """Returns the study of a run as it is, and without each of these parts.

    count: of the seeds; they begin with that of the run. Raises UserError as `repeats` does.
    """
    experiment = run.experiment()
    whole = Member("As it is", experiment)
    members = (Member(f"Without {_lower(part)}", _named(part), part.detail) for part in parts)
    unit = shared_unit(description_of(run))
    seeds = seeds_from(experiment.training.seed, count)
    return Study((whole, *members), seeds, metric_of(run), unit, leaves_out=True)


def parts_of(run: Run) -> tuple[Part, ...]:
    """Returns what can be left out of a run's training: settings first, then blocks.

    Raises UserError where the run is damaged, or is of a version whose settings are others.
    """
    experiment = run.experiment()
    description = description_of(run)
    resolved = resolve(experiment, description)
    found = [
        Part(key, name, detail, with_changes(experiment, changes, description))
        for key, name, detail, changes in _settings(resolved)
    ]
    return (*found, *_network_parts(experiment, resolved, description))


def chosen_parts(parts: Sequence[Part], keys: Sequence[str]) -> tuple[Part, ...]:
    """Returns the parts of these keys; without keys all that are no block. Raises UserError."""
    if not keys:
        return tuple(part for part in parts if not part.is_block)

    known = {part.key: part for part in parts}
    for key in keys:
        if key not in known:
            near = nearest_name(key, known)
            raise UserError(
                f"'{key}' is no part that can be left out here.",
                f"Did you mean '{near}'?" if near else f"There are: {', '.join(known)}.",
            )

    return tuple(known[key] for key in dict.fromkeys(keys))


def _settings(resolved: ResolvedExperiment) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yields key, name, how it is, and the changes that leave it out."""
    augmentation = Augmentation(resolved.augmentation)
    if augmentation.active:
        yield "augmentation", "Augmentation", augmentation.words, NO_AUGMENTATION

    if resolved.schedule.kind != "constant":
        detail = f"{resolved.schedule.label}; constant without it"
        yield "schedule", "Schedule", detail, {"schedule.kind": "constant"}

    for key, section, field, name in (
        ("weight-decay", "optimizer", "weight_decay", "Weight decay"),
        ("label-smoothing", "loss", "label_smoothing", "Label smoothing"),
        ("clipping", "training", "gradient_clip", "Gradient clipping"),
    ):
        value = getattr(getattr(resolved, section), field, None)
        if value:
            yield key, name, number_text(value), {f"{section}.{field}": 0.0}


def _network_parts(
    experiment: Experiment, resolved: ResolvedExperiment, description: Description
) -> Iterator[Part]:
    """Yields dropout, and the blocks of the network that can be left out."""
    rates = [value for name in DROPPING if (value := getattr(resolved.model, name, None))]
    if rates:
        names = [name for name in DROPPING if getattr(resolved.model, name, None)]
        changes = {f"model.{name}": 0.0 for name in names}
        without = with_changes(experiment, changes, description)
        yield Part("dropout", "Dropout", percent_text(max(rates)), without)

    problem = resolved.problem(description)
    try:
        graph = resolved.model.graph(problem)
    except GraphError:
        return

    if not rates and (smaller := _without_dropout(graph)) is not None:
        yield Part("dropout", "Dropout", "in blocks", _with_graph(experiment, resolved, smaller))

    for block, smaller in _without_blocks(graph, problem):
        without = _with_graph(experiment, resolved, smaller)
        yield Part(f"{BLOCK}{block.name}", f"Block '{block.name}'", block.title, without)


def _without_dropout(graph: Graph) -> Graph | None:
    """Returns the graph in which nothing is left out at random; None where nothing is."""
    found = graph
    for node in graph.nodes:
        if node.kind == "dropout" and node.settings.get("rate", 1.0):
            found = edits.remove(found, node.name)
            continue

        rates = {name: 0.0 for name in DROPPING if node.settings.get(name)}
        if rates:
            found = edits.set_settings(found, node.name, **rates)

    return None if found == graph else found


def _without_blocks(graph: Graph, problem: Problem) -> Iterator[tuple[BlockReport, Graph]]:
    """Yields each block that gives the shape that it takes, with the network without it."""
    reports = {report.name: report for report in inspect(graph, problem).blocks}
    for node in graph.nodes[:-1]:
        report = reports[node.name]
        if node.kind == "dropout" or len(node.inputs) != 1 or report.shape is None:
            continue
        if report.input_shapes[0] != report.shape:
            continue

        try:
            smaller = edits.remove(graph, node.name)
        except GraphError:
            continue

        # Who reads it may merge it with what it read itself, and then goes too.
        if len(smaller.nodes) == len(graph.nodes) - 1:
            yield report, smaller


def _with_graph(experiment: Experiment, resolved: ResolvedExperiment, graph: Graph) -> Experiment:
    """Returns the experiment with another network, and all else as it was filled in before."""
    model = resolved.model
    own = isinstance(model, OwnNetwork)
    changed = OwnNetwork(
        blocks=graph,
        own_blocks=model.own_blocks if isinstance(model, OwnNetwork) else None,
        origin=model.origin if isinstance(model, OwnNetwork) else model,
    )
    if own:
        return experiment.replace(model=changed)

    # What a template recommends may hang on its own settings.
    training = TrainingSettings.model_validate(resolved.training.model_dump())
    return experiment.replace(
        model=changed,
        loss=resolved.loss,
        optimizer=resolved.optimizer,
        schedule=resolved.schedule,
        training=training,
    )


def _named(part: Part) -> Experiment:
    """Returns the experiment without a part, named for that."""
    name = without_seed(part.without.name)
    return part.without.replace(name=f"{name}, without {_lower(part)}".strip(", "))


def _lower(part: Part) -> str:
    return f"{part.name[:1].lower()}{part.name[1:]}"
