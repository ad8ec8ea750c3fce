"""Runs in MLflow, by its own client: in a folder, or on a server that tracks.

Parameters, every value of the curves with its step and time, tags, and as artifacts the report and
the cards of model and data.
"""

# ruff: noqa: PLC0415 - mlflow is an extra, and takes a second to load
from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import __version__
from app.engine.errors import UserError
from app.engine.export.bundle import data_card, layout, model_card
from app.engine.extras import missing, not_installed
from app.engine.files import disk_error
from app.engine.foreign import foreign_reader
from app.engine.report.content import ReportedRun
from app.engine.report.page import write_report
from app.engine.runs.logs.tensorboard import timed_values
from app.engine.sources.format import no_progress
from app.engine.text import value_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mlflow import MlflowClient

    from app.engine.runs.run import Run
    from app.engine.sources.format import Progress

EXPERIMENT = "Netwright"

RUN_TAG = "netwright.run"
"""Says which run of this program it is, so that it is replaced when it is written again."""

MOST_METRICS = 1000
MOST_OTHERS = 100
"""So many values, or parameters, MLflow takes at once."""

LONGEST = 6000
"""Characters of a parameter or tag, at most."""

STATUS = {
    "completed": "FINISHED",
    "stopped": "FINISHED",
    "failed": "FAILED",
    "diverged": "FAILED",
    "running": "RUNNING",
    "interrupted": "KILLED",
}

ENVIRONMENT = {
    "MLFLOW_ALLOW_FILE_STORE": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
}
"""What MLflow is told, unless a person has told it otherwise.

It refuses folders, tells its makers how it is used, and tries for minutes to reach a server.
"""


def require_mlflow() -> None:
    """Raises UserError, with the command to copy, where mlflow is not installed."""
    if missing("mlflow"):
        raise not_installed("This needs MLflow's client, which is not installed.", "mlflow")


@dataclass(frozen=True)
class Written:
    """A run in MLflow. notes: sentences on what is not there."""

    run_id: str
    notes: tuple[str, ...] = ()


def address_of(target: str) -> str:
    """Returns what MLflow calls a folder; an address of a server as it is."""
    return target if "://" in target else Path(target).expanduser().absolute().as_uri()


def write_runs(
    runs: Sequence[Run], target: str, progress: Progress = no_progress
) -> Iterator[tuple[Run, Written]]:
    """Writes runs and yields each when it is there; those of an earlier time are replaced.

    target: a folder, or the address of a server. Raises UserError where mlflow is not installed,
    where it refuses, and where a run cannot be read.
    """
    require_mlflow()
    for number, run in enumerate(runs):
        progress("Writing for MLflow", number, len(runs))
        try:
            with _environment(), foreign_reader(lambda words: _refused(target, words)):
                written = _write(run, address_of(target))
        except OSError as error:
            raise disk_error(error, Path(target)) from error

        yield run, written


def _write(run: Run, address: str) -> Written:
    from mlflow import MlflowClient

    client = MlflowClient(address, address)
    reported = ReportedRun(run, run.name, run.experiment())
    begun = round(run.started.timestamp() * 1000)
    experiment = _experiment(client)
    identity = f"{run.name} {begun}"
    before = client.search_runs([experiment], f"tags.`{RUN_TAG}` = '{_quoted(identity)}'")
    tags = {RUN_TAG: _quoted(identity), **_tags(reported)}
    made = client.create_run(experiment, begun, tags, run.name)
    run_id = made.info.run_id
    _log_parameters(client, run_id, reported)
    _log_metrics(client, run_id, run)
    notes = _log_artifacts(client, run_id, reported)
    seconds = float(reported.summary.get("seconds") or 0.0)
    status = STATUS.get(run.status, "KILLED")
    if status != "RUNNING":
        client.set_terminated(run_id, status, begun + round(seconds * 1000))

    for old in before:  # only now: what fails half way takes nothing away
        client.delete_run(old.info.run_id)

    return Written(run_id, notes)


def _experiment(client: MlflowClient) -> str:
    found = client.get_experiment_by_name(EXPERIMENT)
    return str(found.experiment_id if found is not None else client.create_experiment(EXPERIMENT))


def _tags(reported: ReportedRun) -> dict[str, str]:
    run = reported.run
    tags = {
        "mlflow.note.content": run.note,
        "mlflow.source.name": "Netwright",
        "netwright.version": str(reported.environment.get("netwright") or __version__),
        "netwright.status": run.status,
        "netwright.reason": str(reported.summary.get("reason") or ""),
        "netwright.weights_sha256": str(reported.summary.get("weights_sha256") or ""),
    }
    return {name: reported.remover.text(value)[:LONGEST] for name, value in tags.items() if value}


def _log_parameters(client: MlflowClient, run_id: str, reported: ReportedRun) -> None:
    """Logs every setting as it was in force, under "section.name"."""
    from mlflow.entities import Param

    settings = {
        name: reported.remover.text(text)[:LONGEST] or "-"
        for name, text in _flat(reported.resolved, "")
    }
    params = [Param(name, text) for name, text in settings.items()]
    for first in range(0, len(params), MOST_OTHERS):
        client.log_batch(run_id, params=params[first : first + MOST_OTHERS])


def _flat(values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{_allowed(name)}.")
        elif value is not None:
            yield f"{prefix}{_allowed(name)}", value_text(value)


def _log_metrics(client: MlflowClient, run_id: str, run: Run) -> None:
    from mlflow.entities import Metric

    waiting: list[Metric] = []
    for value in timed_values(run):
        metric = Metric(_allowed(value.tag), value.value, round(value.time * 1000), value.step)
        waiting.append(metric)
        if len(waiting) == MOST_METRICS:
            client.log_batch(run_id, metrics=waiting)
            waiting = []

    client.log_batch(run_id, metrics=waiting)


def _log_artifacts(client: MlflowClient, run_id: str, reported: ReportedRun) -> tuple[str, ...]:
    """Logs the report and the cards; returns sentences on those that cannot be made."""
    notes: list[str] = []
    source = reported.experiment.data.source
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_report([reported.run], folder / "report.html")
        if reported.description is not None:
            card = data_card.card_text(reported.description, source)
            (folder / layout.DATA_CARD).write_text(card, encoding="utf-8")
        if reported.run.best_folder is not None:
            try:
                text = _model_card(reported.run, source)
                (folder / layout.CARD).write_text(text, encoding="utf-8")
            except UserError as error:
                notes.append(f"Without the card of the model: {error.what}")

        client.log_artifacts(run_id, str(folder))

    return tuple(notes)


def _model_card(run: Run, source: str) -> str:
    from app.engine.export.trained_network import TrainedNetwork

    return model_card.card_text(TrainedNetwork.load(run), source)


def _allowed(name: str) -> str:
    """Returns a name with only those signs that MLflow takes everywhere, Windows included."""
    return "".join(sign if sign.isalnum() or sign in "/_.- " else "_" for sign in name)


def _quoted(text: str) -> str:
    """Returns a text that can stand between the quotes of a search."""
    return text.replace("'", "’").replace("\\", "/")


@contextmanager
def _environment() -> Iterator[None]:
    """Tells MLflow what it should do, for as long as it is used."""
    own = {name: value for name, value in ENVIRONMENT.items() if name not in os.environ}
    os.environ.update(own)
    try:
        yield
    finally:
        for name in own:
            os.environ.pop(name, None)


def _refused(target: str, words: str) -> UserError:
    return UserError(f"MLflow did not take it, at '{target}': {words}", "Check the address.")
