"""Makes every system call of a run fail once, and judges what the run makes of it.

Each call fails with what a full disk, a dying disk and a virus scanner answer, and the process is
killed there. Whatever was hit: the run ends by itself, what is in its folder is old or new and
whole, a person is told what was lost, and when it goes on it ends like one that nothing happened
to.
"""

from __future__ import annotations

import errno
import functools
import re
import shutil
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.engine.runs.run import Run
from app.engine.training import recorder, saver
from tests.crashes import traced
from tests.crashes.differences import damage, differences, without_records
from tests.crashes.experiments import subjects
from tests.crashes.legs import Kill, Leg, read_notes, resume, run_leg, train
from tests.faults import ERRNOS, count_calls, run_with_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from tests.crashes.experiments import Subject
    from tests.faults import Fault

    Work = Callable[[], str]
    CaseToRun = functools.partial["Case | None"]

FAULTS: tuple[Fault, ...] = (*ERRNOS, "kill")

READING = re.compile(r"(os\.|file\.|new)?(f|l)?(read|stat|seek|getdents|scandir|listdir|close).*")
"""Names of calls that change nothing: a kill there is the same as one before the next call."""

LOSSES = ("disk", "best", "checkpoint", "history", "summary", "record", "lock")
"""Keys of findings that tell of something that was lost or not written."""

STATELESS = "has kept its weights, but no state to go on from"
"""What a run says that came to its end, and whose states were all refused."""

OF_STATELESS = ("no state", "summary.json reason")
"""What such a run has otherwise: its summary says why its last state could not be saved."""

WRONG = "WRONG"

UNTOLD = "Training failed"
"""How the sentence begins where nobody thought of an error."""


@dataclass(frozen=True)
class Case:
    """One call that failed. outcome: in a word; wrong: what should not be, [] is wanted."""

    target: str
    call: str
    fault: str
    outcome: str
    wrong: list[str]


def run_cases(
    cases: Iterable[CaseToRun], sample: int, shift: int, only: str, tell: Callable[[Case], None]
) -> Counter[tuple[str, str, str]]:
    """Runs cases; returns how often a fault of a call came to an outcome.

    sample, shift: how many cases, and which, see `spread`; of 0 all are run. only: a pattern of
    what is run: "train fsync results/test.npz EIO".
    """
    tally: Counter[tuple[str, str, str]] = Counter()
    wanted = [case for case in cases if re.search(only, _text(case))]
    for case in spread(wanted, sample, shift) if sample else wanted:
        if (result := case()) is None:
            continue

        name = result.call.split()[0]
        tally[name, result.fault, WRONG if result.wrong else result.outcome] += 1
        tell(result)
        if tally.total() == sample:
            break

    return tally


def spread(cases: Sequence[CaseToRun], sample: int, shift: int = 0) -> list[CaseToRun]:
    """Returns all cases, first a sample of evenly spread ones, which replace those without result.

    How many cases there are depends on how much is written, and so on the computer and the length
    of a path; the size of a sample does not. shift: so many cases later, for another sample.
    """
    count = len(cases)
    # Each one case later than even: the faults of a call follow each other, and all are wanted.
    first = [
        ((2 * turn + 1) * count // (2 * sample) + turn + shift) % count for turn in range(sample)
    ]
    return [cases[number] for number in dict.fromkeys([*first, *range(count)])]


def _text(case: CaseToRun) -> str:
    target, call, fault = case.args[:3]
    return f"{target} {call} {errno.errorcode.get(fault, fault)}"


class Campaign:
    """Cases on a run from its start, and on one that goes on after a kill.

    folder: for data and runs; those where something is wrong stay there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        recorder.READ_EVERY = 0.0
        saver.SAVE_EVERY, saver.EPOCH_EVERY = 60.0, 0.0
        self.subject: Subject = subjects(folder / "data")[0]
        self._whole = Run.create(folder / "whole", self.subject.experiment)
        self._interrupted = Run.create(folder / "interrupted", self.subject.experiment)
        experiment = self.subject.experiment
        notes = folder / "notes"

        assert run_leg(functools.partial(train, experiment, self._whole), self._whole, None).status
        middle = Kill("step", self._whole.summary()["steps"] - 2)
        work = functools.partial(train, experiment, self._interrupted)
        assert run_leg(work, self._interrupted, middle).killed
        self.notes = notes

    def cases(self, with_strace: bool) -> Iterator[CaseToRun]:
        """Yields what runs a case, for all system calls or those that Python makes."""
        return self._traced() if with_strace else self._wrapped()

    def _wrapped(self) -> Iterator[CaseToRun]:
        """Yields the cases of calls that Python makes, by tests/faults.py."""
        for target in ("train", "resume"):
            run, work = self._begin(target)
            calls = count_calls(work, within=run.path)
            shutil.rmtree(run.path.parent)
            for number in range(calls):
                for fault in FAULTS:
                    yield functools.partial(self._fail_wrapped, target, number, fault)

    def _fail_wrapped(self, target: str, number: int, fault: Fault) -> Case:
        run, work = self._begin(target)
        outcome = run_with_fault(work, (), number, fault, within=run.path)
        name, _, path = outcome.call.partition(" ")
        call = f"{name} {traced.path_of(path, run.path) if path else ''}"
        error = outcome.error or ("hangs" if outcome.hung else "")
        return self._judged(target, run, call, fault, bool(outcome.signal), error)

    def _traced(self) -> Iterator[CaseToRun]:
        """Yields the cases of all system calls, by strace."""
        trace = self.folder / "trace"
        for target in ("train", "resume"):
            run, work = self._begin(target)
            calls = traced.calls_of(work, run.path, trace)
            shutil.rmtree(run.path.parent)
            for number, call in enumerate(calls):
                for fault in faults_of(call.name, number):
                    yield functools.partial(self._fail_traced, target, call, fault)

    def _fail_traced(self, target: str, call: traced.Call, fault: Fault) -> Case | None:
        run, work = self._begin(target)
        path, killed = traced.fail_call(work, call, fault, run.path, self.folder / "trace")
        if not path:
            shutil.rmtree(run.path.parent)
            return None

        return self._judged(target, run, f"{call.name} {path}", fault, killed, "")

    def _begin(self, target: str) -> tuple[Run, Work]:
        """Returns a run, and what is done with it."""
        self.notes.unlink(missing_ok=True)
        if target == "train":
            run = Run.create(self.folder / "runs" / "case", self.subject.experiment)
            return run, functools.partial(train, self.subject.experiment, run, self.notes)

        folder = self.folder / "runs" / "case" / self._interrupted.name
        shutil.copytree(self._interrupted.path, folder)
        run = Run(folder)
        return run, functools.partial(resume, run, 0, self.notes)

    def _judged(
        self, target: str, run: Run, call: str, fault: Fault, killed: bool, error: str
    ) -> Case:
        leg = read_notes(self.notes)
        leg.killed = killed
        what = fault if isinstance(fault, str) else errno.errorcode[fault]
        wrong = [error] if error else []
        if killed != (fault == "kill"):
            wrong.append("killed" if killed else "not killed")

        wrong += [*self.wrong_end(run, leg), *self.wrong_resume(run, leg)]
        case = Case(target, call, what, outcome_of(leg), wrong)

        if wrong:
            kept = self.folder / "wrong"
            kept.mkdir(exist_ok=True)
            run.path.parent.rename(kept / f"{len(list(kept.iterdir()))}")
        else:
            shutil.rmtree(run.path.parent)

        return case

    def wrong_end(self, run: Run, leg: Leg) -> list[str]:
        """Returns what is wrong with how a run ended, and with what is in its folder."""
        wrong = [f"not whole: {text}" for text in damage(run)]
        if leg.killed:
            return wrong

        if (leg.started, leg.finished) != (1, 1):
            wrong.append(f"{leg.started} starts, {leg.finished} ends")
        if leg.status not in ("completed", "failed"):
            wrong.append(f"ended {leg.status}")
        if leg.reason.startswith(UNTOLD):
            wrong.append(leg.reason)
        if leg.status == "completed":
            found = differences(self._whole, run)
            best = [text for text in found if "checkpoints/best/" in text]
            wrong += [f"not told: {text}" for text in (best if _told(leg) else found)]

        return wrong

    def wrong_resume(self, run: Run, leg: Leg) -> list[str]:
        """Lets a run go on that has not its end; returns where it differs from the whole one."""
        epochs = self._whole.summary()["epochs"]
        is_stateless = False
        if run.status != "completed" or _told(leg):
            again = run_leg(functools.partial(resume, run, 0), run, None)
            ended = f"has finished its {epochs} epochs" in again.reason
            is_stateless = leg.status == "completed" and STATELESS in again.reason
            if again.status != "completed" and not ended and not is_stateless:
                return [f"goes on: {again.status} {again.reason}"]

        found = differences(self._whole, run)
        if is_stateless and run.summary()["reason"].startswith(self._whole.summary()["reason"]):
            found = [text for text in found if text not in OF_STATELESS]
        # The record of an epoch is written once: what refused it was told.
        if _told(leg) and not without_records(found):
            return []

        return [f"goes on: {text}" for text in found]


def faults_of(call: str, number: int) -> tuple[Fault, ...]:
    """Returns what is done at a call: of one that changes nothing, one of the errors in turn."""
    return (ERRNOS[number % len(ERRNOS)],) if READING.fullmatch(call) else FAULTS


def _told(leg: Leg) -> list[str]:
    return [text for key, text in leg.findings if key in LOSSES]


def outcome_of(leg: Leg) -> str:
    """Returns what became of a run, in a word."""
    if leg.killed:
        return "killed"
    if leg.status == "completed":
        return "went on, told" if _told(leg) else "unharmed"

    return "ended with a sentence"
