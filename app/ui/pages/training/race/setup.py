"""Setting up a race: its variants, how fair it is, and what memory it takes."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.engine.errors import UserError
from app.engine.race.fairness import fairness
from app.engine.race.ready_made import ready_made
from app.engine.race.variants import FEWEST, MOST, SameVariants, Variant, variants_of
from app.ui.pages.training.race.editor import VariantEditor
from app.ui.pages.training.race.members import swatch
from app.ui.pages.training.race.memory_needs import MemoryNeeds, find_memory_needs
from app.ui.state.document import Document
from app.ui.state.network_measurer import bytes_held
from app.ui.state.race import MemberSetup, RaceState
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.label import Label
from app.ui.widgets.tile import Tile

if TYPE_CHECKING:
    from app.engine.experiment.experiment import Experiment
    from app.engine.race.ready_made import ReadyMade
    from app.ui.pages.parts import Parts
    from app.ui.state.background import Failure

MEASURE_MS = 150
HERE = " It trains here and ends with the window: a race has no process of its own."
WIDTH = 900
HEIGHT = 620
ROW = 32
UNCHANGED = (
    "Take one of the races above, or change a setting of the chosen variant, on the right. "
    "Another seed is enough."
)
"""What is said while two variants are still the same, as after one was added."""


class RaceSetup(QDialog):
    """The dialog that sets up a race; `begin` starts it and closes the dialog."""

    def __init__(self, parts: Parts, parent: QWidget) -> None:
        super().__init__(parent)
        self.parts = parts
        self.variants: tuple[Variant, ...] = ()
        self._documents: list[Document] = []
        self._needs: MemoryNeeds | None = None
        self._trouble = ""
        self._unchanged = False
        self._timer = QTimer(self, singleShot=True, interval=MEASURE_MS)
        self._timer.timeout.connect(self._measure)
        self.setObjectName("race.setup")
        self.setWindowTitle("Race")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        style(self, "page")
        self._build()
        self.take([parts.document.experiment])
        self.add()

    # --- layout

    def _build(self) -> None:
        theme = self.parts.theme
        px = theme.px
        outer = QVBoxLayout(self)
        outer.setContentsMargins(px(20), px(16), px(20), px(16))
        outer.setSpacing(px(12))
        heading = Label("Race")
        why = Label(
            "The same training several times over with one thing changed: side by side, in turns, "
            "on the same examples." + (HERE if self.parts.session.place.beside else "")
        )
        style(heading, "heading")
        style(why, "secondary")
        why.setWordWrap(True)
        words = QVBoxLayout()
        words.setSpacing(px(4))
        words.addWidget(heading)
        words.addWidget(why)
        outer.addLayout(words)
        outer.addLayout(self._build_ready_made())
        outer.addLayout(self._build_middle(), 1)
        row = QHBoxLayout()
        row.addStretch(1)
        self.cancel = self._button("Cancel", "race.cancel", "Closes this without a race.")
        self.start = self._button(
            "Start the race", "race.start", "Trains the variants side by side."
        )
        style(self.start, "primary")
        row.addWidget(self.cancel)
        row.addWidget(self.start)
        outer.addLayout(row)
        self.adding.clicked.connect(self.add)
        self.removing.clicked.connect(self.remove)
        self.cancel.clicked.connect(self.reject)
        self.start.clicked.connect(self.begin)
        self.start.setDefault(True)
        self.list.setFocus()
        around = self.parentWidget()
        room = around.size() if around is not None else QSize(WIDTH, HEIGHT)
        self.resize(min(px(WIDTH), room.width() - 32), min(px(HEIGHT), room.height() - 32))

    def _build_ready_made(self) -> QHBoxLayout:
        """Builds a card for each race that these data allow."""
        row = QHBoxLayout()
        row.setSpacing(self.parts.theme.px(8))
        description = self.parts.document.description
        experiment = self.parts.document.experiment
        races = ready_made(experiment, description) if description is not None else ()
        for race in races:
            card = Tile(
                self.parts.theme,
                f"race.{race.name}",
                race.title,
                race.summary,
                tip=race.explanation,
            )
            card.setAutoDefault(False)
            card.clicked.connect(lambda _=False, race=race: self.take_ready_made(race))
            row.addWidget(card, 1)

        return row

    def _build_middle(self) -> QHBoxLayout:
        """Builds the variants and their facts, and beside them the settings of the chosen one."""
        theme = self.parts.theme
        px = theme.px
        self.list = QListWidget()
        self.list.setObjectName("race.variants")
        self.list.setAccessibleName("Variants of the race")
        self.list.setToolTip("Choose a variant to see and change its settings.")
        self.list.setIconSize(QSize(px(26), px(12)))
        self.list.setFixedHeight(px(ROW) * MOST + px(10))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.currentRowChanged.connect(self._edit)
        self.adding = self._button(
            "Add a variant", "race.add", f"Adds a copy of the first, up to {MOST} in all."
        )
        self.removing = self._button(
            "Remove", "race.remove", "Takes the chosen variant out of the race."
        )
        tools = QHBoxLayout()
        tools.setSpacing(px(8))
        tools.addWidget(self.adding)
        tools.addWidget(self.removing)
        tools.addStretch(1)
        left = QVBoxLayout()
        left.setSpacing(px(8))
        left.addWidget(self.list)
        left.addLayout(tools)
        left.addWidget(self._build_sentences(), 1)
        self.editor = VariantEditor(theme)
        middle = QHBoxLayout()
        middle.setSpacing(px(20))
        middle.addLayout(left, 5)
        middle.addWidget(self.editor, 7)

        return middle

    def _build_sentences(self) -> QScrollArea:
        """Builds what is said of the variants: troubles, fairness, memory."""
        px = self.parts.theme.px
        self.fair = Label()
        self.memory = Label()
        self.problem = Label()
        self.fair.setTextFormat(Qt.TextFormat.RichText)
        sentences = QWidget()
        words = QVBoxLayout(sentences)
        words.setContentsMargins(0, 0, px(8), 0)
        words.setSpacing(px(8))

        for label, name in (
            (self.problem, "race.problem"),
            (self.fair, "race.fairness"),
            (self.memory, "race.memory"),
        ):
            label.setObjectName(name)
            label.setWordWrap(True)
            style(label, "secondary")
            words.addWidget(label)

        words.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(sentences)
        style(sentences, "page")

        return area

    def _button(self, text: str, name: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(text)
        button.setToolTip(tooltip(tip))
        button.setAutoDefault(False)

        return button

    # --- the variants

    def take(self, experiments: list[Experiment]) -> None:
        """Starts over with these experiments as variants."""
        for document in self._documents:
            document.changed.disconnect(self._refresh)
            document.deleteLater()

        self._documents = [self._document(experiment) for experiment in experiments]
        self._refresh()
        self.list.setCurrentRow(0)
        self._edit(0)

    def _document(self, experiment: Experiment) -> Document:
        document, shown = Document(experiment), self.parts.document
        document.setParent(self)
        document.set_data(shown.data_state, shown.dataset)
        document.changed.connect(self._refresh)

        return document

    def add(self) -> None:
        """Adds a copy of the first variant, to be changed."""
        if len(self._documents) < MOST:
            self._documents.append(self._document(self._documents[0].experiment))
            self._refresh()
            self.list.setCurrentRow(len(self._documents) - 1)

    def remove(self) -> None:
        if len(self._documents) > FEWEST:
            row = max(0, self.list.currentRow())
            document = self._documents.pop(row)
            self._refresh()
            self.list.setCurrentRow(min(row, len(self._documents) - 1))
            self._edit(self.list.currentRow())
            document.changed.disconnect(self._refresh)
            document.deleteLater()

    def take_ready_made(self, race: ReadyMade) -> None:
        """Takes the variants of a race that is ready to start."""
        self.take(list(race.experiments))
        self.editor.show_section(race.section)

    def document_of(self, row: int) -> Document:
        """Returns the settings of a variant."""
        return self._documents[row]

    def _edit(self, row: int) -> None:
        if 0 <= row < len(self._documents):
            self.editor.edit(self._documents[row])

    # --- sentences

    def _refresh(self, *_: object) -> None:
        description = self.parts.document.description
        self.variants = ()
        self._needs = None
        self._trouble = ""
        self._unchanged = False

        experiments = [document.experiment for document in self._documents]
        if description is None:
            self._trouble = "The data are not open yet."
        else:
            try:
                self.variants = variants_of(experiments, description)
            except SameVariants:
                self._unchanged = True
            except UserError as error:
                self._trouble = error.message

        self._name()
        facts = (
            fairness(self.variants, description)
            if self.variants and description is not None
            else ()
        )

        lines = [f"{'✓' if fact.same else '≠'} {fact.text}" for fact in facts]
        self.fair.setText(
            "".join(f'<p style="margin:0 0 4px 0">{escape(line)}</p>' for line in lines)
        )
        self.fair.setVisible(bool(lines))
        self.memory.setVisible(False)
        self.adding.setEnabled(len(experiments) < MOST)
        self.removing.setEnabled(len(experiments) > FEWEST)
        self._allow()
        self._timer.start()

    def _name(self) -> None:
        """Names the rows of the list, without changing which one is chosen."""
        experiment = self.parts.document.experiment
        numbers = range(1, len(self._documents) + 1)
        names = [variant.name for variant in self.variants]
        names = names or [f"Variant {number}" for number in numbers]

        while self.list.count() > len(self._documents):
            self.list.takeItem(self.list.count() - 1)

        while self.list.count() < len(self._documents):
            self.list.addItem("")

        for row, (document, name) in enumerate(zip(self._documents, names, strict=True)):
            item = self.list.item(row)
            text = f"{name} (as it is now)" if document.experiment == experiment else name
            item.setText(text)
            item.setToolTip(tooltip(text))
            item.setIcon(swatch(self.parts.theme, row))
            item.setSizeHint(QSize(0, self.parts.theme.px(ROW)))

    def _measure(self) -> None:
        if not self.variants:
            self.parts.background.forget("race.needs")
            return

        variants = self.variants
        data = bytes_held(self.parts.document.dataset)
        self.parts.background.run(
            lambda control: find_memory_needs(variants, data, control),
            self._take_needs,
            self._fail,
            key="race.needs",
        )

    def _take_needs(self, needs: MemoryNeeds) -> None:
        if len(needs.floats) != len(self.variants):
            return

        self._needs = needs
        if needs.device is not None:
            self.parts.network_measurer.device.take(needs.device)  # one figure, everywhere

        text, role = needs.words
        self.memory.setText(text)
        self.memory.setVisible(bool(text))
        style(self.memory, role)
        self._allow()

    def _fail(self, failure: Failure) -> None:
        self.memory.setText(failure.message)
        self.memory.setVisible(True)

    def _allow(self) -> None:
        needs = self._needs
        trouble = self._trouble or ("A training is under way." if self.parts.session.active else "")
        hint = UNCHANGED if self._unchanged and not trouble else ""
        self.problem.setText(trouble or hint)
        self.problem.setVisible(bool(trouble or hint))
        style(self.problem, "problem" if trouble else "secondary")
        hindered = bool(trouble or hint) or (
            needs is not None and (bool(needs.trouble) or needs.too_much)
        )
        self.start.setEnabled(not hindered)
        self.start.setToolTip(tooltip(trouble or hint or "Trains the variants side by side."))

    # --- starting

    def begin(self) -> None:
        """Starts the race and shows it."""
        description = self.parts.document.description
        if description is None or not self.variants or not self.start.isEnabled():
            return

        floats = self._needs.floats if self._needs is not None else (None,) * len(self.variants)
        setups = [
            MemberSetup(variant, each) for variant, each in zip(self.variants, floats, strict=True)
        ]
        self.parts.session.start_race(RaceState.of(setups, description), self.parts.runs_folder)
        self.parts.go("training")
        self.accept()

    def done(self, result: int) -> None:
        """Ends the measurement of memory, then closes."""
        self._timer.stop()
        self.parts.background.run(lambda _: None, lambda _: None, key="race.needs")
        super().done(result)
