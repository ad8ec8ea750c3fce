"""Cases of damaged inputs: opened and described, asked about, and a tenth of them trained on."""

from __future__ import annotations

import contextlib
import io
import json
import math
import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app import prediction_command
from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.toml_file import from_plain
from app.engine.runs.control import Control
from app.engine.runs.run import Run
from app.engine.sources import summary
from app.engine.sources.opening import open_dataset
from app.engine.training import trainer
from app.output import say
from tests.fuzz.asked import ask
from tests.fuzz.entries import damage
from tests.fuzz.judge import ROOT, SENTENCE, SILENT, TRACEBACK, Outcome, guarded
from tests.fuzz.run_folders import TRAINING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from app.engine.results.predictor import Predictor
    from app.engine.runs.events import RunFinished
    from tests.fuzz.corpus import Member
    from tests.fuzz.judge import Work

MOST_ASKED = 8
"""Files of a folder that the network is asked about: the damaged one is not always the first."""

TRAINED_SHARE = 0.1

UNEXPECTED = "Training failed:"
"""How the sentence begins that stands for an exception which nobody foresaw."""


@dataclass(frozen=True)
class InputCase:
    """A damaged member. seed, number: the case is made again from them."""

    member: Member
    seed: int
    number: int

    @property
    def group(self) -> str:
        return self.member.name


def input_cases(
    members: Sequence[Member],
    count: int,
    seed: int,
    predictors: Mapping[str, Predictor],
    store: Path,
) -> Iterator[tuple[InputCase, Work]]:
    """Yields `count` cases, the members in turn; store: where their files lie, made by `make_all`.

    predictors: the tiny network for each sort of data.
    """
    others = sorted(path for path in store.rglob("*") if path.is_file())
    for number in range(count):
        member = members[number % len(members)]
        case = InputCase(member, seed, number)
        yield case, _work(case, predictors[member.sort], others)


def _work(case: InputCase, predictor: Predictor, others: Sequence[Path]) -> Work:
    def work(outcome: Outcome, folder: Path) -> int:
        rng = random.Random(f"input {case.seed} {case.number}")
        source = case.member.make(folder)
        before = {path for path in folder.rglob("*") if path.is_file()}
        outcome.details.append(damage(rng, source, others))
        changed = _changed_first(folder, before, rng)

        if case.member.kind:
            guarded(outcome, "open", lambda: _describe(source, case.member))
        for path in changed[:MOST_ASKED]:
            guarded(outcome, "predict", lambda path=path: _ask(outcome, predictor, path))
        if case.member.kind and rng.random() < TRAINED_SHARE:
            guarded(
                outcome,
                "train",
                lambda: _train(outcome, source, case.member, folder.parent / "run"),
            )

        return _size(folder)

    return work


def _changed_first(folder: Path, before: set[Path], rng: random.Random) -> list[Path]:
    """Returns what lies in the folder, the entries that are no files or new ones first."""
    paths = [path for path in sorted(folder.rglob("*")) if not path.is_dir()]
    newest = sorted(paths, key=lambda path: -path.lstat().st_mtime_ns)
    odd = [path for path in paths if path.is_symlink() or path not in before]
    picked = [*odd[:1], *newest[:1], *rng.sample(paths, min(len(paths), 1))]

    return list(dict.fromkeys(picked))


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*"))


def _describe(source: Path, member: Member) -> None:
    data = DataSettings(source=str(source), labels=member.labels)
    json.dumps(summary.describe(open_dataset(data)), allow_nan=False)


def _ask(outcome: Outcome, predictor: Predictor, path: Path) -> None:
    """Asks the network about a file; an answer that is no number is one that is used in silence."""
    asked = ask(predictor, path)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for opened, example in asked:
            if example.answer is not None:
                say(prediction_command.line(opened, example))
    if not printed.getvalue().replace("\n", "").isprintable():
        outcome.worsen(SILENT, f"predict: {printed.getvalue()!r}"[:200], "unprintable")

    for _, example in asked:
        if example.error:
            outcome.worsen(SENTENCE)
        elif example.answer and not all(map(_finite, example.answer.items)):
            outcome.worsen(SILENT, f"predict: {example.answer.headline}", "answer is not a number")

    json.dumps([prediction_command.plain(*each) for each in asked], allow_nan=False)


def _finite(item: Any) -> bool:
    return math.isfinite(item.value)


def _train(outcome: Outcome, source: Path, member: Member, folder: Path) -> None:
    """Trains an epoch on the damaged data, with what the program itself proposes for them."""
    data = {"source": str(source)} | ({"labels": member.labels} if member.labels else {})
    requested = from_plain({"data": data, "training": {**TRAINING, "epochs": 1}})
    run = Run.create(folder.parent, requested, folder)
    judge_end(outcome, trainer.train(requested, run, lambda _event: None, Control()))


def judge_end(outcome: Outcome, finished: RunFinished) -> None:
    """Takes over how a training ended: failed with a sentence of its own, or with a traceback."""
    if finished.status == "diverged":
        outcome.worsen(SENTENCE, f"train: {finished.reason}")
    if finished.failure is None:
        return

    what, _, trace = finished.failure
    if not what.startswith(UNEXPECTED):
        outcome.worsen(SENTENCE, f"train: {what}")
        return

    places = re.findall(rf'File "{re.escape(str(ROOT))}/((?:app|models)/[^"]*)", line (\d+)', trace)
    kind = trace.strip().rsplit("\n", 1)[-1].partition(":")[0]
    where = ":".join(places[-1]) if places else "tests"
    outcome.worsen(TRACEBACK, f"train: {what}"[:400], f"{where} {kind}")
