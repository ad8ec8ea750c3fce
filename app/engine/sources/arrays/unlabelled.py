"""Why the examples of an array have no labels, and what arrays hold that are no examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.sources.arrays.headers import IMAGE_WORDS, LABEL_WORDS, NUMBERS, ArrayHeader
from app.engine.text import names_text

if TYPE_CHECKING:
    from collections.abc import Sequence


def unlabelled_notes(
    examples: Sequence[ArrayHeader], headers: Sequence[ArrayHeader], targets: Sequence[str]
) -> list[str]:
    """Returns sentences on the arrays of examples that are not read for want of labels.

    headers: of all arrays. targets: the names of the labels that other splits have.
    """
    notes = []
    without = []
    for example in examples:
        labels = _labels_of_split(example, headers, targets)
        if labels:
            notes.append(f"'{example.key}' is not read: {other_counts(example, labels)}.")
        else:
            without.append(example.key)

    if without:
        verb = "has no labels and is" if len(without) == 1 else "have no labels and are"
        notes.append(f"{names_text(without)} {verb} not read.")

    return notes


def _labels_of_split(
    example: ArrayHeader, headers: Sequence[ArrayHeader], targets: Sequence[str]
) -> list[ArrayHeader]:
    """Returns the labels of the split of an example, by their names, of whatever number."""
    own = [header for header in headers if header.split == example.split and header.shape]
    named = [header for header in own if header.name in targets]
    return named or [header for header in own if header.role in LABEL_WORDS][:1]


def other_counts(example: ArrayHeader, labels: Sequence[ArrayHeader]) -> str:
    """Returns how many examples and labels there are, for the middle of a sentence."""
    counts = [f"'{label.key}' has {label.shape[0]:,}" for label in labels]
    return f"it has {example.shape[0]:,} examples, but {' and '.join(counts)} labels"


def not_pictures(headers: Sequence[ArrayHeader]) -> str:
    """Returns what arrays hold in place of pictures with labels, "" where that is not clear.

    For the middle of a sentence whose subject is the file.
    """
    usable = [header for header in headers if header.shape and 0 not in header.shape]
    images = [header for header in usable if header.role in IMAGE_WORDS and len(header.shape) > 2]
    labels = [header for header in usable if header.role in LABEL_WORDS]
    for image in images:
        own = [label for label in labels if label.split == image.split]
        if own and all(label.shape[0] != image.shape[0] for label in own):
            held = f"{image.shape[0]:,} examples in '{image.key}'"
            return f"holds {held} but {own[0].shape[0]:,} labels in '{own[0].key}'"

    if any(len(header.shape) > 2 for header in usable):
        return ""

    rows = [header for header in usable if len(header.shape) == 2 and header.dtype.kind in NUMBERS]
    if not rows:
        return ""

    widest = max(rows, key=lambda header: header.shape[1])
    count, width = widest.shape
    return f"holds {count:,} rows of {width:,} numbers in '{widest.key}', which are no pictures"
