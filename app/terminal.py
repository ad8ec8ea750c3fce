"""A training on the terminal: a progress display where there is a person, plain lines where there
is none.
"""

from __future__ import annotations

import re
import sys
import time
from typing import IO, TYPE_CHECKING, Any

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Table

from app.engine.data.nouns import counted
from app.engine.learning.metrics import METRICS, shown
from app.engine.learning.tasks import TASKS
from app.engine.runs import events
from app.engine.text import amount

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from app.engine.results.report import Report
    from app.engine.results.reports import Listing
    from app.engine.runs.findings import Finding

PLAIN_PAUSE = 15.0
"""Seconds between two plain lines about the same stage or epoch."""


class Display:
    """Shows the events of a run.

    A context: what it draws is taken down when it ends, however it ends.
    """

    def __init__(self, stream: IO[str]) -> None:
        self.console = Console(file=stream, highlight=False)
        self._live = self.console.is_terminal
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._epochs = self._steps = 0
        self._stage = ""
        self._training = False
        self._elapsed = 0.0
        self._predictions = time.monotonic()
        self._keys: set[str] = set()

    def __enter__(self) -> Display:
        if self._live:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                TextColumn("{task.fields[words]}"),
            )
            self._progress = Progress(
                *columns, console=self.console, transient=True, refresh_per_second=4
            )
            self._progress.start()
            self._task = self._progress.add_task("Starting", total=None, words="")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Takes the drawing down and gives the cursor back."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def line(self, text: str) -> None:
        """One line for good, above whatever is being drawn."""
        self.console.print(text, markup=False, soft_wrap=True)

    def __call__(self, event: events.Event) -> None:
        match event:
            case events.StageChanged():
                self.stage(event.text, event.done, event.total)
            case events.RunPrepared():
                self._epochs = event.epochs
                self._steps = event.steps
                self.line(
                    f"Training on {event.device} ({event.device_reason}), {event.parameters:,} "
                    "parameters."
                )

                for sentence in event.told:
                    self.line(sentence)

                task = TASKS.get(str(event.resolved.get("data", {}).get("task")))
                tags = task is not None and task.targets == "tags"
                classes = (
                    f" of {len(event.classes)} {'tags' if tags else 'classes'}"
                    if event.classes
                    else ""
                )

                self.line(
                    f"{number(event.training_examples, 'example')}{classes}; "
                    f"{number(event.epochs, 'epoch')} of "
                    f"{number(event.steps_per_epoch, 'step')}."
                )
            case events.StepsDone():
                self._moved(event)
            case events.EpochDone():
                self._epoch(event)
            case events.Found() if event.finding.level in ("warning", "problem"):
                self._found(event.finding)

    def stage(self, text: str, done: int = 0, total: int = 0) -> None:
        """What happens now, with numbers where they are known."""
        kind = re.sub(
            r"[\d,]+", "#", text
        )  # "Reading 3,120 of 8,000 pictures" is one stage, whatever its numbers
        if self._progress is not None and self._task is not None:
            known: dict[str, Any] = {"completed": done, "total": total or None, "words": ""}
            if self._training and not total:
                known = {}  # the bar of the whole training stays
            self._progress.update(
                self._task, description=text, refresh=kind != self._stage, **known
            )
        elif self._long_silent() or (kind != self._stage and not self._training):
            self._predictions = time.monotonic()
            self.line(text if kind == self._stage else re.sub(r"\b[\d,]+ of ", "", text))

        self._stage = kind

    def _moved(self, event: events.StepsDone) -> None:
        self._training = True
        self._elapsed = event.elapsed
        loss = float(event.losses[-1]) if len(event.losses) else float("nan")

        words = [f"step {event.position:,}/{self._steps:,}", f"loss {loss:.4g}"]
        if event.speed:
            words.append(f"{event.speed:,.0f} examples/s")
        if event.remaining is not None:
            words.append(f"{clock(event.remaining)} left")

        title = f"Epoch {event.epoch}/{self._epochs}"
        if self._progress is not None and self._task is not None:
            self._progress.update(
                self._task,
                description=title,
                completed=event.position,
                total=self._steps,
                words="  ".join(words),
            )
        elif self._long_silent():
            self._predictions = time.monotonic()
            self.line(f"{title}  {'  '.join(words)}")

        self._stage = title

    def _found(self, finding: Finding) -> None:
        """A finding once, however its figures change."""
        if finding.key not in self._keys:
            self._keys.add(finding.key)
            self.line(f"  {finding.title}. {finding.text}")

    def _long_silent(self) -> bool:
        return time.monotonic() - self._predictions > PLAIN_PAUSE

    def _epoch(self, event: events.EpochDone) -> None:
        judged = ""
        if event.metrics:  # the first is the main figure of the task
            name, value = next(iter(event.metrics.items()))
            judged = f"  {METRICS[name].label if name in METRICS else name} {shown(name, value)}"

        self.line(
            f"Epoch {event.epoch:>{len(str(self._epochs))}}/{self._epochs}  loss "
            f"{event.training_loss:.4f}  "
            f"validation {event.validation_loss:.4f}{judged}  "
            f"{clock(self._elapsed)}{'  best' if event.best else ''}"
        )
        self._predictions = time.monotonic()


def number(count: int, noun: str) -> str:
    """1 step, 3,120 steps."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def clock(seconds: float) -> str:
    """4:10, or 1:04:10."""
    whole = max(0, round(seconds))
    hours = whole // 3600
    minutes = whole // 60 % 60
    rest = whole % 60

    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def ending(finished: events.RunFinished, report: Report | None) -> list[str]:
    """The last lines about a run: how it ended, what it reached, where it is."""
    summary: dict[str, Any] = finished.summary
    lines = []
    if finished.status in ("completed", "stopped"):
        word = "Completed" if finished.status == "completed" else "Stopped"
        seconds = summary.get("seconds")
        lines.append(
            f"{word} after {clock(seconds)}. {finished.reason}"
            if seconds
            else f"{word}. {finished.reason}"
        )

    if report is not None:
        lines += [
            f"{split.title}: {split.line()}" for split in report.splits.values() if split.count
        ]
        lines.append(report.verdict)

    lines.append(f"Run: {finished.run}")
    return lines


MOST_CLASSES = 60
"""Of more classes or tags, only the first are listed."""

MOST_LEFT_OUT = 20


def description_lines(facts: dict[str, Any]) -> list[str]:
    """What `describe` says, from the plain data of data.summary.describe."""
    kind = str(facts["kind"])
    task = TASKS.get(str(facts.get("task", "")))
    splits = ", ".join(f"{name} {size:,}" for name, size in facts["splits"].items())

    lines = [
        f"{facts['source']}: {facts['format']}",
        f"{counted(kind, facts['examples'])}{_form(kind, facts['shape'])}",
        f"{splits} ({facts['split_reason']})" if facts["split_reason"] else splits,
    ]
    if task is not None:
        lines.append(f"Task: {task.label}. {task.summary}")

    for one in facts.get("amounts") or ():
        unit = one.get("unit", "")
        lines.append(
            f"  {one['name']}: {amount(one['low'], unit)} to {amount(one['high'], unit)}, usually "
            f"{amount(one['median'], unit)}"
        )

    counts: dict[str, int] = facts["counts"].get("training") or {}
    if facts["classes"]:
        what = "tags" if task is not None and task.targets == "tags" else "classes"
        lines.append(f"{len(facts['classes'])} {what}, training examples each:")
        wide = max(map(len, counts), default=0)
        lines += [
            f"  {name.ljust(wide)}  {count:>7,}"
            for name, count in list(counts.items())[:MOST_CLASSES]
        ]

        if len(counts) > MOST_CLASSES:
            lines.append(f"  and {len(counts) - MOST_CLASSES:,} more")

    lines += [
        f"{problem['level'].capitalize()}: {problem['text']}" for problem in facts["problems"]
    ]
    return [*lines, *_left_out([one for one in facts.get("skipped", ()) if not one["ignored"]])]


def _left_out(skipped: list[dict[str, Any]]) -> list[str]:
    """Every file or row that is not used, with the reason; of very many the first."""
    if len(skipped) < 2:  # the one is told among the problems
        return []

    lines = ["Left out:", *(f"  {one['path']}: {one['reason']}" for one in skipped[:MOST_LEFT_OUT])]
    if len(skipped) > MOST_LEFT_OUT:
        lines.append(f"  and {len(skipped) - MOST_LEFT_OUT:,} more; --json lists them")

    return lines


def _form(kind: str, shape: list[int]) -> str:
    """What one example is like, in words after their number."""
    if kind == "image":
        channels, height, width = shape
        return f", {'grey' if channels == 1 else 'colour'}, seen at {width} × {height}"

    if kind == "row":
        return f" of {shape[0]:,} {'value' if shape[0] == 1 else 'values'}"
    if kind == "text":
        return f", the first {shape[0]:,} tokens of each"
    if kind == "signal":
        return f" of {shape[1]:,} values{f' in {shape[0]} channels' if shape[0] > 1 else ''}"

    return ""


def report_lines(report: Report, names: Sequence[str]) -> list[RenderableType]:
    """What `evaluate` says.

    names: where each row of the data came from, if the data are at hand.
    """
    lines: list[RenderableType] = [plain(report.verdict)]
    if report.kept.use == "last":
        lines.append(
            f"These are the weights of the last epoch ({report.kept.epoch}), as chosen on the "
            "Results page."
        )

    lines += [
        plain(f"{split.title}: {split.line()}") for split in report.splits.values() if split.count
    ]
    trusted = report.trusted
    if trusted is None:
        return lines

    listing = trusted.listing()
    if listing is not None:
        lines += ["", table_of(listing), ""]

    worst = trusted.worst(5)
    if worst:
        lines.append(f"{trusted.worst_title}:")

    for row, what in worst:
        place = names[row] if row < len(names) else f"example {row}"
        lines.append(plain(f"  {place}: {what}"))

    return lines


def table_of(listing: Listing) -> Table:
    """A report's table for the terminal."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, name in enumerate(listing.columns):
        table.add_column(plain(name), justify="left" if place in listing.to_left else "right")

    for row in listing.rows:
        table.add_row(*(plain(cell) for cell in row))

    return table


def plain(text: str) -> str:
    """A name as it is: brackets in it are no markup, and line breaks in it are shown."""
    return text.replace("[", "\\[").replace("\n", "\\n")


def display_for(json_: bool) -> Display:
    """Progress goes to standard error where standard output belongs to the JSON object."""
    return Display(sys.stderr if json_ else sys.stdout)
