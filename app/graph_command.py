"""`netwright graph`: the blocks of a network with their shapes and what they cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.engine.export.reading.endings import is_network_file
from app.find_run import find_run
from app.output import complain, say, say_json
from models.graph import INPUT

if TYPE_CHECKING:
    from rich.table import Table

    from app.engine.memory.graph_measurement import BlockNumbers
    from app.engine.planning.graph_report import GraphReport

WIDTH = 140
"""Characters of a line where the output is no terminal."""


@click.command()
@click.argument("path")
@click.option(
    "--input",
    "given",
    metavar="SIZES",
    help="Of a graph file, which names no data: what the network reads. 3x32x32 is a picture, "
    "2x512 a signal, 16 a row, text:128 a text, 3x32x32+text:16 a pair.",
)
@click.option(
    "--out",
    metavar="GRAPH.toml",
    help="Of a network in a file: write it as a graph file, with its weights beside it.",
)
@click.option(
    "--json", "json_", is_flag=True, help="Print one JSON object, last, on standard output."
)
def graph(path: str, given: str | None, out: str | None, json_: bool) -> int:
    """Print the blocks of a network: shapes, parameters, work and memory.

    PATH is an experiment, a run, a graph file, which holds only [model] with its blocks, or a
    network that left this program or another one (.onnx, .pt2, .safetensors).
    """
    from app.engine.export.reading import network_report  # noqa: PLC0415 - it loads torch
    from app.engine.planning import graph_report  # noqa: PLC0415 - it loads torch
    from app.terminal import display_for  # noqa: PLC0415 - it loads rich

    read = graph_report.parse_inputs(given) if given is not None else None
    notes: tuple[str, ...] = ()
    with display_for(json_) as display:
        if is_network_file(Path(path)):
            report, notes = network_report.report_on_network(
                Path(path).expanduser(), read, out, display.stage
            )
        elif path.endswith(".toml"):
            display.stage("Measuring the network")
            report = graph_report.report_on_file(Path(path).expanduser(), read, display.stage)
        else:
            display.stage("Measuring the network")
            report = graph_report.report_on_run(find_run(path))

    if json_:
        say_json(report.to_plain())
    else:
        _print(report)
        for note in notes:
            say(note)

    mistake = report.mistake
    if mistake is None:
        return 0

    complain(
        f"The network cannot be built at '{mistake.node}': {mistake.what} {mistake.remedy}".strip()
    )
    return 1


def _print(report: GraphReport) -> None:
    """Prints a report as a table, with its sums below where every block can be."""
    from rich.console import Console  # noqa: PLC0415 - it takes long to load

    from app.engine.text import bytes_text, short_text  # noqa: PLC0415 - not for --help
    from models.shape import words  # noqa: PLC0415 - not for --help

    measurement = report.measurement
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDTH

    console.print(_table(report))
    if report.totals:
        say(
            f"In all {measurement.parameters:,} parameters and "
            f"{short_text(measurement.multiply_adds)} multiply-adds an example; with batches of "
            f"{measurement.conditions.batch} at most {bytes_text(report.totals['peak'])} at once, "
            "without the data set."
        )

    if report.mistake is not None and report.mistake.repairs:
        say(f"What would mend '{report.mistake.node}':")
        for repair in report.mistake.repairs:
            say(f"  {repair.text}")

    if report.assumed:
        forms = " and ".join(words(source.shape) for source in report.problem.inputs)
        say(f"The file names no data: sizes are those for {forms}; --input gives others.")


def _table(report: GraphReport) -> Table:
    from rich.table import Table  # noqa: PLC0415 - it takes long to load

    from app.engine.text import bytes_text, short_text  # noqa: PLC0415 - not for --help
    from app.terminal import plain  # noqa: PLC0415 - it loads rich
    from models.shape import words  # noqa: PLC0415 - not for --help

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("block", "reads", "what it is", "output"):
        table.add_column(column)
    for column in ("parameters", "multiply-adds", "memory"):
        table.add_column(column, justify="right", no_wrap=True)

    before = INPUT
    for block in report.measurement.blocks:
        node = block.node
        reads = "" if node.inputs == (before,) else ", ".join(node.inputs)
        before = node.name
        sound = block.shape is not None
        title = block.block.title() if block.block is not None else node.kind
        table.add_row(
            plain(node.name),
            plain(reads),
            plain(title),
            words(block.shape) if block.shape is not None else _why_not(block),
            f"{block.parameters:,}" if block.parameters else "",
            short_text(block.multiply_adds) if block.multiply_adds else "",
            bytes_text(block.total_bytes) if sound else "",
        )

    return table


def _why_not(block: BlockNumbers) -> str:
    return "cannot be built" if block.error is not None else "not reached"
