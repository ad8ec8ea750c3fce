"""What a network gets wrong: what is taken for what, and how large errors are.

No example is shown or named, and no true amount of one: they are data of a person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from app.engine.report.markup import NOTHING, Html, figure, joined, paragraph, table, tag
from app.engine.report.matrix import confusion_image
from app.engine.report.section import Section
from app.engine.results.reports.amounts import AmountReport
from app.engine.results.reports.classes import ClassReport
from app.engine.text import amount_text, count_text, percent_text

if TYPE_CHECKING:
    from app.engine.report.content import ReportContent, ReportedRun

PERCENTILES = (50, 75, 90, 95, 99, 100)
MOST_PAIRS = 15
SURE = 0.9
"""The probability from which on a wrong answer was a sure one."""


class Mistakes(Section):
    """The mistakes on the split to trust."""

    name: ClassVar[str] = "mistakes"
    title: ClassVar[str] = "Mistakes"
    order: ClassVar[int] = 25

    def html(self, content: ReportContent) -> Html:
        parts: list[Html] = []
        for run in content.runs:
            found = _mistakes(run)
            if found and content.is_comparison:
                found = tag("details", joined((tag("summary", run.label), found)))

            parts.append(found)

        return joined(parts)


def _mistakes(run: ReportedRun) -> Html:
    split = run.results.trusted if run.results is not None else None
    if isinstance(split, ClassReport):
        return _of_classes(split)
    if isinstance(split, AmountReport):
        return _of_amounts(split)

    return NOTHING


def _of_classes(split: ClassReport) -> Html:
    wrong = split.count - split.correct
    if not wrong:
        return paragraph(f"None of the {split.count:,} {split.split} examples is wrong.")

    text = f"{wrong:,} of {count_text(split.count, f'{split.split} example')} are wrong."
    if len(split.predictions):
        chosen = split.targets != split.predicted_classes
        sure = split.predictions[chosen].max(axis=1) >= SURE
        share = percent_text(float(sure.mean())) if sure.any() else "none"
        was = "were" if sure.any() else "was"
        text = (
            f"{text} Of these, {share} {was} given a probability of {percent_text(SURE)} or more."
        )

    names = [row.name for row in split.classes]
    pairs = [
        (names[true], names[predicted], f"{count:,}", percent_text(share))
        for true, predicted, count, share in split.confused(MOST_PAIRS)
    ]
    columns = ("Is", "taken for", "times", "share of the class")
    most = table("Most frequent confusions", columns, pairs, (0, 1)) if pairs else NOTHING
    return joined((paragraph(text), _matrix(split, names), most))


def _matrix(split: ClassReport, names: list[str]) -> Html:
    caption = (
        f"Confusion matrix of {count_text(split.count, f'{split.split} example')}: a row for each "
        "true class, a column for each answer, darker where more of the row are; right answers "
        "lie on the diagonal."
    )
    return figure(confusion_image(split.confusion, names, caption), caption)


def _of_amounts(split: AmountReport) -> Html:
    rows = []
    for number, row in enumerate(split.amounts):
        errors = np.abs(split.residuals(number))
        ends = np.percentile(errors, PERCENTILES)
        rows.append((row.name, *(amount_text(float(end), row.unit) for end in ends)))

    columns = ("Amount", *(f"{percent} %" for percent in PERCENTILES))
    text = (
        f"How far off the answers to {count_text(split.count, f'{split.split} example')} are: "
        "so many of them are off by no more than this."
    )
    return joined((paragraph(text), table("Errors", columns, rows))) if rows else NOTHING


SECTION = Mistakes()
