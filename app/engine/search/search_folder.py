"""The folder of a search: what it tries, what came of it, and its runs.

`experiment.toml` is the experiment that is varied, `search.json` says what is tried, `journal.log`
is Optuna's, `begun.jsonl` and `trials.jsonl` have a line for each trial that began and that ended,
`importance.json` says which settings mattered, and `runs` holds the runs. `stop` is there while
somebody wants it to stop, `trouble.txt` says why it could not go on.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.engine import files, folders
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.learning.metrics import METRICS
from app.engine.runs.run import file_name, free_name
from app.engine.runs.storage import shape
from app.engine.search.ranges import Range

if TYPE_CHECKING:
    from app.engine.experiment.experiment import Experiment
    from app.engine.search.proposals import Strategy

MOST_BYTES = 64 << 20

STRATEGIES = ("tpe", "random", "grid")


@dataclass(frozen=True)
class Plan:
    """What a search tries. trials: that come to an end, at most. metric: what it goes by.

    parallel: so many trials are trained at a time.
    """

    ranges: tuple[Range, ...]
    strategy: Strategy
    trials: int
    metric: str
    seed: int = 0
    parallel: int = 1

    def to_plain(self) -> dict[str, Any]:
        """Returns plain data for JSON."""
        return asdict(self) | {"ranges": [each.to_plain() for each in self.ranges]}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Plan:
        """Raises KeyError, TypeError or ValueError for what is not of this form."""
        plan = cls(**{**plain, "ranges": tuple(map(Range.from_plain, plain["ranges"]))})
        numbers = (plan.trials, plan.seed, plan.parallel)
        if plan.strategy not in STRATEGIES or any(type(number) is not int for number in numbers):
            raise ValueError("no plan of a search")

        METRICS[plan.metric]
        return plan


@dataclass(frozen=True)
class Begun:
    """A trial that began. number: from 1. values: by SECTION.FIELD. run: its folder in `runs`."""

    number: int
    values: dict[str, Any]
    run: str = ""


@dataclass(frozen=True)
class Trial:
    """One trial that ended. figure: the metric on validation of its best epoch, None without one.

    run: the name of its folder in `runs`. status: "completed", "ended early", or "failed" with the
    reason. steps, epochs: of training that it took. seconds: that it took; None if unknown.
    """

    number: int
    run: str
    values: dict[str, Any]
    status: str
    figure: float | None = None
    steps: int = 0
    reason: str = ""
    epochs: int = 0
    seconds: float | None = None


@dataclass(frozen=True)
class Importance:
    """How much each setting mattered. trials: from which that was found. shares: of 1, by name."""

    trials: int
    shares: dict[str, float]


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
    def log(self) -> Path:
        """What its processes print."""
        return self.path / "log.txt"

    @property
    def exists(self) -> bool:
        """Whether a search was begun here."""
        return (self.path / "search.json").exists()

    @property
    def begun_at(self) -> datetime:
        """When it was set up, in local time."""
        try:
            return datetime.fromtimestamp((self.path / "search.json").stat().st_mtime)
        except (OSError, OverflowError, ValueError):
            return datetime.fromtimestamp(0)

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
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise UserError(
                f"'{self.path / 'search.json'}' says nothing about a search: it is damaged.",
                "Begin a new search in another folder.",
            ) from error

    # --- trials

    def begun(self) -> list[Begun]:
        """Returns the trials that began, in that order; some of them have ended since."""
        return self._read("begun.jsonl", Begun)

    def trials(self) -> list[Trial]:
        """Returns the trials that ended, in that order; a line that is not whole is left out."""
        return self._read("trials.jsonl", Trial)

    def note_begin(self, begun: Begun) -> None:
        """Notes a trial that begins. Raises UserError where the disk refuses."""
        self._append("begun.jsonl", begun)

    def note(self, trial: Trial) -> None:
        """Notes a trial that ended. Raises UserError where the disk refuses."""
        self._append("trials.jsonl", trial)

    def _read(self, name: str, kind: type[Any]) -> list[Any]:
        try:
            content = files.read_regular(self.path / name, MOST_BYTES)
        except OSError:
            return []

        found = []
        for line in content.splitlines():
            try:
                found.append(shape.typed(json.loads(line), kind))
            except (ValueError, RecursionError):
                continue  # a kill cut it off: the journal knows of it

        return [each for each in found if each is not None]

    def _append(self, name: str, value: Any) -> None:
        """Appends a line, in one piece: several processes append."""
        path = self.path / name
        try:
            with files.open_to_append(path) as file:
                file.write(files.json_line(asdict(value)))
        except OSError as error:
            raise files.disk_error(error, path) from error

    # --- what mattered

    def importance(self) -> Importance | None:
        """Returns how much each setting mattered, as it was found last; None where it was not."""
        try:
            content = files.read_regular(self.path / "importance.json", MOST_BYTES)
            return shape.typed(json.loads(content), Importance)
        except (OSError, ValueError, RecursionError):
            return None

    def note_importance(self, importance: Importance) -> None:
        """Raises UserError where the disk refuses."""
        files.write_json(self.path / "importance.json", asdict(importance))

    # --- requests, and what stands in the way

    def request_stop(self) -> None:
        """Lets all who work on it stop at once. Raises UserError where the disk refuses."""
        files.write_atomically(self.path / "stop", b"")

    @property
    def stop_requested(self) -> bool:
        return (self.path / "stop").exists()

    @property
    def trouble(self) -> str:
        """Why it could not go on, in a sentence; "" where nothing was in the way."""
        try:
            content = files.read_regular(self.path / "trouble.txt", MOST_BYTES)
        except OSError:
            return ""

        return content.decode("utf-8", "replace").strip()

    def note_trouble(self, sentence: str) -> None:
        """Keeps why it cannot go on; where the disk refuses even that, the log has it."""
        with contextlib.suppress(UserError):
            files.write_atomically(self.path / "trouble.txt", sentence.encode())

    def forget_requests(self) -> None:
        """Forgets a stop and a trouble of before. Raises UserError where the disk refuses."""
        try:
            for name in ("stop", "trouble.txt"):
                if (self.path / name).exists():
                    files.remove(self.path / name)
        except OSError as error:
            raise files.disk_error(error, self.path) from error


def default_searches() -> Path:
    """Returns the folder in which searches are kept unless a person names another."""
    return folders.runs().with_name("searches")


def usual_folder(experiment: Experiment) -> Path:
    """Returns a new place for a search: named after the day, and the experiment or its data."""
    name = experiment.name or Path(experiment.data.source.replace(":", " ")).stem or "search"
    return free_name(default_searches(), file_name(f"{datetime.now():%Y-%m-%d} {name}"))


def list_searches(parent: Path) -> list[SearchFolder]:
    """Returns all searches in a folder, the newest first."""
    try:
        paths = [path for path in parent.iterdir() if not path.name.startswith(".")]
    except OSError:
        return []

    found = [SearchFolder(path) for path in paths if SearchFolder(path).exists]
    return sorted(found, key=lambda search: search.begun_at, reverse=True)
