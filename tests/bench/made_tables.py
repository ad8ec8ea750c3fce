"""Made tables of many kinds, each a CSV file: what stands in a row follows from a rule and chance.

REPORTED are those of the figures. CHOOSING are of other kinds; recipes are chosen by them.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Columns = dict[str, np.ndarray]
"""A table by column; that of the target is "y"."""

TARGET = "y"


@dataclass(frozen=True)
class MadeTable:
    """A kind of table. task: "regression" or "classification"; yes or no is of two classes."""

    name: str
    rows: int
    task: str
    make: Callable[[np.random.Generator, int], Columns]

    def write(self, file: Path) -> None:
        """Writes the table, the same one every time."""
        generator = np.random.default_rng(sum(map(ord, self.name)))
        columns = self.make(generator, self.rows)
        with file.open("w", newline="", encoding="utf-8") as handle:
            writer = csv.writer(handle)
            writer.writerow(columns)
            writer.writerows(zip(*(_cells(values) for values in columns.values()), strict=True))


def _cells(values: np.ndarray) -> list[str]:
    if values.dtype.kind == "f":
        return ["" if np.isnan(value) else f"{value:.6g}" for value in values]

    return [str(value) for value in values]


def _named(x: np.ndarray, y: np.ndarray) -> Columns:
    return {**{f"x{index}": column for index, column in enumerate(x.T)}, TARGET: y}


def _classes(scores: np.ndarray, count: int) -> np.ndarray:
    """Cuts scores (N,) into classes of equal size, named."""
    cuts = np.quantile(scores, np.linspace(0, 1, count + 1)[1:-1])
    return np.array([f"c{index}" for index in np.searchsorted(cuts, scores)])


def _noisy(generator: np.random.Generator, y: np.ndarray, share: float) -> np.ndarray:
    """Adds noise of this share of the deviation."""
    return y + share * y.std() * generator.standard_normal(len(y))


def _steps(generator: np.random.Generator, rows: int) -> Columns:
    x = generator.uniform(-2, 2, (rows, 8))
    y = np.zeros(rows)
    for column in range(6):
        for _ in range(4):
            y += generator.normal() * (x[:, column] > generator.uniform(-2, 2))

    return _named(x, _noisy(generator, y, 0.2))


def _products(generator: np.random.Generator, rows: int) -> Columns:
    x = generator.standard_normal((rows, 8))
    return _named(
        x, _noisy(generator, x[:, 0] * x[:, 1] + x[:, 2] * x[:, 3] * x[:, 4] + x[:, 5], 0.2)
    )


def _periodic(generator: np.random.Generator, rows: int) -> Columns:
    x = generator.uniform(-2, 2, (rows, 6))
    y = np.sin(5 * x[:, 0]) + np.cos(3 * x[:, 1] * x[:, 2]) + 0.5 * np.sin(8 * x[:, 3])
    return _named(x, _noisy(generator, y, 0.2))


def _categories(generator: np.random.Generator, rows: int) -> Columns:
    sizes = (24, 16, 6, 40)
    codes = [generator.integers(0, size, rows) for size in sizes]
    pairs = generator.standard_normal((24, 16))
    alone = generator.standard_normal(40)
    amount = generator.standard_normal(rows)
    slopes = generator.standard_normal(6)
    scores = pairs[codes[0], codes[1]] + alone[codes[3]] + slopes[codes[2]] * amount
    words = {
        name: np.array([f"{name}{code}" for code in column])
        for name, column in zip(("town", "trade", "size", "street"), codes, strict=True)
    }
    return {**words, "amount": amount, TARGET: _classes(_noisy(generator, scores, 0.3), 2)}


def _heavy_tails(generator: np.random.Generator, rows: int) -> Columns:
    logs = 2.0 * generator.standard_normal((rows, 7))
    scores = np.sin(logs[:, 0]) + logs[:, 1] * logs[:, 2] / 4 + np.abs(logs[:, 3]) / 2
    return _named(np.exp(logs), _classes(_noisy(generator, scores, 0.2), 3))


def _irrelevant(generator: np.random.Generator, rows: int) -> Columns:
    x = generator.uniform(0, 1, (rows, 55))
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2
    return _named(x, _noisy(generator, y + 10 * x[:, 3] + 5 * x[:, 4], 0.2))


def _clusters(generator: np.random.Generator, rows: int) -> Columns:
    centres = 2.2 * generator.standard_normal((24, 10))
    which = generator.integers(0, 24, rows)
    x = centres[which] + 1.3 * generator.standard_normal((rows, 10))
    return _named(x, np.array([f"c{number}" for number in which % 8]))


def _xor(generator: np.random.Generator, rows: int) -> Columns:
    x = generator.uniform(-1, 1, (rows, 8))
    is_yes = (x[:, 0] * x[:, 1] > 0) ^ (generator.random(rows) < 0.02)
    return _named(x, np.where(is_yes, "yes", "no"))


def _tree(generator: np.random.Generator, rows: int) -> Columns:
    x = generator.standard_normal((rows, 10))
    leaf = np.zeros(rows, int)
    for _ in range(6):
        column = generator.integers(0, 10, 64)[leaf % 64]
        cut = 0.5 * generator.standard_normal(64)[leaf % 64]
        leaf = 2 * leaf + (x[np.arange(rows), column] > cut)

    return _named(x, _noisy(generator, generator.standard_normal(64)[leaf % 64], 0.2))


def _gaps(generator: np.random.Generator, rows: int) -> Columns:
    x = generator.standard_normal((rows, 9))
    scores = x[:, 0] + x[:, 1] * x[:, 2] + np.maximum(x[:, 3], 0) * x[:, 4]
    y = _classes(_noisy(generator, scores, 0.2), 2)
    x[generator.random(x.shape) < 0.12] = np.nan
    return _named(x, y)


def _rings(generator: np.random.Generator, rows: int) -> Columns:
    x = generator.standard_normal((rows, 6))
    radius = np.sqrt((x[:, :4] ** 2).sum(axis=1)) + 0.05 * generator.standard_normal(rows)
    return _named(x, np.array([f"c{number}" for number in (2 * radius).astype(int) % 3]))


def _linear(generator: np.random.Generator, rows: int) -> Columns:
    x = generator.standard_normal((rows, 30)) @ generator.standard_normal((30, 30)) / 5
    return _named(x, _noisy(generator, x @ generator.standard_normal(30), 0.6))


REPORTED = (
    MadeTable("steps", 3_000, "regression", _steps),
    MadeTable("products", 3_000, "regression", _products),
    MadeTable("periodic", 3_000, "regression", _periodic),
    MadeTable("categories", 4_000, "classification", _categories),
    MadeTable("heavy tails", 3_000, "classification", _heavy_tails),
    MadeTable("irrelevant", 2_500, "regression", _irrelevant),
    MadeTable("clusters", 3_000, "classification", _clusters),
    MadeTable("xor", 1_000, "classification", _xor),
    MadeTable("tree", 4_000, "regression", _tree),
    MadeTable("gaps", 3_000, "classification", _gaps),
    MadeTable("rings", 2_500, "classification", _rings),
    MadeTable("linear", 800, "regression", _linear),
)


def _wide(generator: np.random.Generator, rows: int) -> Columns:
    x = generator.standard_normal((rows, 60))
    return _named(x, _classes(_noisy(generator, x[:, :20].sum(axis=1) + x[:, 0] * x[:, 1], 0.3), 2))


WIDE = MadeTable("wide", 6_000, "classification", _wide)
"""The table whose training is timed."""


# --- others, to choose recipes by


def _thresholds(generator: np.random.Generator, rows: int) -> Columns:
    x = generator.gamma(2.0, 1.0, (rows, 9))
    y = 2 * (x[:, 0] > 2) * (x[:, 1] > 1.5) - (x[:, 2] > x[:, 3]) + np.floor(x[:, 4])
    return _named(x, _noisy(generator, y, 0.25))


def _ratios(generator: np.random.Generator, rows: int) -> Columns:
    x = generator.uniform(0.2, 3, (rows, 7))
    return _named(x, _noisy(generator, np.log(x[:, 0] / x[:, 1]) * x[:, 2] + x[:, 3] ** 2, 0.2))


def _waves(generator: np.random.Generator, rows: int) -> Columns:
    x = generator.uniform(-3, 3, (rows, 5))
    scores = np.sin(3 * x[:, 0] + x[:, 1]) + np.sin(4 * x[:, 2])
    return _named(x, _classes(_noisy(generator, scores, 0.2), 2))


def _shops(generator: np.random.Generator, rows: int) -> Columns:
    shop = generator.integers(0, 30, rows)
    day = generator.integers(0, 7, rows)
    price = np.exp(generator.standard_normal(rows))
    effect = generator.standard_normal((30, 7))
    y = effect[shop, day] - generator.uniform(0.2, 2, 30)[shop] * np.log(price)
    return {
        "shop": np.array([f"shop{number}" for number in shop]),
        "day": np.array([f"day{number}" for number in day]),
        "price": price,
        "noise": generator.standard_normal(rows),
        TARGET: _noisy(generator, y, 0.3),
    }


def _spirals(generator: np.random.Generator, rows: int) -> Columns:
    arm = generator.integers(0, 4, rows)
    way = generator.uniform(0.2, 1, rows)
    angle = 7 * way + arm * np.pi / 2
    x = np.stack([way * np.cos(angle), way * np.sin(angle)], 1)
    x = np.concatenate(
        [x + 0.04 * generator.standard_normal(x.shape), generator.random((rows, 4))], 1
    )
    return _named(x, np.array([f"c{number}" for number in arm]))


def _forest(generator: np.random.Generator, rows: int) -> Columns:
    x = generator.standard_normal((rows, 8)) ** 3
    scores = np.zeros(rows)
    for _ in range(20):
        first, second = generator.integers(0, 8, 2)
        scores += generator.normal() * (
            (x[:, first] > generator.normal()) & (x[:, second] < generator.normal())
        )

    return _named(x, _classes(_noisy(generator, scores, 0.2), 3))


def _visits(generator: np.random.Generator, rows: int) -> Columns:
    sizes = {"place": 20, "kind": 12, "road": 30, "grade": 5}
    codes = {name: generator.integers(0, size, rows) for name, size in sizes.items()}
    pairs = generator.standard_normal((20, 12))
    alone = generator.standard_normal(30)
    amount = generator.standard_normal(rows)
    slopes = generator.standard_normal(5)
    scores = pairs[codes["place"], codes["kind"]] + alone[codes["road"]]
    scores += slopes[codes["grade"]] * amount
    words = {name: np.array([f"k{code}" for code in column]) for name, column in codes.items()}
    return {**words, "amount": amount, TARGET: _classes(_noisy(generator, scores, 0.3), 2)}


def _clinics(generator: np.random.Generator, rows: int) -> Columns:
    sizes = {"clinic": 50, "ward": 14, "shift": 8}
    clinic, ward, shift = (generator.integers(0, size, rows) for size in sizes.values())
    ours = generator.standard_normal((50, 14))
    theirs = generator.standard_normal((14, 8))
    x = generator.standard_normal((rows, 3))
    scores = 0.7 * ours[clinic, ward] + theirs[ward, shift] + x[:, 0] * x[:, 1]
    words = {
        name: np.array([f"k{code}" for code in column])
        for name, column in zip(sizes, (clinic, ward, shift), strict=True)
    }
    amounts = {f"x{index}": column for index, column in enumerate(x.T)}
    return {**words, **amounts, TARGET: _classes(_noisy(generator, scores, 0.3), 3)}


def _grove(generator: np.random.Generator, rows: int) -> Columns:
    x = generator.uniform(-1, 1, (rows, 8))
    leaf = np.zeros(rows, int)
    for _ in range(5):
        column = generator.integers(0, 8, 32)[leaf % 32]
        cut = generator.uniform(-0.6, 0.6, 32)[leaf % 32]
        leaf = 2 * leaf + (x[np.arange(rows), column] > cut)

    return _named(x, _noisy(generator, generator.standard_normal(32)[leaf % 32], 0.2))


def _parity(generator: np.random.Generator, rows: int) -> Columns:
    x = generator.standard_normal((rows, 7))
    is_yes = (x[:, 0] * x[:, 1] > 0) ^ (generator.random(rows) < 0.03)
    return _named(x, np.where(is_yes, "yes", "no"))


CHOOSING = (
    MadeTable("thresholds", 3_000, "regression", _thresholds),
    MadeTable("ratios", 2_000, "regression", _ratios),
    MadeTable("waves", 3_000, "classification", _waves),
    MadeTable("shops", 3_000, "regression", _shops),
    MadeTable("spirals", 1_500, "classification", _spirals),
    MadeTable("forest", 3_000, "classification", _forest),
    MadeTable("visits", 4_000, "classification", _visits),
    MadeTable("clinics", 4_000, "classification", _clinics),
    MadeTable("grove", 4_000, "regression", _grove),
    MadeTable("parity", 1_000, "classification", _parity),
)
