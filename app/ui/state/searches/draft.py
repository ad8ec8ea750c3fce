"""A search that is being set up: which settings are tried, and with which values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app.engine.errors import UserError
from app.engine.experiment.experiment import CHOICES
from app.engine.search.proposals import grid_size
from app.engine.search.ranges import Range, is_kind, kinds_first, range_between, range_of
from app.engine.search.search_folder import Plan
from app.engine.search.subject import kinds_with, metric_of
from models.own_network import OwnNetwork
from models.spec import settings

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.experiment.experiment import Experiment
    from app.engine.search.proposals import Strategy
    from app.ui.state.document import Document
    from models.spec import Setting

SECTIONS = ("model", "loss", "optimizer", "schedule", "training", "augmentation")
"""Of [data] nothing is tried: it decides which examples judge."""

NOT_TRIED = ("seed", "device", "threads", "cpu_use", "start_from", "save_every", "recompute")
"""Settings that make a training neither better nor worse, or that would choose a lucky seed."""

TYPES = ("integer", "number", "switch", "choice")

WIDER = {"number": 10.0, "integer": 2.0}
"""A range that is proposed begins at the present value divided by this, and ends at its product."""


@dataclass(frozen=True)
class Tried:
    """A setting that is tried. name: SECTION.FIELD. label: on screen.

    setting: what is declared about it; None for a choice among kinds. options: its values with
    their words, where it is a choice; () for a number. values: those that are tried; for a number
    () where low and high are the ends of a range.
    """

    name: str
    label: str
    setting: Setting | None
    options: tuple[tuple[Any, str], ...] = ()
    values: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 0.0
    logarithmic: bool = False

    @property
    def is_number(self) -> bool:
        return not self.options

    @property
    def whole(self) -> bool:
        return self.setting is not None and self.setting.type == "integer"

    def range(self, experiment: Experiment, dataset: Dataset) -> Range:
        """Returns what a search tries of it. Raises UserError."""
        kinds = kinds_with(dataset.description)
        called = f"'{self.label}'"
        try:
            if self.options or self.values:
                return range_of(self.name, self.values, experiment, kinds, called)

            low, high = (round(end) if self.whole else end for end in (self.low, self.high))
            found = range_between(self.name, low, high, experiment, kinds, called)
        except UserError as error:
            what = error.what.removeprefix("In --try: ").replace(f"'{self.name}'", called)
            raise UserError(what[:1].upper() + what[1:], "Change its values.") from error

        return replace(found, logarithmic=self.logarithmic and self.low > 0)


def tryable(document: Document) -> dict[str, list[tuple[str, str]]]:
    """Returns the settings of the open experiment that can be tried, by section: name and label."""
    found: dict[str, list[tuple[str, str]]] = {}
    for section in SECTIONS:
        rows = []
        choice = CHOICES.get(section)
        if choice is not None and not _is_own_network(document, section):
            rows.append((f"{section}.{choice.registry.key}", kind_label(section)))

        rows += [
            (f"{section}.{setting.name}", setting.label)
            for setting in _settings(document, section)
            if is_tryable(section, setting)
        ]
        if rows:
            found[section] = rows

    return found


def is_tryable(section: str, setting: Setting) -> bool:
    """Returns whether a search can try several values of a setting."""
    return section in SECTIONS and setting.type in TYPES and setting.name not in NOT_TRIED


def kind_label(section: str) -> str:
    """Returns what the choice among the kinds of a section is called."""
    noun = CHOICES[section].registry.noun
    return noun[:1].upper() + noun[1:]


def proposed(document: Document, name: str) -> Tried | None:
    """Returns a setting with values around the present one; None where it cannot be tried."""
    section, field = name.split(".")
    if is_kind(name):
        return _proposed_kinds(document, section)

    setting = next((one for one in _settings(document, section) if one.name == field), None)
    if setting is None or not is_tryable(section, setting):
        return None

    label = setting.label
    if setting.type == "switch":
        options: tuple[tuple[Any, str], ...] = ((False, "Off"), (True, "On"))
        return Tried(name, label, setting, options, (False, True))
    if setting.type == "choice":
        return Tried(
            name, label, setting, setting.choices, tuple(value for value, _ in setting.choices)
        )

    low, high = _around(setting, _present(document, section, field))
    return Tried(name, label, setting, (), (), low, high, setting.logarithmic and low > 0)


def _proposed_kinds(document: Document, section: str) -> Tried:
    """Returns the choice among kinds that fit, with the present one and the next chosen."""
    registry = CHOICES[section].registry
    kinds = [choice for choice in registry.all() if choice is not OwnNetwork]
    options = tuple((choice.kind, choice.label) for choice in kinds)
    present = document.value(section).kind
    others = [kind for kind, _ in options if kind != present and _fits(document, section, kind)]
    options = tuple(pair for pair in options if pair[0] in (present, *others))
    return Tried(
        f"{section}.{registry.key}", kind_label(section), None, options, (present, *others[:1])
    )


def _fits(document: Document, section: str, kind: str) -> bool:
    from app.engine.experiment.changes import with_changes  # noqa: PLC0415 - only here
    from app.engine.experiment.resolve import resolve  # noqa: PLC0415 - only here

    description = document.assumed_description
    name = f"{section}.{CHOICES[section].registry.key}"
    try:
        resolve(with_changes(document.experiment, {name: kind}, description), description)
    except (UserError, ValueError):
        return False

    return True


def _settings(document: Document, section: str) -> list[Setting]:
    if _is_own_network(document, section):
        return []
    try:
        return list(settings(type(document.value(section))))
    except UserError:
        return []


def _is_own_network(document: Document, section: str) -> bool:
    """Returns whether the network is one of a person's own, which has no settings to try."""
    model = document.experiment.model
    return section == "model" and isinstance(model, OwnNetwork)


def _present(document: Document, section: str, field: str) -> float | None:
    """Returns the value that a setting has or comes to; None where that is not known."""
    value = getattr(document.value(section), field)
    if value is None:
        try:
            value = getattr(document.resolved_section(section), field, None)
        except UserError:
            value = None

    return value if isinstance(value, (int, float)) else None


def _around(setting: Setting, present: float | None) -> tuple[float, float]:
    """Returns a range around a value, within the limits of its setting."""
    least = setting.minimum if setting.minimum is not None else -1e12
    most = setting.maximum if setting.maximum is not None else 1e12
    if setting.type == "number" and not setting.logarithmic:
        # An end that may not be reached itself is left alone.
        wide = most - least
        low = max(0.0, least)
        high = max(2 * (present or 0.0), 5 * (setting.step or 0.1))
        high = min(high, least + 0.9 * wide)
    else:
        value = present or setting.step or (1.0 if setting.type == "integer" else 0.01)
        factor = WIDER[setting.type]
        low, high = value / factor, value * factor

    low, high = max(low, least), min(high, most)
    if setting.type == "integer":
        low, high = float(max(round(low), least)), float(round(high))
        high = min(max(high, low + 1), most)

    return _short(low), _short(high)


def _short(value: float) -> float:
    return float(f"{value:.6g}")


@dataclass(frozen=True)
class Draft:
    """What a person has set up. trials: wanted, at most. parallel: so many at a time."""

    tried: tuple[Tried, ...] = ()
    strategy: Strategy = "tpe"
    trials: int = 12
    parallel: int = 1

    def with_setting(self, tried: Tried) -> Draft:
        """Returns it with one setting added, or changed."""
        names = [one.name for one in self.tried]
        if tried.name in names:
            rows = [tried if one.name == tried.name else one for one in self.tried]
        else:
            rows = [*self.tried, tried]

        return replace(self, tried=tuple(rows))

    def without(self, name: str) -> Draft:
        return replace(self, tried=tuple(one for one in self.tried if one.name != name))

    def plan(self, experiment: Experiment, dataset: Dataset) -> Plan:
        """Returns the search. Raises UserError, in the words of the window."""
        if not self.tried:
            raise UserError("Nothing is to be tried yet.", "Add a setting.")

        ranges = kinds_first(one.range(experiment, dataset) for one in self.tried)
        trials = self.trials
        if self.strategy == "grid":
            trials = min(trials, grid_size(ranges))

        metric = metric_of(experiment, dataset)
        return Plan(ranges, self.strategy, trials, metric, 0, min(self.parallel, trials))
