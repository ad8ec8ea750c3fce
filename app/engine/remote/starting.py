"""Starts a training on another computer, and a process here that follows it."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from app.engine import files, own_process
from app.engine.detached import register
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.remote import place as places
from app.engine.remote.computer import make_ready, send_data
from app.engine.remote.connection import Connection
from app.engine.remote.failures import Disconnected
from app.engine.remote.mirror import Mirror, begin
from app.engine.remote.place import RUNS, Place
from app.engine.runs.run import Run, default_folder
from app.engine.sources.format import Check, Progress, no_check, no_progress

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.experiment.experiment import Experiment

MODULE = "app.engine.remote.process"
MOST_ANSWER = 1 << 16


def start(
    requested: Experiment,
    host: str,
    run_folder: Path | None = None,
    progress: Progress = no_progress,
    check: Check = no_check,
    runs: Path | None = None,
) -> Run:
    """Makes another computer ready, starts the run there and returns it, which is followed here.

    run_folder: the run's own here, new or empty. runs: else it is a new one in this folder.
    Nothing is left here where it cannot begin there. Raises UserError, Disconnected, and whatever
    `check` raises.
    """
    require_portable(requested)
    with Connection(host, check) as connection:
        make_ready(connection, progress, check)
        source = requested.data.source
        there = send_data(connection, source, progress, check, names_pictures(requested))
        if there.startswith("~/netwright/"):
            there = f"../{there.removeprefix('~/netwright/')}"  # the program's folder is beside it

        run = Run.create(runs or default_folder(), requested, run_folder)
        try:
            name = run.path.name
            sent = requested.replace(
                name=run.experiment().name, data=requested.data.replace(source=there)
            )
            connection.ask("write", path=f"{RUNS}/{name}.toml", text=toml_file.dumps(sent))
            place = Place(host=host, folder=f"{RUNS}/{name}", source=source, state="starting")
            if Mirror(connection, place["folder"], run.path).is_there():
                raise UserError(
                    f"'{host}' has a run called '{name}' already.", "Give this one another name."
                )

            places.write(run.path, place)
            progress("Starting", 0, 0)
            # Whether it began is not known after a cut: who follows it looks, and begins it if not.
            with contextlib.suppress(Disconnected):
                begin(connection, name)
        except BaseException:
            run.discard()
            raise

    register.add(run.path)
    follow(run)
    return run


def require_portable(requested: Experiment) -> None:
    """Raises UserError where an experiment needs files of this computer beside its data."""
    if requested.training.start_from:
        raise UserError(
            "A run on another computer cannot start from the weights of a run here.",
            "Train it here, or start with new weights.",
            "training.start_from",
        )

    if requested.data.revision:
        raise UserError(
            "A revision of the data is not taken to another computer.",
            "Train it here, or without the revision.",
            "data.revision",
        )


def follow(run: Run) -> int:
    """Starts a process that follows a run on another computer; returns its number.

    Raises UserError where one follows it already, or where the system starts none.
    """
    run.must_rest("followed a second time")
    try:
        child = own_process.start_detached(
            MODULE,
            files.json_line({"run": str(run.path)}, ascii_only=True).decode().strip(),
            run.path / "log.txt",
        )
    except OSError as error:
        raise UserError(
            f"No process could be started for the run '{run.name}': {error.strerror or error}.",
            "Close other programs, then: netwright watch.",
        ) from error

    assert child.stdout is not None
    with child.stdout as answers:
        answer = json.loads(answers.read(MOST_ANSWER) or b"{}")

    if "process" not in answer:
        raise UserError(
            str(answer.get("what", f"The run '{run.name}' cannot be followed.")),
            str(answer.get("remedy", "")),
        )

    return int(answer["process"])


def names_pictures(requested: Experiment) -> bool:
    """Returns whether a table of these data names files beside it, so that they are needed too."""
    return any(role in ("image", "sound") for role in requested.data.columns.values()) or (
        requested.data.source.lower().endswith((".csv", ".tsv", ".jsonl", ".parquet"))
        and _table_of_files(requested)
    )


def _table_of_files(requested: Experiment) -> bool:
    from app.engine.sources.opening import open_dataset  # noqa: PLC0415 - of tables only

    return bool(open_dataset(requested.data, sample=True).description.reading.files)
