"""The memory ledger: bytes by purpose, as predicted before the training and as measured in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from app.engine.memory.row_names import FULL_NAMES, MEANING
from app.engine.report.markup import NOTHING, Html, joined, paragraph, table
from app.engine.report.runs_table import RunsLine, runs_table
from app.engine.report.section import Section
from app.engine.text import bytes_text, difference_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.engine.report.content import ReportContent, ReportedRun

PEAK = "peak"
NOTE = (
    "The peak is less than the sum of the rows where gradients arrive while activations leave. "
    "What Python and the libraries take is not in it."
)


class Memory(Section):
    """The whole ledger of one run; of several, their peaks."""

    name: ClassVar[str] = "memory"
    title: ClassVar[str] = "Memory"
    order: ClassVar[int] = 60

    def html(self, content: ReportContent) -> Html:
        if content.is_comparison:
            return _peaks(content)

        predicted, measured = _rows_of(content.runs[0])
        if not predicted and not measured:
            return NOTHING

        apart = any(predicted.get(name) or measured.get(name) for name in ("batch", "dataset"))
        names = [
            name
            for name in (*FULL_NAMES, PEAK)
            if not (apart and name == "data")
            and (predicted.get(name) is not None or measured.get(name) is not None)
        ]
        rows = [_row(name, predicted.get(name), measured.get(name)) for name in names]
        columns = ("Purpose", "predicted", "measured", "difference", "what it is")
        return joined((table("Memory by purpose", columns, rows, (0, 4)), paragraph(NOTE)))


def _row(name: str, predicted: int | None, measured: int | None) -> tuple[str, ...]:
    label = "The fullest moment (peak)" if name == PEAK else FULL_NAMES[name].capitalize()
    difference = ""
    if predicted and measured is not None:
        difference = difference_text(measured / predicted - 1)

    meaning = "Held at once, at most." if name == PEAK else MEANING[name]
    return label, bytes_text(predicted), bytes_text(measured), difference, meaning


def _rows_of(run: ReportedRun) -> tuple[Mapping[str, int], Mapping[str, int | None]]:
    """Returns the rows as predicted and as measured; {} for what is not known."""
    memory = run.summary.get("memory")
    if memory is not None:
        return memory["predicted"], memory["measured"]

    return (run.prepared.predicted if run.prepared is not None else {}), {}


def _peaks(content: ReportContent) -> Html:
    both = [_rows_of(run) for run in content.runs]
    lines = [
        RunsLine(label, tuple(bytes_text(rows[number].get(PEAK)) for rows in both), is_number=True)
        for number, label in enumerate(("Peak, predicted", "Peak, measured"))
    ]
    return runs_table("Memory at the fullest moment", content.runs, lines)


SECTION = Memory()
