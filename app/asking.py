"""A trained network asked from the command line: answers as lines, as JSON or as a table; a text
gone on with.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.errors import UserError
from app.engine.results.answers import FileAnswers, answer_file, answer_given, write_answers
from app.engine.results.inputs import TABLES, Given, half_in
from app.engine.results.predictor import Predictor
from app.speaking import complain, say, tell

if TYPE_CHECKING:
    from app.engine.runs.run import Run

FAILED = 1
BESIDE = 2
"""Other parts of an answer that are said beside it at most."""


def ask(
    run: Run, files: tuple[str, ...], texts: tuple[str, ...], out: str | None, json_: bool
) -> int:
    """Answers to all files and texts; returns the exit code.

    Raises UserError where nothing can be asked at all.
    """
    predictor = Predictor.load(run)
    found: list[FileAnswers] = []

    predictions: list[dict[str, Any]] = []
    for source in _sources(predictor, files, texts):
        try:
            answers = (
                answer_given(predictor, source)
                if isinstance(source, Given)
                else answer_file(predictor, source)
            )
        except UserError as error:
            complain(str(error))
            predictions.append({"file": str(source), "error": str(error)})
            continue

        found.append(answers)
        predictions += plain(answers)
        _complaints(answers)

        if not json_ and out is None:
            for line in lines(answers):
                say(line)

    if out is not None and found:
        path = write_answers(found, out)
        if not json_:
            say(f"{sum(len(one.answers) - one.failed for one in found):,} answers: {path}")

    if json_:
        tell({"run": str(run.path), "task": predictor.task.kind, "predictions": predictions})

    return FAILED if any("error" in one for one in predictions) else 0


def go_on(run: Run, prompt: str, tokens: int, temperature: float, seed: int, json_: bool) -> int:
    """Writes a text on, piece by piece as it comes.

    Raises UserError where the network writes none.
    """
    from app.engine.results.generation import generate

    predictor = Predictor.load(run)

    def told(piece: str) -> None:
        if not json_:
            sys.stdout.write(piece)
            sys.stdout.flush()

    told(prompt)
    text = generate(predictor, prompt, tokens, temperature, told=told, seed=seed)
    if json_:
        tell({"run": str(run.path), "prompt": prompt, "text": text})
    else:
        say("")

    return 0


def lines(found: FileAnswers) -> list[str]:
    """A line an answer: what it is called, the answer, what else was likely, what one should know
    with it.
    """
    answer_lines = []
    for one in found.answers:
        if one.answer is None:
            continue

        items = [item for item in one.answer.items if item.share is not None and not item.chosen]
        others = [f"{item.label} {item.text}" for item in items]
        beside = f"  ({', '.join(others[:BESIDE])})" if others else ""
        note = f"  {one.answer.note}" if one.answer.note and not found.many else ""
        answer_lines.append(f"{one.name}: {one.answer.headline}{beside}{note}")

    return answer_lines


def plain(found: FileAnswers) -> list[dict[str, Any]]:
    """The answers of a source as plain data; what could not be read has an error in their place."""
    result = []
    for one in found.answers:
        where = {"file": found.source, "example": one.name} if found.many else {"file": one.name}
        if one.told:
            where["told"] = one.told
        result.append(
            {**where, **(one.answer.to_plain() if one.answer is not None else {"error": one.error})}
        )

    return result


def _sources(
    predictor: Predictor, files: tuple[str, ...], texts: tuple[str, ...]
) -> list[Given | str]:
    """Files as they are, typed texts as what they are; of pairs two of them together.

    Raises UserError.
    """
    preparation = predictor.description.preparation
    if not isinstance(preparation, PairPreparation):
        if texts and preparation.kind != "text":
            raise UserError("This network does not read texts.", "Name files instead of --text.")
        return [*files, *(Given(text, (_short(text),), (text,)) for text in texts)]

    if len(files) + len(texts) != 2 or (
        not texts and all(file.lower().endswith(TABLES) for file in files)
    ):
        return list(files)

    halves = preparation.halves
    if len(texts) == 2:
        raws: list[Any] = list(texts)
    elif texts:
        place = 0 if halves[0].kind == "text" and halves[1].kind != "text" else 1
        raws = [half_in(files[0], halves[1 - place])] * 2
        raws[place] = texts[0]
    else:
        raws = [half_in(file, half) for file, half in zip(files, halves, strict=True)]

    name = " + ".join([*files, *map(_short, texts)])
    return [Given(name, (name,), (tuple(raws),))]


def _short(text: str, most: int = 60) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


def _complaints(found: FileAnswers, most: int = 5) -> None:
    wrong = [one for one in found.answers if one.answer is None]
    for one in wrong[:most]:
        complain(f"{one.name}: {one.error}" if found.many else one.error)

    if len(wrong) > most:
        complain(f"{len(wrong) - most:,} more of '{found.source}' could not be used.")

    partly = [one for one in found.answers if one.told]
    for one in partly[:most]:
        complain(f"{one.name}: {one.told}")

    if len(partly) > most:
        complain(f"{len(partly) - most:,} more of '{found.source}' were not read as they are.")
