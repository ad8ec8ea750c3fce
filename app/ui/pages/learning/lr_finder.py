"""The learning rate finder: the curve of a search, what it says, a button that takes the rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.engine.errors import UserError
from app.engine.planning.lr_curve import rate_text, round_rate
from app.ui.plots.base.plot import EMPTY
from app.ui.plots.curves.lr_finder import LrFinderPlot
from app.ui.state.lr_search import LrSearch
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from app.ui.pages.parts import Parts

ABOUT = (
    "On a copy of your network, each step takes a larger learning rate than the one before. Your "
    "experiment stays as it is until you press Use."
)
SIGHTS = (
    ("Left: too small, nothing happens.", Qt.AlignmentFlag.AlignLeft),
    ("Falling: the network learns.", Qt.AlignmentFlag.AlignHCenter),
    ("Right: too large, the loss blows up.", Qt.AlignmentFlag.AlignRight),
)
OUTDATED = "The settings have changed since, so this curve no longer applies. Search again."
WIDTH = 760
HEIGHT = 560


class FinderDialog(QDialog):
    """The dialog that shows a search and chooses from its curve. Closing it ends the search."""

    def __init__(self, parts: Parts, search: LrSearch, parent: QWidget) -> None:
        super().__init__(parent)
        self.parts = parts
        self.search = search
        self._over = parent.window()
        self.chosen: float | None = None
        self._plotted: object = None
        self.setObjectName("learning.finder")
        self.setWindowTitle("Find a learning rate")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._build()
        self._fit()
        search.changed.connect(self._refresh)
        parts.document.changed.connect(self._refresh)
        parts.document.data_changed.connect(self._refresh)
        self._refresh()

    # --- building

    def _build(self) -> None:
        theme = self.parts.theme
        column = QVBoxLayout(self)
        column.setContentsMargins(*[theme.px(16)] * 4)
        column.setSpacing(theme.px(8))
        heading = Label("Find a learning rate")
        style(heading, "heading")
        self.about = Label(ABOUT)
        self.state = Label()
        self.verdict = Label()
        self.state.setObjectName("learning.finder.state")
        self.verdict.setObjectName("learning.finder.verdict")

        for label, role in ((self.about, "secondary"), (self.state, "row"), (self.verdict, "row")):
            label.setWordWrap(True)
            style(label, role)

        self.progress = QProgressBar()
        self.progress.setObjectName("learning.finder.progress")
        self.progress.setAccessibleName("Steps of the search")
        self.progress.setTextVisible(False)
        keep = self.progress.sizePolicy()  # the plot does not jump when the search is over
        keep.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(keep)
        self.plot = LrFinderPlot(theme)
        self.plot.setObjectName("learning.finder.plot")
        self.plot.setAccessibleName("The loss over growing learning rates")
        self.plot.setToolTip("A click chooses the learning rate at this place.")
        self.plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.plot.picked.connect(self.choose)
        column.addWidget(heading)
        column.addWidget(self.about)
        column.addWidget(self.state)
        column.addWidget(self.progress)
        column.addWidget(self.plot, 1)

        sights = QHBoxLayout()
        for text, side in SIGHTS:
            label = Label(text)
            label.setWordWrap(True)
            label.setAlignment(side | Qt.AlignmentFlag.AlignTop)
            style(label, "secondary")
            sights.addWidget(label, 1)

        column.addLayout(sights)
        column.addWidget(self.verdict)
        column.addLayout(self._build_buttons())

    def _build_buttons(self) -> QHBoxLayout:
        self.stop = _button("Stop", "stop", "Ends the search after this step.")
        self.again = _button(
            "Try again", "again", "Searches once more, with the settings as they are now."
        )
        self.close_button = _button("Close", "close", "Closes this and changes nothing.")
        self.use = _button(
            "Use", "use", "Takes this learning rate for the experiment; it can be undone."
        )
        style(self.use, "primary")

        for button in (self.stop, self.again, self.close_button, self.use):
            button.setAutoDefault(False)

        self.use.setDefault(True)
        self.stop.clicked.connect(self.search.stop)
        self.again.clicked.connect(self.search.start)
        self.close_button.clicked.connect(self.reject)
        self.use.clicked.connect(self.take)
        row = QHBoxLayout()
        row.addWidget(self.stop)
        row.addWidget(self.again)
        row.addStretch(1)
        row.addWidget(self.close_button)
        row.addWidget(self.use)

        return row

    def _fit(self) -> None:
        """Makes the dialog as large as is good, and never larger than the window."""
        theme = self.parts.theme
        frame = self._over
        width = theme.px(WIDTH)

        height = theme.px(HEIGHT)
        if frame.isVisible():
            width = min(width, int(0.92 * frame.width()))
            height = min(height, int(0.92 * frame.height()))

        self.resize(width, height)

    # --- showing

    def _refresh(self, *_: object) -> None:
        search, outdated = self.search, self.search.outdated
        self.stop.setVisible(search.busy)
        self.again.setVisible(not search.busy)
        self.progress.setVisible(search.busy)
        self._show_curve()

        if search.busy:
            self._show_progress()
        elif search.curve is not None:
            rates = search.curve.rates
            self.state.setText(
                f"Tried {rate_text(float(rates[0]))} to {rate_text(float(rates[-1]))}."
            )
        else:
            self.state.setText("")

        curve = search.curve
        predictions = search.trouble

        role = "problem"
        if curve is not None:
            predictions = f"{curve.why} {self._of_schedule() if curve.proposal else ''}".strip()
            role = "row"

            if self.chosen is not None and self.chosen != curve.proposal:
                predictions = self._of_choice()

            if outdated:
                predictions = OUTDATED
                role = "warning"

        self.verdict.setText(predictions)
        if self.verdict.property("role") != role:
            style(self.verdict, role)

        usable = curve is not None and self.chosen is not None and not outdated
        self.use.setEnabled(usable)
        text = (
            f"Use {rate_text(self.chosen)}"
            if self.chosen is not None and curve is not None
            else "Use"
        )

        self.use.setText(text)
        self.use.setAccessibleName(
            f"{text} as the learning rate" if usable else "Use the learning rate"
        )

    def _show_progress(self) -> None:
        tried = self.search.tried
        if tried is None:
            self.state.setText(f"{self.search.stage or 'Starting'} …")
            self.progress.setRange(0, 0)
            return

        self.state.setText(
            f"Step {tried.step:,} of {tried.steps:,}, learning rate {rate_text(tried.rate)}"
        )
        self.progress.setRange(0, tried.steps)
        self.progress.setValue(tried.step)

    def _show_curve(self) -> None:
        search = self.search
        plot = self.plot
        curve = search.curve
        tried = search.tried

        shown = curve if curve is not None else tried
        if shown is self._plotted and shown is not None:
            return

        self._plotted = shown
        if shown is None:
            self.chosen = None
            plot.show_tried(EMPTY, EMPTY, EMPTY)
        else:
            plot.show_tried(
                shown.rates, shown.losses, shown.smoothed, tried.span if tried is not None else None
            )

        if curve is not None:
            self.chosen = curve.proposal

        low, high = plot.span or (0.0, 0.0)
        present = curve.current if curve is not None else None
        plot.show_present(present if present and 10**low <= present <= 10**high else None)
        plot.show_chosen(self.chosen)

    def _of_schedule(self) -> str:
        try:
            schedule = self.parts.document.resolved().schedule
        except UserError:
            return ""

        if schedule is None or all(
            abs(schedule.factor(step, 100) - 1) < 1e-9 for step in range(100)
        ):
            return "The schedule keeps it throughout."

        return f"It is the peak: the schedule ({schedule.label}) leads up to it or down from it."

    def _of_choice(self) -> str:
        """Returns what the curve says of a value that a person chose."""
        curve = self.search.curve
        rate = self.chosen

        assert curve is not None and rate is not None

        least = float(curve.rates[int(curve.smoothed.argmin())])
        if curve.diverged is not None and rate >= 0.5 * curve.diverged:
            predictions = "there the loss blows up; take a smaller one."
        elif rate > least and curve.smoothed[-1] > curve.smoothed.min():
            predictions = "there the loss no longer falls; it is likely too large."
        elif curve.proposal is None:
            predictions = "the loss did not fall anywhere, so there is no reason to choose it."
        else:
            predictions = f"proposed was {rate_text(curve.proposal)}."

        return f"Your choice is {rate_text(rate)}: {predictions}"

    # --- choosing

    def choose(self, rate: float) -> None:
        """Chooses another value than the proposed one, with two digits."""
        if self.search.curve is None:
            return

        self.chosen = round_rate(rate)
        self.plot.show_chosen(self.chosen)
        self._refresh()

    def take(self) -> None:
        """Makes the chosen value the experiment's learning rate."""
        if self.chosen is None:
            return

        refused = self.parts.document.replace("optimizer", learning_rate=self.chosen)
        if refused:
            self.verdict.setText(refused)
            return

        self.accept()

    def done(self, result: int) -> None:
        """Ends the search, however the dialog is closed: by a button, Escape or its frame."""
        self.search.stop()
        super().done(result)


class FindButton(QPushButton):
    """The button that opens the dialog and starts a search, or brings the open one to the front."""

    def __init__(self, parts: Parts) -> None:
        super().__init__("Find a learning rate")
        self.parts = parts
        self.search = LrSearch(parts.document, parts.session)
        self.dialog: FinderDialog | None = None
        self.setObjectName("learning.find_rate")
        self.setToolTip(
            "Tries learning rates on a copy of the network, draws the loss and proposes one."
        )
        self.setAccessibleName("Find a learning rate")
        style(self, "small")
        self.clicked.connect(self.open)

    def open(self) -> None:
        if self.dialog is not None:
            self.dialog.activateWindow()
            return

        self.dialog = FinderDialog(self.parts, self.search, self.window())
        self.dialog.finished.connect(self._forget)
        self.dialog.show()
        QTimer.singleShot(0, self.dialog, self.search.start)  # the dialog is in sight first

    def _forget(self, *_: object) -> None:
        self.dialog = None


def _button(text: str, name: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(f"learning.finder.{name}")
    button.setToolTip(tooltip(tip))
    button.setAccessibleName(text)

    return button
