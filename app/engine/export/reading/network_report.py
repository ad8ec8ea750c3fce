"""The report on a network in a file: its blocks, and whether its weights fit them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.errors import UserError
from app.engine.experiment.experiment import Experiment
from app.engine.export.reading.network_file import read_network, write_network
from app.engine.planning.graph_report import GraphReport, report_without_data
from app.engine.runs.weights_file import BLOCKS
from models.memory.without_memory import without_memory
from models.network import Network
from models.own_network import OwnNetwork

if TYPE_CHECKING:
    from app.engine.runs.tensors import Tensors
    from app.engine.sources.format import Progress
    from models.shape import Input


def report_on_network(
    path: Path, given: tuple[Input, ...] | None, out: str | None, progress: Progress
) -> tuple[GraphReport, tuple[str, ...]]:
    """Reports on a network in a file, with sentences on what was done.

    given: what it reads, where the file does not say. out: where it is written as a graph file; its
    weights go beside that. Raises UserError where it cannot be read, or its weights do not fit.
    """
    progress("Reading the network", 0, 0)
    network = read_network(path)
    read = given or network.inputs
    if not read:
        raise UserError(
            f"'{path.name}' does not say how large an example is.",
            "Say it: --input 3x224x224 for a picture of that size.",
        )

    progress("Measuring the network", 0, 0)
    experiment = Experiment(model=OwnNetwork(blocks=network.graph))
    report = report_without_data(experiment, path, read)
    notes = network.notes
    if report.mistake is not None:
        return report, notes

    with without_memory():
        built = Network(network.graph, report.problem)
    _check_weights(path, network.weights, built)
    if out is not None:
        target = Path(out).expanduser()
        weights = write_network(network, target)
        notes = (*notes, f"{target}: its blocks, which start from its weights in {weights}.")

    return report, notes


def _check_weights(path: Path, weights: Tensors, network: Network) -> None:
    """Raises UserError where the weights are not those of a network."""
    own = {name: tensor.shape for name, tensor in network.state_dict().items()}
    read = {name: tensor.shape for name, tensor in weights.items()}
    for name in sorted(own.keys() | read.keys()):
        if own.get(name) != read.get(name):
            block = name.removeprefix(BLOCKS).partition(".")[0]
            raise UserError(
                f"The weights in '{path.name}' do not fit its blocks at '{block}'.",
                "Give --input as the network was made for.",
            )
