"""Which run is shown, by name, and what sets its settings apart from those that are open."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.experiment.differences import KIND, SettingRow, differences, setting_rows
from app.engine.experiment.experiment import CHOICES
from app.engine.experiment.plain import PlainExperiment, plain_section
from app.engine.runs.history import prepared_event
from app.ui.text.run_names import title_of
from models.spec import UnknownChoice

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from app.engine.runs.run import Run
    from app.ui.state.document import Document
    from app.ui.state.record import Record


@dataclass(frozen=True)
class RunIdentity:
    """A run as a person knows it.

    begun: None before it is known. requested: its experiment as it was asked for. resolved: with
    every setting filled in, {} before that is known.
    """

    path: Path | None = None
    begun: datetime | None = None
    requested: PlainExperiment = field(default_factory=dict)
    resolved: PlainExperiment = field(default_factory=dict)

    @classmethod
    def of_record(cls, record: Record) -> RunIdentity | None:
        """Returns the run of a record; None of an empty record."""
        if record.started is None:
            return None

        resolved = record.prepared.resolved if record.prepared is not None else {}
        return cls(record.path, record.begun, record.started.experiment, resolved)

    @classmethod
    def of_run(cls, run: Run) -> RunIdentity:
        """Reads what is known of a run from its folder. Raises UserError."""
        prepared = prepared_event(run.environment().get("prepared"))
        requested = toml_file.to_plain(run.experiment())
        return cls(run.path, run.started, requested, prepared.resolved if prepared else {})

    @property
    def title(self) -> str:
        """The run in a line: "photos, ResNet, run of 22:52"."""
        template = _template(self.resolved) or _template(self.requested)
        return title_of(self.path, template, self.begun)


def _template(experiment: PlainExperiment) -> str:
    """Returns the label of the template of a plain experiment, "" where it is left open."""
    registry = CHOICES["model"].registry
    kind = str(registry.kind_in(plain_section(experiment, "model")) or "")
    try:
        return str(registry.get(kind).label) if kind else ""
    except UnknownChoice:  # of another version
        return kind


def open_title(document: Document) -> str:
    """Returns what Train would train in a few words: "photos, ResNet".

    The template that follows from the data is not known before they are read.
    """
    experiment = document.experiment
    template = experiment.model.label if experiment.model is not None else ""
    if not template and document.description is not None:
        with contextlib.suppress(UserError):
            template = document.resolved().model.label

    return ", ".join(part for part in (experiment.name, template) if part)


def why_not_trained(record: Record, document: Document) -> str:
    """Returns why the run of a record is none of the open experiment; "" where it is one.

    It has an epoch that was judged, on these data with these settings.
    """
    identity = RunIdentity.of_record(record)
    if identity is None or not record.epochs:
        return "Nothing has been trained yet; press Train."
    if other_settings(identity, document):
        return "The run shown has other settings than those that are open; press Train."

    return ""


def other_settings(identity: RunIdentity, document: Document) -> tuple[SettingRow, ...]:
    """Returns the settings that a run and the open experiment, in this order, do not share.

    A setting that was left open in one and chosen in the other is the same where it comes to the
    same. Of other data, and of another template, loss, optimizer or schedule, no more is said.
    """
    requested = toml_file.to_plain(document.experiment)
    in_force = _in_force(identity, document)
    found: list[SettingRow] = []
    told: set[str] = set()
    for row in differences([identity.requested, requested]):
        shown = in_force.get((row.section, row.name))
        if row.section in told or (shown is not None and not shown.differs):
            continue

        found.append(shown if shown is not None else row)
        if row.name in (KIND, "source"):
            told.add(row.section)

    return tuple(found)


def _in_force(identity: RunIdentity, document: Document) -> dict[tuple[str, str], SettingRow]:
    """Returns the settings as they are filled in, by section and name; {} where that is unknown."""
    if not identity.resolved or document.description is None:
        return {}

    try:
        resolved = toml_file.to_plain(document.resolved())
    except UserError:
        return {}

    return {(row.section, row.name): row for row in setting_rows([identity.resolved, resolved])}
