"""The Learning page: loss, optimizer, schedule, length of the training, and its memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.engine.advice.before_training import before_training
from app.engine.data.nouns import counted
from app.engine.errors import UserError
from app.engine.text import count_text
from app.ui.pages.learning.cards import (
    BASIC,
    LossCard,
    OptimizerCard,
    PredictedCard,
    ScheduleCard,
    SettingsCard,
    TrainingCard,
    folded_settings,
)
from app.ui.pages.learning.loss_context import loss_context
from app.ui.pages.parts import GuideCard, Page, Parts
from app.ui.pages.remedies import card_of
from app.ui.state.action import Action
from app.ui.state.document import FAKE_DATA
from app.ui.style.dresser import parts_of
from app.ui.style.theme import style
from app.ui.text.literal import button_text, tooltip
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.label import Label
from app.ui.widgets.settings.field import value_in_words
from models.graph import Graph

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent, QShowEvent

    from app.engine.experiment.resolve import ResolvedExperiment
    from app.ui.state.network_measurer import Measured

NARROW = 600
"""Below this width (at 100 %) the cards stand below each other."""

MORE = "more.learning"
OF_LEARNING = ("imbalance", "few", "outliers", "skewed", "small-batch", "context")
"""Findings that settings of this page answer."""

CALLED = (("class", "classes"), ("tag", "tags"))
"""What the answers are called, by whether they are tags."""

ABOUT = GuideCard(
    "Learning",
    "For every batch: the network answers, the loss says how wrong that was, and the gradients say "
    "in which direction each weight should move. The optimizer moves them.",
)
MOMENTS = GuideCard(
    "The two moments",
    "First moment: where this weight's gradient has pointed lately, so noise cancels. Second "
    "moment: how large it has been lately, so every weight moves at a similar pace. Both cost as "
    "much memory as the weights.",
)
DECAY = GuideCard(
    "Weight decay",
    "At every step each weight is pulled a little towards zero. Only weights that the data "
    "keep pushing stay large, which keeps the network from learning by heart.",
)


class LearningPage(Page):
    """Reads and writes the document; predicts memory with the measurer."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self.parts = parts
        style(self, "page")
        self._build()
        parts.document.changed.connect(self._refresh)
        parts.document.data_changed.connect(self._refresh)
        parts.network_measurer.changed.connect(self._measured)
        parts.network_measurer.device.changed.connect(self._measured)
        parts.theme.changed.connect(self._restyle)

    def dressed(self) -> list[QWidget]:
        return parts_of(self, self.inside)

    # --- building

    def _build(self) -> None:
        parts = self.parts
        self.inside = inside = QWidget()
        style(inside, "page")
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(12)
        column.addLayout(self._build_head())
        self.chips = QWidget()
        self.chip_row = FlowLayout(self.chips, 6)
        column.addWidget(self.chips)
        self.loss = LossCard(parts)
        self.optimizer = OptimizerCard(parts)
        self.schedule = ScheduleCard(parts)
        self.training = TrainingCard(parts)
        self.memory = PredictedCard(parts)
        self.settings_cards: tuple[SettingsCard, ...] = (
            self.loss,
            self.optimizer,
            self.schedule,
            self.training,
        )

        self.halves = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self.halves.setSpacing(12)
        self.left = QVBoxLayout()
        self.right = QVBoxLayout()
        for side, cards in (
            (self.left, (self.loss, self.schedule)),
            (self.right, (self.optimizer, self.training)),
        ):
            self.halves.addLayout(side, 1)
            side.setSpacing(12)
            for card in cards:
                side.addWidget(card)

        self.left.addWidget(self.memory)
        self.left.addStretch(1)
        self.right.addStretch(1)
        column.addLayout(self.halves)
        column.addStretch(1)
        self.area = scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(inside)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)
        self._fold(parts.preferences.get(MORE, False))
        self._lay_out()

    def _build_head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.task = Label()
        self.task.setTextFormat(Qt.TextFormat.RichText)
        self.task.setWordWrap(True)
        style(self.task, "row")
        self.more = QPushButton("More settings")
        self.more.setCheckable(True)
        self.more.setObjectName("learning.more")
        self.more.setToolTip("Shows the settings that are rarely needed, in each card.")
        self.more.setAccessibleName("More settings of learning")
        self.more.setChecked(self.parts.preferences.get(MORE, False))
        self.more.toggled.connect(self._fold)
        self.race = QPushButton("Race")
        self.race.setObjectName("learning.race")
        self.race.setAccessibleName("Race several variants of these settings")
        self.race.clicked.connect(lambda: self.parts.do(Action.RACE))
        self.parts.session.state_changed.connect(self._allow_race)
        row.addWidget(self.task, 1)
        self.search = QPushButton("Search")
        self.search.setObjectName("learning.search")
        self.search.setAccessibleName("Search for good settings")
        self.search.clicked.connect(lambda: self.parts.do(Action.SEARCH))
        row.addWidget(self.race)
        row.addWidget(self.search)
        row.addWidget(self.more)

        return row

    def _allow_race(self) -> None:
        """Enables a race where data are open and nothing trains."""
        obstacle = (
            ""
            if self.parts.document.description is not None
            else "Open data first: variants learn from them."
        )
        if self.parts.session.active:
            obstacle = "A training is under way."

        self.search.setEnabled(self.parts.document.description is not None)
        self.search.setToolTip(
            "Trains several values of some settings, and shows which are good."
            if self.search.isEnabled()
            else "Open data first: the runs learn from them."
        )
        self.race.setEnabled(not obstacle)
        self.race.setToolTip(
            tooltip(obstacle)
            or "Trains variants of these settings side by side, such as four optimizers."
        )

    def _fold(self, opened: bool) -> None:
        self.parts.preferences.set(MORE, opened)
        self.more.setText("Fewer settings" if opened else "More settings")

        for card in self.settings_cards:
            card.show_more(opened)

        self._show_chips()

    # --- showing

    def _refresh(self, *_: object) -> None:
        if not self.isVisible():
            return

        self._allow_race()
        document = self.parts.document
        try:
            resolved = document.resolved()
            problem = document.problem()
        except UserError as error:
            self.loss.say(self.loss.trouble, error.message)
            self.guide_changed.emit()
            return

        self.loss.say(self.loss.trouble, "")
        self._show_task()
        self.loss.show_experiment(
            resolved, loss_context(problem, document.dataset, self.parts.session.record)
        )
        self.schedule.show_experiment(resolved, problem.examples)
        description = document.description
        self.training.show_experiment(
            resolved, problem.examples, description.kind if description is not None else "image"
        )

        for card in self.settings_cards:
            card.show_more(self.more.isChecked())

        self._show_chips()
        self._show_measured(resolved)
        self.guide_changed.emit()

    def _show_task(self) -> None:
        document = self.parts.document
        task = document.task()
        description = document.description

        what = f"<b>{task.label}</b>. {task.summary}"
        if description is not None:
            answers = (
                count_text(len(description.classes), *CALLED[task.targets == "tags"]) + ", "
                if description.classes
                else ""
            )
            examples = counted(description.kind, description.size("training"))
            what += f" {answers}{description.about}{examples} to learn from."
        else:
            what += f" {FAKE_DATA}"

        self.task.setText(what)

    def _show_measured(self, resolved: ResolvedExperiment) -> None:
        network_measurer = self.parts.network_measurer
        inspection = network_measurer.inspection
        parameters = (
            inspection.parameters if inspection is not None and inspection.error is None else None
        )
        measured = network_measurer.measured
        mine = measured is not None and measured.resolved.optimizer == resolved.optimizer
        self.optimizer.show_experiment(
            resolved, parameters, measured.floats if measured is not None and mine else {}
        )
        self._show_start(resolved, measured)
        self.training.disk_note.show_settings(
            resolved, self.parts.document.dataset, network_measurer.predicted
        )
        trouble = network_measurer.trouble

        waiting = f"{network_measurer.stage} …" if network_measurer.stage else ""
        if trouble is not None:
            waiting = trouble.message
        elif inspection is not None and inspection.error is not None:
            waiting = "This network cannot be built; the Model page says why."
        elif network_measurer.predicted and not waiting:
            waiting = network_measurer.device.failure

        self.memory.show_prediction(
            network_measurer.predicted,
            parameters,
            network_measurer.device.budget,
            waiting,
            measured.resolved.optimizer if measured is not None else None,
        )

    def _show_start(self, resolved: ResolvedExperiment, measured: Measured | None) -> None:
        """Says what fits of the weights that are to be the start, once the network is measured.

        Of a network that cannot be built it says nothing.
        """
        measurement = measured.measurement if measured is not None else None
        if measurement is None or measurement.error is not None:
            self.training.start_note.show_start("", None, None)
            return

        graph = Graph(tuple(block.node for block in measurement.blocks))
        start = resolved.training.start_from or ""
        self.training.start_note.show_start(start, graph, measurement.problem)

    def _measured(self) -> None:
        if not self.isVisible():
            return

        try:
            self._show_measured(self.parts.document.resolved())
        except UserError:
            return

    def _show_chips(self) -> None:
        """Shows as chips what is folded away and not default: a click opens it."""
        self.chip_row.clear()
        document = self.parts.document
        if not self.more.isChecked():
            for section in BASIC:
                for setting in folded_settings(document, section):
                    value = getattr(document.value(section), setting.name)
                    if value == setting.default:
                        continue

                    chip = QPushButton(
                        button_text(f"{setting.label}: {value_in_words(setting, value)}")
                    )
                    chip.setToolTip("Changed from its default. Press to see it.")
                    chip.setAccessibleName(
                        f"{setting.label} is {value_in_words(setting, value)}; show it"
                    )
                    chip.clicked.connect(lambda: self.more.setChecked(True))
                    style(chip, "chip")
                    self.chip_row.addWidget(chip)

        self.chips.setVisible(self.chip_row.count() > 0)

    # --- the page itself

    def guide(self) -> list[GuideCard]:
        document = self.parts.document
        cards = [ABOUT]

        try:
            optimizer = document.resolved().optimizer
        except UserError as error:
            text = error.message
            return [GuideCard("These settings do not go together", text, "problem"), ABOUT]

        if document.description is not None:
            findings = before_training(document.experiment, document.description, document.dataset)
            cards += [
                card_of(self.parts, finding) for finding in findings if finding.key in OF_LEARNING
            ]

        if optimizer is not None and "second_moment" in optimizer.full_state:
            cards.append(MOMENTS)

        return [*cards, DECAY]

    def ready(self) -> tuple[bool, str]:
        if self.parts.document.description is None:
            return False, "Choose data first; the settings follow them."

        trouble = self.parts.document.trouble()
        return (True, "") if trouble is None else (False, trouble.what)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._lay_out()
        if self.parts.network_measurer.measured is not None:
            self.parts.network_measurer.device.read()  # what is free may have changed meanwhile

        self._refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def _restyle(self) -> None:
        self._lay_out()
        self._refresh()

    def _lay_out(self) -> None:
        """Chooses two columns, or one below the other."""
        narrow = self.width() < self.parts.theme.px(NARROW)
        direction = QBoxLayout.Direction
        # Taken out and put in again, a layout loses the wrappers of the widgets in it for good.
        self.halves.setDirection(direction.TopToBottom if narrow else direction.LeftToRight)
        for card in (*self.settings_cards, self.memory):
            card.setMinimumWidth(self.parts.theme.px(240))
