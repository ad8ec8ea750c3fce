"""What is recorded: a healthy training of every sample and template, and twelve illnesses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.dataset import SPLITS, Dataset
from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.experiment import Experiment
from app.engine.experiment.resolve import resolve
from app.engine.sources.opening import open_dataset
from app.engine.sources.samples.entries import SAMPLES

if TYPE_CHECKING:
    from collections.abc import Iterator

Change = Callable[[Dataset, np.random.Generator], Dataset]
"""What is done to the data before the training."""

HEALTHY_SEEDS = 5
"""Of tables; SEEDS has those of the rest, where one training takes long."""

ILL_SEEDS = 5

TUNED_TABLES = 2
TUNED_ILL = 3
"""So many seeds the findings were tuned on; of healthy trainings that are no tables, one."""

SEEDS = {"digits": 3, "fashion": 2, "shapes": 2, "glosses": 2, "book": 2, "emoji": 2, "signals": 3}

FEWER = {
    "digits": (700, 179),
    "fashion": (500, 200),
    "shapes": (400, 120),
    "glosses": (1000, 300),
    "book": (120, 40),
    "emoji": (500, 188),
}
"""Training and validation examples, where all of them would train for minutes."""

EPOCHS = {"convnext": 14, "vit": 14, "resnet": 24, "gpt": 6, "text-encoder": 14, "two-tower": 20}
"""Epochs of templates that take long, instead of those that are offered."""

NOT_HEALTHY = ("shapes-mlp", "breast-cancer-realmlp", "wine-realmlp")
"""Trainings that overfit indeed, and to say so is no false alarm.

A plain network on coloured shapes does with every seed and gets two thirds wrong: lesson one beside
a CNN. RealMLP is offered from 500 rows on; on these few its validation loss rises to three to ten
times its least (breast cancer, every seed), or by a third (wine).
"""

OFF = {"flip": False, "shift": 0.0, "rotate": 0.0, "scale": 0.0, "light": 0.0, "erase": 0.0}


@dataclass(frozen=True)
class Case:
    """A training to record.

    seed: of the division, the weights and the batches. tuned: whether the findings were tuned on
    it; the figure is that of the others. expected: the findings of which one is right, by key; ()
    for a healthy training. by_hand: an epoch, and what a person changes at its end.
    """

    name: str
    seed: int
    settings: dict[str, Any]
    tuned: bool = False
    expected: tuple[str, ...] = ()
    prepare: Change | None = None
    by_hand: tuple[int, dict[str, float | None]] | None = None
    training: int = 0
    validation: int = 0

    @property
    def experiment(self) -> Experiment:
        plain = {section: dict(values) for section, values in self.settings.items()}
        plain["data"] = plain["data"] | {"split_seed": self.seed}
        plain["training"] = {"threads": 1, "device": "cpu"} | plain.get("training", {})
        plain["training"]["seed"] = self.seed

        return Experiment.model_validate(plain)

    @property
    def dataset(self) -> Dataset:
        dataset = open_dataset(DataSettings.model_validate(self.experiment.data.model_dump()))
        random = np.random.default_rng(self.seed)
        if self.training:
            dataset = fewer(dataset, self.training, self.validation, random)

        return self.prepare(dataset, random) if self.prepare else dataset


def healthy() -> Iterator[Case]:
    """Yields a training of every built-in data set with every template that fits, as offered.

    Without those of NOT_HEALTHY.
    """
    from models.template import TEMPLATES

    for sample in SAMPLES.values():
        description = open_dataset(DataSettings(source=sample.source)).description
        training, validation = FEWER.get(sample.name, (0, 0))
        for template in TEMPLATES.all():
            settings: dict[str, Any] = {
                "data": {"source": sample.source},
                "model": {"template": template.kind},
            }
            experiment = Experiment.model_validate(settings)
            problem = experiment.replace(model=None)
            name = f"{sample.name}-{template.kind}"
            if name in NOT_HEALTHY or template.unfit(
                resolve(problem, description).problem(description)
            ):
                continue

            if template.kind in EPOCHS:
                settings["training"] = {"epochs": EPOCHS[template.kind]}

            for seed in range(SEEDS.get(sample.name, HEALTHY_SEEDS)):
                tuned = seed < (1 if sample.name in SEEDS else TUNED_TABLES)
                yield Case(name, seed, settings, tuned, training=training, validation=validation)


# --- what is done to data


def with_rows(dataset: Dataset, **rows: np.ndarray) -> Dataset:
    """Returns the data with other rows in some splits, and their counts."""
    indices = dataset.indices | {split: np.sort(chosen) for split, chosen in rows.items()}
    return recounted(replace(dataset, indices=indices))


def recounted(dataset: Dataset) -> Dataset:
    """Returns the data with the counts that its rows and targets have."""
    description = dataset.description
    counts = {}
    for split in SPLITS:
        targets = dataset.targets[dataset.indices[split]]
        if description.classes and targets.ndim == 1:
            found = np.bincount(targets, minlength=len(description.classes))
            counts[split] = tuple(int(count) for count in found)
        else:
            counts[split] = (len(targets),)

    sizes = {split: len(rows) for split, rows in dataset.indices.items()}
    return replace(dataset, description=replace(description, counts=counts, sizes=sizes))


def fewer(dataset: Dataset, training: int, validation: int, random: np.random.Generator) -> Dataset:
    """Returns the data with so many examples of the two splits, chosen at random."""
    sizes = {"training": training, "validation": validation}
    rows = {
        split: random.permutation(dataset.indices[split])[:size] for split, size in sizes.items()
    }
    return with_rows(dataset, **rows)


def shuffled_labels(dataset: Dataset, random: np.random.Generator) -> Dataset:
    return recounted(replace(dataset, targets=random.permutation(dataset.targets)))


def noisy_labels(dataset: Dataset, random: np.random.Generator) -> Dataset:
    """Returns the data with other labels for two training examples in five; validation is clean."""
    rows = random.permutation(dataset.indices["training"])
    rows = rows[: 2 * len(rows) // 5]
    targets = dataset.targets.copy()
    targets[rows] = random.permutation(targets[rows])

    return recounted(replace(dataset, targets=targets))


def without_class(dataset: Dataset, random: np.random.Generator) -> Dataset:
    """Returns the data without the training examples of class 7."""
    rows = dataset.indices["training"]
    return with_rows(dataset, training=rows[dataset.targets[rows] != 7])


def with_rare_class(dataset: Dataset, random: np.random.Generator) -> Dataset:
    """Returns the data with two training examples of class 3."""
    rows = dataset.indices["training"]
    rare = random.permutation(rows[dataset.targets[rows] == 3])[:2]
    return with_rows(dataset, training=np.r_[rows[dataset.targets[rows] != 3], rare])


def leaked(dataset: Dataset, random: np.random.Generator) -> Dataset:
    """Returns the data with one label in three wrong, and a validation of copies of training.

    Each copy differs by a tone in some pixels, so that it is no equal picture.
    """
    targets = dataset.targets.copy()
    training = dataset.indices["training"]
    wrong = random.permutation(training)[: len(training) // 3]
    targets[wrong] = random.permutation(targets[wrong])
    validation = dataset.indices["validation"]
    originals = random.permutation(training)[: len(validation)]
    inputs = dataset.inputs.copy()
    noise = random.integers(0, 2, inputs[originals].shape, dtype=np.uint8)
    inputs[validation] = np.minimum(inputs[originals], 254) + noise
    targets[validation] = targets[originals]

    return recounted(replace(dataset, inputs=inputs, targets=targets))


# --- the illnesses


@dataclass(frozen=True)
class Illness:
    """What is wrong, and the findings of which one says it."""

    name: str
    expected: tuple[str, ...]
    settings: dict[str, Any]
    prepare: Change | None = None
    by_hand: tuple[int, dict[str, float | None]] | None = None
    examples: tuple[int, int] = (0, 0)


def _digits(**sections: dict[str, Any]) -> dict[str, Any]:
    usual = {"data": {"source": "sample:digits"}, "model": {"template": "cnn"}}
    return usual | {"training": {"epochs": 20}} | sections


def _adamw(rate: float) -> dict[str, Any]:
    return {"kind": "adamw", "learning_rate": rate}


CONSTANT = {"kind": "constant"}

ILLNESSES = (
    Illness(
        "rate-too-high",
        ("flat", "jumping", "diverged", "unsteady"),
        _digits(optimizer=_adamw(1.0), schedule=CONSTANT, training={"epochs": 12}),
        examples=(600, 120),
    ),
    Illness(
        "rate-far-too-low",
        ("flat", "slow"),
        _digits(optimizer=_adamw(3e-6), schedule=CONSTANT),
        examples=(600, 120),
    ),
    Illness(
        "exploding-late",
        ("jumping", "diverged"),
        {
            "data": {"source": "sample:wine"},
            "model": {"template": "mlp", "dropout": 0.0},
            "optimizer": {"kind": "sgd", "learning_rate": 30.0},
            "schedule": {"kind": "one-cycle", "rise": 0.9, "start": 1e-4},
            "training": {"epochs": 60, "gradient_clip": 0.0},
        },
    ),
    Illness(
        "few-pictures-no-augmentation",
        ("overfitting",),
        {
            "data": {"source": "sample:fashion"},
            "model": {"template": "resnet"},
            "loss": {"kind": "cross-entropy", "label_smoothing": 0.0},
            "augmentation": OFF,
            "training": {"epochs": 30, "batch_size": 16},
        },
        examples=(150, 200),
    ),
    Illness(
        "labels-shuffled",
        ("nothing",),
        _digits(augmentation=OFF, training={"epochs": 30}),
        shuffled_labels,
        examples=(400, 179),
    ),
    Illness("class-missing", ("missing",), _digits(training={"epochs": 15}), without_class),
    Illness(
        "rare-class-never-predicted",
        ("never",),
        _digits(augmentation=OFF, training={"epochs": 12}),
        with_rare_class,
    ),
    Illness(
        "validation-easier",
        ("easier",),
        _digits(augmentation=OFF, training={"epochs": 15}),
        noisy_labels,
    ),
    Illness(
        "leak",
        ("leak",),
        _digits(augmentation=OFF, training={"epochs": 30}, schedule=CONSTANT),
        leaked,
        examples=(500, 179),
    ),
    Illness(
        "dead-relus",
        ("dead",),
        {
            "data": {"source": "sample:wine"},
            "model": {"template": "mlp", "depth": 3, "dropout": 0.0},
            "optimizer": _adamw(3.0),
            "schedule": CONSTANT,
            "training": {"epochs": 20},
        },
    ),
    Illness(
        "changed-by-hand",
        ("changed",),
        _digits(optimizer=_adamw(0.003), schedule=CONSTANT, training={"epochs": 40}),
        by_hand=(30, {"learning_rate_factor": 100.0}),
        examples=(600, 120),
    ),
    Illness(
        "stopped-too-soon",
        ("patience",),
        _digits(training={"epochs": 40, "patience": 1}),
        examples=(400, 100),
    ),
)


def ill() -> Iterator[Case]:
    """Yields every illness with some seeds."""
    for illness in ILLNESSES:
        for seed in range(ILL_SEEDS):
            training, validation = illness.examples
            yield Case(
                illness.name,
                seed,
                illness.settings,
                seed < TUNED_ILL,
                illness.expected,
                illness.prepare,
                illness.by_hand,
                training,
                validation,
            )
