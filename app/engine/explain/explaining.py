"""Explains the answer to one example: a map, and what is known of its truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.engine.data.kinds.text.preparation import TextPreparation
from app.engine.explain.example import Example
from app.engine.explain.method import Method, choose, fitting
from app.engine.explain.parts import TokenParts, parts_of, preparation_of
from app.engine.explain.truth import Truth, check_truth
from app.engine.results.reports import report_for

if TYPE_CHECKING:
    import numpy as np

    from app.engine.results.predictor import Predictor


@dataclass(frozen=True)
class HalfExplained:
    """One half of an example, or all of it: the map over it, and whether that tells the truth.

    stored: (...) the example as a Dataset keeps it. relevance: the map, see Method.relevance.
    names: of the parts that a row or a text has, () else. by_part: (count,) what each part gets.
    """

    method: Method
    kind: str
    stored: np.ndarray = field(repr=False)
    relevance: np.ndarray = field(repr=False)
    names: tuple[str, ...]
    by_part: np.ndarray = field(repr=False)
    strongest: list[int] | str
    truth: Truth

    def to_plain(self) -> dict[str, Any]:
        """Returns plain data for JSON."""
        deletion = self.truth.deletion
        return {
            "method": self.method.kind,
            "shape": list(self.relevance.shape),
            "strongest": self.strongest,
            "deletion": {"area": deletion.area, "random_area": deletion.random_area},
            "random_weights": self.truth.random_weights,
            "holds": self.truth.holds,
            "verdict": self.truth.verdict,
        }


@dataclass(frozen=True)
class Explanation:
    """What the answer to an example rests on.

    answer: in words. halves: one, or two of a pair.
    """

    answer: str
    halves: tuple[HalfExplained, ...]

    def to_plain(self) -> dict[str, Any]:
        """Returns plain data for JSON; of a pair the second half stands under "other"."""
        plain = {"answer": self.answer, **self.halves[0].to_plain()}
        return plain | ({"other": self.halves[1].to_plain()} if len(self.halves) > 1 else {})


def explain(
    predictor: Predictor, stored: tuple[np.ndarray, ...], kind: str | None = None
) -> Explanation:
    """Returns what the answer to one example rests on, and whether that is so.

    stored: (...) for each half, as Predictor.read gives it; of a long text it is the beginning that
    the network reads at once. kind: of the method, None for the usual one. Raises UserError where
    no method fits, or not this one.
    """
    example = Example.of(predictor, stored)
    halves = tuple(_half(example, half, stored[half], kind) for half in range(len(stored)))
    return Explanation(_answer_text(predictor, example, stored), halves)


def fitting_methods(predictor: Predictor, stored: tuple[np.ndarray, ...]) -> list[Method]:
    """Returns the methods that can explain every half of an example, the usual one first.

    Raises UserError for a task whose answer rests on no single number.
    """
    example = Example.of(predictor, stored)
    found = [fitting(example, half) for half in range(len(stored))]
    return [method for method in found[0] if all(method in other for other in found[1:])]


def _answer_text(predictor: Predictor, example: Example, stored: tuple[np.ndarray, ...]) -> str:
    """Returns the answer that is explained, in words; of a language model the next token."""
    if predictor.task.answers == "tokens":
        preparation = preparation_of(example, 0)
        assert isinstance(preparation, TextPreparation)
        return _visible(preparation.decode([example.index]))

    predictions = predictor.predictions(*(array[None] for array in stored))[0]
    return report_for(predictor.task.view).answer(predictor.description, predictions).headline


def _half(example: Example, half: int, stored: np.ndarray, kind: str | None) -> HalfExplained:
    method = choose(example, half, kind)
    relevance = method.relevance(example, half)
    parts = parts_of(example, half)
    names = tuple(getattr(parts, "names", ()))
    if isinstance(parts, TokenParts):
        names = tuple(_visible(name) for name in names)

    return HalfExplained(
        method,
        preparation_of(example, half).kind,
        stored,
        relevance,
        names,
        parts.of_map(relevance),
        parts.strongest(relevance),
        check_truth(method, example, half, relevance),
    )


def _visible(token: str) -> str:
    """Returns a token as it is shown: a blank or a line break alone would not be seen."""
    return token if token.strip() else token.replace(" ", "␣").replace("\n", "⏎")
