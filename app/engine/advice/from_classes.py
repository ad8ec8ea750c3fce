"""Findings on classes: unknown to training, never predicted, taken for another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.advice.chance import beyond_chance
from app.engine.advice.figures import PERSISTENCE
from app.engine.advice.remedies import QUOTE, balanced, quoted, slower
from app.engine.data.nouns import counted, noun
from app.engine.learning import scores
from app.engine.runs.findings import Finding, Remedy
from app.engine.sources.summary import balance
from app.engine.text import names_text, percent_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.engine.advice.figures import Figures

FEWEST = 5
"""Validation examples of a class of which it is said that it is never predicted."""

OFTEN = 0.15
"""A class is hard if more of it are taken for one other class, beyond what chance explains."""

Z99 = 2.576
"""Standard deviations that hold 99 % of a normal distribution: of many pairs, one is the worst."""

LEARNING = 0.95
"""While the training loss falls below this share within PERSISTENCE epochs, answers change."""


def from_classes(figures: Figures, ended: bool) -> Iterator[Finding]:
    """Yields findings from the confusion matrices.

    ended: speak of the weights in use alone. While it trains, a finding must hold for the last
    epochs and for the weights that are kept so far.
    """
    yield from _missing(figures)
    matrices = _matrices(figures, ended)
    if not matrices:
        return

    settled = ended or not _is_learning(figures)
    judged = figures.epoch_in_use if ended else figures.epochs[-1]
    knows = judged is None or beyond_chance(figures, judged) is not False
    always = _always(matrices)
    if always is not None:
        if settled:
            yield _one_answer(figures, always, matrices[0])
        return

    never = _never(figures, matrices)
    if never and knows and settled:
        yield _never_predicted(figures, never, matrices[0])

    confused = _most_confused(matrices)
    if confused is not None and confused[0] not in never and settled and knows:
        yield _hard(figures, *confused)


def _matrices(figures: Figures, ended: bool) -> list[np.ndarray]:
    """Returns the matrices that a finding must hold for, that of the weights in use first."""
    size = len(figures.description.classes)
    in_use = figures.matrix_in_use
    if in_use is None or in_use.shape != (size, size) or not in_use.sum():
        return []
    if ended:
        return [in_use]

    last = figures.last_matrices
    if not last or figures.is_early or figures.epochs_since_change < PERSISTENCE:
        return []

    return [in_use, *last]


def _is_learning(figures: Figures) -> bool:
    """Returns whether the training loss falls so fast that classes may still be found."""
    training = figures.training[-PERSISTENCE - 1 :]
    return bool(training[-1] < LEARNING * training[0]) or figures.rate_will_fall


def _missing(figures: Figures) -> Iterator[Finding]:
    """Finds classes of which there are examples kept aside and none to learn from."""
    description = figures.description
    counts = description.counts
    if figures.task.targets != "classes" or figures.task.embeds or not description.classes:
        return

    pairs = zip(description.classes, counts["training"], counts["validation"], strict=True)
    missing = [(name, kept) for name, learned, kept in pairs if kept and not learned]
    if missing:
        names = [name for name, _ in missing]
        words = counted(description.kind, sum(kept for _, kept in missing))
        yield Finding(
            "missing",
            "problem",
            f"{names_text(names, 4, QUOTE)} cannot be learned",
            f"Validation has {words} of {'it' if len(names) == 1 else 'them'}, training has "
            "none. Check how the data are divided.",
        )


def _always(matrices: Sequence[np.ndarray]) -> int | None:
    """Returns the class that is predicted for every example, in all the matrices."""
    predicted = [np.flatnonzero(matrix.sum(axis=0)) for matrix in matrices]
    if any(len(classes) != 1 for classes in predicted):
        return None

    first = {int(classes[0]) for classes in predicted}
    return first.pop() if len(first) == 1 else None


def _never(figures: Figures, matrices: Sequence[np.ndarray]) -> list[int]:
    """Returns the classes that are predicted in none of the matrices."""
    learned = figures.description.counts["training"]
    return [
        index
        for index in range(len(figures.description.classes))
        if learned[index]
        and matrices[0].sum(axis=1)[index] >= FEWEST
        and not any(matrix[:, index].any() for matrix in matrices)
    ]


def _remedy(figures: Figures) -> Remedy | None:
    if balance(figures.description)[1] == "good":
        return None

    return balanced(figures.resolved, figures.task)


def _one_answer(figures: Figures, answer: int, matrix: np.ndarray) -> Finding:
    return Finding(
        "one-answer",
        "problem",
        f"It always says {quoted(figures.description.classes[answer])}",
        f"That is right on {percent_text(scores.accuracy(matrix))}, as guessing would be.",
        _remedy(figures) or slower(figures.resolved),
    )


def _never_predicted(figures: Figures, never: list[int], matrix: np.ndarray) -> Finding:
    missed = [figures.description.classes[index] for index in never]
    words = noun(figures.description.kind)
    return Finding(
        "never",
        "warning",
        f"{names_text(missed, 4, QUOTE)} {'is' if len(missed) == 1 else 'are'} never predicted",
        f"{int(matrix.sum(axis=1)[never].sum()):,} {words} kept aside belong there; all are taken "
        "for something else.",
        _remedy(figures) or Remedy(f"Show these {words}", action=f"cell:{never[0]}:-1"),
    )


def _most_confused(matrices: Sequence[np.ndarray]) -> tuple[int, int, int, int] | None:
    """Returns the worst confusion: true class, predicted class, how many, of how many.

    It must be frequent by the lower end of its interval for the weights in use, and frequent in
    the other matrices. None where there is none.
    """
    matrix = matrices[0]
    count = matrix.sum(axis=1)
    worst = None
    most = OFTEN
    for true, other in np.argwhere(matrix > 0):
        if true == other:
            continue

        low, _ = scores.wilson(int(matrix[true, other]), int(count[true]), Z99)
        often = all(
            later[true, other] >= OFTEN * max(1, later[true].sum()) for later in matrices[1:]
        )
        if low > most and often:
            most = low
            worst = (int(true), int(other), int(matrix[true, other]), int(count[true]))

    return worst


def _hard(figures: Figures, true: int, other: int, wrong: int, count: int) -> Finding:
    description = figures.description
    words = noun(description.kind)
    at = ""
    if description.kind == "image":
        at = f" at {description.shape[2]} × {description.shape[1]}"

    name = quoted(description.classes[true])
    return Finding(
        "confused",
        "warning",
        f"{name} is hard",
        f"{percent_text(wrong / count)} of {name} ({wrong:,} of {count:,}) are taken for "
        f"{quoted(description.classes[other])}. Look whether they can be told apart{at}, and "
        "whether all are labelled right.",
        Remedy(f"Show these {words}", action=f"cell:{true}:{other}"),
    )
