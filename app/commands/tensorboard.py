"""`netwright tensorboard`: the curves of runs as TensorBoard reads them."""

from __future__ import annotations

from pathlib import Path

import click

from app.find_run import find_run
from app.output import say


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option("--out", required=True, metavar="FOLDER", help="Where the logs go.")
def tensorboard(runs: tuple[str, ...], out: str) -> None:
    """Write the curves of runs for TensorBoard, a folder for each run.

    Look at them with: tensorboard --logdir FOLDER
    """
    from app.engine.runs.logs.tensorboard import write_run  # noqa: PLC0415 - not for --help

    folder = Path(out).expanduser()
    for run in [find_run(text) for text in runs]:
        say(f"{run.name}: {write_run(run, folder)}")
