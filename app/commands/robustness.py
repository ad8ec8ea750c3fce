"""`netwright robustness`: how a network's figure falls where its examples get worse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from app.command_options import as_json
from app.find_run import find_run
from app.output import say, say_json

if TYPE_CHECKING:
    from app.engine.robustness.measuring import Robustness


@click.command()
@click.argument("run")
@as_json
def robustness(run: str, json_: bool) -> None:
    """Show how the test figure falls with noise, gaps, typing errors and the like."""
    from app.engine.results.predictor import Predictor  # noqa: PLC0415 - loads torch
    from app.engine.results.run_data import run_data  # noqa: PLC0415 - loads torch
    from app.engine.robustness.measuring import measure  # noqa: PLC0415 - loads torch
    from app.terminal import display_for  # noqa: PLC0415 - not for --help

    found = find_run(run)
    predictor = Predictor.load(found)
    with display_for(json_) as display:
        dataset = run_data(
            found, predictor.description, "Nothing can be disturbed", progress=display.stage
        )
        display.stage("Judging disturbed examples")
        measured = measure(predictor, dataset)

    if json_:
        say_json({"run": str(found.path), **measured.to_plain()})
        return

    for line in lines(measured):
        say(line)


def lines(measured: Robustness) -> list[str]:
    """Returns a heading and a line for each disturbance: level and figure, level and figure."""
    from app.engine.learning.metrics import METRICS, metric_text  # noqa: PLC0415 - not for --help
    from app.engine.text import number_text  # noqa: PLC0415 - not for --help

    part = "" if measured.examples == measured.total else f" of {measured.total:,}"
    label = METRICS[measured.metric].label
    found = [f"{label} on {measured.examples:,}{part} {measured.split} examples"]
    for curve in measured.curves:
        points = [
            f"{number_text(level)}: {metric_text(measured.metric, figure)}"
            for level, figure in zip(curve.levels, curve.figures, strict=True)
        ]
        found.append(f"{curve.disturbance.label} ({curve.disturbance.unit}): {', '.join(points)}")

    return found
