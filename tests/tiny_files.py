"""Tiny real files for every task and every kind of data: pictures, tables, texts, arrays."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from app.engine.learning.loss import LOSSES
from models.template import TEMPLATES
from tests.engine.tiny import EMBEDDING, SMALL, Combination, combinations

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

COUNT = 40
"""Examples of a file: a fifth to judge every epoch, a fifth to the end, 24 to learn from."""

ANSWERS = ("kind", "good", "tags", "x", "y")
TARGETS: dict[str, str | list[str]] = {
    "classification": "kind",
    "binary-classification": "good",
    "multi-label": "tags",
    "soft-labels": "kind",
    "regression": ["x", "y"],
    "metric-learning": "kind",
}
RATES = {"sgd": 0.1, "sgd-momentum": 0.1, "radam": 0.1, "adafactor": 0.1, "rmsprop": 0.0005}
"""Learning rates with which three steps show more than the random damage, and are not too
long: the first steps of some are as long as the gradient, those of rmsprop many times the rate.
All others take 0.002.
"""

TEXT_WORDS = ("apple", "river", "stone")
SOUND = 32


def all_combinations() -> list[Combination]:
    """Returns every combination whose data a person can have as files."""
    return [combination for combination in combinations() if combination.sort != "row+signal"]


def covering_pairs(combinations: Sequence[Combination]) -> list[Combination]:
    """Returns every template and every loss of a task and a kind of data at least once.

    The optimizers come in turn.
    """
    pairs: list[Combination] = []
    for task, sort in dict.fromkeys(
        (combination.task, combination.sort) for combination in combinations
    ):
        own = [
            combination
            for combination in combinations
            if (combination.task, combination.sort) == (task, sort)
        ]
        templates, losses, optimizers = (
            list(dict.fromkeys(combination[position] for combination in own))
            for position in (2, 3, 4)
        )
        for number in range(max(len(templates), len(losses))):
            turn = optimizers[len(pairs) % len(optimizers)]
            pairs.append(
                Combination(
                    task,
                    sort,
                    templates[number % len(templates)],
                    losses[number % len(losses)],
                    turn,
                )
            )

    return pairs


def covering_each(combinations: Sequence[Combination]) -> list[Combination]:
    """Returns the fewest that have these among them, of `covering_pairs` in their order.

    Every task with every kind of data, every template with every kind of data, every loss of every
    task, and every optimizer.
    """
    seen: set[tuple[str, ...]] = set()
    chosen = []
    for each in covering_pairs(combinations):
        parts = {
            ("task", each.task, each.sort),
            ("template", each.template, each.sort),
            ("loss", each.loss, each.task),
            ("optimizer", each.optimizer),
        }
        if not parts <= seen:
            chosen.append(each)
            seen |= parts

    return chosen


def write_files(folder: Path, task: str, sort: str) -> dict[str, Any]:
    """Writes files of that kind, and returns the [data] settings that open them for the task."""
    folder.mkdir(parents=True, exist_ok=True)
    data: dict[str, Any] = {"task": task, "validation_share": 0.2, "test_share": 0.2}
    if task == "language-modelling":
        return data | {"source": _long_text(folder), "context": 16, "tokens": "bytes"}

    if "text" in sort:
        data |= {"context": 16, "tokens": "bytes"}
    if task == "reconstruction":
        data["damage_share"] = 0.25
    if sort == "signal":
        return data | {"source": _arrays(folder, task)}
    if sort == "image+text":
        return data | {"source": _captioned_pictures(folder)}
    if "+" in sort:
        return data | {
            "source": _pairs(folder, sort),
            "columns": dict.fromkeys(("left", "right"), sort.split("+")[0]),
        }

    target = TARGETS.get(task, [])
    chosen = [target] if isinstance(target, str) else target

    data["columns"] = {name: "ignore" for name in ANSWERS if name not in chosen}
    if target:
        data["target"] = target

    return data | {"source": _table(folder, sort)}


def settings(combination: Combination) -> dict[str, dict[str, Any]]:
    """Returns the model, loss, optimizer and training settings of a combination.

    The network is small and does not regularise; an epoch is one step.
    """
    template = TEMPLATES.get(combination.template)
    loss = LOSSES.get(combination.loss)
    small = {name: value for name, value in SMALL.items() if name in template.model_fields}
    # The last layer of TabM begins near zero: a step of SGD's size hardly moves it.
    slow = combination.task == "reconstruction" or combination.template == "tabm"
    rate = RATES.get(combination.optimizer, 0.002) if slow else 0.002
    smooth = {"label_smoothing": 0.0} if "label_smoothing" in loss.model_fields else {}

    return {
        "augmentation": {"flip": False, "shift": 0.0},
        "model": {"template": combination.template, **small},
        "loss": {"kind": combination.loss, **smooth},
        "optimizer": {"kind": combination.optimizer, "learning_rate": rate},
        "schedule": {"kind": "constant"},
        "training": {
            "epochs": 3,
            "batch_size": 512,
            "threads": 1,
            "device": "cpu",
            "precision": "float32",
            "embedding": EMBEDDING,
            "gradient_clip": 1.0,
        },
    }


# --- the files


def _labels() -> np.ndarray:
    return np.arange(COUNT) % 3


def _answers() -> list[list[Any]]:
    """Returns the values of the columns ANSWERS for every example."""
    noise = np.random.default_rng(1).normal(size=(COUNT, 2)) / 3
    return [
        [
            "abc"[label],
            ("no", "yes")[int(label == 2)],
            ("red", "red;blue", "blue;green")[label],
            round(10 + 3 * label + first, 3),
            round(second - label, 3),
        ]
        for label, (first, second) in zip(_labels().tolist(), noise.tolist(), strict=True)
    ]


def _write(path: Path, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(heads)
        writer.writerows(rows)
    return str(path)


def _pictures(folder: Path, seed: int = 0) -> list[str]:
    """Writes grey pictures of 8 × 8, bright where the label says; returns their names."""
    generator = np.random.default_rng(seed)
    names = []
    folder.mkdir(exist_ok=True)

    for number, label in enumerate(_labels().tolist()):
        pixels = generator.integers(0, 120, (8, 8), dtype=np.uint8)
        pixels[2 * label : 2 * label + 2] += 120
        Image.fromarray(pixels).save(folder / f"{number}.png")
        names.append(f"{folder.name}/{number}.png")

    return names


def _texts(seed: int = 0) -> list[str]:
    generator = np.random.default_rng(seed)
    return [
        f"{TEXT_WORDS[label]} {' '.join(generator.choice(list('klmnopqr'), 4))}"
        for label in _labels().tolist()
    ]


def _table(folder: Path, sort: str) -> str:
    generator = np.random.default_rng(0)
    labels = _labels()
    if sort == "row":
        numbers = generator.normal(size=(COUNT, 4)).round(3)
        numbers[:, 0] += 2 * labels
        inputs = [
            [*row, "uvw"[label]]
            for row, label in zip(numbers.tolist(), labels.tolist(), strict=True)
        ]

        heads = ["one", "two", "three", "four", "form"]
    else:
        heads = ["file" if sort == "image" else "sentence"]
        inputs = [
            [cell] for cell in (_pictures(folder / "pictures") if sort == "image" else _texts())
        ]

    rows = [
        [*inputs_of, *answers_of] for inputs_of, answers_of in zip(inputs, _answers(), strict=True)
    ]
    return _write(folder / f"{sort}.csv", [*heads, *ANSWERS], rows)


def _arrays(folder: Path, task: str) -> str:
    """Writes signals of two channels as an NPZ file."""
    generator = np.random.default_rng(0)
    labels = _labels()
    waves = np.sin(np.arange(SOUND) * (1 + labels[:, None, None]) / 3 + np.arange(2)[:, None])
    signals = (waves + 0.1 * generator.normal(size=waves.shape)).astype(np.float32)
    labels_of: dict[str, np.ndarray] = {
        "binary-classification": (labels == 2).astype(np.int64),
        "multi-label": np.stack([labels < 2, labels > 0, labels == 2], axis=1).astype(np.int64),
        "regression": np.array([row[3:] for row in _answers()], np.float32),
    }

    path = folder / "signals.npz"
    np.savez(path, signals=signals, labels=labels_of.get(task, labels))
    return str(path)


def _captioned_pictures(folder: Path) -> str:
    """Writes pictures with a text beside each."""
    pictures = folder / "captioned"
    _pictures(pictures)

    for number, text in enumerate(_texts()):
        (pictures / f"{number}.txt").write_text(text, encoding="utf-8")

    return str(pictures)


def _pairs(folder: Path, sort: str) -> str:
    if sort == "image+image":
        halves = [_pictures(folder / name, seed) for seed, name in enumerate(("first", "second"))]
    else:
        halves = [_texts(), _texts(1)]
    return _write(folder / "pairs.csv", ["left", "right"], zip(*halves, strict=True))


def _long_text(folder: Path) -> str:
    generator = np.random.default_rng(0)
    text = " ".join(f"The {word} is here." for word in generator.choice(TEXT_WORDS, 120))
    path = folder / "book.txt"
    path.write_text(text, encoding="utf-8")

    return str(path)
