"""What two to five runs have in common and what not, as words side by side."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from app.engine.detached.listing import prepared_of
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.experiment.differences import chosen_settings, setting_rows
from app.engine.learning.metrics import metric_text
from app.engine.runs.comparison import best_index
from app.engine.runs.recorded_events import recorded_preparation
from app.engine.runs.run import Run
from app.engine.text import UNKNOWN, count_text, duration_text, number_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from app.engine.experiment.differences import SettingRow
    from app.engine.experiment.plain import PlainExperiment
    from app.engine.runs.events import RunPrepared
    from app.ui.pages.runs.entries import Entry


@dataclass(frozen=True)
class Line:
    """One line of the table: a text for each run.

    best: the number of the run that is best in it, -1 for none.
    """

    label: str
    texts: tuple[str, ...]
    best: int = -1


@dataclass(frozen=True)
class Comparison:
    """What sets runs apart.

    settings: those that differ. same: how many settings do not. figures: the outcome.
    """

    names: tuple[str, ...]
    settings: tuple[Line, ...]
    same: int
    figures: tuple[Line, ...]


def compare(entries: Sequence[Entry]) -> Comparison:
    """Reads the settings of each run, and compares them.

    Nothing is known of a run that cannot be read. For one run alone the settings are those that
    were chosen.
    """
    if len(entries) == 1:
        rows = setting_rows([_chosen(entries[0].path)])
        same = 0
    else:
        every = setting_rows([_resolved(entry.path) for entry in entries])
        rows = tuple(row for row in every if row.differs)
        same = len(every) - len(rows)

    return Comparison(tuple(entry.name for entry in entries), _lines(rows), same, _figures(entries))


def _lines(rows: Sequence[SettingRow]) -> tuple[Line, ...]:
    """Returns the rows as lines; a label that two sections share names its section."""
    lines: dict[str, Line] = {}
    for row in rows:
        label = row.label if row.label not in lines else f"{row.label} ({row.section})"
        lines[label] = Line(label, row.texts)

    return tuple(lines.values())


def settings_of(run: Run, prepared: RunPrepared | None) -> PlainExperiment:
    """Returns every setting as it was in force; {} where the run cannot be read.

    prepared: what was known before its first step; before that, settings are those requested.
    """
    if prepared is not None and prepared.resolved:
        return prepared.resolved

    try:
        return toml_file.to_plain(run.experiment())
    except UserError:
        return {}


def _resolved(path: Path) -> PlainExperiment:
    run = Run(path)
    return settings_of(run, recorded_preparation(run))


def _chosen(path: Path) -> PlainExperiment:
    """Returns the settings that were chosen and differ from the defaults.

    {} where the run cannot be read.
    """
    try:
        experiment = Run(path).experiment()
    except UserError:
        return {}

    return chosen_settings(experiment)


def _line(
    label: str,
    values: Sequence[float | None],
    words: Callable[[Any], str],
    better: Literal["higher", "lower"] | None,
) -> Line:
    """Returns one line of figures. better: None where no figure is better than another."""
    texts = tuple(words(value) if value is not None else UNKNOWN for value in values)
    best = best_index(values, better, texts) if better is not None else None
    return Line(label, texts, -1 if best is None else best)


def _text_line(label: str, values: Sequence[str | None]) -> Line:
    return Line(label, tuple(value or UNKNOWN for value in values))


def _figures(entries: Sequence[Entry]) -> tuple[Line, ...]:
    lines: list[Line] = []
    for metric in dict.fromkeys(entry.metric for entry in entries):
        words = partial(metric_text, metric.name)
        own = [entry.figure if entry.metric == metric else None for entry in entries]
        test = [(entry.metrics.get("test") or {}).get(metric.name) for entry in entries]
        lines.append(_line(f"Validation {metric.label}", own, words, metric.better))
        lines.append(_line(f"Test {metric.label}", test, words, metric.better))

    lines += [
        _line("Validation loss", [entry.loss for entry in entries], number_text, "lower"),
        _line("Best epoch", [entry.best_epoch or None for entry in entries], str, None),
        _line("Epochs trained", [len(entry.losses) or None for entry in entries], str, None),
        _line("Time", [entry.seconds for entry in entries], duration_text, "lower"),
        _line(
            "Weights",
            [_parameters(entry) for entry in entries],
            lambda count: count_text(count, "number"),
            None,
        ),
        _text_line("Device", [_device(entry) for entry in entries]),
    ]
    return tuple(line for line in lines if any(text != UNKNOWN for text in line.texts))


def _parameters(entry: Entry) -> int | None:
    value = prepared_of(Run(entry.path)).get("parameters")
    return value if isinstance(value, int) else None


def _device(entry: Entry) -> str | None:
    value = prepared_of(Run(entry.path)).get("device")
    return value if isinstance(value, str) else None
