"""`netwright suspects`: training examples whose labels look wrong, copies and outliers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from app.command_options import as_json
from app.find_run import find_run
from app.output import say, say_json

if TYPE_CHECKING:
    from app.engine.suspects.suspects import Suspects

USUAL = 20
"""Suspects that are listed, if nobody asks for more."""


@click.command()
@click.argument("run")
@click.option("--most", type=click.IntRange(min=1), default=USUAL, help="List so many.")
@as_json
def suspects(run: str, most: int, json_: bool) -> None:
    """List training examples that look wrong, the most suspicious first.

    It goes by how the epochs of the run saw each label (area under the margin), and looks for near
    copies and outliers. A revision of the data then relabels or leaves out what is wrong.
    """
    from app.engine.results.predictor import Predictor  # noqa: PLC0415 - loads torch
    from app.engine.results.run_data import run_data  # noqa: PLC0415 - loads torch
    from app.engine.suspects.finding import (  # noqa: PLC0415 - loads torch
        all_suspects,
        names_are_files,
        refuse,
    )
    from app.terminal import display_for  # noqa: PLC0415 - not for --help

    found = find_run(run)
    predictor = Predictor.load(found)
    refuse(predictor.task)
    with display_for(json_) as display:
        dataset = run_data(
            found, predictor.description, "No suspects can be found", progress=display.stage
        )
        listed = all_suspects(found, predictor, dataset, progress=display.stage)

    if json_:
        say_json(
            {
                "run": str(found.path),
                "note": listed.note,
                "suspects": listed.to_plain(names_are_files(found, dataset)),
            }
        )
        return

    for line in lines(listed, most):
        say(line)


def lines(listed: Suspects, most: int) -> list[str]:
    """Returns a heading and a line for each of the first suspects."""
    found = [listed.note] if listed.note else []
    found.append(f"The first {min(most, len(listed)):,} of {len(listed):,} training examples")
    for place in listed.order[:most]:
        suspect = listed.suspect(int(place))
        label = f"'{suspect.label}'" if suspect.label else ""
        likely = suspect.likely
        rather = f", rather '{likely}'" if likely and likely != suspect.label else ""
        found.append(f"{suspect.score:.2f}  {suspect.name}: {label}{rather}. {suspect.reason}")

    return found
