"""A training on the terminal: a progress display where there is a person, plain lines where there is none."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import IO, Any

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Table

from app.engine.results.metrics import percent
from app.engine.results.remedies import Finding
from app.engine.results.report import OTHER, Report, SplitReport
from app.engine.training import events

PLAIN_PAUSE = 15.0
"""Seconds between two plain lines about the same stage or epoch."""


class Display:
    """Shows the events of a run. A context: what it draws is taken down when it ends, however it ends."""

    def __init__(self, stream: IO[str]) -> None:
        self.console = Console(file=stream, highlight=False)
        self._live = self.console.is_terminal
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._epochs = self._steps = 0
        self._stage = ""
        self._training = False
        self._elapsed = 0.0
        self._said = time.monotonic()
        self._keys: set[str] = set()

    def __enter__(self) -> Display:
        if self._live:
            columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), TextColumn("{task.fields[words]}"))
            self._progress = Progress(*columns, console=self.console, transient=True, refresh_per_second=4)
            self._progress.start()
            self._task = self._progress.add_task("Starting", total=None, words="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
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
                self._epochs, self._steps = event.epochs, event.steps
                self.line(f"Training on {event.device} ({event.device_reason}), {event.parameters:,} parameters.")
                self.line(
                    f"{event.training_examples:,} pictures of {len(event.classes)} classes; {event.epochs} epochs of "
                    f"{event.steps_per_epoch:,} steps."
                )
            case events.StepsDone():
                self._moved(event)
            case events.EpochDone():
                self._epoch(event)
            case events.Found() if event.finding.level in ("warning", "problem"):
                self._found(event.finding)

    def stage(self, text: str, done: int = 0, total: int = 0) -> None:
        """What happens now, with numbers where they are known."""
        kind = re.sub(r"[\d,]+", "#", text)  # "Reading 3,120 of 8,000 pictures" is one stage, whatever its numbers
        if self._progress is not None and self._task is not None:
            known: dict[str, Any] = {"completed": done, "total": total or None, "words": ""}
            if self._training and not total:
                known = {}  # the bar of the whole training stays
            self._progress.update(self._task, description=text, refresh=kind != self._stage, **known)
        elif self._long_silent() or (kind != self._stage and not self._training):
            self._said = time.monotonic()
            self.line(text if kind == self._stage else re.sub(r"\b[\d,]+ of ", "", text))
        self._stage = kind

    def _moved(self, event: events.StepsDone) -> None:
        self._training, self._elapsed = True, event.elapsed
        loss = float(event.losses[-1]) if len(event.losses) else float("nan")
        words = [f"step {event.position:,}/{self._steps:,}", f"loss {loss:.4g}"]
        if event.speed:
            words.append(f"{event.speed:,.0f} pictures/s")
        if event.remaining is not None:
            words.append(f"{clock(event.remaining)} left")
        title = f"Epoch {event.epoch}/{self._epochs}"
        if self._progress is not None and self._task is not None:
            self._progress.update(
                self._task, description=title, completed=event.position, total=self._steps, words="  ".join(words)
            )
        elif self._long_silent():
            self._said = time.monotonic()
            self.line(f"{title}  {'  '.join(words)}")
        self._stage = title

    def _found(self, finding: Finding) -> None:
        """A finding once, however its figures change."""
        if finding.key not in self._keys:
            self._keys.add(finding.key)
            self.line(f"  {finding.title}. {finding.text}")

    def _long_silent(self) -> bool:
        return time.monotonic() - self._said > PLAIN_PAUSE

    def _epoch(self, event: events.EpochDone) -> None:
        accuracy = event.metrics.get("accuracy")
        judged = f"  accuracy {percent(accuracy, 1)}" if accuracy is not None else ""
        self.line(
            f"Epoch {event.epoch:>{len(str(self._epochs))}}/{self._epochs}  loss {event.training_loss:.4f}  "
            f"validation {event.validation_loss:.4f}{judged}  {clock(self._elapsed)}{'  best' if event.best else ''}"
        )
        self._said = time.monotonic()


def clock(seconds: float) -> str:
    """4:10, or 1:04:10."""
    whole = max(0, round(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def ending(finished: events.RunFinished, report: Report | None) -> list[str]:
    """The last lines about a run: how it ended, what it reached, where it is."""
    summary: dict[str, Any] = finished.summary
    lines = []
    if finished.status in ("completed", "stopped"):
        word = "Completed" if finished.status == "completed" else "Stopped"
        seconds = summary.get("seconds")
        lines.append(f"{word} after {clock(seconds)}. {finished.reason}" if seconds else f"{word}. {finished.reason}")
    if report is not None:
        lines += [figure(split) for split in report.splits.values() if split.count]
        lines.append(report.verdict)
    lines.append(f"Run: {finished.run}")
    return lines


def description_lines(facts: dict[str, Any]) -> list[str]:
    """What `describe` says, from the plain data of data.summary.describe."""
    channels, height, width = facts["shape"]
    splits = ", ".join(f"{name} {size:,}" for name, size in facts["splits"].items())
    lines = [
        f"{facts['source']}: {facts['format']}",
        f"{facts['examples']:,} pictures, {'grey' if channels == 1 else 'colour'}, seen at {width} × {height}",
        f"{splits} ({facts['split_reason']})" if facts["split_reason"] else splits,
        f"{len(facts['classes'])} classes, training examples each:",
    ]
    counts = facts["counts"]["training"]
    width = max(map(len, counts))
    lines += [f"  {name.ljust(width)}  {count:>7,}" for name, count in counts.items()]
    lines += [f"{problem['level'].capitalize()}: {problem['text']}" for problem in facts["problems"]]
    return lines


def report_lines(report: Report, names: Sequence[str]) -> list[RenderableType]:
    """What `evaluate` says. names: where each row of the data came from, if the data are at hand."""
    lines: list[RenderableType] = [plain(report.verdict)]
    if report.kept.use == "last":
        lines.append(f"These are the weights of the last epoch ({report.kept.epoch}), as chosen on the Results page.")
    lines += [plain(figure(split)) for split in report.splits.values() if split.count]
    trusted = next((report.splits[name] for name in (OTHER, "test", "validation") if name in report.splits), None)
    if trusted is None or not trusted.count:
        return lines
    lines += ["", per_class_table(trusted), ""]
    worst = trusted.mistakes(5)
    if worst:
        lines.append("Worst mistakes:")
    for one in worst:
        place = plain(names[one.row]) if one.row < len(names) else f"example {one.row}"
        said, true = plain(report.classes[one.predicted]), plain(report.classes[one.true])
        lines.append(f"  {place}: taken for {said} ({percent(one.confidence)}), is {true}")
    return lines


def figure(split: SplitReport) -> str:
    """One line on a split: accuracy, interval, baseline."""
    name = {OTHER: "These data"}.get(split.split, split.split.capitalize())
    return (
        f"{name}: {percent(split.accuracy, 1)} right of {split.count:,} "
        f"(95 % interval {percent(split.low, 1)} to {percent(split.high, 1)}; "
        f'always saying "{split.classes[split.baseline_class].name}": {percent(split.baseline, 1)})'
    )


def per_class_table(split: SplitReport) -> Table:
    """Precision, recall and count by name, the least recognised first, and what each is most taken for."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Class")
    for name in ("precision", "recall", "F1", "count"):
        table.add_column(name, justify="right")
    table.add_column("most taken for")
    taken: dict[int, tuple[int, float]] = {}
    for true, said, _, share in split.confused(most=10_000):
        taken.setdefault(true, (said, share))
    order = sorted(
        range(len(split.classes)), key=lambda k: (split.classes[k].recall is None, split.classes[k].recall or 0)
    )
    for number in order:
        row = split.classes[number]
        said, share = taken.get(number, (-1, 0.0))
        table.add_row(
            plain(row.name),
            _share(row.precision),
            _share(row.recall),
            _share(row.f1),
            f"{row.count:,}",
            f"{plain(split.classes[said].name)} ({percent(share)})" if said >= 0 else "",
        )
    return table


def plain(text: str) -> str:
    """A name as it is: brackets in it are no markup, and line breaks in it are shown."""
    return text.replace("[", "\\[").replace("\n", "\\n")


def _share(value: float | None) -> str:
    return "-" if value is None else percent(value, 1)


def display_for(json_: bool) -> Display:
    """Progress goes to standard error where standard output belongs to the JSON object."""
    return Display(sys.stderr if json_ else sys.stdout)
