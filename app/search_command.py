"""`netwright search`: many trainings of one experiment, to find good settings."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.commands.cluster import cluster_options, submit_search
from app.engine.errors import UserError
from app.engine.experiment.limits import LARGEST_SEED
from app.engine.search.proposals import grid_size
from app.engine.search.ranges import parse_ranges
from app.engine.search.search_folder import Plan, SearchFolder, Trial, usual_folder
from app.engine.search.study import require_optuna
from app.engine.search.subject import best_of, kinds_for, metric_of
from app.engine.text import count_text, number_text, percent_text
from app.output import say, say_json

if TYPE_CHECKING:
    from app.engine.cluster.submitting import Wanted
    from app.engine.data.dataset import Dataset
    from app.engine.experiment.experiment import Experiment
    from app.engine.runs.control import Control
    from app.engine.runs.events import Event
    from app.engine.search.progress import Progress
    from app.engine.search.search_folder import Begun
    from app.engine.search.searching import Ended
    from app.terminal import Display

MOST_TRIALS = 100_000
MOST_PARALLEL = 64
LOOK_EVERY = 0.2
"""Seconds between two looks at a search that other processes make."""

INTERRUPTED = 130
FAILED = 1


@click.command()
@click.argument("experiment")
@click.option(
    "--try",
    "tried",
    multiple=True,
    metavar="SECTION.FIELD=VALUES",
    help="What is varied: a range such as 16..64, or values with commas; may be repeated.",
)
@click.option(
    "--trials",
    type=click.IntRange(1, MOST_TRIALS),
    default=30,
    show_default=True,
    help="How many trainings at most.",
)
@click.option(
    "--strategy",
    type=click.Choice(["tpe", "random", "grid"]),
    default="tpe",
    show_default=True,
    help="tpe learns from the trials before and ends hopeless ones early.",
)
@click.option("--seed", type=click.IntRange(0, LARGEST_SEED), default=0, show_default=True)
@click.option(
    "--parallel",
    type=click.IntRange(1, MOST_PARALLEL),
    default=1,
    show_default=True,
    help="How many trials at a time, each in a process of its own with one thread.",
)
@click.option("--out", metavar="DIR", help="The search's own folder: new, or one to go on with.")
@click.option(
    "--json", "json_", is_flag=True, help="Print one JSON object, last, on standard output."
)
@cluster_options
def search(
    experiment: str,
    tried: tuple[str, ...],
    trials: int,
    strategy: Any,
    seed: int,
    parallel: int,
    out: str | None,
    json_: bool,
    wanted: Wanted | None,
) -> int:
    """Search for good settings.

    EXPERIMENT is a .toml file. Each trial is an ordinary run in the search's folder, judged on
    validation alone. Ctrl+C stops; with the same --out the search goes on.
    """
    require_optuna()
    from app.engine.experiment import toml_file  # noqa: PLC0415 - not for --help
    from app.engine.sources.opening import open_dataset  # noqa: PLC0415 - not for --help
    from app.terminal import display_for  # noqa: PLC0415 - not for --help

    requested = toml_file.read(Path(experiment).expanduser())
    with display_for(json_) as display:
        dataset = open_dataset(requested.data, display.stage)

    folder = SearchFolder(Path(out).expanduser() if out else usual_folder(requested))
    if folder.exists:
        _must_be_same(folder, requested)
        plan = folder.plan()
    else:
        plan = _plan(requested, dataset, tried, strategy, trials, seed, parallel)
        folder.create(requested, plan)

    if wanted is not None:
        return submit_search(folder, wanted, json_)

    return _run(folder, plan, dataset, json_)


def _plan(
    experiment: Experiment,
    dataset: Dataset,
    tried: tuple[str, ...],
    strategy: Any,
    trials: int,
    seed: int,
    parallel: int,
) -> Plan:
    """Returns what is tried. Raises UserError."""
    ranges = parse_ranges(tried, experiment, kinds_for(dataset))
    if strategy == "grid":
        trials = min(trials, grid_size(ranges))

    return Plan(ranges, strategy, trials, metric_of(experiment, dataset), seed, parallel)


def _must_be_same(folder: SearchFolder, experiment: Experiment) -> None:
    """Raises UserError where the folder holds a search of another experiment."""
    if folder.experiment() != experiment:
        raise UserError(
            f"The search in '{folder.path}' varies another experiment, or an older version of it.",
            "Name a new folder, or search with the experiment in that folder.",
        )


def _run(folder: SearchFolder, plan: Plan, dataset: Dataset, json_: bool) -> int:
    """Makes the trials with a display, prints what came of them and returns the exit code."""
    from app.engine.runs.control import Control  # noqa: PLC0415 - not for --help
    from app.engine.search.searching import Search  # noqa: PLC0415 - loads torch
    from app.headless import interrupts  # noqa: PLC0415 - not for --help
    from app.terminal import display_for  # noqa: PLC0415 - not for --help

    control = Control()
    with display_for(json_) as display:
        display.line(_announcement(folder, plan))
        shown = _Shown(display, plan)
        made = Search(folder, dataset, shown, control)
        with interrupts(control, display):
            trials = made.run() if plan.parallel == 1 else _run_beside(folder, shown, control)

    best = best_of(trials, plan.metric)
    importance = made.importance()
    if json_:
        say_json(
            {
                "search": str(folder.path),
                "strategy": plan.strategy,
                "metric": plan.metric,
                "split": "validation",
                "parallel": plan.parallel,
                "trials": [asdict(trial) for trial in trials],
                "best": asdict(best) if best else None,
                "importance": importance,
            }
        )
    else:
        for line in _lines(folder, plan, trials, best, importance):
            say(line)

    if control.stopping:
        return INTERRUPTED

    return 0 if best is not None else FAILED


def _run_beside(folder: SearchFolder, shown: _Shown, control: Control) -> list[Trial]:
    """Lets processes of their own make the trials, and follows them; returns all that ended.

    Raises UserError where they cannot go on.
    """
    from app.engine.search import progress, starting, workers  # noqa: PLC0415 - not for --help

    seen = len(folder.trials())
    if not workers.count(folder.path) and not progress.read(folder).over:
        starting.start(folder)

    asked = False
    while workers.count(folder.path):
        if control.stopping and not asked:
            asked = True
            folder.request_stop()

        now = progress.read(folder)
        shown.show_progress(now, seen)
        seen = len(now.trials)
        time.sleep(LOOK_EVERY)

    now = progress.read(folder)
    shown.show_progress(now, seen)
    if now.trouble and not now.over:
        raise UserError(now.trouble)

    return list(now.trials)


class _Shown:
    """Shows a search on the terminal: a line a trial, and the training under way."""

    def __init__(self, display: Display, plan: Plan) -> None:
        self._display = display
        self._plan = plan
        self._number = 0

    def __call__(self, event: Begun | Ended | Event) -> None:
        from app.engine.runs.events import StepsDone  # noqa: PLC0415 - not for --help
        from app.engine.search.search_folder import Begun  # noqa: PLC0415 - not for --help
        from app.engine.search.searching import Ended  # noqa: PLC0415 - loads torch

        if isinstance(event, Begun):
            self._number = event.number
        elif isinstance(event, Ended):
            self._show_end(event.trial, event.best)
        elif isinstance(event, StepsDone):
            self._display.stage(f"Trial {self._number:,}, epoch {event.epoch:,}")

    def show_progress(self, progress: Progress, seen: int) -> None:
        """Shows a search that other processes make. seen: trials that were shown before."""
        for count in range(seen, len(progress.trials)):
            known = progress.trials[: count + 1]
            self._show_end(known[count], best_of(known, self._plan.metric))

        total = f"{len(progress.trials):,} of {count_text(progress.wanted, 'trial')}"
        self._display.stage(f"{total}, {len(progress.under_way):,} under way")

    def _show_end(self, trial: Trial, best: Trial | None) -> None:
        words = f"; best so far {_figure(self._plan, best)}" if best else ""
        self._display.line(f"{trial_text(self._plan, trial)}{words}")


def trial_text(plan: Plan, trial: Trial) -> str:
    """Returns a trial in one line: its number, settings, figure, and how it ended."""
    values = ", ".join(f"{name} {_value(value)}" for name, value in trial.values.items())
    figure = _figure(plan, trial) if trial.figure is not None else ""
    words = {"completed": "", "failed": f"failed: {trial.reason}"}.get(trial.status, trial.status)
    return f"Trial {trial.number:,}: {', '.join(filter(None, (values, figure, words)))}"


def _announcement(folder: SearchFolder, plan: Plan) -> str:
    ranges = "; ".join(f"{each.name} {each.text}" for each in plan.ranges)
    return (
        f"{count_text(plan.trials, 'trial')} ({plan.strategy}) of {ranges}. Judged on validation; "
        f"the test split never chooses. Folder: {folder.path}"
    )


def _lines(
    folder: SearchFolder,
    plan: Plan,
    trials: list[Trial],
    best: Trial | None,
    importance: dict[str, float],
) -> list[str]:
    if best is None:
        return [f"No trial has a figure. Folder: {folder.path}"]

    found = [
        f"Best of {count_text(len(trials), 'trial')}: {trial_text(plan, best)}.",
        f"Run: {folder.runs / best.run}",
    ]
    if importance:
        shares = ", ".join(f"{name} {percent_text(share)}" for name, share in importance.items())
        found.append(f"What mattered (a rough guess from few trials): {shares}.")

    return found


def _figure(plan: Plan, trial: Trial) -> str:
    from app.engine.learning.metrics import METRICS  # noqa: PLC0415 - not for --help

    metric = METRICS[plan.metric]
    shown = percent_text if metric.shown == "percent" else number_text
    return f"{metric.label} {shown(trial.figure)}"


def _value(value: Any) -> str:
    return number_text(value) if isinstance(value, int | float) else str(value)
