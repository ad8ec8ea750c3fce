"""Makes a Dataset of what a format has read: divided into splits, fitted, described."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data import splits
from app.engine.data.dataset import SPLITS, Damage, Dataset, Description
from app.engine.data.digests import ArrayDigests, dataset_digest, in_full_width
from app.engine.data.fingerprints import fingerprints_of, number_equals
from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.data.names import readable
from app.engine.errors import UserError
from app.engine.learning.tasks import TASKS
from app.engine.sources.contradictions import contradictions
from app.engine.sources.moving import are_framed, survives_mirroring
from app.engine.sources.revised import revised
from app.engine.sources.targets import Targets, with_statistics
from app.engine.text import names_text
from models.sizes import hidden_patch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.data.dataset import Amount, Skipped
    from app.engine.data.preparation import Preparation
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.loaded import Examples, Sample
    from app.engine.sources.revised import Revised

LISTED = 2_000
"""At most so many skipped files are named; a note says how many there are."""


def build_dataset(
    data: DataSettings, label: str, examples: Examples, reuse_preparation: Preparation | None = None
) -> Dataset:
    """Divides the examples into splits, fits the preparation and describes the dataset.

    label: of the format. reuse_preparation: see open_dataset; then a network is tested on all
    examples, whatever their splits, and even one will do.

    Raises UserError when nothing is left to train on or to validate with.
    """
    fingerprints = _fingerprints(examples)
    equals = number_equals(fingerprints)
    division = splits.divide(
        examples.targets.strata,
        examples.predefined_splits,
        splits.units_of(equals, examples.groups),
        examples.targets.stratum_count,
        data.validation_share,
        data.test_share,
        data.split_seed,
    )

    changed = revised(data, examples, fingerprints)
    examples, indices = _revised(examples, changed), changed.remaining(division.indices())
    targets, training = examples.targets, indices["training"]
    counts = {name: _counts(targets, rows) for name, rows in indices.items()}
    if reuse_preparation is None:
        _refuse_empty_splits(data, examples, indices)

    arrays, preparation = _encode(examples, training, reuse_preparation)
    notes = [*examples.notes, *_notes_on_units(data, label, examples, equals)]
    if reuse_preparation is None and targets.classes:
        notes += _notes_on_absent_classes(targets.classes, counts)

    notes += [note for part in examples.parts for note in part.notes]
    notes += [*_note_on_skipped(examples.skipped), *_note_on_positions(targets, preparation)]
    safe = reuse_preparation is None and _is_mirror_safe(arrays[0], targets, training, preparation)
    description = Description(
        source=readable(data.source),
        format=label,
        shape=preparation.inputs[0].shape,
        classes=targets.classes,
        counts=counts,
        fingerprint=_fingerprint_of_dataset(examples, fingerprints, indices, preparation),
        preparation=preparation,
        skipped=_gravest_skipped(examples.skipped),
        notes=tuple(notes),
        mirror_safe=safe,
        framed=reuse_preparation is None and _are_framed(arrays[0], training, preparation),
        split_reason=examples.split_reason or division.reason,
        task=examples.task,
        sizes={name: len(rows) for name, rows in indices.items()},
        amounts=_amounts(targets, training),
        damage=_damage(data, examples.task, preparation),
        chosen=examples.chosen,
        digest=_digest(examples, arrays),
        reading=examples.reading,
        contradictions=contradictions(preparation.kind, equals, examples, changed.excluded),
    )
    return _dataset(description, arrays, indices, examples, fingerprints)


def _revised(examples: Examples, changed: Revised) -> Examples:
    """Returns examples with the labels and the notes of a revision."""
    return dataclasses.replace(
        examples,
        targets=changed.targets,
        skipped=(*changed.skipped, *examples.skipped),
        notes=(*examples.notes, *changed.notes),
    )


def _of_the_whole(dataset: Dataset, sample: Sample) -> Dataset:
    """Returns a sample whose description is that of all examples, as far as it is known."""
    description = dataclasses.replace(
        dataset.description,
        counts={name: (size,) for name, size in sample.sizes.items()},
        sizes=sample.sizes,
        fingerprint="",
        digest="",
        judged_by=sample.how,
    )
    return dataclasses.replace(
        dataset, description=description, is_sample=True, stays_on_disk=sample.stays_on_disk
    )


def _dataset(
    description: Description,
    arrays: list[np.ndarray],
    indices: dict[str, np.ndarray],
    examples: Examples,
    fingerprints: np.ndarray,
) -> Dataset:
    dataset = Dataset(
        description,
        arrays[0],
        examples.targets.values,
        indices,
        examples.names,
        arrays[1] if len(arrays) > 1 else None,
        examples.mapped_copies,
        fingerprints=fingerprints,
    )
    return dataset if examples.sample is None else _of_the_whole(dataset, examples.sample)


def _amounts(targets: Targets, training: np.ndarray) -> tuple[Amount, ...]:
    """Returns the amounts with their statistics; nothing is copied where there are none."""
    return with_statistics(targets.amounts, targets.values[training]) if targets.amounts else ()


def _is_mirror_safe(
    inputs: np.ndarray, targets: Targets, training: np.ndarray, preparation: Preparation
) -> bool:
    """Returns whether these are pictures with a class each, and the classes survive mirroring."""
    one_class_each = bool(targets.classes) and targets.values.ndim == 1
    if preparation.kind != "image" or not one_class_each:
        return False

    return survives_mirroring(inputs, targets.values, training)


def _are_framed(inputs: np.ndarray, training: np.ndarray, preparation: Preparation) -> bool:
    """Returns whether these are pictures that are trimmed to what they show."""
    return preparation.kind == "image" and are_framed(inputs, training)


def _notes_on_units(
    data: DataSettings, label: str, examples: Examples, equals: np.ndarray
) -> list[str]:
    """Sentences on examples that are kept in one split."""
    notes = []
    if data.group != "none" and examples.groups is None:
        notes.append(f"Nothing is kept together: {label} have no folders or names of their own.")

    copies = len(examples) - int(equals.max(initial=-1)) - 1
    if copies:
        word = "copy" if copies == 1 else "copies"
        notes.append(f"{copies:,} exact {word} of other examples: kept in one split.")

    return notes


def _note_on_skipped(skipped: Sequence[Skipped]) -> list[str]:
    if len(skipped) <= LISTED:
        return []

    return [f"{len(skipped):,} files or rows were left out; the first {LISTED:,} are listed."]


def _note_on_positions(targets: Targets, preparation: Preparation) -> list[str]:
    if preparation.kind != "image" or not targets.have_positions:
        return []

    return ["The amounts are positions in the picture, so pictures are not moved."]


def _gravest_skipped(skipped: tuple[Skipped, ...]) -> tuple[Skipped, ...]:
    """Returns what was skipped; of very much, the first that is no junk."""
    if len(skipped) <= LISTED:
        return skipped

    return tuple(sorted(skipped, key=lambda item: item.ignored)[:LISTED])


def _encode(
    examples: Examples, training: np.ndarray, reuse_preparation: Preparation | None
) -> tuple[list[np.ndarray], Preparation]:
    """Returns the read-only arrays of one or both halves, and the fitted or reused preparation.

    Raises UserError where the examples are not of the form of the preparation to use again.
    """
    if reuse_preparation is not None:
        halves: tuple[Preparation, ...] = (reuse_preparation,)
        if isinstance(reuse_preparation, PairPreparation):
            halves = reuse_preparation.halves

        if len(halves) != len(examples.parts):
            raise UserError(
                "These data are not of the form that the network was trained on.",
                "Choose other data.",
                "data.source",
            )

        arrays = [part.encode(half) for part, half in zip(examples.parts, halves, strict=True)]
        return _read_only(arrays), reuse_preparation

    first, *others = examples.parts
    if not others:
        array, preparation = first.fit(training)
        return _read_only([array]), preparation

    (left, left_half), (right, right_half) = first.fit_pair(others[0], training)
    preparation = PairPreparation(left_half, right_half, examples.names_of_halves)
    return _read_only([left, right]), preparation


def _read_only(arrays: list[np.ndarray]) -> list[np.ndarray]:
    for array in arrays:
        array.flags.writeable = False

    return arrays


def _fingerprints(examples: Examples) -> np.ndarray:
    """Returns a fingerprint of each example, or of both halves of a pair: (N, 16) uint8."""
    first, *others = (part.fingerprints() for part in examples.parts)
    if not others:
        return first

    both = np.concatenate([first, others[0]], axis=1)
    return fingerprints_of(row.tobytes() for row in both)


def _counts(targets: Targets, rows: np.ndarray) -> tuple[int, ...]:
    """Returns how many examples each class or tag has, or how many there are without classes."""
    if not targets.classes:
        return (len(rows),)

    values = targets.values[rows]
    if values.ndim == 2:
        return tuple(round(float(n)) for n in values.sum(axis=0, dtype=np.float64))

    return tuple(int(n) for n in np.bincount(values, minlength=len(targets.classes)))


def _damage(data: DataSettings, task: str, preparation: Preparation) -> Damage | None:
    """Returns how examples are damaged that are to be restored, None where none are.

    Patches of a picture or signal, single values of a row. The patches are those of a masked
    autoencoder, so that it sees what is hidden.
    """
    if TASKS[task].answers != "copy":
        return None

    shape = preparation.inputs[0].shape
    return Damage(data.damage, data.damage_share, hidden_patch(shape) if len(shape) > 1 else 1)


def _refuse_empty_splits(
    data: DataSettings, examples: Examples, indices: dict[str, np.ndarray]
) -> None:
    """Raises UserError where there is no training or no validation example."""
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
            "so none is left to judge the training.",
            "Add examples.",
            "data.source",
        )

    each = total / len(examples.targets.classes)
    what = "only one example" if each < 2 else "only copies of one example"
    raise UserError(
        f"Every class in '{source}' has {what}, so none is left to judge the training.",
        "Add examples: at least two different ones for each class, preferably twenty.",
        "data.source",
    )


def _notes_on_absent_classes(
    classes: Sequence[str], counts: dict[str, tuple[int, ...]]
) -> list[str]:
    """Sentences on classes that have no example in a split."""
    notes = []
    for split in SPLITS:
        if not sum(counts[split]):
            continue

        absent = [name for name, count in zip(classes, counts[split], strict=True) if not count]
        if absent:
            verb = "has" if len(absent) == 1 else "have"
            why = f"the {split} says nothing about it"
            if split == "training":
                why = "the network cannot learn it"

            notes.append(f"{names_text(absent)} {verb} no example in the {split} set: {why}.")

    return notes


def _digest(examples: Examples, arrays: list[np.ndarray]) -> str:
    """Returns the digest of the arrays of inputs and of the targets."""
    inputs = [part.digests(array) for array, part in zip(arrays, examples.parts, strict=True)]
    targets = examples.targets
    return dataset_digest([*inputs, targets.digests or ArrayDigests.of(targets.values)])


def _fingerprint_of_dataset(
    examples: Examples,
    fingerprints: np.ndarray,
    indices: dict[str, np.ndarray],
    preparation: Preparation,
) -> str:
    """Returns a fingerprint of content alone, the same for a copied or moved dataset."""
    state = hashlib.sha256()
    state.update(np.ascontiguousarray(fingerprints).tobytes())
    values = examples.targets.values
    stored_type = np.dtype("<i8" if values.dtype.kind == "i" else "<f4")
    for rows in in_full_width(values, stored_type):
        state.update(rows.data)

    for name in SPLITS:
        state.update(name.encode() + indices[name].astype("<i8").tobytes())

    state.update("\0".join(examples.targets.classes).encode("utf-8", "surrogatepass"))

    inputs = [(item.kind, item.shape, item.vocabulary) for item in preparation.inputs]
    state.update(repr(inputs).encode())
    return state.hexdigest()
