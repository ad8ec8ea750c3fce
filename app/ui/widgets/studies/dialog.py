"""The dialog of a study: what it takes, what came of it so far, and a button for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
)

from app.engine.experiment.limits import FEWEST_SEEDS, MOST_SEEDS
from app.engine.queue.items import Queue
from app.engine.studies import words
from app.engine.studies.outcome import StudyReader
from app.engine.text import count_text
from app.ui.style.theme import style
from app.ui.text.literal import tooltip, window_title
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.label import Label
from app.ui.widgets.settings.number_box import NumberBox
from app.ui.widgets.studies.table import StudyTable

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.engine.studies.outcome import Outcome
    from app.ui.state.background import Background, Failure
    from app.ui.state.beside.questions import Option, Question
    from app.ui.state.beside.queue_state import QueueState
    from app.ui.style.theme import Theme

WIDTH = 1040
HEIGHT = 640
MOST_SENTENCES = 4
MANY = "Of twenty parts that bring nothing, one seems to bring something."


class StudyDialog(QDialog):
    """Shows a study, and lets the queue train what is missing. It can be closed meanwhile."""

    def __init__(
        self,
        question: Question,
        title: str,
        queue: QueueState,
        background: Background,
        theme: Theme,
        parent: QWidget,
    ) -> None:
        """title: the runs that the question is about."""
        super().__init__(parent)
        self.outcome: Outcome | None = None
        self._question = question
        self._queue = queue
        self._background = background
        self._theme = theme
        self._reader = StudyReader(Queue())
        self._closed = False
        self._ready = False
        self.setObjectName("study.dialog")
        self.setWindowTitle(window_title(question.title))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._build(title)
        self.table.changed.connect(self._read)
        self.seeds.valueChanged.connect(lambda _: self._read())
        queue.changed.connect(self._read)
        self.begin.clicked.connect(self.train)
        self.closing.clicked.connect(self.accept)
        self._say("The runs are being read.")
        background.run(
            lambda _: question.options(), self._take_options, self._fail, key="study.options"
        )

    # --- what it looks like

    def _build(self, title: str) -> None:
        px = self._theme.px
        outer = QVBoxLayout(self)
        outer.setContentsMargins(px(20), px(16), px(20), px(16))
        outer.setSpacing(px(12))
        outer.addLayout(self._build_head(title))
        outer.addLayout(self._build_seeds())
        self.table = StudyTable(self._theme)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidget(self.table)
        self.area.setMinimumHeight(px(48))
        outer.addWidget(self.area, 1)
        self.verdict = _wrapped("study.verdict", "row-strong")
        self.notice = _wrapped("study.notice", "secondary")
        self.verdict.hide()
        outer.addWidget(self.verdict)
        outer.addWidget(self.notice)
        outer.addLayout(self._build_foot())
        self._fit()

    def _fit(self) -> None:
        """Makes the dialog as high as what is in it, within the window; it never shrinks."""
        px = self._theme.px
        around = self.parentWidget()
        room = around.window().size() if around is not None else QSize(px(WIDTH), px(HEIGHT))
        width = min(px(WIDTH), max(320, room.width() - 32))
        most = min(px(HEIGHT), max(240, room.height() - 32))
        least = 0
        for layout in (self.table.layout(), self.layout()):
            if layout is not None:
                layout.invalidate()
                layout.activate()
                least = layout.totalMinimumHeightForWidth(width)

        inside = self.table.sizeHint().height() + px(8)
        wanted = least + max(0, inside - self.area.minimumHeight())
        before = self.height() if self.isVisible() else 0
        self.resize(width, max(before, min(most, wanted)))

    def _build_head(self, title: str) -> QVBoxLayout:
        heading = Label(self._question.title)
        style(heading, "heading")
        runs = ElidedLabel(title, 10)
        style(runs, "why")
        about = _wrapped("study.about", "secondary")
        about.setText(self._question.about)
        line = QHBoxLayout()
        line.setSpacing(self._theme.px(8))
        line.addWidget(heading)
        line.addWidget(runs, 1)
        line.addStretch(1)
        column = QVBoxLayout()
        column.setSpacing(self._theme.px(4))
        column.addLayout(line)
        column.addWidget(about)
        return column

    def _build_seeds(self) -> QHBoxLayout:
        name = Label("Seeds")
        style(name, "secondary")
        self.seeds = NumberBox(whole=True)
        self.seeds.setObjectName("study.seeds")
        self.seeds.setAccessibleName("Seeds")
        self.seeds.setToolTip("How often each is trained: with its own seed and those after it.")
        self.seeds.setRange(FEWEST_SEEDS, MOST_SEEDS)
        self.seeds.show_value(self._question.usual)
        self.seeds.setFixedWidth(self._theme.px(84))
        self.cost = Label()
        self.cost.setObjectName("study.cost")
        style(self.cost, "secondary")
        row = QHBoxLayout()
        row.setSpacing(self._theme.px(8))
        row.addWidget(name)
        row.addWidget(self.seeds)
        row.addWidget(self.cost, 1)
        return row

    def _build_foot(self) -> QHBoxLayout:
        self.closing = _button("Close", "study.close", "Closes this; what trains goes on.")
        self.begin = _button("Train", "study.begin", "")
        style(self.begin, "primary")
        self.begin.setDefault(True)
        self.begin.setEnabled(False)
        row = QHBoxLayout()
        row.setSpacing(self._theme.px(8))
        row.addStretch(1)
        row.addWidget(self.closing)
        row.addWidget(self.begin)
        return row

    # --- reading

    def _take_options(self, options: tuple[Option, ...]) -> None:
        if self._closed:
            return
        if self._question.leaves_out and not options:
            self._say("This training has no part that can be left out.")
            return

        if options:
            self.table.show_options(options)

        self._ready = True
        self._read()

    def _read(self) -> None:
        """Reads what came of the study in the background."""
        if not self._ready:
            return

        keys = self.table.chosen
        count = round(self.seeds.value())
        self._background.run(
            lambda _: self._reader.read(self._question.study(keys, count)),
            lambda outcome: self._show(outcome, keys),
            self._fail,
            key="study",
        )

    def _show(self, outcome: Outcome, keys: tuple[str, ...]) -> None:
        if self._closed:
            return

        self.outcome = outcome
        self.table.show_outcome(outcome, keys)
        self.cost.setText(_cost(outcome))
        count = len(outcome.missing)
        self.begin.setText(f"Train {count_text(count, 'run')}" if count else "Train")
        self.begin.setAccessibleName(self.begin.text())
        self.begin.setEnabled(bool(count))
        self.begin.setToolTip(
            tooltip(
                "Puts them into the queue, where they train one after the other, also when the "
                "window is closed."
                if count
                else "All of them are trained, or wait in the queue."
            )
        )
        sentences = _verdicts(outcome) if not self._question.leaves_out else []
        self.verdict.setText("\n".join(sentences))
        self.verdict.setVisible(bool(sentences))
        many = self._question.leaves_out and len(outcome.members) > 2
        failed = next((why for each in outcome.members for why in each.failed.values()), "")
        if failed:
            self._say(f"One of them failed: {failed}", "problem")
        else:
            self._say(f"{words.SCOPE} {MANY if many else ''}".strip())

        self._fit()
        QTimer.singleShot(0, self, self._fit)  # what was added has its size only now

    def _fail(self, failure: Failure) -> None:
        if not self._closed:
            self.begin.setEnabled(False)
            self._say(failure.message, "problem")

    def _say(self, text: str, role: str = "secondary") -> None:
        self.notice.setText(text)
        style(self.notice, role)

    # --- training

    def train(self) -> None:
        """Puts what is missing into the queue, and starts it."""
        if self.outcome is not None and self.begin.isEnabled():
            self.begin.setEnabled(False)
            self._queue.train_study(self.outcome.study)

    def done(self, result: int) -> None:
        self._closed = True
        for key in ("study", "study.options"):
            self._background.forget(key)
        super().done(result)


def _cost(outcome: Outcome) -> str:
    """Returns what is to be trained and what is under way, in half a sentence."""
    parts = []
    if outcome.missing:
        parts.append(f"To train: {words.cost_text(outcome)}")
    if outcome.pending:
        parts.append(f"{count_text(outcome.pending, 'run')} in the queue")

    return " · ".join(parts) or "All are trained"


def _verdicts(outcome: Outcome) -> list[str]:
    """Returns a sentence for each member that is compared with the first one."""
    first = outcome.members[0]
    others = outcome.members[1 : 1 + MOST_SENTENCES]
    found = []
    for member in others:
        difference = outcome.difference_to_first(member)
        if difference is None:
            continue

        names = first.member.name, member.member.name
        sentence = words.verdict(difference, outcome.study, *names)
        found.append(f"{names[1]}: {sentence}" if len(others) > 1 else sentence)

    return found


def _wrapped(name: str, role: str) -> Label:
    label = Label()
    label.setObjectName(name)
    label.setWordWrap(True)
    style(label, role)
    return label


def _button(text: str, name: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(text)
    button.setToolTip(tooltip(tip))
    button.setAutoDefault(False)
    return button
