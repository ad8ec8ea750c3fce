"""The report on the network of an experiment, a run or a graph file, before or after training.

A graph file has no data: what its network reads is then given, or assumed to be the usual form of
the first sort of data that its blocks can read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import app.engine.learning.tasks as tasks
from app.engine.compute import device as devices
from app.engine.data.dataset import Description
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.experiment.resolve import read_resolved, resolve, resolve_for
from app.engine.memory.block_cost import Conditions
from app.engine.memory.graph_measurement import GraphMeasurement, measure_graph
from app.engine.memory.ledger import predict
from app.engine.runs.checkpoint import read_best
from app.engine.sources.format import no_progress
from app.engine.sources.opening import open_dataset
from models.graph import OTHER, Graph, GraphError
from models.network import input_shapes, place_block
from models.own_network import OwnNetwork
from models.repair.repairs import Mistake, find_mistake
from models.shape import Answers, Input, InputKind, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from app.engine.experiment.experiment import Experiment
    from app.engine.experiment.resolve import ResolvedExperiment
    from app.engine.runs.run import Run

ASSUMED_EXAMPLES = 60_000

USUAL_INPUTS = (
    Input("image", (1, 28, 28)),
    Input("image", (3, 32, 32)),
    Input("text", (128,), vocabulary=4_096),
    Input("signal", (1, 512)),
    Input("row", (16,)),
    Input("row", (16,), categories=(8, 8, 8, 8)),
)
"""What a network without data is tried on, in this order."""

TASK_OF: dict[Answers, str] = {
    "values": "classification",
    "tokens": "language-modelling",
    "copy": "reconstruction",
    "pair": "matching",
}
"""The task of a network without data, by the form of its output."""


@dataclass(frozen=True)
class GraphReport:
    """What is known of a network.

    measurement: of every block. totals: the whole ledger in bytes; {} where a block cannot be, of
    which `mistake` then tells.
    assumed: whether what the network reads was assumed, because no data are named.
    """

    measurement: GraphMeasurement
    problem: Problem
    totals: dict[str, int]
    assumed: bool = False
    mistake: Mistake | None = None

    def to_plain(self) -> dict[str, Any]:
        """Returns plain data for JSON: every block with its numbers, and the sums."""
        measurement = self.measurement
        return {
            "blocks": [
                {
                    "name": block.node.name,
                    "kind": block.node.kind,
                    "inputs": list(block.node.inputs),
                    "settings": (
                        block.block.model_dump() if block.block is not None else block.node.settings
                    ),
                    "shape": list(block.shape) if block.shape is not None else None,
                    "parameters": block.parameters,
                    "multiply_adds": block.multiply_adds,
                    "receptive_field": (
                        block.receptive_field.positions if block.receptive_field else None
                    ),
                    "bytes": block.bytes,
                }
                for block in measurement.blocks
            ],
            "totals": {
                "parameters": measurement.parameters,
                "multiply_adds": measurement.multiply_adds,
                "batch_size": measurement.conditions.batch,
                "bytes": self.totals,
            },
            "problem": self.problem.to_plain(),
            "assumed": self.assumed,
            **({"mistake": _plain(self.mistake)} if self.mistake is not None else {}),
        }


def _plain(mistake: Mistake) -> dict[str, Any]:
    return {
        "block": mistake.node,
        "what": mistake.what,
        "remedy": mistake.remedy,
        "inputs": [list(shape) if shape is not None else None for shape in mistake.inputs],
        "repairs": [repair.text for repair in mistake.repairs],
    }


def report_on_run(run: Run) -> GraphReport:
    """Reports on the network that a run trains. Raises UserError."""
    if run.best_folder is not None:
        best = read_best(run)
        resolved = read_resolved(
            best.state["experiment"], "the best epoch's weights", best.state.get("task")
        )
        return _report(resolved, best.graph, best.problem)

    described = run.dataset()
    if not described:
        raise UserError(
            f"The run '{run.name}' has not come so far as to know its data.",
            f"Look at its experiment: '{run.path / 'experiment.toml'}'.",
        )

    return _report_on(run.experiment(), Description.from_plain(described))


def report_on_file(
    path: Path,
    given: tuple[Input, ...] | None = None,
    stage: Callable[[str, int, int], None] | None = None,
) -> GraphReport:
    """Reports on the network of an experiment file or a graph file.

    given: what it reads, where the file names no data, two for the halves of pairs; one that is
    given alone stands for both. stage: told how far the reading of the data
    is. Raises UserError.
    """
    experiment = toml_file.read(path)
    if not experiment.data.source:
        return report_without_data(experiment, path, given)

    dataset = open_dataset(experiment.data, stage or no_progress, sample=True)
    return _report_on(experiment, dataset.description)


def parse_inputs(text: str) -> tuple[Input, ...]:
    """Returns what a network reads: "3x32x32" is a picture, "2x512" a signal, "16" a row.

    "text:128" is a text of 128 tokens, "text:128x1000" one of a vocabulary of 1,000;
    "3x32x32+text:16" are pairs of a picture and a text. Raises UserError.
    """
    parts = text.split("+")
    found = [_parsed(part) for part in parts]
    known = tuple(form for form in found if form is not None)
    if len(known) < len(parts) or len(parts) > MOST_INPUTS:
        raise UserError(f"'{text}' is no form of an example.", _FORMS)

    return known


def _parsed(text: str) -> Input | None:
    """Returns one form of an example, None for what is none."""
    kind, _, sizes = text.strip().lower().rpartition(":")
    try:
        numbers = tuple(int(number) for number in sizes.split("x"))
    except ValueError:
        return None

    if kind not in ("", "text") or not all(0 < size < 2**31 for size in numbers):
        return None
    if kind == "text" and len(numbers) <= 2:
        return Input("text", numbers[:1], vocabulary=numbers[1] if numbers[1:] else 4_096)
    if kind == "" and len(numbers) <= 3:
        return Input(_KINDS[len(numbers) - 1], numbers)

    return None


MOST_INPUTS = 2
"""Both halves of a pair."""

_KINDS: tuple[InputKind, ...] = ("row", "signal", "image")
"""The kind of input with one size, two and three."""

_FORMS = (
    "Write channels x height x width of a picture (3x32x32), channels x length of a signal "
    "(2x512), the number of columns (16), or text:128 for a text of 128 tokens; for pairs two of "
    "them with a plus sign between (3x32x32+text:16)."
)


def _report_on(experiment: Experiment, description: Description) -> GraphReport:
    resolved = resolve(experiment, description)
    problem = resolved.problem(description)
    try:
        graph = resolved.model.graph(problem)
    except GraphError as error:
        raise _unsound(error) from error

    return _report(resolved, graph, problem)


def problem_without_data(
    experiment: Experiment, path: Path, given: tuple[Input, ...] | None
) -> tuple[Graph, Problem]:
    """Returns the network of a file that names no data, and the problem that it is taken for.

    given: what it reads; None where it is to be assumed. Raises UserError for a template, and where
    more is given than it reads.
    """
    model = experiment.model
    if not isinstance(model, OwnNetwork):
        raise UserError(
            f"'{path.name}' names no data, and a template draws its network for data.",
            "Add [data] with a source.",
        )

    reads = MOST_INPUTS if any(OTHER in node.inputs for node in model.blocks.nodes) else 1
    if given is not None and len(given) > reads:
        raise UserError(
            f"The network in '{path.name}' reads one example, and --input gives both halves of a "
            "pair.",
            "Give one of them.",
        )

    tried = [given] if given is not None else [(usual,) for usual in USUAL_INPUTS]
    halves = [each if len(each) == reads else each * reads for each in tried]
    return model.blocks, _assumed_problem(model.blocks, halves)


def report_without_data(
    experiment: Experiment, path: Path, given: tuple[Input, ...] | None
) -> GraphReport:
    """Reports on the network of a file that names no data. given: see `report_on_file`."""
    graph, problem = problem_without_data(experiment, path, given)
    task = tasks.task("regression" if problem.outputs == 1 else TASK_OF[problem.answers])
    report = _report(resolve_for(experiment, problem, task), graph, problem)
    return replace(report, assumed=given is None)


def _assumed_problem(graph: Graph, tried: Sequence[tuple[Input, ...]]) -> Problem:
    """Returns the problem of the first inputs that all blocks can be placed on.

    Its output is what the graph gives. Where none fit it is that of the first.
    """
    for sources in tried:
        try:
            return _problem_of(graph, sources)
        except GraphError:
            continue

    # The report says which block does not fit; what the network gives is not known.
    return Problem.of(tried[0], 10, ASSUMED_EXAMPLES, "pair" if len(tried[0]) > 1 else "values")


def _problem_of(graph: Graph, sources: tuple[Input, ...]) -> Problem:
    """Returns the problem that a graph solves for these inputs. Raises GraphError."""
    problem = Problem.of(sources, 1, ASSUMED_EXAMPLES)
    shapes = input_shapes(problem)
    for node in graph.nodes:
        shapes[node.name] = place_block(node, shapes).shape

    output = shapes[graph.nodes[-1].name]
    first = sources[0]
    forms: Iterator[Answers] = iter(
        (
            *(("pair",) if len(sources) > 1 and len(output) > 1 else ()),
            *(("tokens",) if first.kind == "text" and len(output) == 2 else ()),
            *(("copy",) if output == first.copy and len(output) > 1 else ()),
            "values",
        )
    )
    return Problem.of(sources, output[-1], ASSUMED_EXAMPLES, next(forms))


def _report(resolved: ResolvedExperiment, graph: Graph, problem: Problem) -> GraphReport:
    """Measures a graph under the conditions of an experiment."""
    try:
        device = devices.choose(resolved.training.device)
    except UserError:  # another computer has it
        device = devices.choose("cpu")

    conditions = Conditions.of(resolved, "float32", device.type)
    measurement = measure_graph(graph, problem, resolved, conditions)
    if measurement.error is not None:
        return GraphReport(measurement, problem, {}, mistake=find_mistake(graph, problem))

    work = measurement.multiply_adds * conditions.batch
    precision = devices.precision(resolved.training.precision, device, work)
    if precision != conditions.precision:
        conditions = Conditions.of(resolved, precision, device.type)
        measurement = measure_graph(graph, problem, resolved, conditions)

    totals = predict(resolved, graph, problem, 0, device.type, precision)
    return GraphReport(measurement, problem, totals)


def _unsound(error: GraphError) -> UserError:
    return UserError(
        f"The network cannot be built at '{error.node}': {error.what}", error.remedy, "model.blocks"
    )
