"""Tables with our defaults beside scikit-learn's HistGradientBoosting and RandomForest.

All get the same 80 % of the rows to learn from and are judged on the other 20 %; ours keeps a tenth
of all rows aside to choose its best epoch. Trees get the defaults of scikit-learn, numbers as they
are with their gaps, and categories marked as such (the forest: one-hot, gaps filled by the mean).
"""

from __future__ import annotations

import importlib.util
import resource
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.opening import open_dataset
from tests.bench.made_tables import CHOOSING, REPORTED, TARGET, WIDE, MadeTable
from tests.bench.trained import summary_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.engine.data.dataset import Dataset

TEST_SHARE = 0.2
MANY_ROWS = 2_000
"""From so many rows on ours may be at most MOST_BEHIND behind the boosted trees."""

MOST_BEHIND = 0.005

MOST_SECONDS = 60.0
"""Of the processor, on one thread, for a default training of WIDE."""

BUILT_IN = ("breast-cancer", "wine", "iris", "diabetes", "penguins")

MOST_ROWS = 6_000
"""Of a larger table of a package so many rows are drawn."""

PACKAGES = (
    ("statsmodels", "datasets/fair/fair.csv", "affairs"),
    ("statsmodels", "datasets/heart/heart.csv", "survival"),
    ("statsmodels", "datasets/modechoice/modechoice.csv", "choice"),
    ("statsmodels", "datasets/randhie/src/randhie.csv", "mdvis"),
    ("statsmodels", "datasets/spector/spector.csv", "'GRADE'"),
)
"""Tables that other packages hold, where these are installed: package, file in it, target."""


@dataclass(frozen=True)
class Figures:
    """A table's figures, accuracy or R², by split: ours, boosted trees and the forest."""

    name: str
    rows: int
    metric: str
    ours: list[float]
    boosted: list[float]
    forest: list[float]
    seconds: float

    @property
    def behind(self) -> float:
        """How far the mean of ours is behind that of the boosted trees."""
        return statistics.mean(self.boosted) - statistics.mean(self.ours)

    @property
    def error(self) -> float:
        """The standard error of the difference over the splits."""
        pairs = [own - other for own, other in zip(self.ours, self.boosted, strict=True)]
        return statistics.stdev(pairs) / len(pairs) ** 0.5 if len(pairs) > 1 else 0.0

    @property
    def is_reached(self) -> bool:
        """Whether ours is as good as it must be."""
        return self.behind <= (MOST_BEHIND if self.rows >= MANY_ROWS else self.error)

    def __str__(self) -> str:
        means = [statistics.mean(each) for each in (self.ours, self.boosted, self.forest)]
        return (
            f"{self.name:<24}{self.rows:>6} rows  {self.metric:<9} ours {means[0]:.3f}  boosted "
            f"{means[1]:.3f}  forest {means[2]:.3f}  difference {-self.behind:+.3f} ± "
            f"{self.error:.3f}  {'PASS' if self.is_reached else 'FAIL'}  {self.seconds:.0f} s a run"
        )


def sources(only: list[str], folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields names of tables and their [data] sections; files of made ones go to the folder."""
    if "choosing" in only:
        yield from ((table.name, made(table, folder)) for table in CHOOSING)
        return

    for name in BUILT_IN:
        yield name, {"source": f"sample:{name}"}

    yield "digits as a table", digits(folder)
    for table in REPORTED:
        yield table.name, made(table, folder)

    for package, path, target in PACKAGES:
        found = importlib.util.find_spec(package)
        if found is None or not found.submodule_search_locations:
            print(f"{package} is not installed: {path} is left out")
            continue

        file = Path(found.submodule_search_locations[0]) / path
        yield f"{package} {file.stem}", {"source": str(sampled(file, folder)), "target": target}


def digits(folder: Path) -> dict[str, Any]:
    """Writes scikit-learn's digits as rows of 64 numbers; returns their [data] section."""
    from sklearn import datasets

    found = datasets.load_digits()
    file = folder / "digits.csv"
    names = [f"pixel{index}" for index in range(found.data.shape[1])]
    lines = [
        ",".join([*(f"{value:g}" for value in row), f"digit{target}"])
        for row, target in zip(found.data, found.target, strict=True)
    ]
    file.write_text("\n".join([",".join([*names, TARGET]), *lines]), encoding="utf-8")
    return {"source": str(file), "target": TARGET}


def made(table: MadeTable, folder: Path) -> dict[str, Any]:
    """Writes a made table; returns its [data] section."""
    file = folder / f"{table.name}.csv"
    if not file.exists():
        table.write(file)

    task = {"task": "regression"} if table.task == "regression" else {}
    return {"source": str(file), "target": TARGET, **task}


def sampled(file: Path, folder: Path) -> Path:
    """Returns a file with the title and at most MOST_ROWS rows of another, drawn at random."""
    title, *rows = file.read_text(encoding="utf-8").splitlines()
    drawn = np.random.default_rng(0).permutation(len(rows))[:MOST_ROWS]
    copy = folder / file.name
    copy.write_text("\n".join([title, *(rows[row] for row in sorted(drawn))]), encoding="utf-8")
    return copy


def compare(name: str, data: dict[str, Any], seeds: int, changes: Mapping[str, Any]) -> Figures:
    """Trains on `seeds` splits of a table. changes: sections of the experiment beside the data."""
    figures: list[tuple[float, float, float]] = []
    metric, rows, spent = "", 0, 0.0
    for seed in range(seeds):
        section = {**data, "test_share": TEST_SHARE, "split_seed": seed}
        dataset = open_dataset(DataSettings(**section))
        rows = len(dataset.targets)
        metric = "r2" if dataset.description.task == "regression" else "accuracy"
        if data.get("task") == "regression":
            metric = "r2"

        training = {"seed": seed, "device": "cpu", "threads": 1}
        begun = _processor_seconds()
        plain = {**changes, "data": section}
        plain["training"] = {**plain.get("training", {}), **training}
        ours = summary_of(plain)["metrics"]["test"][metric]
        spent += _processor_seconds() - begun
        figures.append((ours, *trees(dataset, metric, seed)))

    ours_, boosted, forest = (list(each) for each in zip(*figures, strict=True))
    return Figures(name, rows, metric, ours_, boosted, forest, spent / seeds)


def trees(dataset: Dataset, metric: str, seed: int) -> tuple[float, float]:
    """Returns accuracy or R² of boosted trees and of a forest with their defaults."""
    from sklearn import ensemble

    fitted = np.concatenate([dataset.indices["training"], dataset.indices["validation"]])
    judged = dataset.indices["test"]
    targets = dataset.targets if dataset.targets.ndim == 1 else dataset.targets[:, 0]
    inputs = np.array(dataset.inputs, dtype=float)
    row = dataset.description.preparation.inputs[0]
    first = row.shape[0] - len(row.categories)
    marked = [first + index for index, values in enumerate(row.categories) if values <= 255]
    kind = "Regressor" if metric == "r2" else "Classifier"

    boosted = getattr(ensemble, f"HistGradientBoosting{kind}")(
        categorical_features=marked or None, random_state=seed
    ).fit(inputs[fitted], targets[fitted])

    numbers = inputs[:, :first]
    filled = np.where(np.isfinite(numbers), numbers, np.nanmean(numbers[fitted], axis=0))
    marks = [
        np.eye(values)[inputs[:, first + index].astype(int)]
        for index, values in enumerate(row.categories)
    ]
    wide = np.concatenate([filled, *marks], axis=1)
    forest = getattr(ensemble, f"RandomForest{kind}")(random_state=seed).fit(
        wide[fitted], targets[fitted]
    )
    return (
        float(boosted.score(inputs[judged], targets[judged])),
        float(forest.score(wide[judged], targets[judged])),
    )


def is_quick_enough(folder: Path) -> bool:
    """Times a default training of a large table, prints it, and returns whether it may take so."""
    training = {"device": "cpu", "threads": 1}
    begun = _processor_seconds()
    summary_of({"data": made(WIDE, folder), "training": training})
    seconds = _processor_seconds() - begun
    is_quick = seconds <= MOST_SECONDS
    print(
        f"a default training of {WIDE.rows:,} rows x 60 columns: {seconds:.0f} s of the processor; "
        f"at most {MOST_SECONDS:.0f}: {'PASS' if is_quick else 'FAIL'}"
    )
    return is_quick


def _processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main(seeds: int, only: list[str]) -> int:
    """Prints a line a table, and the means; returns 0 where all is reached.

    only: names of tables, or "choosing": made tables that recipes are chosen by.
    """
    names = [name for name in only if name != "choosing"]
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name, data in sources(only, Path(folder)):
            if names and name not in names:
                continue
            found.append(compare(name, data, seeds, {}))
            print(found[-1], flush=True)

        is_quick = bool(only) or is_quick_enough(Path(folder))

    ours, boosted, forest = (
        statistics.mean(statistics.mean(getattr(each, kind)) for each in found)
        for kind in ("ours", "boosted", "forest")
    )
    reached = all(each.is_reached for each in found) and ours > max(boosted, forest) and is_quick
    print(
        f"mean over {len(found)} tables: ours {ours:.4f}, boosted trees {boosted:.4f}, forest "
        f"{forest:.4f}: {'PASS' if reached else 'FAIL'}"
    )
    return int(not reached)
