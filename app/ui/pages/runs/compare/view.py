"""The comparison in full width: what differs between runs, and their curves over one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.engine.runs.logs.foreign_run import is_log
from app.engine.text import count_text
from app.ui.pages.runs.compare.curves_card import CurvesCard
from app.ui.pages.runs.compare.drawn import drawing_of
from app.ui.pages.runs.compare.elsewhere import KeptLogs, ReadLog, read_logs, subjects_of
from app.ui.pages.runs.compare.elsewhere_button import ElsewhereButton
from app.ui.pages.runs.compare.looks import look_of, swatch
from app.ui.pages.runs.compare.plot import FEW
from app.ui.pages.runs.compare.subjects import Compared, Subject, compared, read_portion
from app.ui.pages.runs.compare.table import TableCard
from app.ui.pages.runs.entries import common_metric
from app.ui.style.assets import icon
from app.ui.style.theme import Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.drops import DropOverlay, local_paths, name_of, take_copy
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PySide6.QtGui import QDragEnterEvent, QDropEvent, QIcon, QResizeEvent, QShowEvent

    from app.engine.runs.control import Control
    from app.ui.pages.runs.compare.drawn import Drawing
    from app.ui.pages.runs.compare.plot import Look
    from app.ui.pages.runs.entries import Entry
    from app.ui.state.background import Background, Failure
    from app.ui.state.preferences import Preferences

    _Read = tuple[dict[object, Subject], dict[Path, ReadLog], Compared]

READ = "runs.compare.read"
DRAW = "runs.compare.draw"
"""Keys of the work in the background."""


class CompareView(QWidget):
    """Compares any number of runs. Curves are read in the background, and shown as they come.

    Logs of other tools stand behind them, whichever runs are compared.

    left(): the person wants back to the list. report_wanted(): on the runs that are compared.
    """

    left = Signal()
    report_wanted = Signal()

    def __init__(self, theme: Theme, background: Background, preferences: Preferences) -> None:
        super().__init__()
        self._theme = theme
        self._background = background
        self._entries: tuple[Entry, ...] = ()
        self._known: dict[object, Subject] = {}
        self.logs = KeptLogs(preferences)
        self._read_logs: dict[Path, ReadLog] = {}
        self._logs_wanted = True
        self.runs = Compared()
        self._drawing: Drawing | None = None
        self.setObjectName("runs.compare")
        self.table = TableCard(theme)
        self.curves = CurvesCard(theme, preferences)
        self.curves.tools_row.changed.connect(self._draw)
        self.table.shown_changed.connect(self._draw)
        self.table.strong_changed.connect(self.curves.compare_plot.set_strong)
        self._build()
        back = QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self.left.emit)
        back.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _build(self) -> None:
        self.back = QPushButton("All runs")
        self.back.setObjectName("runs.compare.back")
        self.back.setToolTip(tooltip("Back to the list of runs (Esc)."))
        self.back.clicked.connect(self.left)
        heading = Label("Compared")
        style(heading, "heading")
        self.about = ElidedLabel(least=4)
        style(self.about, "why")
        self.report = QPushButton("Report…")
        self.report.setObjectName("runs.compare.report")
        self.report.setToolTip(tooltip("Writes one HTML file on these runs, to keep or send."))
        self.report.clicked.connect(self.report_wanted)
        self.elsewhere = ElsewhereButton(self.logs)
        self.elsewhere.changed.connect(self.look_at_logs)
        self._overlay = DropOverlay(self._theme, self)
        self.setAcceptDrops(True)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.back)
        head.addWidget(heading)
        head.addWidget(self.about, 1)
        head.addStretch(1)
        head.addWidget(self.elsewhere)
        head.addWidget(self.report)
        content = QWidget()
        style(content, "page")
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.table)
        column.addWidget(self.curves, 1)
        scroller = QScrollArea()
        scroller.setWidgetResizable(True)
        scroller.setFrameShape(QFrame.Shape.NoFrame)
        scroller.setWidget(content)
        self.scroller = scroller
        outer = QVBoxLayout(self)
        outer.setContentsMargins(16, 12, 16, 16)
        outer.setSpacing(8)
        outer.addLayout(head)
        outer.addWidget(scroller, 1)

    # --- reading

    def show_runs(self, entries: Sequence[Entry]) -> None:
        """Compares these runs; those that have not changed since are not read again."""
        wanted = [_key(entry) for entry in entries]
        if wanted == [_key(entry) for entry in self._entries]:
            return

        self._entries = tuple(entries)
        self._known = {key: subject for key, subject in self._known.items() if key in wanted}
        self._read()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The runs that are compared, of this program."""
        return self._entries

    @property
    def readable_logs(self) -> list[Path]:
        """The logs of other tools that could be read."""
        return [path for path, log in self._read_logs.items() if log.run is not None]

    def look_at_logs(self) -> None:
        """Reads the logs of other tools again, those that have changed, and shows them."""
        self._logs_wanted = True
        if self._entries:
            self._read()

    def _read(self) -> None:
        """Reads some of the runs that are missing, then the logs; compares all that are known."""
        entries = self._entries
        known = dict(self._known)
        missing = [entry for entry in entries if _key(entry) not in known]
        logs = self._read_logs
        paths = self.logs.paths if not missing and self._logs_wanted else tuple(logs)
        total = len(entries)
        if missing:
            self.about.setText(f"reading {total - len(missing)} of {total}")

        def read(control: Control) -> _Read:
            found = {_key(each.entry): each for each in read_portion(missing, control.check)}
            both = known | found
            subjects = [both[_key(entry)] for entry in entries if _key(entry) in both]
            metric = common_metric([each.entry for each in subjects])
            read = logs if missing else read_logs(paths, logs, control.check)
            return found, read, compared([*subjects, *subjects_of(read.values(), metric)])

        with_logs = not missing
        self._background.run(read, lambda read: self._take(read, with_logs), self._fail, key=READ)

    def _take(self, read: _Read, with_logs: bool) -> None:
        """Shows what is known now, and goes on with the next runs. with_logs: these were read."""
        found, self._read_logs, self.runs = read
        self._logs_wanted = self._logs_wanted and not with_logs
        self._known |= found
        self._show()
        if any(_key(entry) not in self._known for entry in self._entries) or self._logs_wanted:
            self._read()
            return

        others = sum(not subject.entry.is_own for subject in self.runs.subjects)
        behind = f", {others} from elsewhere" if others else ""
        self.about.setText(count_text(len(self._entries), "run") + behind)

    def _fail(self, failure: Failure) -> None:
        self.curves.say(failure.message)

    def _show(self) -> None:
        """Shows the runs that are read, in the order in which they were chosen."""
        entries = [subject.entry for subject in self.runs.subjects]
        metric = common_metric(entries) if entries else None
        self.table.show_runs(self.runs)
        self.curves.tools_row.offer(metric, bool(self.runs.seeds))
        self._draw()

    # --- drawing

    def _draw(self) -> None:
        """Prepares the curves of the runs that pass the filter, in the background."""
        runs = self.runs
        shown = frozenset(self.table.model.shown)
        choice = self.curves.tools_row.choice
        self._background.run(
            lambda control: drawing_of(runs, choice, control.check, shown),
            self._take_drawing,
            self._fail,
            key=DRAW,
        )

    def _take_drawing(self, drawing: Drawing) -> None:
        self._drawing = drawing
        self._show_drawing()

    def _show_drawing(self) -> None:
        drawing = self._drawing
        if drawing is None:
            return

        few = len(drawing.curves) <= FEW
        looks: list[Look] = []
        icons: dict[int, QIcon] = {}
        for place, curve in enumerate(drawing.curves):
            group = self.table.group_of(curve.members[0])
            number = place if few else curve.members[0]
            look = look_of(self._theme, number if group < 0 else group)
            looks.append(look)
            icons |= dict.fromkeys(curve.members, swatch(self._theme, look, few))

        self.table.set_icons(icons)
        troubles = [subject.trouble for subject in self.runs.subjects if subject.trouble]
        troubles += [log.trouble for log in self._read_logs.values() if log.trouble]
        self.curves.show_drawing(drawing, looks, " ".join(troubles))

    # --- what is dropped

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        paths = local_paths(event.mimeData())
        if paths and all(map(is_log, paths)):
            take_copy(event)
            self._overlay.announce(
                f"Drop to compare with {name_of(paths)}",
                "Its curves stand beside these. Drop it on the rail to open it as data.",
            )
        else:
            event.ignore()  # the window takes it

    def dropEvent(self, event: QDropEvent) -> None:
        take_copy(event)
        self.elsewhere.take(local_paths(event.mimeData()))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.look_at_logs()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.table.set_room(self.scroller.viewport().height())

    def _restyle(self) -> None:
        side = self._theme.px(16)
        self.back.setIcon(icon(self._theme, "mdi6.arrow-left", "text"))
        self.back.setIconSize(QSize(side, side))
        self.curves.setMinimumHeight(self._theme.px(300))
        self._show_drawing()


def _key(entry: Entry) -> object:
    """Returns what a run is known by: its folder, and what changes with all that is shown of it."""
    return entry.path, entry.stamp
