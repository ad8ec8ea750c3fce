"""Answers to all that some files hold, saved as a person asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.predicting.answer_file import write_answers
from app.engine.predicting.answer_store import AnswerStore
from app.engine.predicting.predicting import (
    BatchAnswered,
    SourceFailed,
    SourceOpened,
    answer_sources,
)
from app.engine.predicting.sources import sources_of
from app.engine.results.answers import report_class_of
from app.engine.sources.format import Check, no_check

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.results.predictor import Predictor


def stored(predictor: Predictor, names: list[Path], check: Check = no_check) -> AnswerStore:
    """Returns the answers to all that these files hold. Raises the error of a source."""
    sources = sources_of([str(name) for name in names], predictor.description.preparation)
    columns = report_class_of(predictor).columns(predictor.description)
    store = opened = None
    for happening in answer_sources(predictor, sources, check):
        if isinstance(happening, SourceFailed):
            raise happening.error
        if isinstance(happening, SourceOpened):
            opened = happening.opened
            store = store or AnswerStore.beside(opened, columns, len(sources) == 1)
        elif isinstance(happening, BatchAnswered):
            assert store is not None and opened is not None
            store.add(opened, happening.rows)

    assert store is not None
    return store


def saved(predictor: Predictor, names: list[Path], out: Path) -> Path:
    """Returns the file in which the answers to all that these files hold are saved."""
    store = stored(predictor, names)
    try:
        return write_answers(store, out)
    finally:
        store.close()
