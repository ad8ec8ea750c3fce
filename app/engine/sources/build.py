"""What a format has read becomes a Dataset: divided, measured, described."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data import splits
from app.engine.data.dataset import SPLITS, Damage, Dataset, Description
from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.data.names import readable
from app.engine.errors import UserError
from app.engine.learning.tasks import TASKS
from app.engine.sources.mirror import survives_mirroring
from app.engine.sources.targets import Targets, measured
from app.engine.text import names_text
from models.sizes import hidden_patch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.data.preparation import Preparation
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.loaded import Examples

LISTED = 2_000
"""At most so many skipped files are named; a note tells how many there are."""


def assemble(
    data: DataSettings, label: str, examples: Examples, reuse_preparation: Preparation | None = None
) -> Dataset:
    """Raises UserError when nothing is left to train or to judge on.

    label: of the format. reuse_preparation: see open_dataset; then all examples are judged,
    whatever their splits, and even one will do.
    """
    notes = list(examples.notes)
    groups = examples.groups
    if data.group != "none" and groups is None:
        notes.append(f"Nothing is kept together: {label} have no folders or names of their own.")

    targets = examples.targets
    prints = _prints(examples)
    units = splits.units_of(prints, groups)
    division = splits.divide(
        targets.strata,
        examples.hints,
        units,
        targets.layers,
        data.validation_share,
        data.test_share,
        data.split_seed,
    )

    indices = division.indices()
    counts = {name: _counts(targets, rows) for name, rows in indices.items()}

    if reuse_preparation is None:
        _refuse_empty_splits(data, examples, indices)

    copies = len(units) - len(np.unique(splits.units_of(prints, None)))
    if copies:
        notes.append(
            f"{copies:,} exact {'copy' if copies == 1 else 'copies'} of other examples: kept in "
            "one split."
        )

    if targets.classes and reuse_preparation is None:
        notes += _uneven(targets.classes, counts)

    training = indices["training"]
    arrays, preparation = _settled(examples, training, reuse_preparation)
    notes += [note for part in examples.parts for note in part.notes]

    for array in arrays:
        array.flags.writeable = False

    skipped = examples.skipped
    if len(skipped) > LISTED:
        notes.append(
            f"{len(skipped):,} files or rows were left out; the first {LISTED:,} are listed."
        )
        skipped = tuple(sorted(skipped, key=lambda item: item.ignored)[:LISTED])

    picture = (
        reuse_preparation is None
        and preparation.kind == "image"
        and bool(targets.classes)
        and targets.values.ndim == 1
    )
    description = Description(
        source=readable(data.source),
        format=label,
        shape=preparation.inputs[0].shape,
        classes=targets.classes,
        counts=counts,
        fingerprint=_fingerprint(examples, prints, indices, preparation),
        preparation=preparation,
        skipped=skipped,
        notes=tuple(notes),
        mirror_safe=survives_mirroring(arrays[0], targets.values, training, len(targets.classes))
        if picture
        else False,
        split_reason=examples.split_reason or division.reason,
        task=examples.task,
        sizes={name: len(rows) for name, rows in indices.items()},
        amounts=measured(targets.amounts, targets.values[training]),
        damage=_damage(data, examples.task, preparation),
        chosen=examples.chosen,
    )
    return Dataset(
        description,
        arrays[0],
        targets.values,
        indices,
        tuple(examples.names),
        arrays[1] if len(arrays) > 1 else None,
    )


def _settled(
    examples: Examples, training: np.ndarray, reuse_preparation: Preparation | None
) -> tuple[list[np.ndarray], Preparation]:
    """The arrays of one or both halves, and the preparation.

    Raises UserError where they are not of like's form.
    """
    if reuse_preparation is not None:
        halves = (
            reuse_preparation.halves
            if isinstance(reuse_preparation, PairPreparation)
            else (reuse_preparation,)
        )
        if len(halves) != len(examples.parts):
            raise UserError(
                "These data are not of the form that the network was trained on.",
                "Choose other data.",
                "data.source",
            )

        return [
            part.coded(half) for part, half in zip(examples.parts, halves, strict=True)
        ], reuse_preparation

    first, *others = examples.parts
    if not others:
        array, preparation = first.settle(training)
        return [array], preparation

    (left, of_left), (right, of_right) = first.settle_with(others[0], training)
    return [left, right], PairPreparation(of_left, of_right, examples.names_of_halves)


def _prints(examples: Examples) -> np.ndarray:
    """(N, 16): of one part its own; of a pair both halves', shortened again."""
    first, *more = (part.digests() for part in examples.parts)
    if not more:
        return first

    both = np.concatenate([first, more[0]], axis=1)
    return np.stack(
        [
            np.frombuffer(hashlib.blake2b(row.tobytes(), digest_size=16).digest(), np.uint8)
            for row in both
        ]
    )


def _counts(targets: Targets, rows: np.ndarray) -> tuple[int, ...]:
    """Examples per class or tag; where there are none, of all."""
    values = targets.values[rows]
    if not targets.classes:
        return (len(rows),)
    if values.ndim == 2:
        return tuple(int(n) for n in values.sum(axis=0))

    return tuple(int(n) for n in np.bincount(values, minlength=len(targets.classes)))


def _damage(data: DataSettings, task: str, preparation: Preparation) -> Damage | None:
    """How examples are damaged that are to be restored: patches of a picture or signal, single
    values of a row. They are those of a masked autoencoder, so that it sees what is hidden.
    """
    if TASKS[task].answers != "copy":
        return None

    shape = preparation.inputs[0].shape
    return Damage(data.damage, data.damage_share, hidden_patch(shape) if len(shape) > 1 else 1)


def _refuse_empty_splits(
    data: DataSettings, examples: Examples, indices: dict[str, np.ndarray]
) -> None:
    source = readable(data.source)
    total = len(examples)
    if not len(indices["training"]):
        raise UserError(
            f"'{source}' has no training examples.",
            "Add a folder 'train', or leave out the splits.",
            "data.source",
        )
    if len(indices["validation"]):
        return
    if examples.groups is not None:
        raise UserError(
            f"Kept together as asked, the {total:,} examples of '{source}' cannot be divided.",
            "Keep nothing together, or add more groups to every class.",
            "data.group",
        )
    if not examples.targets.classes:
        raise UserError(
            f"'{source}' has only {total:,} different {'example' if total == 1 else 'examples'}, "
            "so none is left to "
            "judge the training.",
            "Add examples.",
            "data.source",
        )

    each = total / len(examples.targets.classes)
    what = "only one example" if each < 2 else "only copies of one example"
    raise UserError(
        f"Every class in '{source}' has {what}, so none is left to judge the training.",
        "Add examples: at least two different ones for each class, better twenty.",
        "data.source",
    )


def _uneven(classes: Sequence[str], counts: dict[str, tuple[int, ...]]) -> list[str]:
    """Sentences on classes that are not in a split."""
    notes = []
    for split in SPLITS:
        if not sum(counts[split]):
            continue

        absent = [name for name, count in zip(classes, counts[split], strict=True) if not count]
        if absent:
            verb = "has" if len(absent) == 1 else "have"
            why = (
                "the network cannot learn it"
                if split == "training"
                else f"the {split} says nothing about it"
            )

            notes.append(f"{names_text(absent)} {verb} no example in the {split} set: {why}.")

    return notes


def _fingerprint(
    examples: Examples, prints: np.ndarray, indices: dict[str, np.ndarray], preparation: Preparation
) -> str:
    """Of content alone, so that a copied or moved dataset is the same dataset."""
    state = hashlib.sha256()
    state.update(np.ascontiguousarray(prints).tobytes())
    values = examples.targets.values
    state.update(
        np.ascontiguousarray(values.astype("<i8" if values.dtype.kind == "i" else "<f4")).tobytes()
    )

    for name in SPLITS:
        state.update(name.encode() + indices[name].astype("<i8").tobytes())

    state.update("\0".join(examples.targets.classes).encode("utf-8", "surrogatepass"))
    state.update(
        repr([(one.kind, one.shape, one.vocabulary) for one in preparation.inputs]).encode()
    )
    return state.hexdigest()
