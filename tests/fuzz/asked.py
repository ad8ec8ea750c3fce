"""Asks a network about a file as `netwright predict` does, batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.predicting.predicting import (
    BatchAnswered,
    SourceFailed,
    SourceOpened,
    answer_sources,
)
from app.engine.predicting.sources import sources_of

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.predicting.open_source import OpenSource
    from app.engine.results.answers import AnsweredExample
    from app.engine.results.predictor import Predictor

Asked = list[tuple["OpenSource", "AnsweredExample"]]


def ask(predictor: Predictor, path: Path) -> Asked:
    """Returns each example of a file with its answer, or with why it has none.

    Raises UserError where the file itself cannot be used.
    """
    asked: Asked = []
    opened: OpenSource | None = None
    sources = sources_of([str(path)], predictor.description.preparation)
    for happening in answer_sources(predictor, sources):
        if isinstance(happening, SourceFailed):
            raise happening.error
        if isinstance(happening, SourceOpened):
            opened = happening.opened
        elif isinstance(happening, BatchAnswered):
            assert opened is not None
            asked += [(opened, row.answered) for row in happening.rows]

    return asked
