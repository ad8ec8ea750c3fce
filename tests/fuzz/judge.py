"""Runs cases, each in a process of its own, and says what came of them.

A case is run in a process forked from one that has imported everything, so that what ends, hangs
or fills the memory there does no harm here.
"""

from __future__ import annotations

import faulthandler
import json
import os
import resource
import selectors
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from app.engine.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

OK = "ok"
SENTENCE = "sentence"
TRACEBACK = "traceback"
CRASH = "crash"
HANG = "hang"
MEMORY = "memory"
SILENT = "silent use"
HARNESS = "harness"
"""The verdicts. HARNESS: the test itself is at fault."""

VERDICTS = (OK, SENTENCE, TRACEBACK, CRASH, HANG, MEMORY, SILENT, HARNESS)
BAD = frozenset(VERDICTS[2:])

LONGEST = 5.0
"""Seconds of CPU that a case may take, and seconds that it may wait for nothing."""

MOST_WAIT = 120.0
"""Seconds after which a case ends on a computer that is busy with other work."""

SPARE = 300 * 1024**2
"""Bytes that a case may take beside twice the size of its files."""

ENDED_AT = SPARE + 1500 * 1024**2
"""Bytes at which a case is ended at once."""

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Outcome:
    """What came of a case.

    details: a line for each thing that was done. where: file:line that a failure came from. memory:
    the bytes that it took. value: what the case returned for comparison.
    """

    verdict: str = OK
    details: list[str] = field(default_factory=list)
    where: str = ""
    memory: int = 0
    seconds: float = 0.0
    value: Any = None

    def worsen(self, verdict: str, detail: str = "", where: str = "") -> None:
        """Takes over a verdict that is worse than what is there."""
        if detail:
            self.details.append(f"{verdict}: {detail}")
        if VERDICTS.index(verdict) > VERDICTS.index(self.verdict):
            self.verdict = verdict
            self.where = where


Work = Callable[[Outcome, Path], int]
"""A case: is given the outcome to fill and its own empty folder; returns the bytes of its files."""


@dataclass
class _Process:
    """A case that is running."""

    case: Any
    number: int
    pipe: int
    folder: Path
    begun: float
    written: bytes = b""
    busy: float = 0.0
    """CPU seconds at the last look, and when they were last seen to grow."""
    moved: float = 0.0
    grown: int = 0
    ended_for: str = ""


# --- in the process of a case


def guarded(outcome: Outcome, what: str, work: Callable[[], Any]) -> Any:
    """Returns what `work` returns; a UserError is a sentence, anything else a traceback."""
    _note(what)
    try:
        return work()
    except UserError as error:
        outcome.worsen(SENTENCE, f"{what}: {error}"[:400])
        if not str(error).strip() or "unexpected" in str(error):
            outcome.worsen(TRACEBACK, f"{what}: {error}", place_of(error.__traceback__))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        outcome.worsen(
            TRACEBACK,
            f"{what}: {type(error).__name__}: {error}"[:400],
            f"{place_of(error.__traceback__)} {type(error).__name__}",
        )

    return None


def place_of(trace: TracebackType | None) -> str:
    """Returns file:line of the innermost frame in the program itself."""
    frames = [
        frame
        for frame in traceback.extract_tb(trace)
        if frame.filename.startswith((str(ROOT / "app"), str(ROOT / "models")))
    ]
    if not frames:
        return "tests"

    last = frames[-1]
    return f"{Path(last.filename).relative_to(ROOT)}:{last.lineno}"


def _note(what: str) -> None:
    """Leaves a note for the judge, in case this process ends here."""
    os.write(_note.pipe, json.dumps({"at": what}).encode() + b"\n")  # type: ignore[attr-defined]


def _run(work: Work, folder: Path, pipe: int) -> None:
    """Runs a case in its process and never returns."""
    _note.pipe = pipe  # type: ignore[attr-defined]
    outcome = Outcome()
    try:
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)

        trace = (folder / "stack.txt").open("w", encoding="utf-8")
        faulthandler.enable(trace)
        faulthandler.register(signal.SIGUSR1, trace)
        os.environ["NETWRIGHT_HOME"] = str(folder / "home")
        begun = time.process_time()
        before = _forget_peak()
        size = work(outcome, folder / "case")

        outcome.seconds = time.process_time() - begun
        outcome.memory = max(0, _peak() - before)
        if outcome.memory > 2 * size + SPARE:
            outcome.worsen(MEMORY, f"{outcome.memory >> 20} MiB of {size:,} bytes", "peak")
    except BaseException as error:  # whatever it is, the judge must hear of it
        outcome.worsen(HARNESS, "".join(traceback.format_exception(error))[-1500:], "tests")

    with os.fdopen(pipe, "wb") as file:
        file.write(json.dumps(vars(outcome), default=str).encode() + b"\n")
    os._exit(0)


def _forget_peak() -> int:
    """Begins to measure the peak of this process; returns the bytes that it takes now."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _status("VmRSS")


def _peak() -> int:
    """Returns the largest size of this process or of one that it started, in bytes."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    return max(_status("VmHWM"), children)


def _status(name: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024

    return 0


# --- in the process of the judge


def judge(
    cases: Iterable[tuple[Any, Work]], folder: Path, workers: int
) -> Iterator[tuple[Any, Outcome, Path]]:
    """Runs cases, `workers` at a time, and yields each with what came of it and its folder.

    The caller removes the folders, which lie below `folder`.
    """
    waiting = enumerate(cases)
    running: dict[int, _Process] = {}
    selector = selectors.DefaultSelector()
    while True:
        while len(running) < workers and (following := next(waiting, None)) is not None:
            number, (case, work) = following
            process = _start(case, work, folder / f"{number:06d}")
            running[process.pipe] = process
            selector.register(process.pipe, selectors.EVENT_READ)

        if not running:
            return

        for key, _ in selector.select(0.2):
            process = running[key.fd]
            content = os.read(key.fd, 1 << 20)
            process.written += content
            if not content:
                selector.unregister(key.fd)
                del running[key.fd]
                yield process.case, _end(process), process.folder / "case"

        for process in running.values():
            _watch(process)


def _start(case: Any, work: Work, folder: Path) -> _Process:
    folder.mkdir(parents=True)
    (folder / "case").mkdir()
    reading, writing = os.pipe()
    sys.stdout.flush()
    number = os.fork()
    if number == 0:
        os.close(reading)
        _run(work, folder, writing)

    os.close(writing)
    now = time.monotonic()
    return _Process(case, number, reading, folder, now, moved=now)


def _watch(process: _Process) -> None:
    """Ends a case that takes too long, waits for nothing or takes too much memory."""
    now = time.monotonic()
    if process.ended_for or now - process.begun < 0.5:
        return

    try:
        family = psutil.Process(process.number)
        members = [family, *family.children(recursive=True)]
        times = [member.cpu_times() for member in members]
        states = {member.status() for member in members}
        size = max(member.memory_info().rss for member in members)
    except psutil.Error:  # it has just ended
        return

    busy = sum(spent.user + spent.system for spent in times) + sum(
        spent.children_user + spent.children_system for spent in times[:1]
    )
    if busy > process.busy + 0.005 or states & {"running", "disk-sleep"}:
        process.moved = now

    process.busy = busy
    process.grown = process.grown or size
    if size - process.grown > ENDED_AT:
        _stop(process, MEMORY)
    elif busy > LONGEST or now - process.moved > LONGEST or now - process.begun > MOST_WAIT:
        _stop(process, HANG)


def _stop(process: _Process, verdict: str) -> None:
    process.ended_for = verdict
    os.kill(process.number, signal.SIGUSR1)  # it writes down where it is
    time.sleep(0.2)
    os.killpg(process.number, signal.SIGKILL)


def _end(process: _Process) -> Outcome:
    """Returns what came of a case whose process has closed its pipe."""
    os.close(process.pipe)
    _, status = os.waitpid(process.number, 0)
    notes = [json.loads(line) for line in process.written.splitlines() if line.endswith(b"}")]
    if notes and "verdict" in notes[-1] and not process.ended_for:
        return Outcome(**notes[-1])

    code = os.waitstatus_to_exitcode(status)
    at = notes[-1].get("at", "") if notes else "before"
    outcome = Outcome(seconds=process.busy)
    verdict = process.ended_for or CRASH
    outcome.worsen(verdict, f"{at}: ended with {code}", _stack_place(process.folder / "stack.txt"))

    return outcome


def _stack_place(path: Path) -> str:
    """Returns file:line of the innermost frame of the program in a written stack."""
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    current = text[text.find("Current thread") :] if "Current thread" in text else text
    for line in current.splitlines():
        name, _, rest = line.partition('", line ')
        part = name.partition(f'File "{ROOT}{os.sep}')[2]
        if part.startswith(("app", "models")):
            return f"{part}:{rest.split()[0]}"

    return "unknown"
