"""The arrays of one or more files, known by their names, shapes and types before they are read."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.engine.data.splits import UNASSIGNED, split_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np

    from app.engine.data.array_file import ArrayFile, StoredArray


def words(text: str) -> frozenset[str]:
    """Returns the words between the blanks of a text."""
    return frozenset(text.split())


SETTING = "data.source"
"""The setting at fault where a file cannot be used."""

NUMBERS = "biuf"
"""The kinds of NumPy's types that are numbers."""

IMAGE_WORDS = words("x xs image images img imgs data inputs input pixels pictures features arr0")
LABEL_WORDS = words("y ys label labels target targets class category categories arr1")
NAME_WORDS = words("classes classnames labelnames labelsnames targetnames names categorynames")
"""Names of arrays, without the word for the split and in small letters."""

_JOINED = re.compile(
    r"(?P<split>train|tr|val|valid|test|te)(?P<what>x|y|images?|imgs?|labels?|data|targets?)"
    r"|(?P<first>x|y|images?|imgs?|labels?|data|targets?)(?P<second>train|tr|val|valid|test|te)",
    re.IGNORECASE,
)
"""A word for the split and one for what it holds, written as one: "xtrain", "trainImages"."""

AUTOMATIC = re.compile(r"arr_\d+")
"""The names that NumPy gives to arrays without one."""

_SHORT = {"tr": "train", "te": "test"}


@dataclass(frozen=True)
class ArrayHeader:
    """An array of a file, known by its header.

    key: its name in the file. name: that without the word for the split. split: the index in
    SPLITS, else UNASSIGNED. file: where it stands. values: what it holds, where that is read
    already.
    """

    key: str
    name: str
    split: int
    stored: StoredArray
    file: ArrayFile | None = field(default=None, repr=False, compare=False)
    values: np.ndarray | None = field(default=None, repr=False, compare=False)

    @property
    def role(self) -> str:
        """Its name in small letters, as the sets of words have it."""
        return plain(self.name)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.stored.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.stored.dtype

    def read(self) -> np.ndarray:
        """Returns what it holds. Raises UserError and OSError like ArrayFile.read."""
        if self.values is not None:
            return self.values

        assert self.file is not None
        return self.file.read(self.stored)


def plain(name: str) -> str:
    """Returns a name in small letters without what stands between its words."""
    return re.sub(r"[-_. ]+", "", name.lower())


def are_unnamed(keys: Iterable[str]) -> bool:
    """Returns whether nobody has named these arrays."""
    return all(AUTOMATIC.fullmatch(key) for key in keys)


def name_and_split(key: str) -> tuple[str, int]:
    """Reads the name and the split of an array from its key: "x_train", "ytest", "val-labels"."""
    words = [word for word in re.split(r"[-_. ]+", key) if word]
    if len(words) == 1 and (match := _JOINED.fullmatch(words[0])):
        split_word = (match["split"] or match["second"]).lower()
        words = [match["what"] or match["first"], _SHORT.get(split_word, split_word)]

    splits = [split_of(word) for word in words if split_of(word) != UNASSIGNED]
    name = "_".join(word for word in words if split_of(word) == UNASSIGNED)
    return (name or key, splits[-1]) if splits else (key, UNASSIGNED)


def header_of(
    stored: StoredArray,
    key: str,
    file: ArrayFile | None = None,
    values: np.ndarray | None = None,
) -> ArrayHeader:
    """Returns the header of an array whose key says its name and its split."""
    return ArrayHeader(key, *name_and_split(key), stored, file, values)


def read_headers(file: ArrayFile) -> list[ArrayHeader]:
    """Reads the headers of all arrays, without unpacking them. Raises UserError and OSError."""
    headers = [header_of(stored, stored.key, file) for stored in file.headers()]
    return with_likely_splits(headers)


def with_likely_splits(headers: list[ArrayHeader]) -> list[ArrayHeader]:
    """Returns the headers, without the splits of those that only sound so.

    A "test_result" of as many values as there are pictures without a split, and alone in its own,
    is a result and no test set.
    """
    whole = {header.shape[:1] for header in headers if header.split == UNASSIGNED}
    others = [(header.split, header.shape[:1]) for header in headers]
    return [
        dataclasses.replace(header, name=header.key, split=UNASSIGNED)
        if header.split != UNASSIGNED
        and header.shape[:1] in whole
        and others.count((header.split, header.shape[:1])) == 1
        else header
        for header in headers
    ]
