"""The figures of every split with their intervals, beside what knowing nothing would reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from app.engine.learning.metrics import METRICS, metric_text
from app.engine.report.interval_plot import Interval, interval_svg
from app.engine.report.markup import Html, figure, heading, joined, paragraph, table, tag
from app.engine.report.section import Section
from app.engine.results.intervals import intervals_of
from app.engine.results.reports.classes import ClassReport
from app.engine.text import number_text

if TYPE_CHECKING:
    from app.engine.report.content import ReportContent, ReportedRun
    from app.engine.results.reports import SplitReport

MOST_ROWS = 30
"""A table of more classes or tags is folded away."""

COLUMNS = ("Figure", "value", "95 % interval", "what it means")


class Results(Section):
    """The figures of one run in detail; of several, the split to trust of each."""

    name: ClassVar[str] = "results"
    title: ClassVar[str] = "Results"
    order: ClassVar[int] = 20

    def html(self, content: ReportContent) -> Html:
        drawing = _intervals(content)
        if content.is_comparison:
            rows = [row for run in content.runs for row in _trusted_rows(run)]
            columns = ("Run", "split", "figure", "value", "95 % interval")
            figures = table("The split to trust of each run", columns, rows, (0, 1, 2))
            return joined((drawing, figures)) if rows else drawing

        run = content.runs[0]
        if run.results is None:
            return paragraph("Nothing was judged yet.")

        splits = [split for split in run.results.splits.values() if split.count]
        return joined((drawing, *(_split(run, split) for split in splits), _details(run)))


def _split(run: ReportedRun, split: SplitReport) -> Html:
    """Returns the figures of one split."""
    known = intervals_of(split)
    rows = [
        (
            _label(name),
            metric_text(name, value, run.unit),
            _interval_text(known.get(name), name, run.unit),
            METRICS[name].help if name in METRICS else "",
        )
        for name, value in split.metrics.items()
    ]
    if split.loss is not None:
        rows.append(("Loss", number_text(split.loss), "", "What training makes smaller."))

    caption = f"{split.title}, {split.count:,} examples"
    return joined(
        (heading(split.title), paragraph(_sentence(split)), table(caption, COLUMNS, rows, (0, 3)))
    )


def _sentence(split: SplitReport) -> str:
    line = split.line()
    return f"{line[:1].upper()}{line[1:]}."


def _details(run: ReportedRun) -> Html:
    """Returns the figures of the trusted split in detail, such as class by class."""
    split = run.results.trusted if run.results is not None else None
    listing = split.listing() if split is not None else None
    if split is None or listing is None or not listing.rows:
        return Html("")

    caption = f"{split.title} in detail, the worst first"
    rows = table(caption, listing.columns, listing.rows, listing.to_left)
    if len(listing.rows) <= MOST_ROWS:
        return rows

    summary = tag("summary", f"{caption}: {len(listing.rows):,} rows")
    return tag("details", joined((summary, rows)))


def _trusted_rows(run: ReportedRun) -> list[tuple[str, ...]]:
    split = run.results.trusted if run.results is not None else None
    if split is None:
        return []

    known = intervals_of(split)
    return [
        (
            run.label,
            split.title,
            _label(name),
            metric_text(name, value, run.unit),
            _interval_text(known.get(name), name, run.unit),
        )
        for name, value in split.metrics.items()
    ]


def _intervals(content: ReportContent) -> Html:
    """Returns the accuracies with their intervals, drawn; nothing where there is none."""
    drawn = []
    for run in content.runs:
        splits = run.results.splits.values() if run.results is not None else ()
        trusted = run.results.trusted if run.results is not None else None
        for split in splits:
            if isinstance(split, ClassReport) and split.count:
                if content.is_comparison and split is not trusted:
                    continue

                label = run.label if content.is_comparison else split.title
                drawn.append(Interval(label, split.accuracy, split.low, split.high, split.baseline))

    if not drawn:
        return Html("")

    caption = (
        "The accuracy with its 95 % interval: with other examples of the same kind it would most "
        "likely lie within it. The dashed mark is always saying the class most frequent in "
        "training."
    )
    return figure(interval_svg(drawn), caption)


def _label(name: str) -> str:
    label = METRICS[name].label if name in METRICS else name
    return f"{label[:1].upper()}{label[1:]}"


def _interval_text(interval: tuple[float, float] | None, name: str, unit: str) -> str:
    if interval is None:
        return ""

    low, high = (metric_text(name, end, unit) for end in interval)
    return f"{low} to {high}"


SECTION = Results()
