"""The race on the Training page: curves side by side, the members as a table, a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.engine.race.variants import MOST
from app.ui.pages.training.race.members import MembersTable
from app.ui.pages.training.race.plots import TrainingLossPlot, ValidationPlot
from app.ui.pages.training.race.words import changes_in_words, verdict
from app.ui.plots.base.plot_card import LogButton, PlotCard, SmoothButton
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label
from app.ui.widgets.segments import Segments

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ui.state.preferences import Preferences
    from app.ui.state.race import RaceState
    from app.ui.state.session import Session
    from app.ui.style.theme import Theme

QUANTITIES = (
    (
        "figure",
        "Figure",
        "The figure by which the variants are judged, on examples they never train on.",
    ),
    ("loss", "Loss", "The validation loss of every epoch; lower is better."),
)


class RaceView(QWidget):
    """A race.

    look_asked(): the chosen member shall be shown in the other views. refused(sentence): a plot
    could not be saved.
    """

    look_asked = Signal()
    refused = Signal(str)

    def __init__(
        self,
        session: Session,
        theme: Theme,
        preferences: Preferences,
        go: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._session = session
        self._theme = theme
        self._show_page = go
        self._race_state: RaceState | None = None
        self._active = False
        style(self, "page")
        self.smooth = SmoothButton(theme, preferences, "race.smoothing")
        self.loss = TrainingLossPlot(theme, MOST, self.smooth.factor)
        self.validation = ValidationPlot(theme, MOST)
        self.loss_card = PlotCard(self.loss, "Training loss", "", "race.loss", "race loss")
        self.loss_card.add_tool(LogButton([self.loss], preferences, "race.log"))
        self.loss_card.add_tool(self.smooth)
        self.smooth.smoothed.connect(self.loss.set_smoothing)
        self.validation_card = PlotCard(
            self.validation, "Validation", "", "race.validation", "race validation"
        )
        self.quantity = Segments(theme, "race.quantity", QUANTITIES)
        self.quantity.chosen.connect(lambda _: self._draw())
        self.validation_card.add_tool(self.quantity)

        for card in (self.loss_card, self.validation_card):
            card.refused.connect(self.refused)

        self._lay_out_cards()
        theme.changed.connect(self._draw)

    def _lay_out_cards(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        self.grid = QGridLayout()
        self.grid.setSpacing(12)
        column.addLayout(self.grid, 1)
        self.arrange(2)
        self.card = Card("Variants", "Enter or a double click opens one")
        self.card.setObjectName("race.card")
        self.table = MembersTable(self._theme)
        self.table.chosen.connect(self._chosen)
        self.table.opened.connect(self.open)
        self.card.body.addWidget(self.table)
        self.verdict = Label()
        self.facts = Label()
        self.verdict.setObjectName("race.verdict")
        self.facts.setObjectName("race.facts")
        style(self.verdict, "row")
        style(self.facts, "secondary")

        for label in (self.verdict, self.facts):
            label.setWordWrap(True)
            self.card.body.addWidget(label)

        self.look = self._button(
            "Look closer", "race.look", "Shows the curves and figures of the chosen variant."
        )
        self.results = self._button(
            "Results", "race.results", "Shows what the chosen variant gets right and wrong."
        )
        self.compare = self._button(
            "Compare in Runs", "race.compare", "Lays these runs over one another in Runs."
        )
        self.look.clicked.connect(self._look)
        self.results.clicked.connect(lambda: self._go("results"))
        self.compare.clicked.connect(self._compare)
        column.addWidget(self.card)

    def _button(self, text: str, name: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(text)
        button.setToolTip(tooltip(tip))
        style(button, "small")
        self.card.tools.addWidget(button)

        return button

    def arrange(self, columns: int) -> None:
        """Places the plots side by side, or below each other."""
        px = self._theme.px
        for number, card in enumerate((self.loss_card, self.validation_card)):
            card.setMinimumWidth(px(240))
            card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            card.plot.setMinimumHeight(self._theme.plot_px(150))
            self.grid.addWidget(card, number // columns, number % columns)

        for column in range(2):
            self.grid.setColumnStretch(column, 1 if column < columns else 0)

    # --- showing

    def show_race(self, race_state: RaceState, active: bool) -> None:
        """Draws a race. active: whether it is under way."""
        if race_state is not self._race_state:
            self._race_state = race_state
            names = [variant.name for variant in race_state.variants]
            self.loss.name_curves(names)
            self.validation.name_curves(names)
            metric = race_state.members[0].variant.task.headline
            self.quantity.set_text("figure", f"{metric.label[:1].upper()}{metric.label[1:]}")
            self.quantity.buttons["figure"].setToolTip(
                tooltip(f"{metric.help} On examples they never train on.".strip())
            )
            self.loss.follow()
            self.validation.follow()

        self._active = active
        self._draw()

    def _draw(self) -> None:
        race_state = self._race_state
        if race_state is None:
            return

        metric = (
            race_state.members[0].variant.task.headline if self.quantity.value == "figure" else None
        )
        lower = "" if metric is not None and metric.better == "higher" else "lower is better"
        self.validation_card.set_why(lower)
        self.loss.show_members(race_state.members)
        self.validation.show_members(race_state.members, metric)
        self.table.show_race(
            race_state, [self.loss.smoothed(index) for index in range(len(race_state.members))]
        )
        self.table.choose(race_state.watched)
        self._say(self.verdict, verdict(race_state, self._active))
        self._say(
            self.facts,
            " ".join(
                [*(fact.text for fact in race_state.facts), changes_in_words(race_state)]
            ).strip(),
        )

        self.results.setEnabled(bool(race_state.members[self.table.member].record.epochs))
        self.compare.setEnabled(len(race_state.paths) > 1)

    def _say(self, label: QLabel, text: str) -> None:
        if label.text() != text:
            label.setText(text)
        label.setVisible(bool(text))

    # --- doing

    def _chosen(self, member: int) -> None:
        """Lets the other views and pages show the member that is chosen."""
        race_state = self._race_state
        session = self._session
        if race_state is not None and session.race is race_state and race_state.watched != member:
            session.watch(member)

    def open(self, member: int) -> None:
        """Opens a member that has ended in Results, one under way in its own curves."""
        race_state = self._race_state
        if race_state is None:
            return

        self._chosen(member)
        ended = race_state.members[member].record.finished is not None
        if ended and race_state.members[member].record.epochs:
            self._go("results")
        else:
            self._look()

    def _look(self) -> None:
        self._show_chosen()
        self.look_asked.emit()

    def _go(self, page: str) -> None:
        self._show_chosen()
        self._show_page(page)

    def _show_chosen(self) -> None:
        """Shows the chosen member: somebody may have opened another run meanwhile."""
        if self._race_state is not None and self._session.record is not self._race_state.record:
            self._session.watch(self._race_state.watched)

    def _compare(self) -> None:
        if self._race_state is not None:
            self._session.compared.emit(list(self._race_state.paths))
            self._show_page("runs")
