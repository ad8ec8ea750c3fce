"""`netwright code`: a network as plain PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.engine.errors import UserError
from app.find_run import find_run
from app.output import say, say_json

if TYPE_CHECKING:
    from app.engine.export.network_source import NetworkSource
    from app.engine.sources.format import Progress

FAILED = 1


@click.command()
@click.argument("path")
@click.option("--out", required=True, metavar="FILE.py", help="Where the code goes.")
@click.option(
    "--weights",
    metavar="FILE.safetensors",
    help="Write the weights too: those of the run, or of an experiment the first ones.",
)
@click.option(
    "--check",
    "checks",
    is_flag=True,
    help="Run the code on real examples and compare it with the network of this program.",
)
@click.option(
    "--input",
    "given",
    metavar="SIZES",
    help="Of a graph file, which names no data: what the network reads, as in 'netwright graph'.",
)
@click.option(
    "--json", "json_", is_flag=True, help="Print one JSON object, last, on standard output."
)
def code(
    path: str, out: str, weights: str | None, checks: bool, given: str | None, json_: bool
) -> int:
    """Write a network as plain PyTorch.

    PATH is an experiment, a run, or a graph file. The code has one class, Network, and needs
    nothing but torch.
    """
    targets = [Path(name).expanduser() for name in (out, weights) if name]
    _check_targets(path, targets)

    from app.engine.export import check_code, network_code  # noqa: PLC0415 - loads torch
    from app.terminal import display_for  # noqa: PLC0415 - not for --help

    with display_for(json_) as display:
        source = _source(path, given, display.stage)
        written = network_code.code_of(source)
        tensors = network_code.weights_of(source, written) if weights or checks else b""

        difference = None
        if checks:
            examples = source.examples(display.stage)
            display.stage("Checking the code")
            difference = check_code.max_difference(written, tensors, source.network, examples)

    network_code.write_code(written, targets[0])
    if weights:
        network_code.write_weights(tensors, targets[1])

    parameters = sum(parameter.numel() for parameter in source.network.parameters())
    line_count = written.text.count("\n")
    if json_:
        facts: dict[str, Any] = {"code": str(targets[0]), "lines": line_count}
        facts |= {"weights": str(targets[1])} if weights else {}
        facts |= {"parameters": parameters}
        say_json(facts | ({"max_difference": difference} if checks else {}))
    else:
        say(f"{targets[0]}: {line_count:,} lines, {parameters:,} parameters.")
        if weights:
            say(f"{targets[1]}: the weights; load them with load_state_dict.")
        if difference is not None:
            say(f"Largest difference from this program's network: {difference:.3g}.")

    if difference is not None and difference > check_code.MOST_DIFFERENCE:
        raise UserError(
            f"The code does not give what the network gives: they differ by {difference:.3g}.",
            "Please report it.",
        )

    return 0


def _source(path: str, given: str | None, progress: Progress) -> NetworkSource:
    """Returns the network of an experiment file, a graph file or a run. Raises UserError."""
    from app.engine.experiment import toml_file  # noqa: PLC0415 - not for --help
    from app.engine.export import network_source  # noqa: PLC0415 - loads torch
    from app.engine.planning.graph_report import parse_inputs  # noqa: PLC0415 - loads torch

    if not path.lower().endswith(".toml"):
        return network_source.of_run(find_run(path))

    file = Path(path).expanduser()
    experiment = toml_file.read(file)
    if experiment.data.source:
        return network_source.of_experiment(experiment, progress)

    read = parse_inputs(given) if given is not None else None
    return network_source.of_graph_file(experiment, file, read)


def _check_targets(path: str, targets: list[Path]) -> None:
    """Raises UserError where a file of the experiment or the run would be written over."""
    given = Path(path).expanduser().resolve()
    taken = {given}
    for target in targets:
        place = target.resolve()
        if place in taken or (given in place.parents and place.exists()):
            raise UserError(
                f"'{target}' would be written over.", "Choose another name for --out or --weights."
            )

        taken.add(place)
