"""Predictions on the command line: answers as lines, as JSON or in a file; a text continued."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.data.names import visible_lines
from app.engine.errors import UserError
from app.engine.predicting.answer_file import require_known, write_answers
from app.engine.predicting.answer_store import AnswerStore
from app.engine.predicting.predicting import (
    BatchAnswered,
    Happening,
    SourceEnded,
    SourceFailed,
    SourceOpened,
    answer_sources,
)
from app.engine.predicting.sources import Source, sources_of
from app.engine.results.answers import report_class_of
from app.engine.results.generation import generate
from app.engine.results.inputs import TABLES, PredictionInput, read_half
from app.engine.results.predictor import Predictor
from app.output import JsonList, complain, say, say_json

if TYPE_CHECKING:
    from app.engine.predicting.open_source import OpenSource
    from app.engine.results.answers import AnsweredExample
    from app.engine.runs.run import Run

FAILED = 1

MOST_OTHERS = 2
"""Of the other parts of an answer, at most so many are printed beside it."""

MOST_TOLD = 5
"""Of the problems of one source, at most so many are printed."""


def predict(
    run: Run, files: tuple[str, ...], texts: tuple[str, ...], out: str | None, json_: bool
) -> int:
    """Answers all files and texts, as they come, and returns the exit code.

    Raises UserError where nothing can be asked at all.
    """
    if out is not None:
        require_known(out)

    predictor = Predictor.load(run)
    sources = _sources(predictor, files, texts)
    head = {"run": str(run.path), "task": predictor.task.kind}
    answers = _Answers(predictor, len(sources) == 1, out, JsonList(head) if json_ else None)
    try:
        for happening in answer_sources(predictor, sources):
            answers.take(happening)
        answers.finish()
    finally:
        answers.close()

    return FAILED if answers.failed else 0


class _Answers:
    """Prints what happens, and keeps answers that are to be written. failed: some have no answer.

    Memory holds none of them.
    """

    def __init__(
        self, predictor: Predictor, alone: bool, out: str | None, json_: JsonList | None
    ) -> None:
        self._columns = report_class_of(predictor).columns(predictor.description)
        self._alone = alone
        self._out = out
        self._json = json_
        self._store: AnswerStore | None = None
        self._opened: OpenSource | None = None
        self._told: _Told | None = None
        self._skipped: list[dict[str, str]] = []
        self.failed = False

    def take(self, happening: Happening) -> None:
        """Prints or keeps what happened."""
        if isinstance(happening, SourceOpened):
            self._opened = happening.opened
            self._told = _Told(happening.opened)
            if self._out is not None and self._store is None:
                self._store = AnswerStore.beside(happening.opened, self._columns, self._alone)
        elif isinstance(happening, BatchAnswered):
            self._take_batch(happening)
        elif isinstance(happening, SourceEnded):
            self._end(happening.opened)
        else:
            self._fail(happening)

    def _take_batch(self, batch: BatchAnswered) -> None:
        opened = self._opened
        assert opened is not None and self._told is not None
        if self._store is not None:
            self._store.add(opened, batch.rows)

        for row in batch.rows:
            example = row.answered
            self.failed = self.failed or bool(example.error)
            self._told.take(example)
            if self._json is not None:
                self._json.add(plain(opened, example))
            elif self._out is None and example.answer is not None:
                say(line(opened, example))

    def _end(self, opened: OpenSource) -> None:
        if self._told is not None:
            self._told.finish()

        self._told = None
        if opened.is_folder and opened.left_out:
            self.failed = True
        self._skipped += [
            {"file": opened.name, "path": item.path, "reason": item.reason}
            for item in opened.left_out
        ]

    def _fail(self, failure: SourceFailed) -> None:
        if self._told is not None and self._opened is not None:
            self._end(self._opened)

        self.failed = True
        complain(str(failure.error))
        if self._json is not None:
            self._json.add({"file": failure.source.name, "error": str(failure.error)})

    def finish(self) -> None:
        """Writes the file of answers and ends the JSON object. Raises UserError."""
        store = self._store
        if store is not None and self._out is not None:
            path = write_answers(store, self._out)
            count = store.rows - store.unanswered
            if self._json is None:
                say(f"{count:,} {'answer' if count == 1 else 'answers'}: {path}")
        if self._json is not None:
            self._json.finish({"skipped": self._skipped})

    def close(self) -> None:
        if self._store is not None:
            self._store.close()


def continue_text(
    run: Run, prompt: str, tokens: int, temperature: float, seed: int, json_: bool
) -> int:
    """Continues a text, printing each piece as it comes, and returns the exit code.

    Raises UserError where the network writes none.
    """
    predictor = Predictor.load(run)

    def write(piece: str) -> None:
        if not json_:
            sys.stdout.write(visible_lines(piece))
            sys.stdout.flush()

    write(prompt)
    text = generate(predictor, prompt, tokens, temperature, on_piece=write, seed=seed)
    if json_:
        say_json({"run": str(run.path), "prompt": prompt, "text": text})
    else:
        say("")

    return 0


def line(opened: OpenSource, example: AnsweredExample) -> str:
    """Returns an answer as a line: its name, the answer, what else was likely, and its note."""
    answer = example.answer
    assert answer is not None
    others = [
        f"{item.label} {item.text}"
        for item in answer.items
        if item.share is not None and not item.chosen
    ]
    beside = f"  ({', '.join(others[:MOST_OTHERS])})" if others else ""
    note = f"  {answer.note}" if answer.note and not opened.many else ""
    return f"{example.name}: {answer.headline}{beside}{note}"


def plain(opened: OpenSource, example: AnsweredExample) -> dict[str, Any]:
    """Returns an answer as plain data, with an error where the example could not be read."""
    prediction: dict[str, Any] = (
        {"file": opened.name, "example": example.name} if opened.many else {"file": example.name}
    )
    if example.warning:
        prediction["told"] = example.warning
    if example.answer is not None:
        return prediction | example.answer.to_plain()

    return prediction | {"error": example.error}


def _sources(predictor: Predictor, files: tuple[str, ...], texts: tuple[str, ...]) -> list[Source]:
    """Returns what is to be answered: files, typed texts, or of pairs two of them together.

    Raises UserError.
    """
    preparation = predictor.description.preparation
    if not isinstance(preparation, PairPreparation):
        if texts and preparation.kind != "text":
            raise UserError("This network does not read texts.", "Name files instead of --text.")

        typed = [PredictionInput(text, (_short(text),), (text,)) for text in texts]
        return [
            *sources_of(files, preparation),
            *(Source(given.source, given=given) for given in typed),
        ]

    if len(files) + len(texts) != 2 or (
        not texts and all(file.lower().endswith(TABLES) for file in files)
    ):
        return sources_of(files, preparation)

    halves = preparation.halves
    if len(texts) == 2:
        raws: list[Any] = list(texts)
    elif texts:
        text_half = 0 if halves[0].kind == "text" and halves[1].kind != "text" else 1
        raws = [read_half(files[0], halves[1 - text_half])] * 2
        raws[text_half] = texts[0]
    else:
        raws = [read_half(file, half) for file, half in zip(files, halves, strict=True)]

    name = " + ".join([*files, *map(_short, texts)])
    return [Source(name, given=PredictionInput(name, (name,), (tuple(raws),)))]


def _short(text: str, most: int = 60) -> str:
    """Returns a text on one line, cut where it is long."""
    flat = " ".join(text.split())
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


class _Told:
    """Prints what could not be answered or was not read as it is, of very many the first.

    Files that were named one by one are told one by one.
    """

    def __init__(self, opened: OpenSource) -> None:
        self._opened = opened
        self._most = MOST_TOLD if opened.many or opened.is_folder else sys.maxsize
        self._failed = 0
        self._altered = 0

    def take(self, example: AnsweredExample) -> None:
        """Tells what is wrong with an example."""
        if example.error:
            self._failed += 1
            if self._failed <= self._most:
                names_itself = not self._opened.many
                complain(example.error if names_itself else f"{example.name}: {example.error}")
        elif example.warning:
            self._altered += 1
            if self._altered <= self._most:
                complain(f"{example.name}: {example.warning}")

    def finish(self) -> None:
        """Tells how many more there are, and what is no example."""
        name = self._opened.name
        left_out = self._opened.left_out
        if self._failed > self._most:
            complain(f"{self._failed - self._most:,} more of '{name}' could not be used.")
        if self._altered > self._most:
            complain(f"{self._altered - self._most:,} more of '{name}' were not read as they are.")

        for item in left_out[:MOST_TOLD]:
            complain(f"{name}, {item.path} has no answer: {item.reason}.")

        if len(left_out) > MOST_TOLD:
            what = "files" if self._opened.is_folder else "rows"
            complain(f"{len(left_out) - MOST_TOLD:,} more {what} of '{name}' have none.")
