"""`netwright mlflow`: runs in MLflow, as its own client writes them."""

from __future__ import annotations

import click

from app.command_options import as_json
from app.find_run import find_run
from app.output import complain, say, say_json


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option(
    "--out",
    required=True,
    metavar="FOLDER|ADDRESS",
    help="A folder, or the address of a server: http://localhost:5000",
)
@as_json
def mlflow(runs: tuple[str, ...], out: str, json_: bool) -> None:
    """Write runs for MLflow: settings, curves, tags, the report and the cards.

    A run that was written before is replaced. Look at a folder with:
    MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri FOLDER
    """
    from app.engine.report.mlflow_store import (  # noqa: PLC0415 - not for --help
        require_mlflow,
        write_runs,
    )
    from app.terminal import display_for  # noqa: PLC0415 - not for --help

    found = [find_run(text) for text in dict.fromkeys(runs)]
    require_mlflow()
    made = []
    with display_for(json_) as display:
        for run, written in write_runs(found, out, display.stage):
            made.append({"run": str(run.path), "id": written.run_id})
            for note in written.notes:
                complain(f"{run.name}: {note}")
            if not json_:
                say(f"{run.name}: {written.run_id}")

    if json_:
        say_json({"out": out, "runs": made})
