"""Answers all that some sources hold, in batches, whatever their size.

Nothing but the batch at hand is held in memory. A source that cannot be used, and an example that
cannot be read, cost no other answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.engine.errors import UserError
from app.engine.predicting.open_source import OpenSource, Row, open_source
from app.engine.results.answers import BATCH, AnsweredExample, answer_examples
from app.engine.sources.format import Check, no_check

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.engine.predicting.sources import Source
    from app.engine.results.predictor import Predictor


@dataclass(frozen=True)
class AnsweredRow:
    """An example with its answer, and the cells that stand before it; () for no table."""

    answered: AnsweredExample
    cells: tuple[Any, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class SourceOpened:
    """A source can be read. Its batches follow."""

    opened: OpenSource


@dataclass(frozen=True)
class BatchAnswered:
    """Some more examples of the source opened last are answered, in its order."""

    rows: tuple[AnsweredRow, ...]


@dataclass(frozen=True)
class SourceEnded:
    """All that the source opened last holds is answered."""

    opened: OpenSource


@dataclass(frozen=True)
class SourceFailed:
    """A source cannot be used, or not from here on."""

    source: Source
    error: UserError


Happening = SourceOpened | BatchAnswered | SourceEnded | SourceFailed


def answer_sources(
    predictor: Predictor, sources: Iterable[Source], check: Check = no_check
) -> Iterator[Happening]:
    """Answers sources one after the other and yields what happens.

    check: called for every batch and while a source is opened; may raise to give up.
    """
    for source in sources:
        try:
            opened = open_source(predictor, source, check)
            yield SourceOpened(opened)
            for rows in _batches(opened.rows, _batch_size(predictor, opened)):
                check()
                yield BatchAnswered(_answered(predictor, rows))
            yield SourceEnded(opened)
        except UserError as error:
            yield SourceFailed(source, error)


def _batch_size(predictor: Predictor, opened: OpenSource) -> int:
    """Returns how many examples are answered at once.

    Where the task damages them, the damage of one follows from its place in the batch, and files
    of their own are answered as if each were the only one.
    """
    alone = predictor.task.answers == "copy" and not opened.many
    return 1 if alone else BATCH


def _batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []

    if batch:
        yield batch


def _answered(predictor: Predictor, rows: list[Row]) -> tuple[AnsweredRow, ...]:
    answers = answer_examples(predictor, [row.example for row in rows])
    return tuple(
        AnsweredRow(answered, row.cells) for answered, row in zip(answers, rows, strict=True)
    )
