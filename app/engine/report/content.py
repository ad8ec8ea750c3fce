"""What a report tells of, read from the run folders: without the data, and without torch."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np

from app.engine.data.dataset import Description
from app.engine.detached.listing import headline_of
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.export.bundle.private import PathRemover
from app.engine.learning.metrics import shared_unit
from app.engine.results.data_card import DataCard
from app.engine.results.report import load_report
from app.engine.runs.history import History, prepared_event, read_history
from app.engine.runs.storage.checkpoint_folder import Damaged, read_verified
from models.graph import Graph, GraphError
from models.shape import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.engine.experiment.experiment import Experiment
    from app.engine.experiment.plain import Value
    from app.engine.learning.metrics import Metric
    from app.engine.results.report import Report
    from app.engine.runs.events import RunPrepared
    from app.engine.runs.metrics_lines import EpochLine
    from app.engine.runs.run import Run
    from app.engine.runs.summary import Summary

Read = TypeVar("Read")
NETWORK_FILES = ("graph.json", "problem.json")


@dataclass
class ReportedRun:
    """One run of a report.

    label: its name, which no other run of the report has. problems: a sentence for each file that
    could not be read; what follows from such a file is not told.
    """

    run: Run
    label: str
    experiment: Experiment
    problems: list[str] = field(default_factory=list)

    is_own: ClassVar[bool] = True
    """Whether it is a run of this program, with its folder."""

    def _read(self, read: Callable[[], Read], otherwise: Read) -> Read:
        """Returns what is read; `otherwise` where it is damaged, which `problems` then tells."""
        try:
            return read()
        except UserError as error:
            if error.what not in self.problems:
                self.problems.append(error.what)

            return otherwise

    @cached_property
    def remover(self) -> PathRemover:
        """Takes the paths of this computer out of texts."""
        paths = [
            self.experiment.data.source,
            self.experiment.training.start_from or "",
            str(self.run.path),
            str(self.run.path.resolve()),
            str(self.summary.get("run", "")),
            str(self._dataset.get("source", "")),
        ]
        return PathRemover(paths)

    @cached_property
    def summary(self) -> Summary:
        """How it ended; {} of one that has not."""
        nothing: Summary = {}
        return self._read(self.run.summary, nothing)

    @cached_property
    def environment(self) -> dict[str, Any]:
        """Versions and device; {} where the run did not come so far."""
        return self._read(self.run.environment, {})

    @cached_property
    def prepared(self) -> RunPrepared | None:
        """What was known before the first step."""
        return prepared_event(self.environment.get("prepared"))

    @cached_property
    def resolved(self) -> dict[str, Any]:
        """Every setting as it was in force, as plain data; as requested before that is known."""
        if self.prepared is not None and self.prepared.resolved:
            return dict(self.prepared.resolved)

        return toml_file.to_plain(self.experiment)

    @cached_property
    def _dataset(self) -> dict[str, Any]:
        nothing: dict[str, Any] = {}
        return self._read(self.run.dataset, nothing)

    @cached_property
    def description(self) -> Description | None:
        """The description of its data; None where the run did not come so far."""
        try:
            return Description.from_plain(self._dataset) if self._dataset else None
        except (AttributeError, KeyError, TypeError, ValueError):
            self.problems.append(f"The description of the data of '{self.label}' is damaged.")
            return None

    @cached_property
    def data_card(self) -> DataCard | None:
        """What it was trained on."""
        if self.description is None:
            return None

        return DataCard.of(self.description, self.experiment.data.source)

    @cached_property
    def unit(self) -> str:
        """The unit that all its amounts share, "" where there is none."""
        return shared_unit(self.description) if self.description is not None else ""

    @cached_property
    def history(self) -> History:
        """Its curves; empty ones where they are damaged."""
        none = np.empty(0)
        return self._read(lambda: read_history(self.run.path), History(none, none, none, none))

    @property
    def epochs(self) -> list[EpochLine]:
        return self.history.epochs

    @cached_property
    def best(self) -> EpochLine | None:
        """The best epoch; None before there is one."""
        best = self.epochs[-1]["best_epoch"] if self.epochs else 0
        return next((line for line in self.epochs if line["epoch"] == best), None)

    @cached_property
    def headline(self) -> Metric:
        """The metric by which it is judged."""
        prepared = {"resolved": self.resolved} if self.prepared is not None else {}
        return headline_of(prepared, self.epochs)

    @cached_property
    def results(self) -> Report | None:
        """The report on the weights in use; None where nothing was judged, or it is damaged."""
        if not self.epochs and not self.summary:
            return None

        return self._read(lambda: load_report(self.run), None)

    @cached_property
    def network(self) -> tuple[Graph, Problem] | None:
        """The network of the best epoch, and what it meets; None where there is none yet."""
        folder = self.run.best_folder
        if folder is None:
            return None

        try:
            contents = read_verified(folder, NETWORK_FILES)
            graph, problem = (json.loads(contents[name]) for name in NETWORK_FILES)
            return Graph.from_plain(graph), Problem.from_plain(problem)
        except (Damaged, GraphError, KeyError, TypeError, ValueError):
            self.problems.append(f"The network of '{self.label}' is damaged.")
            return None

    @property
    def known(self) -> dict[tuple[str, str], Value]:
        """Settings that are known though no experiment file is there, by section and name."""
        return {}

    @property
    def epochs_known(self) -> bool:
        """Whether what was judged are its epochs."""
        return True

    @property
    def steps_per_epoch(self) -> float:
        """Steps of an epoch, at least 1; 0 where that is not known."""
        if self.prepared is not None:
            return float(max(1, self.prepared.steps_per_epoch))
        if self.epochs:
            return max(1.0, self.epochs[-1]["step"] / self.epochs[-1]["epoch"])

        return float(max(1, len(self.history.steps)))


@dataclass(frozen=True)
class ReportContent:
    """The runs of a report, in the order in which they were named."""

    runs: tuple[ReportedRun, ...]

    @property
    def is_comparison(self) -> bool:
        return len(self.runs) > 1

    @cached_property
    def headline(self) -> Metric | None:
        """The metric by which all runs are judged; None where there are several."""
        return common_headline(self.runs)


def common_headline(runs: Sequence[ReportedRun]) -> Metric | None:
    """Returns the metric by which these runs are judged, None where there are several.

    Runs of other tools have no say.
    """
    own = [run.headline for run in runs if run.is_own]
    return own[0] if len({metric.name for metric in own}) == 1 else None


def labels_in_report(names: Sequence[str]) -> list[str]:
    """Returns the names of the runs, with a number behind a name that was there before."""
    labels: list[str] = []
    taken = set(names)
    for name in names:
        label = name
        if name in labels:
            numbers = itertools.count(2)
            label = next(free for n in numbers if (free := f"{name} ({n})") not in taken)
            taken.add(label)
        labels.append(label)

    return labels
