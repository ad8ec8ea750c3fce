"""Tables with a value for each run: runs side by side while few, else a row each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.report.markup import NOTHING, Html, joined, table, tag
from app.engine.text import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.report.content import ReportedRun

MOST_BESIDE = 4
"""More runs are rows: a page has no room for so many columns."""


@dataclass(frozen=True)
class RunsLine:
    """A value for each run. best: the number of the run that is best in it, None for none."""

    label: str
    texts: tuple[str, ...]
    best: int | None = None
    is_number: bool = False

    def cell(self, number: int) -> Html:
        """Returns the value of a run; the best one is marked, also for those who see no colour."""
        text = self.texts[number] or UNKNOWN
        if number != self.best:
            return tag("span", text)

        return joined((tag("strong", text, class_="best"), tag("span", "best", class_="mark")), " ")


def runs_table(caption: str, runs: Sequence[ReportedRun], lines: Sequence[RunsLine]) -> Html:
    """Returns the lines as a table; nothing where there are none."""
    if not lines:
        return NOTHING

    names = [run.label for run in runs]
    if len(runs) <= MOST_BESIDE:
        rows = [[line.label, *(line.cell(number) for number in range(len(runs)))] for line in lines]
        return table(caption, ["", *names], rows, range(len(runs) + 1))

    rows = [[name, *(line.cell(number) for line in lines)] for number, name in enumerate(names)]
    words = [number for number, line in enumerate(lines, 1) if not line.is_number]
    return table(caption, ["Run", *(line.label for line in lines)], rows, [0, *words])
