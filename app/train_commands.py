"""`netwright train` and `netwright resume`: here, or in a process of their own."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.command_options import as_json
from app.commands.cluster import cluster_options, submit
from app.engine.errors import UserError
from app.engine.experiment.limits import MOST_EPOCHS
from app.engine.training.ranks import world as worlds
from app.engine.training.ranks.starting import MOST_PROCESSES
from app.find_run import find_run
from app.output import say, say_json

if TYPE_CHECKING:
    from app.engine.cluster.submitting import Wanted
    from app.engine.experiment.experiment import Experiment
    from app.engine.runs.run import Run
    from app.engine.training.ranks.world import World

detach = click.option(
    "--detach",
    is_flag=True,
    help="Train in a process of its own, which goes on without this terminal.",
)
processes_option = click.option(
    "--processes",
    type=click.IntRange(1, MOST_PROCESSES),
    default=1,
    metavar="N",
    help="Share each batch among so many processes of this computer, or its GPUs.",
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
@processes_option
@click.option(
    "--on", "host", metavar="HOST", help="Train on another computer, by ssh; it is followed here."
)
@as_json
@cluster_options
def train(
    experiment: str,
    changes: tuple[str, ...],
    run_dir: str | None,
    measure_threads: bool,
    detach: bool,
    processes: int,
    host: str | None,
    json_: bool,
    wanted: Wanted | None,
) -> int:
    """Train an experiment (a .toml file).

    Ctrl+C stops and keeps the best; a second one ends at once. Several machines share it with
    torchrun: torchrun --nproc-per-node N -m app train EXPERIMENT.toml
    """
    from app import headless  # noqa: PLC0415 - loads numpy and rich
    from app.engine.detached import register  # noqa: PLC0415 - not for --help
    from app.engine.experiment import overrides, toml_file  # noqa: PLC0415 - not for --help
    from app.engine.runs.run import Run, default_folder  # noqa: PLC0415 - not for --help
    from app.engine.training import thread_choice  # noqa: PLC0415 - not for --help

    requested: Experiment = toml_file.read(_path_of(experiment))
    try:
        requested = overrides.with_overrides(
            requested, changes, lambda chosen: headless.data_kinds(chosen, json_)
        )
    except UserError as error:
        if error.setting:  # it is the data's
            raise
        raise click.UsageError(str(error)) from error

    world = _world(detach or host is not None or processes > 1 or wanted is not None)
    if world is not None and world.rank:
        return _follow(world, requested)
    if host is not None:
        if processes > 1 or wanted is not None:
            raise click.UsageError("--on goes with neither --processes nor --cluster.")

        return _start_elsewhere(requested, host, run_dir, detach, json_)

    if measure_threads:
        thread_choice.forget()

    run = Run.create(default_folder(), requested, Path(run_dir).expanduser() if run_dir else None)
    if wanted is not None:
        return submit(run, wanted, processes, json_)

    register.add(run.path)
    if detach:
        return _start(run, json_, processes=processes)

    return headless.train(requested, run, json_, processes, world)


@click.command()
@click.argument("run")
@click.option(
    "--epochs",
    type=click.IntRange(1, MOST_EPOCHS),
    help="Train longer: the new number of epochs in all.",
)
@detach
@processes_option
@as_json
def resume(run: str, epochs: int | None, detach: bool, processes: int, json_: bool) -> int:
    """Go on with a stopped run, or train a finished one longer."""
    from app import headless  # noqa: PLC0415 - loads numpy and rich

    found = find_run(run)
    world = _world(detach or processes > 1)
    if world is not None and world.rank:
        return _follow(world, found.experiment())
    if detach:
        return _start(found, json_, go_on=True, epochs=epochs, processes=processes)

    return headless.resume(found, epochs, json_, processes, world)


def _path_of(experiment: str) -> Path:
    """Returns the path of an experiment. Raises UserError where data are named in place of one."""
    path = Path(experiment).expanduser()
    if path.suffix.lower() != ".toml" and (path.exists() or experiment.startswith("sample:")):
        raise UserError(
            f"'{experiment}' is not an experiment: that is a .toml file.",
            "To train on these data, write one with the two lines [data] and source = "
            f"'{experiment}'.",
        )

    return path


def _follow(world: World, experiment: Experiment) -> int:
    """Follows the first process of torchrun, on the data as they are here; returns the code."""
    from app.engine.training.ranks.follower import follow  # noqa: PLC0415 - not for --help

    return follow(world, experiment.data)


def _world(goes_elsewhere: bool) -> World | None:
    """Returns what torchrun says of this process, None where it trains alone.

    goes_elsewhere: whether the training is to be in other processes than this one.
    """
    world = worlds.of_environment()
    if world is not None and goes_elsewhere:
        raise click.UsageError(
            "torchrun has started the processes already: leave out --processes, --detach, --on and "
            "--cluster."
        )

    return world


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


def _start(
    run: Run, json_: bool, go_on: bool = False, epochs: int | None = None, processes: int = 1
) -> int:
    """Trains a run in a process of its own and returns the exit code: it has begun."""
    from app.engine.detached import starting  # noqa: PLC0415 - not for --help
    from app.engine.runs.run import default_folder  # noqa: PLC0415 - not for --help

    started = starting.start(run, go_on, epochs, processes)
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
