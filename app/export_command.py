"""`netwright export`: a trained network leaves the program, and the export is proved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.engine.export.formats import all_formats
from app.find_run import find_run
from app.output import say, say_json

if TYPE_CHECKING:
    from app.engine.export.proof import Proof
    from app.engine.runs.run import Run


@click.command()
@click.argument("run")
@click.option(
    "--format",
    "kind",
    required=True,
    type=click.Choice(list(all_formats())),
    help="What it becomes, see below.",
)
@click.option("--out", required=True, metavar="FILE", help="Where it goes, exactly as written.")
@click.option(
    "--weights",
    type=click.Choice(["best", "last"]),
    help="Which weights; those in use where this is left out.",
)
@click.option(
    "--whole",
    is_flag=True,
    help="Of a format that trains, as 'python': let it train to the end and compare the weights.",
)
@click.option(
    "--json", "json_", is_flag=True, help="Print one JSON object, last, on standard output."
)
def export(run: str, kind: str, out: str, weights: Any, whole: bool, json_: bool) -> int:
    """Export a trained network and prove that it answers as here.

    RUN is the folder or the name of a run. The exported file is loaded in another process, without
    this program, and answers all test examples; only then does it stand at FILE.
    """
    from app.engine.export.exporting import export as export_run  # noqa: PLC0415 - not for --help
    from app.terminal import display_for  # noqa: PLC0415 - not for --help

    found = find_run(run)
    with display_for(json_) as display:
        path = Path(out).expanduser()
        proof = export_run(found, kind, path, weights, display.stage, whole=whole)

    if json_:
        # As it was written, not only its name.
        say_json(proof.to_plain() | {"out": out})
    else:
        _say(found, proof, out)

    return 0


def _say(run: Run, proof: Proof, out: str) -> None:
    """Prints what the proof found."""
    from app.engine.export.words import proof_lines, unit_of  # noqa: PLC0415 - not for --help

    for line in proof_lines(proof, out, unit_of(run)):
        say(line)
