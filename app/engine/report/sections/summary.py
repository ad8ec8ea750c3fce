"""What came of it, in a sentence and a few figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from app.engine.learning.metrics import metric_text
from app.engine.report.markup import Html, facts, joined, paragraph
from app.engine.report.runs_table import RunsLine, runs_table
from app.engine.report.section import Section
from app.engine.runs.comparison import best_index
from app.engine.runs.promises.promise import from_plain
from app.engine.text import UNKNOWN, duration_text, number_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Literal

    from app.engine.report.content import ReportContent, ReportedRun

STATUS = {
    "running": "It is running; these are its figures so far.",
    "interrupted": "It was interrupted: the program or the computer ended while it trained.",
    "completed": "It trained to its end.",
    "stopped": "It was stopped before its end.",
    "failed": "It failed.",
    "diverged": "Its loss diverged.",
    "damaged": "Some of its files are damaged.",
}


class Summary(Section):
    """The verdict and the figures of a run; of several, their figures side by side."""

    name: ClassVar[str] = "summary"
    title: ClassVar[str] = "Summary"
    order: ClassVar[int] = 10

    def html(self, content: ReportContent) -> Html:
        if content.is_comparison:
            caption = "What came of each run"
            return runs_table(caption, content.runs, outcome_lines(content.runs))

        run = content.runs[0]
        verdict = run.results.verdict if run.results is not None else ""
        level = run.results.level if run.results is not None else ""
        lines = outcome_lines(content.runs)
        return joined(
            (
                paragraph(verdict, f"verdict {level}") if verdict else "",
                paragraph(_ended(run)),
                paragraph(run.remover.text(run.run.note), "note") if run.run.note else "",
                facts((line.label, line.texts[0]) for line in lines),
            )
        )


def _ended(run: ReportedRun) -> str:
    """Returns how it ended, with the reason where there is one."""
    text = STATUS.get(run.run.status, "")
    reason = run.remover.text(str(run.summary.get("reason") or ""))
    return f"{text} {reason}".strip() if run.run.status != "completed" else text


def outcome_lines(runs: Sequence[ReportedRun]) -> list[RunsLine]:
    """Returns the figures of runs; a line without any value is left out."""
    lines: list[RunsLine] = []
    for metric in dict.fromkeys(run.headline for run in runs):
        for split in ("validation", "test"):
            values = [
                _metric(run, split, metric.name) if run.headline == metric else None for run in runs
            ]
            texts = [
                metric_text(metric.name, value, run.unit) if value is not None else UNKNOWN
                for value, run in zip(values, runs, strict=True)
            ]
            best = best_index(values, metric.better, texts)
            label = f"{split.capitalize()} {metric.label}"
            lines.append(RunsLine(label, tuple(texts), best, is_number=True))

    lines += [
        _line("Validation loss", [_loss(run) for run in runs], number_text, "lower"),
        _line("Best epoch", [_if_epochs(run, _best_epoch(run)) for run in runs], str),
        _line("Epochs trained", [_if_epochs(run, len(run.epochs)) for run in runs], str),
        _line("Time", [run.summary.get("seconds") for run in runs], duration_text),
        _line("Parameters", [_parameters(run) for run in runs], lambda count: f"{count:,}"),
    ]
    if len(runs) == 1:  # those of several stand under Environment
        lines += [
            RunsLine("Device", (_device(runs[0]),)),
            RunsLine("Began", (f"{runs[0].run.started:%Y-%m-%d %H:%M}",)),
            RunsLine("Promised before the start", (_promise(runs[0]),)),
        ]

    return [line for line in lines if any(text != UNKNOWN for text in line.texts)]


def _line(
    label: str,
    values: Sequence[Any],
    words: Callable[[Any], str],
    better: Literal["higher", "lower"] | None = None,
) -> RunsLine:
    texts = tuple(words(value) if value is not None else UNKNOWN for value in values)
    best = best_index(values, better, texts) if better is not None else None
    return RunsLine(label, texts, best, is_number=True)


def _metric(run: ReportedRun, split: str, name: str) -> float | None:
    """Returns a figure of the weights in use; of a run that goes on, that of its best epoch."""
    if run.results is not None and split in run.results.splits:
        return run.results.splits[split].metrics.get(name)
    if split == "validation" and run.best is not None:
        return run.best["metrics"].get(name)

    return None


def _best_epoch(run: ReportedRun) -> int:
    return run.best["epoch"] if run.best is not None else 0


def _if_epochs(run: ReportedRun, count: int) -> int | None:
    return count if count and run.epochs_known else None


def _loss(run: ReportedRun) -> float | None:
    return run.best["validation_loss"] if run.best is not None else None


def _parameters(run: ReportedRun) -> int | None:
    return run.prepared.parameters if run.prepared is not None else None


def _device(run: ReportedRun) -> str:
    return run.prepared.device if run.prepared is not None else UNKNOWN


def _promise(run: ReportedRun) -> str:
    """Returns what was promised and what came."""
    plain = run.summary.get("promise")
    promise = from_plain(dict(plain)) if plain is not None else None
    if plain is None or promise is None:
        return UNKNOWN

    return promise.outcome_text(plain["came"], run.unit)


SECTION = Summary()
