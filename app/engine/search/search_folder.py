"""The folder of a search: what it tries, what came of it, and its runs.

`experiment.toml` is the experiment that is varied, `search.json` says what is tried, `journal.log`
is Optuna's, `trials.jsonl` has a line for each trial that ended, and `runs` holds the runs.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from app.engine import files
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.search.ranges import Range

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.experiment.experiment import Experiment
    from app.engine.search.proposals import Strategy

MOST_BYTES = 64 << 20


@dataclass(frozen=True)
class Plan:
    """What a search tries. trials: that come to an end, at most. metric: what it goes by."""

    ranges: tuple[Range, ...]
    strategy: Strategy
    trials: int
    metric: str
    seed: int = 0

    def to_plain(self) -> dict[str, Any]:
        """Returns plain data for JSON."""
        return asdict(self) | {"ranges": [each.to_plain() for each in self.ranges]}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Plan:
        """Raises KeyError, TypeError or ValueError for what is not of this form."""
        return cls(**{**plain, "ranges": tuple(map(Range.from_plain, plain["ranges"]))})


@dataclass(frozen=True)
class Trial:
    """One trial that ended. figure: the metric on validation of its best epoch, None without one.

    run: the name of its folder in `runs`. status: "completed", "ended early", or "failed" with the
    reason. steps: of training that it took.
    """

    number: int
    run: str
    values: dict[str, Any]
    status: str
    figure: float | None = None
    steps: int = 0
    reason: str = ""


@dataclass(frozen=True)
class SearchFolder:
    """One folder, all of whose questions are answered from the disk."""

    path: Path

    @property
    def journal(self) -> Path:
        return self.path / "journal.log"

    @property
    def runs(self) -> Path:
        return self.path / "runs"

    @property
    def exists(self) -> bool:
        """Whether a search was begun here."""
        return (self.path / "search.json").exists()

    def create(self, experiment: Experiment, plan: Plan) -> None:
        """Makes the folder. Raises UserError where something else is there already."""
        try:
            if self.path.exists() and any(self.path.iterdir()):
                raise UserError(
                    f"The folder '{self.path}' is not empty.", "Name a new folder for the search."
                )
            self.runs.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise files.disk_error(error, self.path) from error

        toml_file.write(experiment, self.path / "experiment.toml")
        files.write_json(self.path / "search.json", plan.to_plain())

    def experiment(self) -> Experiment:
        """Returns the experiment that is varied. Raises UserError."""
        return toml_file.read(self.path / "experiment.toml")

    def plan(self) -> Plan:
        """Returns what is tried. Raises UserError where the file is damaged."""
        try:
            content = files.read_regular(self.path / "search.json", MOST_BYTES)
            return Plan.from_plain(json.loads(content))
        except OSError as error:
            raise files.disk_error(error, self.path / "search.json") from error
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise UserError(
                f"'{self.path / 'search.json'}' says nothing about a search: it is damaged.",
                "Begin a new search in another folder.",
            ) from error

    def trials(self) -> list[Trial]:
        """Returns the trials that ended, in that order; a line that is not whole is left out."""
        try:
            content = files.read_regular(self.path / "trials.jsonl", MOST_BYTES)
        except OSError:
            return []

        found = []
        for line in content.splitlines():
            try:
                found.append(Trial(**json.loads(line)))
            except (TypeError, ValueError, RecursionError):
                continue  # a kill cut it off: the journal proposes it again

        return found

    def note(self, trial: Trial) -> None:
        """Notes a trial that ended. Raises UserError where the disk refuses."""
        path = self.path / "trials.jsonl"
        try:
            with files.open_to_append(path) as file:
                file.write(files.json_line(asdict(trial)))
        except OSError as error:
            raise files.disk_error(error, path) from error
