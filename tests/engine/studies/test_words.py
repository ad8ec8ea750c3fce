"""What a comparison shows, in a sentence whose numbers are those of the interval."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.engine.experiment.experiment import Experiment
from app.engine.learning.metrics import METRICS
from app.engine.studies.intervals import Difference
from app.engine.studies.study import Member, Study
from app.engine.studies.words import how_compared, verdict


def study(metric: str = "accuracy", unit: str = "") -> Study:
    return Study((Member("a", Experiment()),), (0, 1), METRICS[metric], unit)


@pytest.mark.parametrize(
    ("found", "expected"),
    (
        (None, "One of them has no figure yet."),
        (
            Difference(0.004, 5, True, -0.006, 0.014),
            "No difference shown: 0.4 points, 95 % interval -0.6 to 1.4.",
        ),
        (
            Difference(0.018, 5, True, 0.009, 0.027),
            "'b' is better: by 1.8 points, 95 % interval 0.9 to 2.7.",
        ),
        (
            Difference(-0.018, 5, True, -0.027, -0.009),
            "'a' is better: by 1.8 points, 95 % interval 0.9 to 2.7.",
        ),
        (
            Difference(0.01, 5, False, 0.0001, 0.0199),
            "'b' is better: by 1 point, 95 % interval 0.01 to 2.",
        ),
        (Difference(0.01, 1, True), "One seed says nothing of chance: two or more are needed."),
        (Difference(0.0, 5, True), "No difference: the figures are the same."),
        (
            Difference(0.02, 3, True),
            "2 points with each of 3 seeds, so that there is no interval.",
        ),
    ),
)
def test_the_verdict(found: Difference | None, expected: str) -> None:
    assert verdict(found, study(), "a", "b") == expected


def test_an_error_is_better_where_it_is_smaller_and_has_its_unit() -> None:
    found = Difference(-1.25, 5, True, -2.0, -0.5)
    text = verdict(found, study("mae", "cm"), "a", "b")
    assert text == "'b' is better: by 1.2 cm, 95 % interval 0.5 to 2."
    assert verdict(Difference(0.5, 4, True, 0.1, 0.9), study("perplexity"), "a", "b") == (
        "'a' is better: by 0.5, 95 % interval 0.1 to 0.9."
    )


def test_of_a_part_it_is_said_what_it_brings() -> None:
    parts = replace(study(), leaves_out=True)
    worse = Difference(-0.018, 3, True, -0.027, -0.009)
    assert verdict(worse, parts, "As it is", "Without dropout") == (
        "It helps: by 1.8 points, 95 % interval 0.9 to 2.7."
    )
    better = Difference(0.018, 3, True, 0.009, 0.027)
    assert verdict(better, parts, "As it is", "Without dropout").startswith("It hurts: by 1.8")


def test_the_statistics_are_named() -> None:
    assert how_compared(Difference(0.1, 5, True, 0.0, 0.2)) == (
        "Paired by seed, 5 pairs; Student's t."
    )
    assert "Welch" in how_compared(Difference(0.1, 5, False, 0.0, 0.2))
    assert how_compared(Difference(0.1, 5, True)) == ""
