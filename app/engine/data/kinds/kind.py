"""A kind of input declares here what engine, window and command line must know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from app.engine.data.preparation import Preparation


@dataclass(frozen=True)
class KindFiles:
    """How a kind is read where every example is a file of its own.

    A folder with a sub-folder of such files for each class is then a data set, and such a file can
    be given to a trained network.

    Attributes:
        suffixes: the endings of its files, in small letters, with the dot.
        read: returns the example in a file as an array of any shape. Raises UserError with the
            reason where the file cannot be used.
        fit: returns the preparation that the training examples need. Raises UserError where they do
            not suffice.
    """

    suffixes: tuple[str, ...]
    read: Callable[[Path], Any]
    fit: Callable[[Sequence[Any]], Preparation]


@dataclass(frozen=True)
class Kind:
    """One kind of input: pictures, table rows, texts, signals, pairs.

    Its folder holds `preparation.py` with PREPARATION, the class of its Preparation. Whatever else
    must be known of a kind stands here, so that a new kind is a new folder.

    Attributes:
        name: as in files and in Description.kind.
        singular: what one example is called: "picture".
        plural: what several are called: "pictures".
        order: where it stands among the others, the lowest first.
        brought_to: what an example is brought to, as the end of "is brought to the ... of the
            training pictures".
        enters: what goes into the network, a sentence.
        prepared: how one example is prepared, a sentence.
        advice_title: the heading of what one should know when one prepares such data.
        advice: what one should know.
        tile: width and height in pixels at 100 %, at which an example can be told from others.
        side_by_side: how many examples fit side by side into a card.
        files: how examples in files of their own are read, None where formats do it.
    """

    name: str
    singular: str
    plural: str
    order: int = 100
    brought_to: str = "form"
    enters: str = "What comes in: one example, prepared."
    prepared: str = "One example, prepared as in training."
    advice_title: str = "Examples"
    advice: str = (
        "What preparing the examples needs to know is learned from the training examples alone."
    )
    tile: tuple[int, int] = (152, 88)
    side_by_side: int = 3
    files: KindFiles | None = None

    def noun(self, count: int = 2) -> str:
        """Returns the word for so many examples: "picture" for 1, "pictures" else."""
        return self.singular if count == 1 else self.plural
