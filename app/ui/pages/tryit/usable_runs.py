"""Which runs can be tried: those that have weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.runs.run import Run, list_runs
from app.engine.runs.weights_in_use import FILE, WeightsInUse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.engine.data.dataset import Description
    from app.engine.learning.task import Task
    from app.ui.state.run_identity import RunIdentity


@dataclass(frozen=True)
class UsableRun:
    """A run that can be tried.

    stamp: changes with its best weights, and with the choice of which weights are in use.
    """

    path: Path
    stamp: tuple[int, int]


@dataclass(frozen=True)
class LoadedRun:
    """A run whose weights are loaded, which ones, and what they were trained on and for."""

    run: UsableRun
    identity: RunIdentity
    weights: WeightsInUse
    description: Description
    task: Task

    @property
    def epoch(self) -> int:
        return self.weights.epoch


def usable_runs(folder: Path, current: Path | None, check: Callable[[], None]) -> list[UsableRun]:
    """Returns the runs of a folder that have weights, the newest first.

    current: the run that the window shows; it comes first where it lies elsewhere.
    """
    paths = [run.path for run in list_runs(folder)]
    if current is not None and current not in paths:
        paths.insert(0, current)

    runs = []
    for path in paths:
        check()
        if (run := usable_run(path)) is not None:
            runs.append(run)

    return runs


def usable_run(path: Path) -> UsableRun | None:
    """Returns the run in a folder, None where it has no weights yet."""
    weights = Run(path).best_folder
    try:
        if weights is None:
            return None

        choice = path / FILE
        chosen = choice.stat().st_mtime_ns if choice.is_file() else 0
        return UsableRun(path, ((weights / "manifest.json").stat().st_mtime_ns, chosen))
    except OSError:
        return None  # replaced this moment; the next look finds it
