"""Which figures the Results page shows: of which split, and of which epoch."""

from __future__ import annotations

import contextlib
import functools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from app.engine.results.reports import Level, SplitReport, report_for
from app.engine.runs.epoch_records import EpochRecord, has_record, read_epoch
from app.engine.runs.storage.manifest import RunFileError
from app.engine.runs.weights_in_use import BEST, WeightsInUse
from app.ui.pages.results.outcome import Outcome, of_epoch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app.engine.data.dataset import Dataset, Description
    from app.engine.learning.task import Task
    from app.engine.runs import events
    from app.ui.state.record import Record


@dataclass(frozen=True)
class Verdict:
    """A sentence on a split, and how good the news is."""

    text: str
    level: Level


@dataclass(frozen=True, eq=False)
class ViewContent:
    """What a view shows.

    description: of the run's data, None where unknown. dataset: the run's own data where they are
    open, else `missing` says why not, and `offer` whether they can be opened. live: the run goes
    on. past: the figures are of an epoch whose weights are not those in use. path: of the run.
    task: what was learned, None where unknown. splits: the reports on all splits, by name. weights:
    those in use.
    """

    report: SplitReport
    description: Description | None = None
    dataset: Dataset | None = None
    missing: str = ""
    offer: bool = False
    live: bool = False
    past: bool = False
    path: Path | None = None
    task: Task | None = None
    splits: Mapping[str, SplitReport] = field(default_factory=dict)
    weights: WeightsInUse = BEST

    @property
    def kind(self) -> str:
        """The kind of the examples (Description.kind)."""
        return self.description.kind if self.description is not None else "image"


@dataclass(frozen=True, eq=False)
class Selection:
    """The figures that are due, made anew whenever one of its fields changes.

    record, outcome: the run as its events tell, and as read from its folder. running: it goes on.
    requested: the split that a person asked for. epoch: the one gone back to. dataset: the run's
    own, where it is open.
    """

    record: Record
    outcome: Outcome | None
    running: bool
    requested: str
    epoch: events.EpochDone | None
    dataset: Dataset | None

    @property
    def live(self) -> bool:
        """Whether the last epoch is shown in place of the report.

        So it is while the run goes on, and where it ended before its best epoch was evaluated.
        """
        return self.running or self.outcome is None or self.outcome.report is None

    @property
    def description(self) -> Description | None:
        return self.outcome.description if self.outcome else None

    @property
    def task(self) -> Task | None:
        return self.outcome.task if self.outcome else None

    # --- epochs

    @functools.cached_property
    def known_epochs(self) -> list[events.EpochDone]:
        """The epochs of which something is known besides the figures."""
        return [
            epoch
            for epoch in self.record.epochs
            if epoch.confusion is not None or self._recorded(epoch)
        ]

    @property
    def used(self) -> events.EpochDone | None:
        """The epoch whose weights are in use; None where they are from the middle of one."""
        weights = self.outcome.weights if self.outcome else BEST
        if weights.use == "best":
            return self.record.best
        if weights.partial:
            return None

        return next((epoch for epoch in self.record.epochs if epoch.epoch == weights.epoch), None)

    @property
    def past(self) -> events.EpochDone | None:
        """The epoch gone back to; None where it is the one in use, which has a full report."""
        chosen = self.epoch
        used = self.used
        if self.live or chosen is None or used is None or chosen.epoch == used.epoch:
            return None

        return chosen

    def at(self, epoch: events.EpochDone) -> SplitReport | None:
        """Returns what is known of validation after an epoch.

        It follows from its confusion, else from the few examples that are followed.
        """
        description = self.description
        prepared = self.record.prepared
        classes: tuple[str, ...] = ()
        if prepared is not None:
            classes = prepared.classes
        elif description is not None:
            classes = description.classes

        if (whole := self._whole(epoch)) is not None:
            return whole

        counts = description.counts if description is not None else {}
        report = of_epoch(epoch, classes, counts, self.task)
        return report if report is not None else self._followed(epoch)

    def _whole(self, epoch: events.EpochDone) -> SplitReport | None:
        """Returns the report on all validation examples, where a run that trains here told them."""
        told = self.record.validation
        description = self.description
        task = self.task
        if told is None or told.epoch != epoch.epoch or description is None or task is None:
            return None

        targets = self._targets(told.rows)
        if targets is None:
            return None

        try:
            report = report_for(task.view).of(
                "validation",
                description,
                task,
                told.rows,
                targets,
                told.predictions,
                epoch.validation_loss,
            )
        except ValueError:
            return None

        return report if report.count else None

    def _followed(self, epoch: events.EpochDone) -> SplitReport | None:
        """Returns the report on the examples that are followed, with the figures of all."""
        description = self.description
        task = self.task
        record = self._record_of(epoch)

        targets = self._targets(record.rows) if record is not None else None
        if description is None or task is None or record is None or targets is None:
            return None

        try:
            report = report_for(task.view).of(
                "validation",
                description,
                task,
                record.rows,
                targets,
                record.predictions,
                epoch.validation_loss,
            )
        except ValueError:
            return None

        return replace(report, metrics=dict(epoch.metrics)) if report.count else None

    def _record_of(self, epoch: events.EpochDone) -> EpochRecord | None:
        probe = self.record.probe
        if probe is not None and probe.epoch == epoch.epoch:
            return EpochRecord(probe.rows, probe.predictions)

        if self.record.path is None:
            return None

        # Opening the run has told of a damaged record.
        with contextlib.suppress(RunFileError):
            return read_epoch(self.record.path, epoch.epoch, epoch.record)

        return None

    def _recorded(self, epoch: events.EpochDone) -> bool:
        path = self.record.path
        return path is not None and has_record(path, epoch.epoch)

    def _targets(self, rows: np.ndarray) -> np.ndarray | None:
        """Returns the targets of rows: of the data, or of the validation split of the report."""
        if self.dataset is not None and len(rows) and rows.max() < len(self.dataset.targets):
            return np.asarray(self.dataset.targets[rows])

        report = self.outcome.report if self.outcome else None
        split = report.splits.get("validation") if report else None
        if split is None or not len(split.rows):
            return None

        order = np.argsort(split.rows, kind="stable")
        places = order[np.searchsorted(split.rows, rows, sorter=order).clip(max=len(order) - 1)]
        return split.targets[places] if (split.rows[places] == rows).all() else None

    # --- splits

    @functools.cached_property
    def splits(self) -> dict[str, SplitReport]:
        """The reports that can be shown now, by split."""
        if self.live:
            last = self.at(self.known_epochs[-1]) if self.known_epochs else None
            return {"validation": last} if last else {}

        assert self.outcome is not None and self.outcome.report is not None

        splits = {name: split for name, split in self.outcome.report.splits.items() if split.count}
        if self.requested == "validation" and (past := self.past) and (then := self.at(past)):
            splits["validation"] = then

        return splits

    @property
    def name(self) -> str:
        """The split that is shown: the one asked for if it is there, else the one to trust most."""
        return next(
            name
            for name in (self.requested, "test", "validation", *self.splits)
            if name in self.splits
        )

    @property
    def report(self) -> SplitReport:
        """The report that is shown; there is one where `splits` is not empty."""
        return self.splits[self.name]

    @property
    def scrubs(self) -> bool:
        """Whether one can go back in time."""
        return not self.live and self.name == "validation" and self.used is not None

    @property
    def verdict(self) -> Verdict:
        past = self.past if self.name == "validation" else None
        if past is None and self.live:
            past = self.known_epochs[-1]
        whole = self.outcome.report if self.outcome is not None else None
        if past is None and whole is not None and self.report is whole.trusted:
            return Verdict(whole.verdict, whole.level)

        text, level = self.report.verdict()
        if past is None:
            # The headline is of the split to trust; of another one its name is said.
            other = whole is not None and self.name != "test"
            return Verdict(f"On {self.name}: {text[0].lower()}{text[1:]}" if other else text, level)

        description = self.description
        count = self.report.count
        few = (
            description is not None
            and count < description.size("validation")
            and past.confusion is None
        )

        on = f", on {count:,} validation examples that are followed" if few else ""
        return Verdict(f"After epoch {past.epoch}{on}: {text[0].lower()}{text[1:]}", level)
