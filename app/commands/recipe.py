"""`netwright recipe`: an experiment as a Dockerfile and a file for SkyPilot."""

from __future__ import annotations

import re
from pathlib import Path

import click

from app.output import say

MOST_GPUS = 64


@click.command()
@click.argument("experiment")
@click.option("--out", required=True, metavar="FOLDER", help="Where the files go: new or empty.")
@click.option("--gpus", type=click.IntRange(0, MOST_GPUS), default=0, help="GPUs of each machine.")
@click.option("--gpu", default="A100", show_default=True, help="Their kind, as SkyPilot names it.")
@click.option("--cores", type=click.IntRange(1), help="Cores of each machine.")
@click.option(
    "--machines",
    type=click.IntRange(1, MOST_GPUS),
    default=1,
    show_default=True,
    help="SkyPilot: so many share each batch.",
)
def recipe(
    experiment: str, out: str, gpus: int, gpu: str, cores: int | None, machines: int
) -> None:
    """Write a Dockerfile and a SkyPilot file that train an experiment (a .toml file) elsewhere."""
    from app.engine.experiment import toml_file  # noqa: PLC0415 - not for --help
    from app.engine.remote import recipe as recipes  # noqa: PLC0415 - not for --help

    if re.fullmatch(r"[A-Za-z0-9._-]+", gpu) is None:
        raise click.BadParameter(f"'{gpu}' is no kind of GPU.", param_hint="--gpu")

    requested = toml_file.read(Path(experiment).expanduser())
    wanted = recipes.Recipe(gpus, gpu, cores or 0, machines)
    for path in recipes.write(requested, Path(out).expanduser(), wanted):
        say(str(path))

    say("The first lines of the first two say how they are used.")
