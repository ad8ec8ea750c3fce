"""What the name of a folder says: a split, a part of the data, or what examples were taken from.

A folder of such a name is no class, wherever it stands.
"""

from __future__ import annotations

import re

from app.engine.data.splits import UNASSIGNED, split_of


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PARTS = _words(
    """
    batch chunk crossval cv fold folds kfold part partition parts portion sess session
    sessions shard split subset
    """
)
"""With a number or letter these words name a part of the data, and never a class."""

CONTENTS = _words(
    """
    all audio clips data dataset file files frames image images img imgs jpegimages jpegs jpg
    photo photos pic pics picture pictures png raw recordings samples sounds text texts txt wav
    wavs
    """
)
"""Words for what stands in a folder, which say nothing about its class."""

SOURCES = _words(
    """
    actor animal cam camera center centre clinic clip country date day device donor exp
    experiment farm field film group hospital house id lab loc location month participant
    pat patient person phone plate plot rec recording region rep replicate room round run
    scanner scene seq sequence series set site slide speaker spk sub subj subject take trial
    user video visit week year p s v
    """
)
"""With a number these words name what examples were taken from.

They may be classes where nothing else is: the persons of a set of faces.
"""

MASKS = _words(
    """
    annotation annotations gt groundtruth label labels mask masks seg segmentation segmentations
    trimap trimaps truth
    """
)
"""Words for pictures that say of every pixel what it is."""

UNLABELLED = _words("unlabeled unlabelled unlabeld unsup unsupervised nolabel")
"""Words for examples of which no class is known."""

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[^\W\d_]+")


def words_of(name: str) -> list[str]:
    """Returns the words and numbers of a name in small letters: "ImagesPart_01" has three."""
    return [word.lower() for word in _WORD.findall(name)]


def folder_split(name: str) -> int:
    """Returns the split that a folder's name speaks of, the index in SPLITS, else UNASSIGNED.

    More freely than `split_of`: one of its words is enough, as in "seg_train" or "test_images_2".
    """
    if (split := split_of(name)) != UNASSIGNED:
        return split

    found = {split_of(word) for word in words_of(name)} - {UNASSIGNED}
    return found.pop() if len(found) == 1 else UNASSIGNED


def is_part(name: str) -> bool:
    """Returns whether a folder's name is that of a part of the data: "fold_2", "images_001"."""
    words = words_of(name)
    numbers = [word for word in words if word.isdigit() or len(word) == 1]
    others = [word for word in words if word not in numbers]
    return bool(numbers and others) and all(word in PARTS | CONTENTS for word in others)


def is_contents(name: str) -> bool:
    """Returns whether a folder's name only says what is in it: "images"."""
    words = words_of(name)
    return bool(words) and all(word in CONTENTS for word in words)


def is_unlabelled(name: str) -> bool:
    """Returns whether a folder's name is that of examples without a class: "unsup"."""
    return any(word in UNLABELLED for word in words_of(name))


def is_mask(name: str) -> bool:
    """Returns whether a folder's name is that of masks of the pictures beside it."""
    words = words_of(name)
    return any(word in MASKS for word in words) and all(
        word in MASKS | CONTENTS | {"ground"} for word in words
    )


def is_source(name: str) -> bool:
    """Returns whether a folder's name is that of what examples were taken from: "patient 3".

    A date or another number alone is such a name too.
    """
    words = words_of(name)
    others = [word for word in words if not word.isdigit()]
    return len(others) < len(words) and all(word in SOURCES | CONTENTS for word in others)
