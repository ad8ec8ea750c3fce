"""Small tables against scikit-learn: the same splits (80 % training, 20 % test), five seeds each.

scikit-learn's networks get their defaults, numbers standardised and categories one-hot, and all of
the 80 %; ours keeps a tenth of them aside to choose its best epoch. The figure is that of the 20 %,
which neither has seen.
"""

from __future__ import annotations

import csv
import statistics
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.opening import open_dataset
from tests.bench.trained import summary_of

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset

TABLES = {"breast-cancer": "accuracy", "wine": "accuracy", "iris": "accuracy", "diabetes": "r2"}
TEST_SHARE = 0.2
OUTLIER_EVERY = 20


@dataclass(frozen=True)
class Row:
    """One data set, with a figure for each seed, ours and scikit-learn's."""

    name: str
    metric: str
    ours: list[float]
    theirs: list[float]

    def __str__(self) -> str:
        return (
            f"{self.name:<16}{self.metric:<10}ours {statistics.mean(self.ours):.3f} "
            f"({min(self.ours):.3f} to {max(self.ours):.3f})   scikit-learn "
            f"{statistics.mean(self.theirs):.3f} "
            f"({min(self.theirs):.3f} to {max(self.theirs):.3f})"
        )


def compare(name: str, seeds: int, template: str | None = None) -> Row:
    """Compares on a built-in table, with our defaults for it unless a template is named."""
    metric = TABLES[name]
    ours = []

    theirs = []
    for seed in range(seeds):
        data: dict[str, Any] = {
            "source": f"sample:{name}",
            "test_share": TEST_SHARE,
            "split_seed": seed,
        }
        plain: dict[str, Any] = {"data": data, "training": {"seed": seed, "device": "cpu"}}
        if template:
            plain["model"] = {"template": template}

        ours.append(summary_of(plain)["metrics"]["test"][metric])
        theirs.append(scikit_learn(open_dataset(DataSettings(**data)), metric, seed))

    return Row(name, metric, ours, theirs)


def scikit_learn(dataset: Dataset, metric: str, seed: int) -> float:
    """Returns accuracy or R² of scikit-learn's MLP with its defaults, on the test rows."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    training = np.concatenate([dataset.indices["training"], dataset.indices["validation"]])
    test = dataset.indices["test"]
    features = _features(dataset)
    mean = features[training].mean(axis=0)
    std = features[training].std(axis=0)
    features = (features - mean) / np.where(std > 0, std, 1)

    targets = dataset.targets if dataset.targets.ndim == 1 else dataset.targets[:, 0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        kind = MLPRegressor if metric == "r2" else MLPClassifier
        network = kind(random_state=seed).fit(features[training], targets[training])

    return float(network.score(features[test], targets[test]))


def _features(dataset: Dataset) -> np.ndarray:
    """Returns numbers with means for what is missing, and a column for each category."""
    row = dataset.description.preparation.inputs[0]
    numbers = np.array(dataset.inputs[:, : row.numbers], dtype=float)
    numbers = np.where(np.isfinite(numbers), numbers, np.nanmean(numbers, axis=0))

    columns = [numbers]
    for index, values in enumerate(row.categories):
        column = dataset.inputs[:, row.numbers + index].astype(int)
        columns.append(np.eye(values)[column])

    return np.concatenate(columns, axis=1)


def with_outliers(seeds: int) -> dict[str, list[float]]:
    """Returns the test MAE of L1 and L2 on spoiled training targets, a figure a seed.

    In the diabetes table one training target in twenty is made ten times as large.
    """
    errors: dict[str, list[float]] = {"l1": [], "l2": []}
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "diabetes.csv"
            _spoil(file, seed)

            for loss in errors:
                data = {
                    "source": str(file),
                    "target": "progression",
                    "split_seed": seed,
                    "task": "regression",
                }
                plain = {
                    "data": data,
                    "loss": {"kind": loss},
                    "training": {"seed": seed, "device": "cpu"},
                }

                errors[loss].append(summary_of(plain)["metrics"]["test"]["mae"])

    return errors


def _spoil(file: Path, seed: int) -> None:
    """Writes the built-in table with outliers among the training targets.

    A column says which rows are for the test; those stay as they are.
    """
    data = DataSettings(source="sample:diabetes", test_share=TEST_SHARE, split_seed=seed)
    dataset = open_dataset(data)
    test = set(dataset.indices["test"].tolist())
    training = [row for row in range(len(dataset.targets)) if row not in test]
    generator = np.random.Generator(np.random.PCG64(seed))
    spoiled = set(generator.permutation(training)[: len(training) // OUTLIER_EVERY].tolist())

    columns = [column.name for column in dataset.description.preparation.columns]
    with file.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow([*columns, "progression", "split"])

        for row in range(len(dataset.targets)):
            cells = [
                value
                for _, value in dataset.description.preparation.to_display(dataset.inputs[row])
            ]
            target = float(dataset.targets[row, 0]) * (10 if row in spoiled else 1)
            writer.writerow([*cells, target, "test" if row in test else "train"])


def main(seeds: int) -> None:
    for name in TABLES:
        print(compare(name, seeds), flush=True)

    errors = with_outliers(seeds)
    print(
        "diabetes with one training target in twenty made ten times as large, test MAE: "
        + ", ".join(
            f"{loss} {statistics.mean(values):.1f} "
            f"({', '.join(f'{value:.1f}' for value in values)})"
            for loss, values in errors.items()
        )
    )
