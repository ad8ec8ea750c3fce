"""The settings: those that were chosen, and all as they were in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from app.engine.experiment.differences import chosen_settings, setting_rows
from app.engine.report.markup import NOTHING, Html, joined, paragraph, table, tag
from app.engine.report.section import Section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.experiment.differences import SettingRow
    from app.engine.report.content import ReportContent, ReportedRun

COLUMNS = ("Setting", "section", "value")


class Settings(Section):
    """The settings of one run; how several differ has a section of its own."""

    name: ClassVar[str] = "settings"
    title: ClassVar[str] = "Settings"
    order: ClassVar[int] = 50

    def html(self, content: ReportContent) -> Html:
        if content.is_comparison:
            return NOTHING

        run = content.runs[0]
        chosen = setting_rows([chosen_settings(run.experiment)])
        every = setting_rows([run.resolved])
        first = (
            table("Settings that differ from the defaults", COLUMNS, _rows(run, chosen), (0, 1, 2))
            if chosen
            else paragraph("Nothing was chosen: every setting follows the data and the template.")
        )
        rest = joined(
            (
                tag("summary", f"All {len(every)} settings as they were in force"),
                table("All settings", COLUMNS, _rows(run, every), (0, 1, 2)),
            )
        )
        return joined((first, _changes(run), tag("details", rest)))


def _rows(run: ReportedRun, rows: Sequence[SettingRow]) -> list[tuple[str, str, str]]:
    return [(row.label, row.section, run.remover.text(row.texts[0])) for row in rows]


def _changes(run: ReportedRun) -> Html:
    """Returns what was changed while the run trained, step by step."""
    changes = run.summary.get("changes") or []
    rows = [
        (
            f"{change['step']:,}",
            ", ".join(f"{name} = {value}" for name, value in change["values"].items()),
            change.get("why") or "by hand",
        )
        for change in changes
    ]
    if not rows:
        return NOTHING

    return table("Changed while it trained", ("After step", "change", "why"), rows, (1, 2))


SECTION = Settings()
