"""`netwright train` and `netwright resume`: here, or in a process of their own."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.command_options import as_json
from app.engine.errors import UserError
from app.engine.experiment.limits import MOST_EPOCHS
from app.find_run import find_run
from app.output import say, say_json

if TYPE_CHECKING:
    from app.engine.experiment.experiment import Experiment
    from app.engine.runs.run import Run

detach = click.option(
    "--detach",
    is_flag=True,
    help="Train in a process of its own, which goes on without this terminal.",
)


@click.command()
@click.argument("experiment")
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="SECTION.FIELD=VALUE",
    help="Change a setting; may be repeated.",
)
@click.option("--run-dir", metavar="DIR", help="The run's own folder, new or empty.")
@click.option(
    "--measure-threads", is_flag=True, help="Forget which thread counts were fastest before."
)
@detach
@click.option(
    "--on", "host", metavar="HOST", help="Train on another computer, by ssh; it is followed here."
)
@as_json
def train(
    experiment: str,
    changes: tuple[str, ...],
    run_dir: str | None,
    measure_threads: bool,
    detach: bool,
    host: str | None,
    json_: bool,
) -> int:
    """Train an experiment (a .toml file).

    Ctrl+C stops and keeps the best; a second one ends at once.
    """
    from app import headless  # noqa: PLC0415 - loads numpy and rich
    from app.engine.detached import register  # noqa: PLC0415 - not for --help
    from app.engine.experiment import overrides, toml_file  # noqa: PLC0415 - not for --help
    from app.engine.runs.run import Run, default_folder  # noqa: PLC0415 - not for --help
    from app.engine.training import thread_choice  # noqa: PLC0415 - not for --help

    path = Path(experiment).expanduser()
    if path.suffix.lower() != ".toml" and (path.exists() or experiment.startswith("sample:")):
        raise UserError(
            f"'{experiment}' is not an experiment: that is a .toml file.",
            "To train on these data, write one with the two lines [data] and source = "
            f"'{experiment}'.",
        )

    requested: Experiment = toml_file.read(path)
    try:
        requested = overrides.with_overrides(
            requested, changes, lambda chosen: headless.data_kinds(chosen, json_)
        )
    except UserError as error:
        if error.setting:  # it is the data's
            raise
        raise click.UsageError(str(error)) from error

    if host is not None:
        return _start_elsewhere(requested, host, run_dir, detach, json_)

    if measure_threads:
        thread_choice.forget()

    run = Run.create(default_folder(), requested, Path(run_dir).expanduser() if run_dir else None)
    register.add(run.path)
    return _start(run, json_) if detach else headless.train(requested, run, json_)


@click.command()
@click.argument("run")
@click.option(
    "--epochs",
    type=click.IntRange(1, MOST_EPOCHS),
    help="Train longer: the new number of epochs in all.",
)
@detach
@as_json
def resume(run: str, epochs: int | None, detach: bool, json_: bool) -> int:
    """Go on with a stopped run, or train a finished one longer."""
    from app import headless  # noqa: PLC0415 - loads numpy and rich

    found = find_run(run)
    if detach:
        return _start(found, json_, go_on=True, epochs=epochs)

    return headless.resume(found, epochs, json_)


def _start_elsewhere(
    requested: Experiment, host: str, run_dir: str | None, detach: bool, json_: bool
) -> int:
    """Trains on another computer, and follows it unless it is to be left alone."""
    from app.commands.detached import follow_to_its_end  # noqa: PLC0415 - not for --help
    from app.engine.remote import starting  # noqa: PLC0415 - not for --help
    from app.terminal import display_for  # noqa: PLC0415 - not for --help

    with display_for(json_) as display:
        run = starting.start(
            requested, host, Path(run_dir).expanduser() if run_dir else None, display.stage
        )

    if not detach:
        return follow_to_its_end(run, json_)

    if json_:
        say_json({"run": str(run.path), "name": run.name, "host": host})
    else:
        say(f"The run goes on on '{host}' and is followed here.")
        say(f"Run: {run.path}")

    return 0


def _start(run: Run, json_: bool, go_on: bool = False, epochs: int | None = None) -> int:
    """Trains a run in a process of its own and returns the exit code: it has begun."""
    from app.engine.detached import starting  # noqa: PLC0415 - not for --help
    from app.engine.runs.run import default_folder  # noqa: PLC0415 - not for --help

    started = starting.start(run, go_on, epochs)
    started.let_go()
    if json_:
        say_json({"run": str(run.path), "name": run.name, "pid": started.process})
        return 0

    name = shlex.quote(run.name if run.path.parent == default_folder() else str(run.path))
    say(f"The run goes on in a process of its own ({started.process}), without this terminal.")
    say(f"  netwright watch {name}    follows it")
    say(f"  netwright stop {name}    stops it and keeps the best epoch")
    say(f"Run: {run.path}")
    return 0
