"""A tiny data set for every task and kind of data, and every combination offered for them."""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from app.engine.data.dataset import SPLITS, Amount, Damage, Dataset, Description
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.data.kinds.row.column import RowColumn
from app.engine.data.kinds.row.preparation import RowPreparation
from app.engine.data.kinds.signal.preparation import SignalPreparation
from app.engine.data.kinds.text.preparation import TextPreparation
from app.engine.experiment.toml_file import from_plain
from app.engine.learning.loss import LOSSES
from app.engine.learning.optimizer import OPTIMIZERS
from app.engine.learning.tasks import TASKS
from models.template import TEMPLATES

if TYPE_CHECKING:
    from app.engine.data.preparation import Preparation
    from app.engine.experiment.experiment import Experiment

SORTS = ("image", "row", "text", "signal", "image+text", "image+image", "text+text", "row+signal")
TRAINED = 24
VALIDATED = 9
EMBEDDING = 8

SMALL: dict[str, Any] = {
    "depth": 1,
    "width": 16,
    "heads": 2,
    "filter_size": 3,
    "filters": 8,
    "max_filter_size": 3,
    "patch_size": 4,
    "decoder_depth": 1,
    "latent_channels": 8,
    "dropout": 0.0,
}
"""Values for the settings of any template that has them: a network that takes milliseconds, and
forgets nothing.
"""


class Combination(NamedTuple):
    task: str
    sort: str
    template: str
    loss: str
    optimizer: str

    def __str__(self) -> str:
        return "-".join(part.replace("-", "_") for part in self)


def preparation(sort: str) -> Preparation:
    if "+" in sort:
        left, right = sort.split("+")
        return PairPreparation(preparation(left), preparation(right), (left, right))
    return {
        "image": ImagePreparation(8, 8, 1, "crop", (0.5,), (0.25,)),
        "row": RowPreparation(
            (
                *(RowColumn(f"x{n}", "number", "mean", std=1.0 + n) for n in range(4)),
                RowColumn("kind", "category", "category", categories=("a", "b", "c")),
            )
        ),
        "text": TextPreparation("", 257, 12),
        "signal": SignalPreparation(2, 16, None, (0.0, 0.1), (1.0, 2.0)),
    }[sort]


def examples(sort: str, labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Returns examples as a Dataset keeps them; the label shows in every one."""
    count = len(labels)
    if sort == "image":
        values = generator.integers(0, 120, (count, 1, 8, 8), dtype=np.uint8)
        for picture, label in zip(values, labels, strict=True):
            picture[0, 2 * (label % 4) : 2 * (label % 4) + 2] += 120

        return values

    if sort == "row":
        numbers = generator.normal(size=(count, 4)).astype(np.float32)
        numbers[:, 0] += 2 * labels
        return np.concatenate([numbers, (labels % 4)[:, None].astype(np.float32)], axis=1)

    if sort == "text":
        values = generator.integers(100, 110, (count, 12)).astype(np.int32)
        values[:, :6] += 20 * (labels % 4)[:, None].astype(np.int32)
        values[::3, 9:] = 0

        return values

    waves = np.sin(np.arange(16) * (1 + labels[:, None, None] % 4) / 3 + np.arange(2)[:, None])
    return (waves + 0.1 * generator.normal(size=waves.shape)).astype(np.float32)


@functools.cache
def dataset(kind: str, sort: str, trained: int = TRAINED, validated: int = VALIDATED) -> Dataset:
    """Returns the data set for one task and one kind of data.

    validated: the number of validation examples, and of test examples.
    """
    task = TASKS[kind]
    prepared = preparation(sort)
    generator = np.random.default_rng(0)
    count = trained + 2 * validated
    classes = ("no", "yes") if kind == "binary-classification" else ("a", "b", "c")
    labels = np.arange(count) % len(classes)

    arrays = [examples(part, labels, generator) for part in sort.split("+")]
    if kind == "language-modelling":
        targets = np.concatenate([arrays[0][:, 1:], np.zeros((count, 1), np.int32)], axis=1).astype(
            np.int64
        )
        targets[targets == 0] = -100
    else:
        noise = generator.normal(size=(count, 2)) / 2
        targets = {
            "classes": labels,
            "tags": np.stack([labels == 0, labels != 1, labels == 2], axis=1).astype(np.float32),
            "shares": np.eye(3)[labels].astype(np.float32) * 0.7 + np.float32(0.1),
            "amounts": (np.stack([10 + 3 * labels, -labels], axis=1) + noise).astype(np.float32),
            "none": np.maximum(np.arange(count) - 1, 0)
            if task.pairs
            else np.zeros(count, np.int64),
        }[task.targets]

    if task.targets not in ("classes", "tags", "shares"):
        classes = ()

    cuts = np.cumsum([trained, validated])
    indices = dict(zip(SPLITS, np.split(np.arange(count), cuts), strict=True))
    amounts = (Amount("x", "cm", 13.0, 2.5, 10, 16, 13), Amount("y", "", -1.0, 0.8, -2, 0, -1))
    description = Description(
        source="tiny",
        format="arrays",
        shape=prepared.inputs[0].shape,
        classes=classes,
        counts={name: _counts(targets[rows], len(classes)) for name, rows in indices.items()},
        fingerprint=f"{kind} {sort} {count}",
        preparation=prepared,
        task=kind,
        sizes={name: len(rows) for name, rows in indices.items()},
        amounts=amounts if task.targets == "amounts" else (),
        damage=Damage("mask", 0.25, 2 if sort != "row" else 1) if task.answers == "copy" else None,
    )

    return Dataset(
        description,
        arrays[0],
        targets,
        indices,
        [f"#{n}" for n in range(count)],
        arrays[1] if len(arrays) > 1 else None,
    )


def _counts(values: np.ndarray, classes: int) -> tuple[int, ...]:
    if not classes:
        return (len(values),)

    counts = values.sum(axis=0) if values.ndim == 2 else np.bincount(values, minlength=classes)
    return tuple(int(number) for number in counts)


def combinations() -> list[Combination]:
    """Returns all that the window offers: kind of data × task × template × loss × optimizer."""
    fitting = []
    for kind, sort in itertools.product(TASKS, SORTS):
        task = TASKS[kind]
        if bool("+" in sort) != task.pairs or any(
            half not in task.reads for half in sort.split("+")
        ):
            continue

        description = dataset(kind, sort).description
        assert task.unfit(description) == ""
        problem = task.problem(description, EMBEDDING)
        templates = [template.kind for template in TEMPLATES.all() if not template.unfit(problem)]
        optimizers = [optimizer.kind for optimizer in OPTIMIZERS.all()]
        fitting += [
            Combination(kind, sort, *rest)
            for rest in itertools.product(templates, task.losses, optimizers)
        ]

    return fitting


def thinned(combinations: list[Combination]) -> list[Combination]:
    """Returns every kind of data × task × template × loss once, with the optimizers in turn."""
    optimizers = [optimizer.kind for optimizer in OPTIMIZERS.all()]
    without = list(dict.fromkeys(fields[:4] for fields in combinations))
    return [
        Combination(*fields, optimizers[number % len(optimizers)])
        for number, fields in enumerate(without)
    ]


RATES = {"rmsprop": 0.0002, "sgd": 0.003, "radam": 0.01, "adafactor": 0.15}
"""Learning rates that move the loss in three steps and do not overshoot: RMSprop begins with ten
times its rate, RAdam as SGD, and Adafactor scales by the size of the weights.
"""


def rate_of(combination: Combination) -> float:
    """Returns the combination's learning rate, less for Adafactor on embeddings.

    At its usual rate they jump over each other.
    """
    return (
        0.02
        if (combination.task, combination.optimizer) == ("metric-learning", "adafactor")
        else RATES.get(combination.optimizer, 0.002)
    )


def experiment(combination: Combination, epochs: int, batch_size: int) -> Experiment:
    """Returns a combination's small network, with nothing random in the examples of a batch."""
    template = TEMPLATES.get(combination.template)
    settings = {name: value for name, value in SMALL.items() if name in template.model_fields}
    if getattr(template(), "members", 1) > 1:
        settings["members"] = 4  # as many as a batch of the tests has examples for

    loss: dict[str, Any] = {"kind": combination.loss}
    if "label_smoothing" in LOSSES.get(combination.loss).model_fields:
        loss["label_smoothing"] = 0.0

    return from_plain(
        {
            "name": "tiny",
            "data": {"source": "tiny"},
            "augmentation": {"flip": False, "shift": 0.0},
            "model": {"template": combination.template, **settings},
            "loss": loss,
            "optimizer": {"kind": combination.optimizer, "learning_rate": rate_of(combination)},
            "schedule": {"kind": "constant"},
            "training": {
                "epochs": epochs,
                "batch_size": batch_size,
                "threads": 1,
                "device": "cpu",
                "precision": "float32",
                "embedding": EMBEDDING,
                "gradient_clip": 1.0,
            },
        }
    )
