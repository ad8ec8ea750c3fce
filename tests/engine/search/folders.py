"""Folders of searches for tests: set up, and with trials that were never made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.engine.experiment.toml_file import from_plain
from app.engine.search.ranges import parse_ranges
from app.engine.search.search_folder import Begun, Plan, SearchFolder, Trial
from app.engine.search.subject import kinds_for, metric_of
from app.engine.sources.opening import open_dataset

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from app.engine.data.dataset import Dataset

EXPERIMENT: dict[str, Any] = {
    "data": {"source": "sample:penguins"},
    "model": {"template": "mlp", "width": 8, "depth": 1},
    "training": {"epochs": 2},
}


def penguins() -> Dataset:
    return open_dataset(from_plain(EXPERIMENT).data)


def begun(
    folder: Path,
    dataset: Dataset,
    *tried: str,
    experiment: dict[str, Any] = EXPERIMENT,
    **plan: Any,
) -> SearchFolder:
    """Returns the folder of a search that has not made a trial yet."""
    requested = from_plain(experiment)
    ranges = parse_ranges(tried, requested, kinds_for(dataset))
    search = SearchFolder(folder)
    search.create(requested, Plan(ranges, metric=metric_of(requested, dataset), **plan))
    return search


def note_trials(folder: SearchFolder, rows: Sequence[tuple[dict[str, Any], float | None]]) -> None:
    """Notes a trial for each row of values and figure; those without a figure have failed."""
    for number, (values, figure) in enumerate(rows, 1):
        run = f"trial {number:03}"
        folder.note_begin(Begun(number, values, run))
        status = "completed" if figure is not None else "failed"
        reason = "" if figure is not None else "The loss was no number."
        folder.note(Trial(number, run, values, status, figure, 10 * number, reason, 2, 1.5))
