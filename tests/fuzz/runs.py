"""Cases of damaged run folders: what is read is as undamaged, or a sentence says why not."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import random
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from app import prediction_command
from app.engine.experiment import toml_file
from app.engine.results.choose_weights import use
from app.engine.results.predictor import Predictor
from app.engine.results.report import load_report
from app.engine.runs import checkpoint
from app.engine.runs.control import Control
from app.engine.runs.events import EpochDone, NewFinding
from app.engine.runs.recorded_events import read_events
from app.engine.runs.run import Run, list_runs
from app.engine.runs.tensors import weights_sha256
from app.engine.training import trainer
from tests.fuzz.asked import ask
from tests.fuzz.entries import damage
from tests.fuzz.inputs import judge_end
from tests.fuzz.judge import SENTENCE, SILENT, Outcome, guarded
from tests.fuzz.run_folders import copy_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.fuzz.judge import Work
    from tests.fuzz.run_folders import Template

Value = dict[str, str]
"""What was read, by name; every text stands for a whole value."""

TIMES = ("seconds", "examples_per_second", "memory", "run", "changes")
"""What a summary holds that is another after every resume."""

FREE = ("note.txt", "log.txt", "curves.png")
"""What a person may change, and what nothing is read from.

Lines that are added to a file that only grows are accepted as well: a run may write them last.
"""


@dataclass(frozen=True)
class RunCase:
    """A damaged copy of a run. seed, number: the case is made again from them."""

    template: Template
    seed: int
    number: int

    @property
    def group(self) -> str:
        return f"run {self.template.name}"


# --- what is read; each returns its value and the sentences that came with it

Answer = tuple[Value, list[str]]


def _listed(outcome: Outcome, run: Run, template: Template) -> Answer:
    runs = list_runs(run.path.parent)
    found = next((item for item in runs if item.name == run.name), None)
    neighbours = [item.name for item in runs if item.name != run.name]
    if found is None:
        return {"listed": "no", "neighbours": str(neighbours)}, []

    return {
        "listed": "yes",
        "neighbours": str(neighbours),
        "status": found.status,
        "started": str(found.started),
    }, _damage_told(found)


def _summary(outcome: Outcome, run: Run, template: Template) -> Answer:
    return {
        "summary": _text(run.summary()),
        "environment": _text(run.environment()),
        "data": _text(run.dataset()),
    }, _damage_told(run)


def _experiment(outcome: Outcome, run: Run, template: Template) -> Answer:
    return {"experiment": _text(toml_file.to_plain(run.experiment()))}, _damage_told(run)


def _events(outcome: Outcome, run: Run, template: Template) -> Answer:
    events: dict[str, list[Any]] = {}
    for event in read_events(run.path):
        events.setdefault(type(event).__name__, []).append(event)

    return {name: _text(found) for name, found in events.items()}, [
        *_damage_told(run),
        *_findings(events.get("NewFinding", ())),
    ]


def _report(outcome: Outcome, run: Run, template: Template) -> Answer:
    report = load_report(run)
    json.dumps(report.to_plain(), allow_nan=False)
    return {"report": _text(report.to_plain())}, _damage_told(run)


def _predict(outcome: Outcome, run: Run, template: Template) -> Answer:
    predictor = Predictor.load(run)
    answers = [prediction_command.plain(*each) for each in ask(predictor, template.asked)]
    json.dumps(answers, allow_nan=False)

    return {
        "answers": _text(answers),
        "classes": str(predictor.classes),
        "weights": f"{predictor.weights.use} {predictor.weights.step}",
        "epoch": f"{predictor.epoch} {predictor.best_epoch}",
    }, _damage_told(run)


def _evaluate(outcome: Outcome, run: Run, template: Template) -> Answer:
    predictor = Predictor.load(run)
    data = predictor.experiment.data.source if predictor.experiment else str(template.data)
    report = predictor.report_on(predictor.open(data))
    return {"other data": _text(report.to_plain())}, _damage_told(run)


def _use_last(outcome: Outcome, run: Run, template: Template) -> Answer:
    use(run, "last")
    value, sentences = _predict(outcome, run, template)
    report, _ = _report(outcome, run, template)
    return value | report, sentences


def _resume(outcome: Outcome, run: Run, template: Template) -> Answer:
    events: dict[str, list[Any]] = {}

    def listen(event: Any) -> None:
        events.setdefault(type(event).__name__, []).append(event)

    finished = trainer.resume(run, listen, Control(), None if template.goes_on else 4)
    judge_end(outcome, finished)
    if finished.failure:
        return {"failed": finished.failure[0]}, [finished.failure[0]]

    summary = {name: item for name, item in finished.summary.items() if name not in TIMES}
    epochs = [
        dataclasses.replace(event, seconds=0.0, elapsed=None)
        for event in events.get("EpochDone", ())
        if isinstance(event, EpochDone)
    ]

    return {
        "summary": _text(summary),
        "epochs": _text(epochs),
        "best": weights_sha256(checkpoint.read_best(run).model),
        "last": _last_weights(run),
    }, [*_damage_told(run), *_findings(events.get("NewFinding", ()))]


READINGS: Mapping[str, tuple[float, Callable[[Outcome, Run, Template], Answer]]] = {
    "list": (1.0, _listed),
    "summary": (1.0, _summary),
    "experiment": (1.0, _experiment),
    "events": (1.0, _events),
    "report": (1.0, _report),
    "predict": (1.0, _predict),
    "evaluate": (0.1, _evaluate),
    "use last": (0.1, _use_last),
    "resume": (0.25, _resume),
}
"""name -> share of the cases in which it is done, and what does it; the last ones write."""


# --- comparing


def expected(template: Template) -> Work:
    """Returns a case that reads an undamaged copy and keeps every value for comparison."""

    def work(outcome: Outcome, folder: Path) -> int:
        outcome.value = {}
        for name, (_, reading) in READINGS.items():
            run = _copies(template, folder / name)
            answer = guarded(outcome, name, partial(reading, outcome, run, template))
            answer = answer or ({"sentence": outcome.details[-1]}, [])
            outcome.value[name] = _without_folder(answer, folder / name)

        return 0

    return work


def run_cases(
    templates: Sequence[Template], wanted: Mapping[str, Any], count: int, seed: int
) -> Iterator[tuple[RunCase, Work]]:
    """Yields `count` cases, the runs in turn; wanted: the values of `expected` by template."""
    others = sorted(
        path for template in templates for path in template.folder.rglob("*") if path.is_file()
    )
    for number in range(count):
        template = templates[number % len(templates)]
        case = RunCase(template, seed, number)
        yield case, _work(case, wanted[template.name], others)


def _work(case: RunCase, wanted: Mapping[str, Any], others: Sequence[Path]) -> Work:
    def work(outcome: Outcome, folder: Path) -> int:
        rng = random.Random(f"run {case.seed} {case.number}")
        run = _copies(case.template, folder)
        done = damage(rng, run.path, others)
        outcome.details.append(done)
        size = sum(path.lstat().st_size for path in folder.rglob("*"))
        free = any(f"'{name}'" in done for name in FREE) or (
            done.startswith("extend") and done.endswith(".jsonl'")
        )

        for name, (share, reading) in READINGS.items():
            if rng.random() >= share:
                continue

            answer = guarded(outcome, name, partial(reading, outcome, run, case.template))
            if answer is not None:
                value, sentences = _without_folder(answer, folder)
                _compare(outcome, name, value, sentences, wanted[name], free)

        return size

    return work


def _copies(template: Template, folder: Path) -> Run:
    """Copies the run, and beside it the experiment of another: the list must still show that."""
    run = copy_of(template, folder)
    neighbour = folder / "neighbour"
    neighbour.mkdir()
    content = (template.folder / "experiment.toml").read_bytes()
    (neighbour / "experiment.toml").write_bytes(content)

    return run


def _compare(
    outcome: Outcome,
    name: str,
    value: Value,
    sentences: list[str],
    wanted: tuple[Value, list[str]],
    free: bool,
) -> None:
    """Takes over SILENT where a value differs from the undamaged one's and nothing was said."""
    undamaged, usual = wanted
    differing = [
        key for key in sorted({*value, *undamaged}) if value.get(key) != undamaged.get(key)
    ]
    if not differing or (free and name != "list"):
        return

    told = [sentence for sentence in sentences if sentence not in usual]
    if told:
        outcome.worsen(SENTENCE, f"{name}: {told[0]}"[:300])
    else:
        file = outcome.details[0].rpartition(" '")[2].rstrip("'")
        outcome.worsen(SILENT, f"{name}: {', '.join(differing)}", f"{name} of {_kind_of(file)}")


def _kind_of(file: str) -> str:
    """Returns the name of a file of a run without the numbers in it."""
    return "".join("0" if char.isdigit() else char for char in file)


def _without_folder(answer: Answer, folder: Path) -> Answer:
    value, sentences = answer
    return (
        {key: text.replace(str(folder), "") for key, text in value.items()},
        [sentence.replace(str(folder), "") for sentence in sentences],
    )


def _damage_told(run: Run) -> list[str]:
    """Returns the sentences that the program has about damage to this run."""
    return run.problems()


def _findings(events: Sequence[Any]) -> list[str]:
    return [event.finding.text for event in events if isinstance(event, NewFinding)]


def _last_weights(run: Run) -> str:
    newest, _ = checkpoint.newest(run.path / "checkpoints")
    return weights_sha256(newest.model) if newest else "none"


def _text(value: Any) -> str:
    """Returns a value as a text that is equal for equal values."""
    return json.dumps(value, default=_plain, sort_keys=True, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        digest = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()[:16]
        return [list(value.shape), str(value.dtype), digest]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}

    return str(value)
