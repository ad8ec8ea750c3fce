"""What a comparison knows of each run, and what sets the runs apart. It is read off the window."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from app.engine.errors import UserError
from app.engine.experiment.differences import SettingRow, setting_rows
from app.engine.experiment.plain import PlainExperiment, plain_section
from app.engine.files import json_key
from app.engine.runs.curves.run_curves import RunCurves, read_curves
from app.engine.runs.history import History
from app.engine.runs.recorded_events import recorded_preparation
from app.engine.runs.run import Run
from app.engine.text import list_text
from app.ui.pages.runs.differences import settings_of
from app.ui.text.run_names import labels_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.engine.runs.logs.curves import Settings
    from app.ui.pages.runs.entries import Entry

PORTION = 0.4
"""Seconds of reading after which what is read so far is shown."""

LEAST_SHARE = 0.25
"""Of the runs that are missing, which are read at a time at least: to show them takes time too."""

MOST_IN_NAME = 3
"""Settings that stand behind the name of a run; where more differ the table tells them."""

SEED = ("training", "seed")

ENDS = re.compile(r"[\W_]*(seed)?[\W_]*$", re.IGNORECASE)
"""What is left out at the end of what the names of several seeds share."""


@dataclass(frozen=True, eq=False)
class Subject:
    """One run of a comparison. trouble: why its curves could not be read, "" where they were.

    known: of a run of another tool, the settings that its log tells.
    """

    entry: Entry
    curves: RunCurves
    settings: PlainExperiment
    trouble: str = ""
    known: Settings = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Compared:
    """Runs with what sets them apart.

    names: of the runs, each with the settings that differ. rows: the settings that differ. same:
    how many do not. seeds: the numbers of runs that differ by their seed alone, two or more each.
    """

    subjects: tuple[Subject, ...] = ()
    labels: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    rows: tuple[SettingRow, ...] = ()
    same: int = 0
    seeds: tuple[tuple[int, ...], ...] = ()

    def value_texts(self, row: SettingRow) -> tuple[str, ...]:
        """Returns the distinct values of a setting that differs, as texts, in the runs' order."""
        return tuple(dict.fromkeys(row.texts))


def read_portion(entries: Sequence[Entry], check: Callable[[], None]) -> list[Subject]:
    """Reads some of the runs, for as long as PORTION. check: it may raise."""
    begun = time.monotonic()
    least = LEAST_SHARE * len(entries)
    found: list[Subject] = []
    for entry in entries:
        check()
        found.append(_read(entry))
        if len(found) >= least and time.monotonic() - begun > PORTION:
            break

    return found


def _read(entry: Entry) -> Subject:
    run = Run(entry.path)
    prepared = recorded_preparation(run)
    settings = settings_of(run, prepared)
    try:
        return Subject(entry, read_curves(run, prepared), settings)
    except UserError as error:
        none = np.empty(0)
        curves = RunCurves.of(History(none, none, none, none))
        return Subject(entry, curves, settings, error.what)


def compared(subjects: Sequence[Subject]) -> Compared:
    """Returns what sets these runs apart."""
    own = [number for number, subject in enumerate(subjects) if subject.entry.is_own]
    every = setting_rows([subject.settings for subject in subjects]) if own else ()
    known = [subject.known for subject in subjects]
    rows = tuple(
        row for row in (each.with_known(known) for each in every) if row.differs_among(own)
    )
    labels = _labels(subjects)
    return Compared(
        tuple(subjects),
        labels,
        tuple(
            _name(label, rows, number, is_own=number in own) for number, label in enumerate(labels)
        ),
        rows,
        len(every) - len(rows),
        _same_but_for_seed(subjects),
    )


def _labels(subjects: Sequence[Subject]) -> tuple[str, ...]:
    """Returns the names of the runs; one from elsewhere that is called as another has a path."""
    entries = [subject.entry for subject in subjects]
    own = iter(labels_of([entry.path for entry in entries if entry.is_own]))
    labels = [next(own) if entry.is_own else entry.title for entry in entries]
    return tuple(
        label if entry.is_own or labels.count(label) == 1 else f"{label} ({entry.path})"
        for label, entry in zip(labels, entries, strict=True)
    )


def _name(label: str, rows: Sequence[SettingRow], number: int, is_own: bool = True) -> str:
    """Returns the name of a run with the settings that differ: "digits · Seed 3, Width 32"."""
    known = [row for row in rows if is_own or row.values[number] is not None]
    if not known or len(rows) > MOST_IN_NAME:
        return label

    return f"{label} · {', '.join(f'{row.label} {row.texts[number]}' for row in known)}"


def _shared_beginning(names: Sequence[str]) -> str:
    """Returns the letters with which all names begin."""
    first, last = min(names), max(names)  # what these share, those between them share too
    pairs = zip(first, last, strict=False)
    end = next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(first), len(last)))
    return first[:end]


def _same_but_for_seed(subjects: Sequence[Subject]) -> tuple[tuple[int, ...], ...]:
    groups: dict[str, list[int]] = {}
    for number, subject in enumerate(subjects):
        section, name = SEED
        training = dict(plain_section(subject.settings, section))
        training.pop(name, None)
        if subject.settings:
            key = json_key({**subject.settings, "name": "", section: training})
            groups.setdefault(key, []).append(number)

    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def group_name(compared_runs: Compared, members: Sequence[int]) -> str:
    """Returns the name of runs that differ by their seed alone: what sets them apart from others.

    Without the seed, and with the number of runs: "digits · Width 32 (3 seeds)".
    """
    rows = [row for row in compared_runs.rows if (row.section, row.name) != SEED]
    labels = list(dict.fromkeys(compared_runs.labels[number] for number in members))
    shared = ENDS.sub("", _shared_beginning(labels)) if len(labels) > 1 else ""
    name = _name(shared or list_text(labels, 2), rows, members[0])
    return f"{name} ({len(members)} seeds)"
