"""The page of a report: its head, its sections, and the file it becomes."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from app import __version__
from app.engine import files
from app.engine.report.markup import Html, heading, items, joined, paragraph, tag
from app.engine.report.reading import read_content
from app.engine.report.sections import all_sections
from app.engine.sources.format import no_progress
from app.engine.text import count_text, list_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.report.content import ReportContent
    from app.engine.runs.logs.foreign_run import ForeignRun
    from app.engine.runs.run import Run
    from app.engine.sources.format import Progress

STYLE_FILE = Path(__file__).resolve().parents[3] / "resources" / "styles" / "report.css"
MOST_STYLE = 1 << 20
"""Bytes of the style sheet, at most."""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""What a browser may load for the page: nothing but what stands in it."""


def write_report(
    runs: Sequence[Run | ForeignRun], path: Path, progress: Progress = no_progress
) -> Path:
    """Writes a report on a run, or on a comparison of several, and returns its path.

    runs: of this program, and beside them of other tools. progress: told how many sections are
    written. Raises UserError where a run's settings cannot be read, or the file cannot be written.
    """
    files.write_atomically(path, report_html(runs, progress).encode())
    return path


def report_html(runs: Sequence[Run | ForeignRun], progress: Progress = no_progress) -> str:
    """Returns the report as one page of HTML. Raises UserError."""
    content = read_content(runs)
    sections = all_sections()
    written = []
    for number, section in enumerate(sections):
        progress("Writing the report", number, len(sections))
        inside = section.html(content)
        if inside:
            written.append((section, inside))

    links = items(tag("a", section.title, href=f"#{section.name}") for section, _ in written)
    body = joined(
        (
            tag("header", _head(content)),
            tag("nav", links, aria_label="Sections"),
            _problems(content),
            tag(
                "main",
                joined(
                    tag("section", joined((heading(each.title, 2), inside)), id=each.name)
                    for each, inside in written
                ),
            ),
            tag("footer", f"Written by Netwright {__version__} on {date.today():%Y-%m-%d}."),
        )
    )
    return _page(_title(content), body)


def _page(title: str, body: Html) -> str:
    style = files.read_regular(STYLE_FILE, MOST_STYLE).decode()
    head = joined(
        (
            Html('<meta charset="utf-8">'),
            Html(f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'),
            Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
            Html('<meta name="color-scheme" content="light dark">'),
            tag("title", title),
            tag("style", Html(style)),
        )
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{head}\n</head>\n'
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _title(content: ReportContent) -> str:
    if content.is_comparison:
        return f"{count_text(len(content.runs), 'run')} compared"

    return content.runs[0].label


def _head(content: ReportContent) -> Html:
    names = list_text([run.label for run in content.runs], 5) if content.is_comparison else ""
    return joined((tag("h1", _title(content)), paragraph(names, "secondary") if names else ""))


def _problems(content: ReportContent) -> Html:
    """Returns what could not be read, which the sections have found out."""
    texts = [run.remover.text(text) for run in content.runs for text in run.problems]
    if not texts:
        return Html("")

    return tag("aside", items(texts), class_="problems", aria_label="What could not be read")
