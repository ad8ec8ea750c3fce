"""Predictions on the command line: answers as lines, as JSON or as a table; a text continued."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.data.names import visible_lines
from app.engine.errors import UserError
from app.engine.results.answers import FileAnswers, answer_file, answer_input, write_answers
from app.engine.results.generation import generate
from app.engine.results.inputs import TABLES, PredictionInput, read_half
from app.engine.results.predictor import Predictor
from app.output import complain, say, say_json

if TYPE_CHECKING:
    from app.engine.runs.run import Run

FAILED = 1

MOST_OTHERS = 2
"""Of the other parts of an answer, at most so many are printed beside it."""


def predict(
    run: Run, files: tuple[str, ...], texts: tuple[str, ...], out: str | None, json_: bool
) -> int:
    """Answers all files and texts and returns the exit code.

    Raises UserError where nothing can be asked at all.
    """
    predictor = Predictor.load(run)
    answered: list[FileAnswers] = []
    predictions: list[dict[str, Any]] = []

    for source in _sources(predictor, files, texts):
        try:
            answers = (
                answer_input(predictor, source)
                if isinstance(source, PredictionInput)
                else answer_file(predictor, source)
            )
        except UserError as error:
            complain(str(error))
            predictions.append({"file": str(source), "error": str(error)})
            continue

        answered.append(answers)
        predictions += plain(answers)
        _complaints(answers)

        if not json_ and out is None:
            for line in lines(answers):
                say(line)

    if out is not None and answered:
        path = write_answers(answered, out)
        if not json_:
            count = sum(len(answers.answers) - answers.failed for answers in answered)
            say(f"{count:,} {'answer' if count == 1 else 'answers'}: {path}")

    if json_:
        left_out = [
            {"file": answers.source, "path": item.path, "reason": item.reason}
            for answers in answered
            for item in answers.left_out
        ]
        found = {"run": str(run.path), "task": predictor.task.kind, "predictions": predictions}
        say_json(found | {"skipped": left_out})

    return FAILED if any("error" in prediction for prediction in predictions) else 0


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


def lines(answers: FileAnswers) -> list[str]:
    """Returns a line for each answer: its name, the answer, what else was likely, and its note."""
    answer_lines = []
    for example in answers.answers:
        if example.answer is None:
            continue

        items = example.answer.items
        others = [
            f"{item.label} {item.text}"
            for item in items
            if item.share is not None and not item.chosen
        ]
        beside = f"  ({', '.join(others[:MOST_OTHERS])})" if others else ""
        note = f"  {example.answer.note}" if example.answer.note and not answers.many else ""
        answer_lines.append(f"{example.name}: {example.answer.headline}{beside}{note}")

    return answer_lines


def plain(answers: FileAnswers) -> list[dict[str, Any]]:
    """Returns the answers of a source as plain data, with an error where one could not be read."""
    result = []
    for example in answers.answers:
        prediction = (
            {"file": answers.source, "example": example.name}
            if answers.many
            else {"file": example.name}
        )
        if example.warning:
            prediction["told"] = example.warning
        if example.answer is not None:
            prediction |= example.answer.to_plain()
        else:
            prediction["error"] = example.error

        result.append(prediction)

    return result


def _sources(
    predictor: Predictor, files: tuple[str, ...], texts: tuple[str, ...]
) -> list[PredictionInput | str]:
    """Returns what is to be answered: files, typed texts, or of pairs two of them together.

    Raises UserError.
    """
    preparation = predictor.description.preparation
    if not isinstance(preparation, PairPreparation):
        if texts and preparation.kind != "text":
            raise UserError("This network does not read texts.", "Name files instead of --text.")
        return [*files, *(PredictionInput(text, (_short(text),), (text,)) for text in texts)]

    if len(files) + len(texts) != 2 or (
        not texts and all(file.lower().endswith(TABLES) for file in files)
    ):
        return list(files)

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
    return [PredictionInput(name, (name,), (tuple(raws),))]


def _short(text: str, most: int = 60) -> str:
    """Returns a text on one line, cut where it is long."""
    flat = " ".join(text.split())
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


def _complaints(answers: FileAnswers, most: int = 5) -> None:
    """Prints what could not be answered or was not read as it is, of very many the first."""
    failed = [example for example in answers.answers if example.answer is None]
    for example in failed[:most]:
        complain(f"{example.name}: {example.error}" if answers.many else example.error)

    if len(failed) > most:
        complain(f"{len(failed) - most:,} more of '{answers.source}' could not be used.")

    for item in answers.left_out[:most]:
        complain(f"{answers.source}, {item.path} has no answer: {item.reason}.")

    if len(answers.left_out) > most:
        complain(f"{len(answers.left_out) - most:,} more rows of '{answers.source}' have none.")

    altered = [example for example in answers.answers if example.warning]
    for example in altered[:most]:
        complain(f"{example.name}: {example.warning}")

    if len(altered) > most:
        complain(f"{len(altered) - most:,} more of '{answers.source}' were not read as they are.")
