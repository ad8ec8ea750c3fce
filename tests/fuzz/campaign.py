"""Many cases in a row: prepares what they need, counts the verdicts, keeps what failed."""

from __future__ import annotations

import json
import os
import shutil
import traceback
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.engine.results.predictor import Predictor
from app.engine.runs.run import Run
from tests.fuzz.corpus import members
from tests.fuzz.inputs import input_cases
from tests.fuzz.judge import BAD, VERDICTS, Outcome, judge
from tests.fuzz.run_folders import Template, templates, train_templates
from tests.fuzz.runs import expected, run_cases

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.fuzz.judge import Work

PREDICTORS = {
    "row": "ended",
    "image": "pictures",
    "signal": "sounds",
    "wav": "recordings",
    "text": "stopped",
}
"""Sort of data -> the run whose network is asked about it."""


@dataclass
class Tally:
    """What came of all cases.

    counts: (group, verdict) -> cases. failures: (verdict, where) -> cases. examples: one of each in
    words.
    """

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    failures: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], str] = field(default_factory=dict)
    slowest: float = 0.0
    largest: int = 0

    def add(self, case: Any, outcome: Outcome) -> None:
        """Counts one case."""
        self.counts[case.group, outcome.verdict] += 1
        self.slowest = max(self.slowest, outcome.seconds)
        self.largest = max(self.largest, outcome.memory)
        if outcome.verdict in BAD:
            key = (outcome.verdict, outcome.where)
            self.failures[key] += 1
            text = " | ".join(outcome.details)[:600]
            self.examples.setdefault(key, f"{case.group} #{case.number}: {text}")

    def lines(self) -> list[str]:
        """Returns the table of verdicts, and then what failed, the most frequent first."""
        groups = sorted({group for group, _ in self.counts})
        heads = "".join(f"{verdict:>11}" for verdict in VERDICTS)
        lines = [f"{'':24}{heads}"]
        for group in [*groups, "all"]:
            numbers = [
                sum(count for (name, given), count in self.counts.items() if given == verdict)
                if group == "all"
                else self.counts[group, verdict]
                for verdict in VERDICTS
            ]
            lines.append(f"{group:24}" + "".join(f"{number:11,}" for number in numbers))

        lines.append(
            f"slowest {self.slowest:.1f} s of CPU, most memory {self.largest / 1024**2:.0f} MiB"
        )
        for (verdict, where), count in self.failures.most_common():
            lines.append(f"{count:6,} × {verdict}: {where}")
            lines.append(f"         {self.examples[verdict, where]}")

        return lines


@dataclass(frozen=True)
class Campaign:
    """inputs, runs: how many cases. kept: the folder for what failed, None keeps nothing."""

    inputs: int
    runs: int
    seed: int
    workers: int
    folder: Path
    kept: Path | None = None
    only: str = ""
    """Only groups whose name begins so."""

    def run(self) -> Tally:
        """Runs all cases below `folder`, which is removed by the caller."""
        tally = Tally()
        made = self.folder / "made"
        store = self.folder / "store"
        _in_child(lambda: train_templates(made))
        trained = templates(made)

        if self.inputs:
            chosen = [member for member in members() if member.name.startswith(self.only)]
            _in_child(lambda: make_all(store))
            by_name = {template.name: template for template in trained}
            predictors = {
                sort: Predictor.load(Run(by_name[name].folder)) for sort, name in PREDICTORS.items()
            }
            self._judge(
                input_cases(chosen, self.inputs, self.seed, predictors, store), "inputs", tally
            )

        if self.runs:
            chosen_runs = [run for run in trained if f"run {run.name}".startswith(self.only)]
            wanted = self._expected(chosen_runs or trained)
            self._judge(
                run_cases(chosen_runs or trained, wanted, self.runs, self.seed), "runs", tally
            )

        return tally

    def _expected(self, trained: list[Template]) -> dict[str, Any]:
        """Returns what is read from undamaged runs; read twice, it must be the same."""
        values: dict[str, Any] = {}
        for _ in range(2):
            cases = [(template.name, expected(template)) for template in trained]
            for name, outcome, folder in judge(cases, self.folder / "expected", 1):
                assert outcome.verdict not in BAD, outcome
                assert values.setdefault(name, outcome.value) == outcome.value, name
                shutil.rmtree(folder.parent)

        return values

    def _judge(self, cases: Iterable[tuple[Any, Work]], name: str, tally: Tally) -> None:
        for case, outcome, folder in judge(cases, self.folder / name, self.workers):
            tally.add(case, outcome)
            if outcome.verdict in BAD and self.kept is not None:
                _keep(
                    self.kept / outcome.verdict / f"{name}-{case.seed}-{case.number}",
                    folder,
                    outcome,
                )
            shutil.rmtree(folder.parent, ignore_errors=True)


def make_all(store: Path) -> None:
    """Makes every member of the corpus once, to be exchanged for others."""
    for member in members():
        folder = store / member.name
        folder.mkdir(parents=True)
        member.make(folder)


def _keep(target: Path, folder: Path, outcome: Outcome) -> None:
    """Keeps the files of a failed case, with its verdict beside them; pipes stay behind."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    verdict = {name: item for name, item in vars(outcome).items() if name != "value"}
    (target / "verdict.json").write_text(json.dumps(verdict, indent=1), encoding="utf-8")
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            copy = target / "case" / path.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)


def _in_child(work: Any) -> None:
    """Does something in a process of its own, so that no thread of it is there when we fork."""
    number = os.fork()
    if number == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)

    _, status = os.waitpid(number, 0)
    assert status == 0, "what the cases need could not be made"
