"""The examples behind the figures of classes: the worst mistakes, or those of a cell or a class."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from app.engine.data.nouns import counted, noun
from app.engine.text import count_text, percent_text
from app.ui.pages.results.example_gallery import ExampleGallery, GalleryExample
from app.ui.pages.results.outcome import has_examples

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.results.reports.classes import ClassReport, Mistake
    from app.ui.style.theme import Theme

MOST = 1000
"""Examples that are listed."""


class MistakesGallery(ExampleGallery):
    """Shows examples of the split given to `show_split`, the surest answers first."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._split: ClassReport | None = None
        self._kind = "image"
        self._mistakes: list[Mistake] = []
        self._choice: tuple[str, int, int] = ("mistakes", 0, 0)
        """("mistakes", "cell" or "class"; true class; answer)."""
        self.back_pressed.connect(self.show_mistakes)

    def show_split(
        self,
        split: ClassReport,
        dataset: Dataset | None,
        missing: str = "",
        offer: bool = False,
        kind: str = "image",
    ) -> None:
        """Takes another split; what was chosen stays where it still means something.

        dataset: the run's own data, or None with the reason why there are none (`missing`) and
        whether they can be opened (`offer`). kind: of the examples (Description.kind).
        """
        self._split = split
        self._kind = kind
        self.show_data(dataset, missing, offer)

        which, true, answer = self._choice
        if which != "mistakes" and max(true, answer) >= len(split.classes):
            self._choice = ("mistakes", 0, 0)

        self._show()

    def show_mistakes(self) -> None:
        """Shows the worst mistakes of all classes."""
        self._choice = ("mistakes", 0, 0)
        self._show()

    def show_cell(self, true: int, answer: int) -> None:
        """Shows the examples behind one cell of the matrix."""
        self._choice = ("cell", true, answer)
        self._show()

    def show_class(self, number: int) -> None:
        """Shows the mistakes on the examples of one class."""
        self._choice = ("class", number, number)
        self._show()

    @property
    def mistakes(self) -> list[Mistake]:
        """The examples shown, the surest answer first."""
        return self._mistakes

    def _show(self) -> None:
        split = self._split
        if split is None:
            return

        which, true, answer = self._choice
        names = [row.name for row in split.classes]
        if which == "cell":
            mistakes = split.cell(true, answer)
            count = int(split.confusion[true, answer])
            self.heading = names[true] if true == answer else f"{names[true]} → {names[answer]}"
            total = counted(self._kind, int(split.confusion[true].sum()))
            verb = "recognised" if true == answer else "taken for it"
            words = f"{count:,} of {total} {verb}, the surest first"
        elif which == "class":
            everything = split.mistakes(len(split.rows) or 1)
            mistakes = [mistake for mistake in everything if mistake.true == true]
            row = split.classes[true]
            count = row.count - int(split.confusion[true, true])
            self.heading = f"{names[true]} missed"
            words = f"{count:,} of {counted(self._kind, row.count)}, the surest mistake first"
        else:
            mistakes = split.mistakes(MOST)
            count = split.count - split.correct
            self.heading = "Worst mistakes"
            words = f"{count_text(count, 'mistake')}, the surest first"

        if not count or not has_examples(split):
            words = words.partition(",")[0] if count else ""

        self._mistakes = mistakes[:MOST]
        self.show_examples(
            [self._entry(split, names, mistake) for mistake in self._mistakes],
            words,
            self._why_empty(split, count),
            which != "mistakes",
        )

    def _why_empty(self, split: ClassReport, count: int) -> str:
        """Returns why there is no example to show, though the data may be there."""
        if not count:
            return (
                "There is none."
                if self._choice[0] != "mistakes"
                else "Not one mistake in this split."
            )

        if not has_examples(split):
            which = f"Which {noun(self._kind)} these are"
            return f"{which} is kept for the epoch in use, and is known once training has ended."

        return ""

    def _entry(self, split: ClassReport, names: list[str], mistake: Mistake) -> GalleryExample:
        sureness = percent_text(mistake.confidence)
        caption = {
            "mistakes": f"{names[mistake.true]}\n→ {names[mistake.predicted]}\n{sureness}",
            "class": f"→ {names[mistake.predicted]}\n{sureness}",
            "cell": sureness,
        }[self._choice[0]]

        # Rows ascend, which makes the search quick; only those of other data may not.
        index = int(np.searchsorted(split.rows, mistake.row))
        if index >= len(split.rows) or split.rows[index] != mistake.row:
            index = int(np.flatnonzero(split.rows == mistake.row)[0])

        best = np.argsort(-split.predictions[index], kind="stable")[:3]
        answers = ", ".join(
            f"{names[k]} {percent_text(float(split.predictions[index, k]))}" for k in best
        )
        return GalleryExample(
            mistake.row,
            caption,
            f"<b>{escape(names[mistake.true])}</b>, and it says: {escape(answers)}",
        )
