"""A recorded training: its figures, thinned, as the findings read them."""

from __future__ import annotations

import json
import lzma
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.dataset import Description
from app.engine.experiment import toml_file
from app.engine.experiment.resolve import ResolvedExperiment, read_resolved
from app.engine.runs.history import finding_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.engine.runs.findings import Finding
    from app.engine.runs.metrics_lines import EpochLine
    from app.engine.runs.summary import ChangeMade

FILE = Path(__file__).parent / "curves.json.xz"
MOST_STEPS = 400
"""Steps of which the figures are kept, evenly over the run."""


@dataclass(frozen=True)
class Recorded:
    """A training that was recorded.

    tuned, expected: see cases.Case. The rest is what findings are made of, see
    figures.ProgressSoFar.
    """

    name: str
    seed: int
    tuned: bool
    expected: tuple[str, ...]
    status: str
    description: Description
    resolved: ResolvedExperiment
    steps: np.ndarray
    losses: np.ndarray
    rates: np.ndarray
    norms: np.ndarray
    epochs: list[EpochLine]
    confusions: dict[int, np.ndarray]
    changes: list[ChangeMade]
    told: list[Finding]
    """What was found in the data, once."""

    def until(self, epoch: int) -> Recorded:
        """Returns what was known at the end of this epoch."""
        lines = self.epochs[:epoch]
        last = lines[-1]["step"]
        kept = self.steps <= last
        return replace(
            self,
            steps=self.steps[kept],
            losses=self.losses[kept],
            rates=self.rates[kept],
            norms=self.norms[kept],
            epochs=lines,
            confusions={key: value for key, value in self.confusions.items() if key <= epoch},
            changes=[change for change in self.changes if change["step"] <= last],
        )


# --- files


def write(runs: Iterable[Recorded], path: Path = FILE) -> None:
    """Writes recorded trainings, a line of JSON each."""
    text = "".join(json.dumps(_plain(run), separators=(",", ":")) + "\n" for run in runs)
    path.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


def read(path: Path = FILE) -> list[Recorded]:
    """Returns all recorded trainings."""
    return [_recorded(json.loads(line)) for line in lzma.decompress(path.read_bytes()).splitlines()]


def _plain(run: Recorded) -> dict[str, Any]:
    every = max(1, -(-len(run.steps) // MOST_STEPS))
    chosen = np.arange(len(run.steps)) % every == 0
    chosen[-2:] = True  # a divergence is seen in the last two

    return {
        "name": run.name,
        "seed": run.seed,
        "tuned": run.tuned,
        "expected": run.expected,
        "status": run.status,
        "description": _short_description(run.description),
        "resolved": toml_file.to_plain(run.resolved),
        "steps": run.steps[chosen].tolist(),
        "losses": _short(run.losses[chosen], 3),
        "rates": _short(run.rates[chosen], 3),
        "norms": _short(run.norms[chosen], 2),
        "epochs": [_short_epoch(line) for line in run.epochs],
        "confusions": {
            str(epoch): matrix.ravel().tolist() for epoch, matrix in run.confusions.items()
        },
        "changes": run.changes,
        "told": [asdict(finding) for finding in run.told],
    }


def _short_description(description: Description) -> dict[str, Any]:
    """Returns the description without what no finding on figures reads."""
    short = replace(description, skipped=(), notes=(), chosen={}, digest="", fingerprint="")
    return short.to_plain()


def _short(values: np.ndarray, digits: int) -> list[float | None]:
    return [float(f"{value:.{digits}g}") if np.isfinite(value) else None for value in values]


def _short_epoch(line: EpochLine) -> dict[str, Any]:
    return {
        **line,
        "metrics": {name: _short_number(value) for name, value in line["metrics"].items()},
        "training_loss": _short_number(line["training_loss"]),
        "validation_loss": _short_number(line["validation_loss"]),
        "seconds": 0.0,
        "record": "",
    }


def _short_number(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.5g}")


def _recorded(plain: dict[str, Any]) -> Recorded:
    values = dict(plain)
    for name in ("losses", "rates", "norms"):
        values[name] = np.array([np.nan if value is None else value for value in plain[name]])

    values["steps"] = np.array(plain["steps"])
    values["description"] = Description.from_plain(plain["description"])
    values["resolved"] = read_resolved(plain["resolved"])
    values["told"] = [finding_of(data) for data in plain["told"]]
    values["expected"] = tuple(plain["expected"])
    side = len(plain["description"]["classes"])
    values["confusions"] = {
        int(epoch): np.array(cells).reshape(side, side)
        for epoch, cells in plain["confusions"].items()
    }
    return Recorded(**values)
