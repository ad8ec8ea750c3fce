"""What the numbers of labels are: classes, one-hot, soft labels, tags, keypoints or amounts.

Of several whole numbers an example it may be in doubt: the numbers of its tags, or amounts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from app.engine.sources.arrays.headers import words
from app.engine.sources.arrays.listed_tags import FEW_EACH, may_be_listed_tags, tags_there
from app.engine.text import count_text

if TYPE_CHECKING:
    from collections.abc import Sequence

CLASSES = "classification"
AMOUNTS = "regression"
TAGS = "multi-label"
SHARES = "soft-labels"
"""The tasks that labels suggest."""

FormKind = Literal[
    "classes", "one-hot", "soft labels", "tags", "listed tags", "keypoints", "amounts", "texts"
]

UNLABELLED = 0.1
"""Rows without a class at most, of labels in which no row has two: more, and they are tags."""

SUM_TOLERANCE = 1e-3
"""Shares of classes add up to 1 within this; those of 16 bits are off by so much."""

DOUBTFUL = 20
"""Whole numbers with at most so many distinct values are taken for classes."""

TAG_WORDS = words("labels tags classes categories genres topics attributes")
"""Names, of several, that say that numbers are those of tags."""

POINT_WORDS = ("keypoint", "landmark", "point", "joint", "corner", "coord", "xy", "position")
AMOUNT_WORDS = words(
    "age ages price prices amount amounts count counts score scores height heights width widths "
    "depth length lengths size sizes area areas volume temperature value values angle angles "
    "distance distances speed income salary days years months hours minutes seconds"
)
"""Names of arrays that say what the numbers are."""


@dataclass(frozen=True)
class LabelForm:
    """What labels (N, K) are.

    kind: "listed tags" are the numbers of the tags that an example has. what: that in words, for
    the end of a sentence. task: the kind of task that they suggest, "" where a person must say it.
    width: K. whole: whether all are whole numbers. without, most: of tags, the rows without one,
    and the most of one row. note: what a person should know, a sentence, "" where nothing is in
    doubt.
    """

    kind: FormKind
    what: str
    task: str
    width: int = 1
    whole: bool = True
    without: int = 0
    most: int = 1
    note: str = ""


def find_form(labels: np.ndarray, name: str, points: int = 0) -> LabelForm:
    """Returns what labels (N, K) are, by their values, and in doubt by their name.

    labels: finite numbers or texts. points: how many points the K numbers are, 0 where unknown.
    """
    width = labels.shape[1]
    if labels.dtype.kind in "US":
        if width == 1:
            return LabelForm("classes", "texts", CLASSES)
        what = f"{width} columns of texts in '{name}', of which one is the label"
        return LabelForm("texts", what, "", width)

    points = points or points_by_name(name, width)
    if points:
        each = width // points
        what = f"{count_text(points, 'point')} of {each} coordinates for each example"
        note = f"'{name}' holds {what} (keypoints): {count_text(width, 'amount')} to predict."
        return LabelForm("keypoints", what, AMOUNTS, width, note=note)

    if width == 1:
        return _form_of_column(labels[:, 0], name)

    return _form_of_columns(labels, name)


def points_by_name(name: str, width: int) -> int:
    """Returns how many points with x and y the numbers are, where the name says that they are."""
    says_so = any(word in name.lower() for word in POINT_WORDS)
    return width // 2 if says_so and width % 2 == 0 else 0


def _form_of_column(column: np.ndarray, name: str) -> LabelForm:
    """Returns whether numbers (N,) are classes or amounts."""
    whole = column.dtype.kind != "f" or bool((column == np.rint(column)).all())
    if not whole:
        return LabelForm("amounts", "amounts", AMOUNTS, whole=False)

    values = np.unique(column)
    distinct = len(values)
    dense = distinct > 0 and float(values[0]) in (0.0, 1.0) and values[-1] - values[0] < distinct
    few = distinct <= DOUBTFUL
    says_amount = name.lower().split("_")[-1] in AMOUNT_WORDS and distinct > 2
    rare = distinct * FEW_EACH > len(column) and distinct > 2
    if not says_amount and (few or (dense and not rare)):
        note = ""
        if not few:
            note = (
                f"'{name}' has {distinct:,} different whole numbers, taken for classes; "
                f"task '{AMOUNTS}' takes them for amounts."
            )
        return LabelForm("classes", "classes", CLASSES, note=note)

    note = (
        f"'{name}' has {distinct:,} different whole numbers, taken for amounts; task '{CLASSES}' "
        "takes them for classes."
    )
    return LabelForm("amounts", "amounts", AMOUNTS, note=note)


def _form_of_columns(labels: np.ndarray, name: str) -> LabelForm:
    """Returns what numbers (N, K) are, K above 1."""
    width = labels.shape[1]
    values = labels.astype(np.float64)
    smallest = values.min(initial=0.0)
    if bool(np.isin(values, (0, 1)).all()):
        return _form_of_zeros_and_ones(values, name)

    if smallest == -1 and bool(np.isin(values, (-1, 1)).all()):
        most = int((values > 0).sum(axis=1).max(initial=0))
        without = int((values <= 0).all(axis=1).sum())
        note = f"'{name}' holds {width} columns of -1 and 1: tags, where -1 is no."
        return LabelForm("tags", note[:-1], TAGS, width, True, without, most, note)

    sums = values.sum(axis=1)
    whole = bool((values == np.rint(values)).all())
    if smallest >= 0 and not whole and bool((np.abs(sums - 1) <= SUM_TOLERANCE).all()):
        what = f"{width} shares for each example that add up to 1: soft labels of {width} classes"
        note = f"'{name}' holds {what}."
        return LabelForm("soft labels", f"{what}, in '{name}'", SHARES, width, False, note=note)

    doubtful = may_be_listed_tags(values) and not _says_amounts(name)
    if doubtful:
        return _form_of_listed_tags(values, name)

    what = f"{width} numbers for each example"
    note = f"'{name}' holds {what}: amounts to predict."
    if smallest == -1 and whole and values.max(initial=0.0) == 1:
        note = (
            f"'{name}' holds {width} columns of -1, 0 and 1, taken for amounts. For tags, save 0 "
            "and 1 alone."
        )
    elif whole:
        note += f" For classes, choose one column as the target: '{name} 1' to '{name} {width}'."

    return LabelForm("amounts", what, AMOUNTS, width, whole, note=note)


def _says_amounts(name: str) -> bool:
    """Returns whether the name of labels says that they are amounts or positions."""
    last = name.lower().split("_")[-1]
    return last in AMOUNT_WORDS or any(word in name.lower() for word in (*POINT_WORDS, "box"))


def _form_of_listed_tags(values: np.ndarray, name: str) -> LabelForm:
    """Returns tags where the name says so, else a form without a task: a person must say it."""
    width = values.shape[1]
    there = tags_there(values)
    distinct = len(np.unique(values[there]))
    what = (
        f"{width} whole numbers for each example, of {distinct:,} different ones and none twice in "
        f"one example, in '{name}'"
    )
    counts = there.sum(axis=1)
    named = name.lower().split(".")[-1].split("_")[-1] in TAG_WORDS
    note = (
        f"'{name}' has {width} whole numbers in each row, none twice in one: taken for the numbers "
        f"of its tags; task '{AMOUNTS}' takes them for amounts."
    )
    return LabelForm(
        "listed tags",
        what,
        TAGS if named else "",
        width,
        True,
        int((counts == 0).sum()),
        int(counts.max(initial=0)),
        note if named else "",
    )


def _form_of_zeros_and_ones(values: np.ndarray, name: str) -> LabelForm:
    width = values.shape[1]
    counts = values.sum(axis=1)
    most = int(counts.max(initial=0))
    without = int((counts == 0).sum())
    if most <= 1 and without <= UNLABELLED * len(counts) and without < len(counts):
        what = f"'{name}' holds a single 1 in each row (one-hot): {width} classes"
        return LabelForm(
            "one-hot", what, CLASSES, width, True, without, most, f"{what}, one of them each."
        )

    least = int(counts.min(initial=0))
    note = (
        f"'{name}' holds {width} columns of 0 and 1, from {least or 'none'} to "
        f"{most} of them 1 in a row: several tags."
    )
    return LabelForm("tags", note[:-1], TAGS, width, True, without, most, note)


def form_of_classes(values: np.ndarray, names: Sequence[str]) -> tuple[tuple[str, ...], np.ndarray]:
    """Returns the classes of one-hot or soft labels (N, K), and the number of each row's largest.

    Names that are numbers stay in their order even where one of them has no row.
    """
    return tuple(names), values.argmax(axis=1).astype(np.int64)
