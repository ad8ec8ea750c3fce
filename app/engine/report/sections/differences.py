"""The settings in which the runs of a comparison differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from app.engine.experiment.differences import setting_rows
from app.engine.report.markup import NOTHING, Html, joined, paragraph
from app.engine.report.runs_table import RunsLine, runs_table
from app.engine.report.section import Section
from app.engine.text import count_text

if TYPE_CHECKING:
    from app.engine.report.content import ReportContent


class Differences(Section):
    """A line for each setting that is not the same in all runs; nothing for one run."""

    name: ClassVar[str] = "differences"
    title: ClassVar[str] = "What differs"
    order: ClassVar[int] = 5

    def html(self, content: ReportContent) -> Html:
        if not content.is_comparison:
            return NOTHING

        runs = content.runs
        known = [run.known for run in runs]
        every = [row.with_known(known) for row in setting_rows([run.resolved for run in runs])]
        own = [number for number, run in enumerate(runs) if run.is_own]
        lines = [
            RunsLine(
                f"{row.label} ({row.section})",
                tuple(run.remover.text(text) for run, text in zip(runs, row.texts, strict=True)),
            )
            for row in every
            if row.differs_among(own)
        ]
        if not lines:
            known_of = "All settings" if len(own) == len(runs) else "All settings that are known"
            return paragraph(f"{known_of} of these runs are the same.")

        same = len(every) - len(lines)
        rest = f"{count_text(same, 'other setting')} {'is' if same == 1 else 'are'} the same."
        return joined((runs_table("Settings that differ", runs, lines), paragraph(rest)))


SECTION = Differences()
