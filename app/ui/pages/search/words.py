"""A search in words: its settings and values, how far it is, and how a trial ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.engine.experiment.experiment import CHOICES
from app.engine.learning.metrics import metric_text
from app.engine.search.ranges import is_kind
from app.engine.text import count_text, number_text, rough_duration_text
from app.ui.state.searches.draft import kind_label
from app.ui.text.run_names import label_of, moment_text
from models.spec import settings

if TYPE_CHECKING:
    from app.engine.experiment.experiment import Experiment
    from app.engine.search.progress import Progress
    from app.engine.search.ranges import Range
    from app.engine.search.search_folder import Importance, Trial
    from app.ui.state.searches.search_list import Listed

STRATEGIES = {
    "tpe": "learns from each run",
    "random": "values at random",
    "grid": "every combination",
}
ENDS = {"completed": "in full", "ended early": "early", "failed": "failed"}


@dataclass(frozen=True)
class Column:
    """A setting that a search tries. options: its values with their words; () for a number."""

    name: str
    label: str
    range: Range
    options: tuple[tuple[Any, str], ...]

    def text(self, value: Any) -> str:
        """Returns a value in words; "" where a trial has none."""
        if value is None:
            return ""

        for key, words in self.options:
            if key == value and isinstance(key, bool) == isinstance(value, bool):
                return words

        return number_text(value) if isinstance(value, (int, float)) else str(value)


def columns_of(listed: Listed) -> tuple[Column, ...]:
    """Returns the settings that a search tries, in the words of the form."""
    progress, experiment = listed.progress, listed.experiment
    if progress is None or experiment is None:
        return ()

    return tuple(_column(each, experiment) for each in progress.plan.ranges)


def _column(each: Range, experiment: Experiment) -> Column:
    section, field = each.name.split(".")
    if is_kind(each.name):
        registry = CHOICES[section].registry
        words = {choice.kind: choice.label for choice in registry.all()}
        options = tuple((value, words.get(str(value), str(value))) for value in each.values)
        return Column(each.name, kind_label(section), each, options)

    spec = getattr(experiment, section)
    kinds = [type(spec)] if spec is not None else CHOICES[section].registry.all()
    declared = [one for kind in kinds for one in settings(kind) if one.name == field]
    label = declared[0].label if declared else each.name
    numbers = all(isinstance(value, (int, float)) for value in each.values)
    if numbers and not any(isinstance(value, bool) for value in each.values):
        return Column(each.name, label, each, ())

    words = dict(declared[0].choices) if declared else {}
    usual: dict[Any, str] = {True: "On", False: "Off"}
    return Column(
        each.name,
        label,
        each,
        tuple((value, words.get(value) or usual.get(value, str(value))) for value in each.values),
    )


def title_of(listed: Listed) -> str:
    """Returns a search in a line: "digits, 30 Nov, 00:05"."""
    return f"{label_of(listed.path)}, {moment_text(listed.folder.begun_at)}"


def figure_text(progress: Progress, figure: float | None) -> str:
    """Returns the figure of a trial as a person reads it; "" without one."""
    return metric_text(progress.metric.name, figure) if figure is not None else ""


def end_text(trial: Trial) -> str:
    """Returns how a trial ended: "in full", "early"."""
    return ENDS.get(trial.status, trial.status)


def values_text(columns: tuple[Column, ...], values: dict[str, Any]) -> str:
    """Returns the settings of a trial: "width 32, learning rate 0.01"."""
    return ", ".join(
        f"{column.label[:1].lower()}{column.label[1:]} {column.text(values[column.name])}"
        for column in columns
        if column.name in values
    )


def state_text(progress: Progress) -> str:
    """Returns how far a search is: "12 of 30 runs · 2 under way · about 4 minutes to go"."""
    done = len(progress.trials)
    words = [f"{done:,} of {count_text(progress.wanted, 'run')}"]
    if progress.working and not progress.over:
        under_way = len(progress.under_way)
        words.append(f"{under_way:,} under way" if under_way else "begins")
        if progress.remaining is not None:
            words.append(f"{rough_duration_text(progress.remaining)} to go")
    elif progress.over:
        words = [f"{count_text(done, 'run')}, done"]
    elif progress.trouble:
        words.append("could not go on")
    elif not progress.begun:
        words.append("not begun yet")
    elif progress.folder.stop_requested:
        words.append("stopped")
    else:
        words.append("interrupted")

    early = sum(trial.status == "ended early" for trial in progress.trials)
    failed = sum(trial.status == "failed" for trial in progress.trials)
    if early:
        words.append(f"{early:,} ended early")
    if failed:
        words.append(f"{failed:,} failed")

    words.append(STRATEGIES[progress.plan.strategy])
    return " · ".join(words)


def judged_text(progress: Progress) -> str:
    """Returns which figure and which split chose: "Judged by accuracy on validation"."""
    return f"Judged by {progress.metric.label} on validation; the test examples never choose."


def importance_text(importance: Importance) -> str:
    """Returns the caution that goes with what mattered."""
    found = f"Found from {count_text(importance.trials, 'run')} that came to their end"
    if importance.trials < CERTAIN:
        return f"{found}: a rough guess, which may change with every further run."

    return f"{found}, within the ranges that were tried (fANOVA)."


CERTAIN = 40
"""With fewer trials the shares of fANOVA still change much from run to run."""
