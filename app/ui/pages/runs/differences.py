"""What two to five runs have in common and what not: their settings and figures side by side, as
words.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from app.engine.data.augmentation_settings import AugmentationSettings
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.training_settings import TrainingSettings
from app.engine.learning.loss import LOSSES
from app.engine.learning.metrics import metric_text
from app.engine.learning.optimizer import OPTIMIZERS
from app.engine.learning.schedule import SCHEDULES
from app.engine.runs.run import Run
from app.engine.text import (
    UNKNOWN,
    count_text,
    duration_text,
    number_text,
    setting_text,
    value_text,
)
from models.spec import Setting, Spec, UnknownChoice, settings
from models.template import TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.ui.pages.runs.entries import Entry

REGISTRIES: dict[str, Any] = {
    "model": TEMPLATES,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
}
PLAIN: dict[str, Any] = {
    "data": DataSettings,
    "augmentation": AugmentationSettings,
    "training": TrainingSettings,
}
WHAT = {"model": "Model", "loss": "Loss", "optimizer": "Optimizer", "schedule": "Schedule"}


@dataclass(frozen=True)
class Line:
    """One line of the table: a text per run.

    `best` numbers the run that is best in it, -1 for none.
    """

    label: str
    texts: tuple[str, ...]
    best: int = -1


@dataclass(frozen=True)
class Comparison:
    """settings: those that differ. same: how many do not. figures: what came of it."""

    names: tuple[str, ...]
    settings: tuple[Line, ...]
    same: int
    figures: tuple[Line, ...]


def compare(entries: Sequence[Entry]) -> Comparison:
    """Reads the settings of each run; of one that cannot be read nothing is known.

    For one run: what was chosen.
    """
    chosen = [_settings_of(entry.path) for entry in entries]
    names = list(dict.fromkeys(name for values in chosen for name in values))
    lines = []

    same = 0
    for name in names:
        texts = tuple(values.get(name, UNKNOWN) for values in chosen)
        if len(set(texts)) > 1:
            lines.append(Line(name, texts))
        else:
            same += 1

    if len(entries) == 1:
        asked = _asked(entries[0].path)
        lines = [Line(name, (text,)) for name, text in asked.items()]

    return Comparison(tuple(entry.name for entry in entries), tuple(lines), same, _figures(entries))


def _settings_of(path: Path) -> dict[str, str]:
    """Label -> words, of every setting as it was in force; {} where the run cannot be read."""
    run = Run(path)
    prepared = run.environment().get("prepared") or {}

    plain = prepared.get("resolved")
    if not isinstance(plain, dict):
        try:
            plain = toml_file.to_plain(run.experiment())
        except UserError:
            return {}

    return _words(plain)


def _asked(path: Path) -> dict[str, str]:
    """What the person chose, differing from the defaults."""
    try:
        experiment = Run(path).experiment()
    except UserError:
        return {}

    plain = toml_file.to_plain(experiment)
    for section in plain:
        chosen = getattr(experiment, section, None)
        if isinstance(chosen, Spec):
            default = type(chosen)()
            same = {
                name
                for name in type(chosen).model_fields
                if getattr(chosen, name) == getattr(default, name)
            }

            plain[section] = {
                name: value for name, value in plain[section].items() if name not in same
            }

    return _words(plain)


def _words(plain: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for section in ("data", "model", "loss", "optimizer", "schedule", "training", "augmentation"):
        values = dict(plain.get(section) or {})
        declared: dict[str, Setting] = {}
        if section in REGISTRIES:
            registry = REGISTRIES[section]
            kind = values.pop(registry.key, None)
            if kind is None:
                continue

            try:
                choice = registry.get(kind)
            except UnknownChoice:
                found[WHAT[section]] = str(kind)
                continue

            found[WHAT[section]] = choice.label
            declared = {item.name: item for item in settings(choice)}
        elif section in PLAIN:
            declared = {item.name: item for item in settings(PLAIN[section])}

        for name, value in values.items():
            item = declared.get(name)
            label = item.label if item else name.replace("_", " ")
            if label in found:
                label = f"{label} ({section})"

            found[label] = setting_text(item, value) if item else value_text(value)

    return found


def _figures(entries: Sequence[Entry]) -> tuple[Line, ...]:
    def line(label: str, values: list[Any], words: Any, better: Any) -> Line:
        texts = tuple(words(value) if value is not None else UNKNOWN for value in values)
        known = [(value, number) for number, value in enumerate(values) if value is not None]

        best = better(known, key=lambda pair: pair[0])[1] if better and len(known) > 1 else -1
        if best >= 0 and texts.count(texts[best]) > 1:
            best = -1

        return Line(label, texts, best)

    lines: list[Line] = []
    for metric in dict.fromkeys(entry.metric for entry in entries):
        words = partial(metric_text, metric.name)
        better = max if metric.better == "higher" else min
        own = [entry.figure if entry.metric == metric else None for entry in entries]
        test = [(entry.metrics.get("test") or {}).get(metric.name) for entry in entries]
        lines.append(line(f"Validation {metric.label}", own, words, better))
        lines.append(line(f"Test {metric.label}", test, words, better))

    lines += [
        line("Validation loss", [entry.loss for entry in entries], number_text, min),
        line("Best epoch", [entry.best_epoch or None for entry in entries], str, None),
        line("Epochs trained", [len(entry.losses) or None for entry in entries], str, None),
        line("Time", [entry.seconds for entry in entries], duration_text, min),
        line(
            "Weights",
            [_parameters(entry) for entry in entries],
            lambda n: count_text(n, "number"),
            None,
        ),
        line("Device", [_device(entry) for entry in entries], str, None),
    ]
    return tuple(item for item in lines if any(text != UNKNOWN for text in item.texts))


def _parameters(entry: Entry) -> int | None:
    value = (Run(entry.path).environment().get("prepared") or {}).get("parameters")
    return value if isinstance(value, int) else None


def _device(entry: Entry) -> str | None:
    value = (Run(entry.path).environment().get("prepared") or {}).get("device")
    return value if isinstance(value, str) else None
