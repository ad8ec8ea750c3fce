"""What the network predicts now for the probe set, a widget for each Task.view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.engine.data.nouns import counted, noun
from app.engine.results.reports.amounts import AmountReport
from app.engine.results.reports.classes import ClassReport
from app.engine.results.reports.matching import MatchingReport
from app.engine.results.reports.space import SpaceReport
from app.engine.results.reports.tags import THRESHOLD, TagReport
from app.engine.text import amount_text
from app.ui.pages.training.probe_strip import ProbePrediction, ProbeStrip
from app.ui.plots.distributions.scatter import PointInfo, ScatterPlot
from app.ui.plots.matrices.similarity import SimilarityMatrix
from app.ui.style.theme import Theme, style
from app.ui.widgets.examples.example import example_of
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.data.dataset import Dataset, Description
    from app.engine.results.reports import SplitReport

PAIRS = 24
"""Pairs of the similarity matrix: more could not be told apart in a small card."""


@dataclass(frozen=True, eq=False)
class Probe:
    """The report on the probe set, whose rows are rows of the dataset."""

    report: SplitReport
    description: Description
    dataset: Dataset


class Body(Protocol):
    """The widget in the card. show_probe(probe) returns the half-sentence beside the title."""

    def show_probe(self, probe: Probe) -> str: ...


class ExamplesBody(ProbeStrip):
    """A few examples, each with what it is taken for."""

    def show_probe(self, probe: Probe) -> str:
        self.show_predictions(predictions_of(probe, self.most_of(probe.description.kind)))
        count = len(self.predictions)
        number = NUMBERS.get(count, str(count))
        return f"about {number} validation {noun(probe.description.kind, count)}"


class AmountsBody(ScatterPlot):
    """A scatter plot of predicted over true amounts."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "true", "predicted", diagonal=True)
        self.setAccessibleName("Predicted against true, on validation examples")

    def show_probe(self, probe: Probe) -> str:
        report = probe.report
        assert isinstance(report, AmountReport)

        target = report.amounts[0]
        self.name_axes(f"true {target.unit}".rstrip(), "predicted")

        def tell(point: int) -> PointInfo:
            true = amount_text(float(report.true()[point]), target.unit, 4)
            predicted = amount_text(float(report.predicted()[point]), target.unit, 4)
            example = example_of(probe.dataset, int(report.rows[point]))
            return f"is {true}, predicted {predicted}", example

        self.tell = tell
        self.show_points(report.true(), report.predicted())
        name = f"{target.name} of " if len(report.amounts) > 1 else ""

        return f"{name}{counted(probe.description.kind, report.count)}; on the line it is right"


class MatchingBody(SimilarityMatrix):
    """The similarity matrix of a few pairs: the diagonal should win."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, small=True)

    def show_probe(self, probe: Probe) -> str:
        report = probe.report
        assert isinstance(report, MatchingReport) and report.directions

        self.show_matrix(
            report.similarity(min(PAIRS, report.count)),
            report.directions[0].query,
            report.directions[0].target,
        )
        count = len(self.values)
        return f"{self.won} of {count} pairs are nearest to each other; the diagonal should win"


class SpaceBody(ScatterPlot):
    """The examples as points of the embedding, a colour a class."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, axes=False)
        self.setAccessibleName("Validation examples in space, in two dimensions")

    def show_probe(self, probe: Probe) -> str:
        report = probe.report
        assert isinstance(report, SpaceReport)

        def tell(point: int) -> PointInfo:
            name = report.classes[int(report.targets[point])].name
            return name, example_of(probe.dataset, int(report.rows[point]))

        self.tell = tell
        self.show_points(report.flat[:, 0], report.flat[:, 1], report.targets)
        return (
            f"{counted(probe.description.kind, report.count)}; examples of a class should lie "
            "together"
        )


class SentenceBody(QWidget):
    """The verdict on the probe set in a sentence."""

    def __init__(self, _theme: Theme) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.text = Label()
        self.text.setWordWrap(True)
        self.text.setObjectName("training.says.sentence")
        style(self.text, "lead")
        column.addWidget(self.text)
        column.addStretch(1)

    def show_probe(self, probe: Probe) -> str:
        self.text.setText(probe.report.verdict()[0])
        return f"on {counted(probe.description.kind, probe.report.count)} that it never trains on"


BODIES: dict[str, Callable[[Theme], QWidget]] = {
    "classes": ExamplesBody,
    "yes-no": ExamplesBody,
    "tags": ExamplesBody,
    "shares": ExamplesBody,
    "amounts": AmountsBody,
    "matching": MatchingBody,
    "space": SpaceBody,
    "language": SentenceBody,
    "restored": SentenceBody,
}
NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}


def predictions_of(probe: Probe, most: int) -> list[ProbePrediction]:
    """Returns the first few examples with their predictions.

    These are the likeliest class, or the tags that are set.
    """
    report = probe.report
    found = []
    for index, row in enumerate(report.rows[:most].tolist()):
        example = example_of(probe.dataset, row)
        if isinstance(report, ClassReport):
            names = probe.description.classes
            best = int(np.argmax(report.predictions[index]))
            true = int(report.targets[index])
            share = float(report.predictions[index, best])
            found.append(ProbePrediction(example, names[best], names[true], share))
        elif isinstance(report, TagReport):
            predicted = _tags(report.names, report.predictions[index] >= THRESHOLD)
            true_tags = _tags(report.names, report.targets[index] > 0)
            found.append(ProbePrediction(example, predicted, true_tags))

    return found


def _tags(names: tuple[str, ...], there: np.ndarray) -> str:
    return (
        ", ".join(name for name, has in zip(names, there.tolist(), strict=True) if has) or "no tag"
    )
