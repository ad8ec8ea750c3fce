"""The dialog that exports the network of a run, and shows the proofs of its exports."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from app.engine.export.formats import all_formats
from app.engine.export.words import remarks, summary_text
from app.ui.state.exports.exporter import CANCELLED, ExportEnd, Exporter, ExportOrder
from app.ui.state.exports.run_exports import RunExports, read_run_exports
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.text.run_names import label_of
from app.ui.widgets.export.layout import ExportLayout
from app.ui.widgets.file_dialogs import ask_to_save, with_ending

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from app.engine.export.format import ExportFormat
    from app.engine.export.proof import Proof
    from app.engine.runs.weights_in_use import WeightsInUse, Which
    from app.ui.state.background import Background, Failure
    from app.ui.style.theme import Theme

BUSY = "Another export is under way."
BEGIN = "Asks where the file is to go, then writes and proves it."


class ExportDialog(ExportLayout):
    """Shows what can be exported of a run in a folder; one export at a time in a window.

    It can be closed while an export runs, which then goes on.
    """

    def __init__(
        self,
        path: Path,
        exporter: Exporter,
        background: Background,
        theme: Theme,
        parent: QWidget,
        formats: Mapping[str, ExportFormat] | None = None,
    ) -> None:
        """formats: None for all that there are."""
        self.formats = all_formats() if formats is None else formats
        super().__init__(theme, exporter, path, self.formats, parent)
        self.path = path
        self.run: RunExports | None = None
        self._exporter = exporter
        self._background = background
        self._trouble = "The run is being read."
        self._obstacle = ""
        self._unkept: dict[str, Proof] = {}
        self._closed = False
        self._was_busy = False
        exporter.watched = True
        exporter.changed.connect(self._allow)
        exporter.ended.connect(self._ended)
        self.table.chosen.connect(self._allow)
        self.table.folder_wanted.connect(self._open_folder)
        self.weights.chosen.connect(lambda _: self._allow())
        self.closing.clicked.connect(self.accept)
        self.begin.clicked.connect(self.ask_where)
        self._allow()
        self._read()
        self._look()

    # --- reading

    def _read(self) -> None:
        """Reads the run's weights and proofs in the background."""
        path = self.path
        self._background.run(
            lambda _: read_run_exports(path), self._take, self._fail, key="export.run"
        )

    def _take(self, run: RunExports) -> None:
        if self._closed:
            return

        first = self.run is None
        self.run = replace(run, proofs={**run.proofs, **self._unkept})
        self._trouble = ""
        self.run_title.setText(run.title)
        self._show_weights(run, first)
        self.table.show_run(self.run, lambda kind: self._exporter.file_of(self.path, kind))
        if run.trouble:
            self._say(run.trouble, "problem")

        self._allow()
        self.fit()
        if first:
            self._focus()

    def _focus(self) -> None:
        """Gives the focus to the chosen format, once there is something to choose."""
        row = self.table.rows.get(self.table.kind)
        if row is not None and self.focusWidget() in (None, self.closing, self.begin):
            row.radio.setFocus()

    def _show_weights(self, run: RunExports, first: bool) -> None:
        """Offers the weights that there are. first: those in use are chosen."""
        last = run.last
        self.weights_name.setVisible(last is not None)
        self.weights.setVisible(last is not None)
        if last is not None:
            for weights in (run.best, last):
                words = _words(weights)
                in_use = ", in use" if weights.use == run.in_use.use else ""
                self.weights.set_text(weights.use, f"{words[:1].upper()}{words[1:]}{in_use}")

            if first:
                self.weights.set_value(run.in_use.use)

            self.weights_words.setText("")
        elif run.training:
            self.weights_words.setText(
                "This run is being trained. The epoch that is best when the export begins is "
                "exported; its proof is shown here, but not kept with the run."
            )
        else:
            self.weights_words.setText(f"The weights are those of the {_words(run.best)}.")

    def _look(self) -> None:
        """Finds out what the formats cannot hold, unless an export needs the processors."""
        if not self._exporter.busy:
            self._exporter.look(self.path, self._take_limits, self._hinder)

    def _take_limits(self, limits: dict[str, tuple[str, ...]]) -> None:
        if not self._closed:
            self.table.show_limits(limits)
            self.fit()

    def _fail(self, failure: Failure) -> None:
        """Says why the run cannot be read."""
        self._trouble = failure.message
        self._hinder(failure)

    def _hinder(self, failure: Failure) -> None:
        """Says why the run cannot be exported."""
        if self._closed:
            return

        self._obstacle = failure.message
        self._say(failure.message, "problem")
        self._allow()
        self.fit()

    # --- exporting

    @property
    def _which(self) -> Which:
        chosen = self.run is not None and self.run.last is not None
        return "last" if chosen and self.weights.value == "last" else "best"

    def ask_where(self) -> None:
        """Asks where the file is to go, then begins."""
        kind = self.table.kind
        if not kind or not self.begin.isEnabled():
            return

        suffix = self.formats[kind].suffix
        kinds = f"{suffix.lstrip('.').upper()} file (*{suffix})" if suffix else "All files (*)"
        chosen = ask_to_save(self, "export", "Export", self._file_name(kind), kinds)
        if chosen is None:
            return

        out = with_ending(chosen, suffix)
        if out != chosen and out.exists():
            self._say(
                f"'{out.name}' is there already. Choose it in the dialog to replace it.", "problem"
            )
            return

        self.export_to(out)

    def export_to(self, out: Path) -> None:
        """Begins to export to a file, in the format and with the weights that are chosen."""
        self._say("")
        self._exporter.start(ExportOrder(self.path, self.table.kind, out, self._which))

    def _file_name(self, kind: str) -> str:
        """Returns the name that is proposed; formats of the same ending get names of their own."""
        suffix = self.formats[kind].suffix
        alike = [other for other, each in self.formats.items() if each.suffix == suffix]
        name = label_of(self.path)
        return f"{name}{suffix}" if kind == alike[0] else f"{name} {kind}{suffix}"

    def _ended(self, end: ExportEnd) -> None:
        if self._closed:
            return

        name = label_of(end.order.run)
        other = "" if end.order.run == self.path else f"{name}: "
        if end.failure is not None:
            self._say(f"{other}{end.failure.message}", "problem")
        elif end.proof is None:
            self._say(f"{other}{CANCELLED}", "secondary")
        else:
            unit = self.run.unit if self.run is not None else ""
            words = " ".join((summary_text(end.proof, unit), *remarks(end.proof)))
            self._say(f"{other}{words}", "warning" if end.proof.is_marked else "good")
            if not other and self.run is not None and self.run.training:
                self._unkept[end.proof.format] = end.proof

            self._read()

        self.fit()

    def _open_folder(self, kind: str) -> None:
        path = self._exporter.file_of(self.path, kind)
        if path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))

    # --- what can be done

    def _say(self, text: str, role: str = "secondary") -> None:
        self.notice.setText(text)
        self.notice.setVisible(bool(text))
        style(self.notice, role)

    def _allow(self) -> None:
        """Disables what cannot be done now, and says why."""
        why_not = self._trouble or self._obstacle
        if not why_not and not self.table.kind:
            why_not = "Install what a format needs first."
        if not why_not and self._exporter.busy:
            why_not = BUSY

        if self._exporter.busy != self._was_busy:
            self._was_busy = self._exporter.busy
            self.fit()  # the line of its progress came or went

        self.begin.setEnabled(not why_not)
        self.begin.setToolTip(tooltip(why_not or BEGIN))
        self.closing.setToolTip(
            "Closes this; the export goes on, and a message says when it is done."
            if self._exporter.busy
            else "Closes this."
        )

    def done(self, result: int) -> None:
        """Ends the look at the network, then closes."""
        self._closed = True
        self._exporter.watched = False
        self._exporter.forget_look()
        super().done(result)


def _words(weights: WeightsInUse) -> str:
    """Returns which weights they are: "best epoch (3)"."""
    if weights.use == "best":
        return f"best epoch ({weights.epoch})"
    if weights.partial:
        return f"last step (in epoch {weights.epoch})"

    return f"last epoch ({weights.epoch})"
