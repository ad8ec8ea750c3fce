"""A promise: a figure, and the time in which a training reaches it on this computer."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from app.engine.learning.metrics import METRICS, metric_text
from app.engine.runs.storage import shape
from app.engine.text import about_text, duration_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from app.engine.runs.metrics_lines import EpochLine
    from app.engine.runs.run import Run
    from app.engine.runs.summary import PromiseSummary

FILE = "promise.json"
"""What was promised of a run, in its folder."""

WITHIN = 1 / 3
"""A promise is kept where the time is off by at most this share of it."""


@dataclass(frozen=True)
class Promise:
    """What a training reaches, and when.

    figure: a name in METRICS, of the validation examples. value: what it reaches at least, or at
    most where lower is better. seconds: of work on the run until then.
    """

    figure: str
    value: float
    seconds: float

    def came(self, epochs: Iterable[EpochLine]) -> float | None:
        """Returns the seconds of work after which the figure was reached; None if it was not."""
        for epoch in epochs:
            value = epoch["metrics"].get(self.figure)
            elapsed = epoch.get("elapsed")
            if value is not None and elapsed is not None and self.is_met_by(value):
                return elapsed

        return None

    def is_met_by(self, value: float) -> bool:
        """Returns whether a figure is as good as promised."""
        return not METRICS[self.figure].improves(self.value, value)

    def is_kept(self, came: float | None) -> bool:
        """Returns whether it came about when it was promised. came: see above."""
        return came is not None and abs(came - self.seconds) <= WITHIN * self.seconds

    def text(self, unit: str = "") -> str:
        """Returns it in words: "accuracy 97 % in about 2 min". unit: of amounts."""
        value = metric_text(self.figure, self.value, unit)
        return f"{METRICS[self.figure].label} {value} in {about_text(self.seconds)}"

    def outcome_text(self, came: float | None, unit: str = "") -> str:
        """Returns what was promised and what came: "... promised; it came after 12 s"."""
        end = "it was not reached" if came is None else f"it came after {duration_text(came)}"
        return f"{self.text(unit)} was promised; {end}"

    def summary(self, epochs: Iterable[EpochLine]) -> PromiseSummary:
        """Returns what summary.json is to say of it."""
        return {
            "figure": self.figure,
            "value": self.value,
            "seconds": self.seconds,
            "came": self.came(epochs),
        }


def keep(run: Run, promise: Promise) -> None:
    """Keeps a promise with its run, before that trains. Raises UserError."""
    run.write_json(FILE, asdict(promise))


def read(run: Run) -> Promise | None:
    """Returns what was promised of a run; None without it. Raises RunFileError and UserError."""
    return from_plain(shape.read_object(run.path, FILE))


def from_plain(plain: dict[str, Any]) -> Promise | None:
    """Returns the promise in plain data, as in a summary; None of anything else."""
    names = {each.name for each in fields(Promise)}
    promise = shape.typed({name: plain[name] for name in names & plain.keys()}, Promise)
    known = promise is not None and promise.figure in METRICS and promise.seconds > 0
    return promise if known else None
