"""What the window says of an export while no dialog shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.export.words import summary_text
from app.ui.state.exports.exporter import CANCELLED

if TYPE_CHECKING:
    from app.ui.shell.problems import Problems
    from app.ui.state.exports.exporter import ExportEnd, Exporter
    from app.ui.widgets.toast import Toast


class ExportMessages:
    """Says that an export goes on, with a button that gives it up, and how it ended."""

    def __init__(self, exporter: Exporter, toast: Toast, problems: Problems) -> None:
        self._exporter = exporter
        self._toast = toast
        self._problems = problems
        self._text = ""
        """What is said of the export under way, "" where nothing is."""
        exporter.changed.connect(self._follow)
        exporter.ended.connect(self._tell)

    def _follow(self) -> None:
        """Says that the export goes on, from when its dialog was closed."""
        exporter = self._exporter
        order = exporter.order
        quiet = order is None or exporter.watched or exporter.cancelling
        text = "" if quiet or order is None else f"'{order.out.name}' is being exported."
        if text == self._text:
            return

        if text:
            self._toast.wait(text, exporter.cancel)
        elif self._toast.text.text() == self._text:
            self._toast.hide()

        self._text = text

    def _tell(self, end: ExportEnd) -> None:
        """Says how it ended; a failure is listed in any case."""
        if self._exporter.watched:
            if end.failure is not None:
                self._problems.note(end.failure)
            return

        if end.failure is not None:
            self._problems.tell(end.failure)
        elif end.proof is None:
            self._toast.say(CANCELLED)
        else:
            tone = "warning" if end.proof.is_marked else "good"
            words = f"'{end.order.out.name}' was exported. {summary_text(end.proof)}"
            self._toast.say(words, tone)
