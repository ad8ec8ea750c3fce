"""The examples behind the figures of classes: the worst mistakes, or those of one cell or class,
the surest first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.nouns import counted, noun
from app.engine.text import count_text, percent_text
from app.ui.pages.results.gallery import ExampleGallery, Found, escaped, location
from app.ui.pages.results.outcome import has_examples

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.results.reports.classes import ClassReport, Mistake
    from app.ui.style.theme import Theme

__all__ = ["Gallery", "location"]

MOST = 1000


class Gallery(ExampleGallery):
    """show_mistakes(), show_cell() and show_class() of the split given to `show_split`."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._split: ClassReport | None = None
        self._kind = "image"
        self._found: list[Mistake] = []
        self._what: tuple[str, int, int] = ("mistakes", 0, 0)
        self.back_pressed.connect(self.show_mistakes)

    def show_split(
        self,
        split: ClassReport,
        dataset: Dataset | None,
        missing: str = "",
        offer: bool = False,
        kind: str = "image",
    ) -> None:
        """dataset: the run's own data, or None with the reason why there are none; `offer`: they
        can be opened. kind: of the examples (Description.kind).
        """
        self._split = split
        self._kind = kind
        self.show_data(dataset, missing, offer)

        what, true, answer = self._what
        if what != "mistakes" and max(true, answer) >= len(split.classes):
            self._what = ("mistakes", 0, 0)

        self._show()

    def show_mistakes(self) -> None:
        self._what = ("mistakes", 0, 0)
        self._show()

    def show_cell(self, true: int, answer: int) -> None:
        self._what = ("cell", true, answer)
        self._show()

    def show_class(self, number: int) -> None:
        """The mistakes on the examples of one class."""
        self._what = ("class", number, number)
        self._show()

    @property
    def found(self) -> list[Mistake]:
        """The examples shown, the surest answer first."""
        return self._found

    def _show(self) -> None:
        split = self._split
        if split is None:
            return

        what, true, answer = self._what
        names = [row.name for row in split.classes]
        if what == "cell":
            found = split.cell(true, answer)
            count = int(split.confusion[true, answer])
            self.heading = names[true] if true == answer else f"{names[true]} → {names[answer]}"
            total = counted(self._kind, int(split.confusion[true].sum()))
            words = f"{count:,} of {total} {'recognised' if true == answer else 'taken for it'}, the surest first"
        elif what == "class":
            found = [one for one in split.mistakes(len(split.rows) or 1) if one.true == true]
            row = split.classes[true]
            count = row.count - int(split.confusion[true, true])
            self.heading = f"{names[true]} missed"
            words = f"{count:,} of {counted(self._kind, row.count)}, the surest mistake first"
        else:
            found = split.mistakes(MOST)
            count = split.count - split.correct
            self.heading = "Worst mistakes"
            words = f"{count_text(count, 'mistake')}, the surest first"

        if not count or not has_examples(split):
            words = words.partition(",")[0] if count else ""

        self._found = found[:MOST]
        self.show_found(
            [self._line(split, names, one) for one in self._found],
            words,
            self._nothing(split, count),
            what != "mistakes",
        )

    def _nothing(self, split: ClassReport, count: int) -> str:
        """Why there is no example to show, though the data may be there."""
        if not count:
            return (
                "There is none."
                if self._what[0] != "mistakes"
                else "Not one mistake in this split."
            )

        if not has_examples(split):
            which = f"Which {noun(self._kind)} these are"
            return f"{which} is kept for the epoch in use, and is known once training has ended."

        return ""

    def _line(self, split: ClassReport, names: list[str], one: Mistake) -> Found:
        sure = percent_text(one.confidence)
        caption = {
            "mistakes": f"{names[one.true]}\n→ {names[one.predicted]}\n{sure}",
            "class": f"→ {names[one.predicted]}\n{sure}",
            "cell": sure,
        }[self._what[0]]

        place = int(np.searchsorted(split.rows, one.row))
        if (
            place >= len(split.rows) or split.rows[place] != one.row
        ):  # rows ascend, but for data of other sources
            place = int(np.flatnonzero(split.rows == one.row)[0])

        best = np.argsort(-split.predictions[place], kind="stable")[:3]
        predictions = ", ".join(
            f"{names[k]} {percent_text(float(split.predictions[place, k]))}" for k in best
        )
        return Found(
            one.row,
            caption,
            f"<b>{escaped(names[one.true])}</b>, and it says: {escaped(predictions)}",
        )
