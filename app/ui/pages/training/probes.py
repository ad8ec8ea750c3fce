"""What the network says now about the examples that are followed: a widget for each sort of results
(Task.view).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.engine.data.nouns import counted, noun
from app.engine.results.reports.amounts import AmountReport
from app.engine.results.reports.classes import ClassReport
from app.engine.results.reports.matching import MatchingReport
from app.engine.results.reports.space import SpaceReport
from app.engine.results.reports.tags import THRESHOLD, TagReport
from app.engine.text import amount_text
from app.ui.pages.training.probe import ProbeStrip, Said
from app.ui.plots.distributions.scatter import ScatterPlot, Told
from app.ui.plots.matrices.similarity import SimilarityMatrix
from app.ui.style.theme import Theme, style
from app.ui.widgets.examples.picture import example_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.data.dataset import Dataset, Description
    from app.engine.results.reports import SplitReport

PAIRS = 24
"""Of the similarity matrix: so many are told apart in a small card."""


@dataclass(frozen=True, eq=False)
class Probe:
    """report: on the examples followed, which are rows of the data set."""

    report: SplitReport
    description: Description
    dataset: Dataset


class Body(Protocol):
    """What stands in the card. show_probe(probe) returns the half-sentence beside the title."""

    def show_probe(self, probe: Probe) -> str: ...


class ExamplesBody(ProbeStrip):
    """A few examples, each with what it is taken for."""

    def show_probe(self, probe: Probe) -> str:
        self.show_predictions(predictions_of(probe, self.most_of(probe.description.kind)))
        count = len(self.predictions)
        return f"about {NUMBERS.get(count, str(count))} validation {noun(probe.description.kind, count)}"


class AmountsBody(ScatterPlot):
    """Predicted over true."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "true", "predicted", diagonal=True)
        self.setAccessibleName("Predicted against true, on validation examples")

    def show_probe(self, probe: Probe) -> str:
        report = probe.report
        assert isinstance(report, AmountReport)

        one = report.amounts[0]
        self.name_axes(f"true {one.unit}".rstrip(), "predicted")

        def tell(number: int) -> Told:
            true = float(report.true()[number])
            predictions = float(report.predicted()[number])
            words = f"is {amount_text(true, one.unit, 4)}, predicted {amount_text(predictions, one.unit, 4)}"

            return words, example_of(probe.dataset, int(report.rows[number]))

        self.tell = tell
        self.show_points(report.true(), report.predicted())
        name = f"{one.name} of " if len(report.amounts) > 1 else ""

        return f"{name}{counted(probe.description.kind, report.count)}; on the line it is right"


class MatchingBody(SimilarityMatrix):
    """A few pairs: the diagonal should win."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, small=True)

    def show_probe(self, probe: Probe) -> str:
        report = probe.report
        assert isinstance(report, MatchingReport) and report.ways

        self.show_matrix(
            report.similarity(min(PAIRS, report.count)), report.ways[0].asked, report.ways[0].given
        )
        count = len(self.values)
        return f"{self.won} of {count} pairs are nearest to each other; the diagonal should win"


class SpaceBody(ScatterPlot):
    """The examples as points, a colour a class."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, axes=False)
        self.setAccessibleName("Validation examples in space, in two dimensions")

    def show_probe(self, probe: Probe) -> str:
        report = probe.report
        assert isinstance(report, SpaceReport)

        def tell(number: int) -> Told:
            name = report.classes[int(report.targets[number])].name
            return name, example_of(probe.dataset, int(report.rows[number]))

        self.tell = tell
        self.show_points(report.flat[:, 0], report.flat[:, 1], report.targets)
        return f"{counted(probe.description.kind, report.count)}; equals should lie together"


class SentenceBody(QWidget):
    """The verdict on the examples that are followed."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.text = QLabel()
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
    "amounts": AmountsBody,
    "matching": MatchingBody,
    "space": SpaceBody,
    "language": SentenceBody,
    "restored": SentenceBody,
}
NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}


def predictions_of(probe: Probe, most: int) -> list[Said]:
    """The first few examples with what is said of them: of classes the likeliest, of tags those
    that are set.
    """
    report = probe.report
    told = []
    for place, row in enumerate(report.rows[:most].tolist()):
        example = example_of(probe.dataset, row)
        if isinstance(report, ClassReport):
            names = probe.description.classes
            best = int(np.argmax(report.predictions[place]))
            true = int(report.targets[place])
            told.append(
                Said(example, names[best], names[true], float(report.predictions[place, best]))
            )
        elif isinstance(report, TagReport):
            predictions = _tags(report.names, report.predictions[place] >= THRESHOLD)
            told.append(Said(example, predictions, _tags(report.names, report.targets[place] > 0)))

    return told


def _tags(names: tuple[str, ...], there: np.ndarray) -> str:
    return (
        ", ".join(name for name, has in zip(names, there.tolist(), strict=True) if has) or "no tag"
    )
