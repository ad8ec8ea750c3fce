"""A study in words: what it costs, and what its figures show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.learning.metrics import metric_text
from app.engine.text import bytes_text, count_text, list_text, number_text, rough_duration_text

if TYPE_CHECKING:
    from app.engine.learning.metrics import Metric
    from app.engine.studies.intervals import Difference
    from app.engine.studies.outcome import MemberOutcome, Outcome
    from app.engine.studies.study import Study

SCOPE = (
    "Judged on validation; the test examples choose nothing. The interval says what other seeds "
    "would do, not what other data would."
)

SCOPE_TOGETHER = (
    "Judged on validation; the test examples choose nothing. The interval says what other first "
    "weights would do; the order of examples is the same for all."
)


def cost_text(outcome: Outcome) -> str:
    """Returns what is still to be trained: "6 runs, about 12 minutes, 38 MiB"."""
    cost = outcome.cost
    words = [count_text(len(outcome.missing), "run")]
    if cost.seconds is not None:
        words.append(rough_duration_text(cost.seconds))
    if cost.size is not None:
        words.append(bytes_text(cost.size))

    return ", ".join(words)


def done_text(outcome: MemberOutcome, study: Study) -> str:
    """Returns how far a member is: "4 of 5", with what diverged or failed."""
    words = [f"{len(outcome.figures)} of {len(study.seeds)}"]
    if outcome.diverged:
        words.append(f"{len(outcome.diverged)} diverged")
    if outcome.failed:
        words.append(f"{len(outcome.failed)} failed")

    return ", ".join(words)


def mean_text(outcome: MemberOutcome, study: Study) -> str:
    """Returns the mean with its standard deviation: "93.1 % ± 0.4"; "–" without figures."""
    found = outcome.spread
    mean = metric_text(study.metric.name, found.mean if found else None, study.unit)
    if found is None or found.deviation is None:
        return mean

    return f"{mean} ± {plain_text(found.deviation, study.metric)}"


def range_text(outcome: MemberOutcome, study: Study) -> str:
    """Returns the least and the largest figure: "92.6 % to 93.5 %"; "" for fewer than two."""
    found = outcome.spread
    if found is None or found.count < 2:
        return ""

    ends = (metric_text(study.metric.name, end, study.unit) for end in (found.least, found.most))
    return " to ".join(ends)


def plain_text(value: float, metric: Metric) -> str:
    """Returns a difference without its unit: percent are points, "0.43", "-12"."""
    return number_text(100 * value if metric.shown == "percent" else value, 2)


def difference_text(value: float, study: Study) -> str:
    """Returns a difference with its unit: "0.43 points", "-1.2 cm"."""
    text = plain_text(value, study.metric)
    if study.metric.shown == "percent":
        return f"{text} point" if text in ("1", "-1") else f"{text} points"

    return f"{text} {study.unit}".rstrip() if study.metric.shown == "unit" else text


def interval_text(found: Difference, study: Study) -> str:
    """Returns the interval of a difference: "-0.6 to 1.4"; "" where there is none."""
    if found.low is None or found.high is None:
        return ""

    return f"{plain_text(found.low, study.metric)} to {plain_text(found.high, study.metric)}"


def verdict(found: Difference | None, study: Study, first: str, second: str) -> str:
    """Returns what a comparison shows, in a sentence.

    "No difference shown: 0.4 points, 95 % interval -0.6 to 1.4." found: of the second to the first;
    None where one of them has no figure. Of a part that the second lacks it says what that brings.
    """
    if found is None:
        return "One of them has no figure yet."
    if found.count < 2:
        return "One seed says nothing of chance: two or more are needed."
    if found.low is None or found.high is None:
        return _without_interval(found, study)
    if not found.shown:
        words = f"{difference_text(found.mean, study)}, 95 % interval {interval_text(found, study)}"
        return f"No difference shown: {words}."

    better = second if is_better(found, study) else first
    ends = sorted((abs(found.low), abs(found.high)))
    interval = " to ".join(plain_text(end, study.metric) for end in ends)
    by = difference_text(abs(found.mean), study)
    shown = f"'{better}' is better"
    if study.leaves_out:
        shown = "It hurts" if better == second else "It helps"

    return f"{shown}: by {by}, 95 % interval {interval}."


def is_better(found: Difference, study: Study) -> bool:
    """Returns whether the second of two is better on average."""
    return (found.mean > 0) == (study.metric.better == "higher")


def _without_interval(found: Difference, study: Study) -> str:
    if not found.mean:
        return "No difference: the figures are the same."

    by = difference_text(found.mean, study)
    if found.paired:
        return f"{by} with each of {found.count} seeds, so that there is no interval."

    return f"{by}; every seed of each gives the same figure, so that there is no interval."


def how_compared(found: Difference | None) -> str:
    """Returns by which statistics two members were compared; "" where there is no interval."""
    if found is None or found.low is None:
        return ""
    if found.paired:
        return f"Paired by seed, {count_text(found.count, 'pair')}; Student's t."

    return "Not paired, as the seeds or the splits differ; Welch's t."


def seeds_text(study: Study) -> str:
    """Returns the seeds in words: "seeds 0, 1, 2, 3 and 4"."""
    return f"seeds {list_text([str(seed) for seed in study.seeds], 8)}"
