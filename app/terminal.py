"""What the command line shows of a training, of a data set and of a report.

A training has a progress display where there is a person, and plain lines where there is none.
"""

from __future__ import annotations

import re
import sys
import time
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from app.engine.data.names import visible
from app.engine.data.nouns import counted, noun
from app.engine.experiment.plain import plain_section
from app.engine.learning.metrics import metrics_text
from app.engine.learning.tasks import TASKS
from app.engine.runs import events
from app.engine.runs.findings import START_WEIGHTS
from app.engine.sources.samples import MORE_DATA, SAMPLES
from app.engine.text import amount_text, count_text, duration_text, number_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from app.engine.results.report import Report
    from app.engine.results.reports import Listing
    from app.engine.runs.findings import Finding

FLUSH_S = 0.1
"""Seconds that plain lines of short epochs wait for each other."""

PLAIN_PAUSE = 15.0
"""Seconds between two plain lines about the same stage or epoch."""


class Display:
    """Shows the events of a run; a context manager that takes its drawing down at the end."""

    def __init__(self, stream: IO[str]) -> None:
        self.console = Console(file=stream, highlight=False)
        self._stream = stream
        self._live = self.console.is_terminal
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._epochs = 0
        self._steps = 0
        self._stage = ""
        self._training = False
        self._elapsed = 0.0
        self._last_line = time.monotonic()
        self._flushed = 0.0
        self._shown_findings: set[str] = set()

    def __enter__(self) -> Display:
        if self._live:
            columns = (
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=24),
                TextColumn("{task.fields[words]}", markup=False),
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

        with suppress(OSError, ValueError):  # nobody listens any more, as Python itself says
            self._stream.flush()

    def line(self, text: str, may_wait: bool = False) -> None:
        """Prints a line that stays, above what is drawn; one that may wait comes with the next."""
        if self._live:
            self.console.print(plain(text), soft_wrap=True)
            return

        # Rich takes half a millisecond for it, which is half of a short epoch.
        self._stream.write(f"{visible(text)}\n")
        if not may_wait or time.monotonic() - self._flushed >= FLUSH_S:
            self._stream.flush()
            self._flushed = time.monotonic()

    def __call__(self, event: events.Event) -> None:
        """Shows an event, if the terminal has anything to show of it."""
        match event:
            case events.StageChanged():
                self.stage(event.text, event.done, event.total)
            case events.RunPrepared():
                self._prepared(event)
            case events.StepsDone():
                self._steps_done(event)
            case events.EpochDone():
                self._epoch_done(event)
            case events.NewFinding() if _is_told(event.finding):
                self._finding(event.finding)

    def stage(self, text: str, done: int = 0, total: int = 0) -> None:
        """Shows what happens now, with numbers where they are known."""
        # "Reading 3,120 of 8,000 pictures" is one stage, whatever its numbers.
        kind = re.sub(r"[\d,]+", "#", text)

        if self._progress is not None and self._task is not None:
            fields: dict[str, Any] = {"completed": done, "total": total or None, "words": ""}
            if self._training and not total:
                fields = {}  # the bar of the whole training stays
            self._progress.update(
                self._task, description=visible(text), refresh=kind != self._stage, **fields
            )
        elif self._long_silent() or (kind != self._stage and not self._training):
            self._last_line = time.monotonic()
            self.line(text if kind == self._stage else re.sub(r"\b[\d,]+ of ", "", text))

        self._stage = kind

    def _prepared(self, event: events.RunPrepared) -> None:
        """Shows where and on what the training begins."""
        self._epochs = event.epochs
        self._steps = event.steps
        self.line(
            f"Training on {event.device} ({event.device_reason}), {event.threads_text}, "
            f"{event.parameters:,} parameters."
        )
        for sentence in event.warnings:
            self.line(sentence)

        task = TASKS.get(str(plain_section(event.resolved, "data").get("task")))
        tags = task is not None and task.targets == "tags"
        noun = "tags" if tags else "classes"
        classes = f" of {len(event.classes)} {noun}" if event.classes else ""

        self.line(
            f"{count_text(event.training_examples, 'example')}{classes}; "
            f"{count_text(event.epochs, 'epoch')} of "
            f"{count_text(event.steps_per_epoch, 'step')}."
        )

    def _steps_done(self, event: events.StepsDone) -> None:
        """Shows how far the training is: in the bar, or now and then as a line."""
        self._training = True
        self._elapsed = event.elapsed
        title = f"Epoch {event.epoch}/{self._epochs}"
        self._stage = title
        if self._progress is None and not self._long_silent():
            return

        loss = float(event.losses[-1]) if len(event.losses) else float("nan")

        words = [f"step {event.position:,}/{self._steps:,}", f"loss {number_text(loss)}"]
        if event.speed:
            words.append(f"{number_text(event.speed)} examples/s")
        if event.remaining is not None:
            words.append(f"{duration_text(event.remaining)} left")

        if self._progress is not None and self._task is not None:
            self._progress.update(
                self._task,
                description=title,
                completed=event.position,
                total=self._steps,
                words="  ".join(words),
            )
        else:
            self._last_line = time.monotonic()
            self.line(f"{title}  {'  '.join(words)}")

    def _finding(self, finding: Finding) -> None:
        """Shows a finding once, however its figures change."""
        if finding.key not in self._shown_findings:
            self._shown_findings.add(finding.key)
            self.line(f"  {finding.title}. {finding.text}")

    def _long_silent(self) -> bool:
        return time.monotonic() - self._last_line > PLAIN_PAUSE

    def _epoch_done(self, event: events.EpochDone) -> None:
        """Prints the losses of an epoch, and the main metric of the task, which comes first."""
        name = next(iter(event.metrics), "")
        metric = f"  {metrics_text({name: event.metrics[name]})}" if name else ""

        self.line(
            f"Epoch {event.epoch:>{len(str(self._epochs))}}/{self._epochs}  loss "
            f"{number_text(event.training_loss)}  "
            f"validation {number_text(event.validation_loss)}{metric}  "
            f"{duration_text(self._elapsed)}{'  best' if event.best else ''}",
            may_wait=True,
        )
        self._last_line = time.monotonic()


def ending(finished: events.RunFinished, report: Report | None) -> list[str]:
    """Returns the last lines about a run: how it ended, what it reached, where it is."""
    summary = finished.summary
    lines = []
    if finished.status in ("completed", "stopped"):
        word = "Completed" if finished.status == "completed" else "Stopped"
        seconds = summary.get("seconds")
        lines.append(
            f"{word} after {duration_text(seconds)}. {finished.reason}"
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


def sample_lines() -> list[str]:
    """Returns what `samples` prints: the built-in datasets, and where more are to be had."""
    lines = []
    indent = " " * 20
    for sample in SAMPLES.values():
        lines += [
            f"{sample.source:<20} {sample.label}. {sample.summary}",
            f"{indent} {noun(sample.kind).capitalize()}. {TASKS[sample.task].label}.",
            f"{indent} {sample.expectation} Licence: {sample.licence}.",
        ]

    for data in MORE_DATA:
        lines += [
            "",
            f"{data.title}: {data.summary} Licence: {data.licence}. On Debian and Ubuntu:",
            *(f"    {line}" for line in data.command.splitlines()),
            data.then,
        ]

    return lines


MOST_CLASSES = 60
"""Of more classes or tags, only the first are listed."""

MOST_LEFT_OUT = 20
"""Of more files or rows that are not used, only the first are listed."""


def description_lines(facts: dict[str, Any]) -> list[str]:
    """Returns what `describe` prints, from the plain data of `sources.summary.describe`."""
    kind = str(facts["kind"])
    task = TASKS.get(str(facts.get("task", "")))
    about = "about " if facts.get("judged_by") else ""
    splits = ", ".join(f"{name} {about}{size:,}" for name, size in facts["splits"].items())

    lines = [
        f"{facts['source']}: {facts['format']}",
        f"{about}{counted(kind, facts['examples'])}{_form(kind, facts['shape'])}",
        f"{splits} ({facts['split_reason']})" if facts["split_reason"] else splits,
    ]
    if task is not None:
        lines.append(f"Task: {task.label}. {task.summary}")

    for amount in facts.get("amounts") or ():
        unit = amount.get("unit", "")
        low = amount_text(amount["low"], unit)
        high = amount_text(amount["high"], unit)
        median = amount_text(amount["median"], unit)
        lines.append(f"  {amount['name']}: {low} to {high}, usually {median}")

    counts: dict[str, int] = facts["counts"].get("training") or {}
    if facts["classes"]:
        noun = "tags" if task is not None and task.targets == "tags" else "classes"
        lines.append(f"{len(facts['classes'])} {noun}, training examples each:")
        longest = max(map(len, counts), default=0)
        lines += [
            f"  {name.ljust(longest)}  {count:>7,}"
            for name, count in list(counts.items())[:MOST_CLASSES]
        ]

        if len(counts) > MOST_CLASSES:
            lines.append(f"  and {len(counts) - MOST_CLASSES:,} more")

    lines += [
        f"{problem['level'].capitalize()}: {problem['text']}" for problem in facts["problems"]
    ]
    return [*lines, *_left_out([item for item in facts.get("skipped", ()) if not item["ignored"]])]


def _left_out(skipped: list[dict[str, Any]]) -> list[str]:
    """Returns a line for every file or row that is not used, with the reason."""
    if len(skipped) < 2:  # a single one stands among the problems
        return []

    lines = ["Left out:"]
    lines += [f"  {item['path']}: {item['reason']}" for item in skipped[:MOST_LEFT_OUT]]
    if len(skipped) > MOST_LEFT_OUT:
        lines.append(f"  and {len(skipped) - MOST_LEFT_OUT:,} more; --json lists them")

    return lines


def _form(kind: str, shape: list[int]) -> str:
    """Returns what one example is like, in words that follow the number of examples."""
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
    """Returns what `evaluate` prints.

    names: where each row of the data came from, if the data are at hand.
    """
    lines: list[RenderableType] = [plain(report.verdict)]
    if report.weights.use == "last":
        lines.append(
            f"These are the weights of the last epoch ({report.weights.epoch}), as chosen on the "
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

    for row, mistake in worst:
        name = names[row] if row < len(names) else f"example {row}"
        lines.append(plain(f"  {name}: {mistake}"))

    return lines


def print_report(report: Report, names: Sequence[str]) -> None:
    """Prints what `evaluate` says on standard output."""
    console = Console(highlight=False)
    for line in report_lines(report, names):
        console.print(line, soft_wrap=True)


def table_of(listing: Listing) -> Table:
    """Returns a report's table for the terminal."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, name in enumerate(listing.columns):
        table.add_column(plain(name), justify="left" if index in listing.to_left else "right")

    for row in listing.rows:
        table.add_row(*(plain(cell) for cell in row))

    return table


def _is_told(finding: Finding) -> bool:
    """Whether a person at the terminal reads it while it trains."""
    return finding.level in ("warning", "problem") or finding.key == START_WEIGHTS


def plain(text: str) -> Text:
    """Returns a name as it is: nothing in it is markup, and control characters are shown."""
    return Text(visible(text))


def display_for(json_: bool) -> Display:
    """Returns a display on standard error where standard output belongs to the JSON object."""
    return Display(sys.stderr if json_ else sys.stdout)
