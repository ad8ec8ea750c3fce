"""Which arrays of a file are the examples and which their labels: as chosen, else the best guess.

A guess comes with its reason and with the arrays that could be it too.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.names import readable
from app.engine.errors import UserError
from app.engine.sources.arrays.headers import (
    IMAGE_WORDS,
    LABEL_WORDS,
    NAME_WORDS,
    NUMBERS,
    ArrayHeader,
    plain,
    words,
)
from app.engine.sources.arrays.labels import KINDS
from app.engine.sources.arrays.unlabelled import unlabelled_notes
from app.engine.sources.tables.choice.target_names import TARGET_NAMES
from app.engine.text import names_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from app.engine.experiment.data_settings import DataSettings

TARGET_WORDS = frozenset(map(plain, TARGET_NAMES)) - LABEL_WORDS
"""Names of columns that are usual for what is predicted, such as "diagnosis"."""

LABEL_PARTS = ("label", "target", "class", "truth", "annotation", "keypoint", "landmark")
"""What stands in names of labels: "fine_labels", "ground_truth"."""

ORIGIN_WORDS = words(
    "site hospital centre center clinic scanner device camera machine instrument source origin "
    "patient patients subject subjects person user speaker id ids uid uuid index indices idx row "
    "number fold folds group groups batch session run part split plate well slide "
    "date dates time times timestamp year month file files filename filenames path paths name "
    "weight weights sampleweight sampleweights lat lon latitude longitude"
)
"""Names of arrays that say where an example is from rather than what it is."""

KEYPOINT_SIZES = (2, 3)
"""Coordinates of a point."""


@dataclass(frozen=True)
class InputForm:
    """What the arrays of a format's examples are like.

    rank: how likely an array holds them, the lowest first, None where it does not. fits: whether it
    may, where a person says so. labels_optional: whether they are of use without labels.
    """

    rank: Callable[[ArrayHeader], int | None]
    fits: Callable[[ArrayHeader], bool]
    labels_optional: Callable[[ArrayHeader], bool] = lambda _: False


@dataclass(frozen=True)
class RoleChoice:
    """The arrays with one role, by their names without the splits.

    reason: why these, for the middle of a sentence. others: what could have the role too. chosen:
    whether a person chose them.
    """

    names: tuple[str, ...]
    reason: str
    others: tuple[str, ...] = ()
    chosen: bool = False


@dataclass(frozen=True)
class LabelledArrays:
    """The examples of one split and their labels, () where there are none."""

    examples: ArrayHeader
    labels: tuple[ArrayHeader, ...]


@dataclass(frozen=True)
class ArrayRoles:
    """Which arrays are read.

    column: of an array of labels of several columns, the only one that is read, by its index; None
    for all. pairs: by split. notes: what a person should know of the choice, in sentences.
    is_likely: whether the target is the one that would be guessed, so that names of classes in the
    file are those of its classes.
    """

    inputs: RoleChoice
    target: RoleChoice
    pairs: tuple[LabelledArrays, ...]
    column: int | None = None
    notes: tuple[str, ...] = ()
    is_likely: bool = True


def choose_roles(
    path: Path, headers: Sequence[ArrayHeader], form: InputForm, data: DataSettings
) -> ArrayRoles | None:
    """Returns the roles of arrays as [data] says or as names and shapes suggest.

    None where nothing is chosen and no array suits. Raises UserError where an array that is chosen
    is not there or does not suit.
    """
    usable = [header for header in headers if 0 not in header.shape]
    named = names_in(data.inputs)
    ranked = _ranked_inputs(path, usable, form, named)
    for name in ranked:
        examples = [header for header in usable if header.name == name]
        candidates = _label_candidates(usable, examples, form)
        first = examples[0]
        if not candidates and not data.target and not form.labels_optional(first) and not named:
            continue

        others = tuple(other for other in ranked if other != name) if not named else ()
        reason = "as chosen" if named else _input_reason(first, len(ranked))
        inputs = RoleChoice((name,), reason, others, bool(named))
        return _with_labels(path, usable, examples, candidates, inputs, form, data)

    return None


def names_in(value: list[str] | str | None) -> list[str]:
    """Returns the names in a setting that has one, several or none."""
    return [value] if isinstance(value, str) else list(value or ())


# --- the examples


def _ranked_inputs(
    path: Path, headers: Sequence[ArrayHeader], form: InputForm, named: Sequence[str]
) -> list[str]:
    """Returns the names of arrays that may be the examples, the likeliest first."""
    if len(named) > 1:
        raise UserError(
            f"The network reads one array, but {names_text(named)} are chosen.",
            "Choose one of them.",
            "data.inputs",
        )

    if named:
        fitting = [header for header in headers if form.fits(header)]
        return [find_array(path, named[0], fitting, headers, "data.inputs").name]

    ranks: dict[str, int] = {}
    for header in headers:
        rank = form.rank(header)
        if rank is not None:
            ranks[header.name] = min(rank, ranks.get(header.name, rank))

    return sorted(ranks, key=lambda name: ranks[name])


def _input_reason(header: ArrayHeader, count: int) -> str:
    if header.role in IMAGE_WORDS:
        return "named like one"

    return "the only one of this form" if count == 1 else "the first of this form"


# --- the labels


def _with_labels(
    path: Path,
    headers: Sequence[ArrayHeader],
    examples: Sequence[ArrayHeader],
    candidates: Sequence[ArrayHeader],
    inputs: RoleChoice,
    form: InputForm,
    data: DataSettings,
) -> ArrayRoles | None:
    """Returns the roles, once the examples are known; None where labels are needed and missing."""
    targets = names_in(data.target)
    column = None
    if targets:
        found = [_find_label(path, target, candidates, headers) for target in targets]
        column = found[0][1] if len(found) == 1 else None
        target = RoleChoice(tuple(header.name for header, _ in found), "as chosen", chosen=True)
    elif candidates:
        target = _guess_target(candidates)
    elif form.labels_optional(examples[0]) or inputs.chosen:
        target = RoleChoice((), "")
    else:
        return None

    names = tuple(dict.fromkeys(header.name for header in candidates))
    others = tuple(name for name in names if name not in target.names)
    target = RoleChoice(target.names, target.reason, others, target.chosen)
    pairs, unlabelled = _pairs(examples, candidates, target.names)
    notes = (*_notes(inputs, target), *unlabelled_notes(unlabelled, headers, target.names))
    likely = not candidates or _guess_target(candidates).names == target.names
    return ArrayRoles(inputs, target, tuple(pairs), column, notes, likely)


def _label_candidates(
    headers: Sequence[ArrayHeader], examples: Sequence[ArrayHeader], form: InputForm
) -> list[ArrayHeader]:
    """Returns the arrays that may be the labels of some of the examples, in the file's order."""
    rows = {(header.split, header.shape[:1]) for header in examples}
    return [
        header
        for header in headers
        if (header.split, header.shape[:1]) in rows
        and header.name != examples[0].name
        and may_be_labels(header)
        and (len(header.shape) == 1 or form.rank(header) is None)
    ]


def may_be_labels(header: ArrayHeader) -> bool:
    """Returns whether an array may hold labels: one, several or points for each example."""
    if header.role in NAME_WORDS | IMAGE_WORDS or header.dtype.kind not in KINDS:
        return False
    if len(header.shape) == 3:
        return header.shape[2] in KEYPOINT_SIZES and header.dtype.kind in NUMBERS

    return len(header.shape) in (1, 2)


def _guess_target(candidates: Sequence[ArrayHeader]) -> RoleChoice:
    """Returns the likeliest labels by their names, else by their shapes."""
    ranks = [(*_label_rank(header), len(header.shape)) for header in candidates]
    best = min(range(len(candidates)), key=lambda index: (ranks[index][0], ranks[index][2]))
    rank, reason, _ = ranks[best]
    names = {header.name for header in candidates}
    if rank > UNKNOWN and len(names) == 1:
        reason = f"{ALONE}, though its name says where an example is from"
    elif rank == UNKNOWN:
        unclear = {
            header.name
            for header, (other, _, _) in zip(candidates, ranks, strict=True)
            if other == UNKNOWN
        }
        if len(names) == 1:
            reason = ALONE
        elif len(unclear) == 1:
            others = [name for name in sorted(names) if name not in unclear]
            reason = f"because {names_text(others)} says where an example is from"

    return RoleChoice((candidates[best].name,), reason)


UNKNOWN = 3
"""The rank of a name that says nothing."""

ALONE = "the only array of as many values"
"""The reason for labels that nothing else could be."""


def _label_rank(header: ArrayHeader) -> tuple[int, str]:
    """Returns how likely a name is one of labels, the lowest first, and why."""
    parts = [plain(part) for part in re.split(r"[-_. ]+", header.name)]
    if header.role in LABEL_WORDS:
        return 0, "named like one"
    if header.role in TARGET_WORDS:
        return 1, "named like something to predict"
    if any(part in header.role for part in LABEL_PARTS):
        return 2, "named like one"
    if header.role in ORIGIN_WORDS or ORIGIN_WORDS & {parts[0], parts[-1]}:
        return UNKNOWN + 1, "the first of as many values"

    return UNKNOWN, "the first of as many values"


def _pairs(
    examples: Sequence[ArrayHeader], candidates: Sequence[ArrayHeader], targets: Sequence[str]
) -> tuple[list[LabelledArrays], list[ArrayHeader]]:
    """Returns examples with labels for each split, and the examples of a split without labels.

    Splits may call their labels differently, such as train_labels and y_test.
    """
    pairs = []
    unlabelled = []
    for example in examples:
        own = [
            header
            for header in candidates
            if header.split == example.split and header.shape[0] == example.shape[0]
        ]
        labels = [header for name in targets for header in own if header.name == name]
        if not labels and len(targets) == 1:
            labels = [header for header in own if header.role in LABEL_WORDS][:1]
        if len(labels) < len(targets):
            unlabelled.append(example)
            continue

        pairs.append(LabelledArrays(example, tuple(labels)))

    return sorted(pairs, key=lambda pair: pair.examples.split), unlabelled


def _notes(inputs: RoleChoice, target: RoleChoice) -> tuple[str, ...]:
    notes = []
    if inputs.others:
        could = names_text(inputs.others)
        notes.append(
            f"The input is '{inputs.names[0]}', {inputs.reason}; {could} could be it too "
            "(Input, [data] inputs)."
        )
    if target.others and target.names:
        could = names_text(target.others)
        word = "label is" if len(target.names) == 1 else "labels are"
        notes.append(
            f"The {word} {names_text(target.names)}, {target.reason}; {could} could be it too "
            "(Label, [data] target)."
        )
    elif target.reason.startswith(ALONE):
        notes.append(f"The label is '{target.names[0]}', {target.reason}.")

    return tuple(notes)


# --- by name


def _find_label(
    path: Path, name: str, candidates: Sequence[ArrayHeader], headers: Sequence[ArrayHeader]
) -> tuple[ArrayHeader, int | None]:
    """Returns the labels of a name, and which column of them where the name says one: "y 2"."""
    match = re.fullmatch(r"(.+) (\d{1,6})", name)
    if match and not by_name(candidates, name):
        for header in by_name(candidates, match[1]):
            width = int(np.prod(header.shape[1:]))
            if 1 <= int(match[2]) <= width:
                return header, int(match[2]) - 1

    return find_array(path, name, candidates, headers, "data.target"), None


def by_name(headers: Sequence[ArrayHeader], name: str) -> list[ArrayHeader]:
    """Returns the arrays of a name, as the file writes it or without the word for the split."""
    return (
        [header for header in headers if header.key == name]
        or [header for header in headers if header.name == name]
        or [header for header in headers if header.role == plain(name)]
    )


def find_array(
    path: Path,
    name: str,
    fitting: Sequence[ArrayHeader],
    headers: Sequence[ArrayHeader],
    setting: str,
    remedy: str = "",
) -> ArrayHeader:
    """Returns an array by its name.

    fitting: those of all `headers` that suit. remedy: what to do where it is none of them, "" for
    the names that may be chosen. Raises UserError where it is not there or does not suit.
    """
    if found := by_name(fitting, name):
        return found[0]

    names = list(dict.fromkeys(header.name for header in fitting))
    there = _all_names(headers) if remedy else ""
    if not remedy:
        remedy = f"Choose one of: {names_text(names, 20)}." if names else "Choose another file."
    if found := by_name(headers, name):
        form = " × ".join(f"{size:,}" for size in found[0].shape) or "one value"
        what = "labels" if setting == "data.target" else "examples"
        raise UserError(
            f"'{name}' of '{readable(path)}' ({form}) has not the form of {what} here.",
            remedy,
            setting,
        )

    near = difflib.get_close_matches(
        name, names or [header.name for header in headers], n=1, cutoff=0.4
    )
    hint = f"; the nearest is '{near[0]}'" if near else there
    raise UserError(f"'{readable(path)}' has no array '{name}'{hint}.", remedy, setting)


def _all_names(headers: Sequence[ArrayHeader]) -> str:
    """Returns which arrays there are, for the end of a sentence."""
    names = list(dict.fromkeys(header.name for header in headers))
    return f"; it has {names_text(names, 5)}" if names else ""
