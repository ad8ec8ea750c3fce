"""`netwright report`: a run or a comparison of runs as one HTML file."""

from __future__ import annotations

from pathlib import Path

import click

from app.command_options import as_json
from app.find_run import find_run_or_log
from app.output import say, say_json


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option("--out", required=True, metavar="FILE", help="Where it goes, exactly as written.")
@as_json
def report(runs: tuple[str, ...], out: str, json_: bool) -> None:
    """Write a report on a run, or on a comparison of several, as one HTML file.

    It has the data card, the network drawn, settings, curves, results, mistakes, memory and how to
    reproduce it. It loads nothing from elsewhere, and holds no example of the data and no path.
    Logs of other tools (TensorBoard, CSV, trainer_state.json) can stand beside a run.
    """
    from app.engine.report.page import write_report  # noqa: PLC0415 - not for --help
    from app.engine.text import bytes_text  # noqa: PLC0415 - not for --help
    from app.terminal import display_for  # noqa: PLC0415 - not for --help

    found = [find_run_or_log(run) for run in dict.fromkeys(runs)]
    path = Path(out).expanduser()
    with display_for(json_) as display:
        write_report(found, path, display.stage)

    size = path.stat().st_size
    if json_:
        say_json({"out": out, "bytes": size, "runs": [str(run.path) for run in found]})
    else:
        say(f"{out}: {bytes_text(size)}.")
