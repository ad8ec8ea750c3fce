"""The Training page while there is a run: figures, its views, and notices below them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.ui.pages.training.cards import LogView, MemoryCard, MemoryView, ProbeCard
from app.ui.pages.training.epochs_view import EpochsView
from app.ui.pages.training.figures import FiguresRow, figures_of
from app.ui.pages.training.inside import InsideView
from app.ui.pages.training.inside.words import title_of
from app.ui.pages.training.live import ChangePanel, ChangesStrip
from app.ui.pages.training.race.view import RaceView
from app.ui.pages.training.run_views import INSIDE, NARROW, RACE, VIEWS, RunViews
from app.ui.plots.base.plot_card import LogButton, PlotCard, SmoothButton
from app.ui.plots.curves.gradient_norm import GradientNormPlot
from app.ui.plots.curves.learning_rate import LearningRatePlot
from app.ui.plots.curves.loss import LossPlot
from app.ui.plots.curves.metric import MetricPlot
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.message_box import message_box

if TYPE_CHECKING:
    from app.engine.data.dataset import Dataset
    from app.engine.experiment.resolve import ResolvedExperiment
    from app.ui.pages.parts import Parts
    from app.ui.pages.training.notices import NoticeStrip
    from app.ui.pages.training.run_data import RunData
    from app.ui.state.race import RaceState
    from app.ui.state.record import Record


class RunView(QScrollArea):
    """The views of a run, and `foot`, which belongs below them. turned(name): another view."""

    turned = Signal(str)

    def __init__(self, parts: Parts, notice: NoticeStrip) -> None:
        super().__init__()
        self._parts = parts
        self._session = parts.session
        self._theme = parts.theme
        self._preferences = parts.preferences
        self.notice = notice
        self.view = "overview"
        self._width = 0
        self._race: RaceState | None = None
        self.changes = ChangesStrip(parts.theme)
        self.foot = self._build_foot()
        inside = self._build()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidget(inside)
        self.verticalScrollBar().valueChanged.connect(self.views.scrolled)

    def _build(self) -> QWidget:
        theme = self._theme
        inside = QWidget()
        style(inside, "page")
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 4, 16, 8)
        column.setSpacing(12)
        self.head = QGridLayout()
        self.head.setContentsMargins(0, 0, 0, 0)
        self.head.setColumnStretch(1, 1)
        self.figures, self.segments = FiguresRow(theme), self._build_segments()
        self.head.addWidget(self.figures, 0, 0)
        self.head.addWidget(self.segments, 0, 2)
        column.addLayout(self.head)
        self.changing = ChangePanel(theme, self._session)
        self.changing.available_changed.connect(self._show_changing)
        column.addWidget(self.changing)
        self._show_changing()
        self.log_view = LogView()
        pages = (self._build_overview(), self._build_curves(), self.log_view)
        self.views = RunViews(self._parts, *pages)
        self.views.refused.connect(self._refused)
        self.views.asked.connect(self.show_view)
        column.addWidget(self.views, 1)
        for card in (self.loss_card, self.metric_card, self.rate_card, self.norm_card):
            card.refused.connect(self._refused)

        return inside

    def _build_foot(self) -> QWidget:
        """Builds what comes and goes below the views: above them it would push the plots down."""
        foot = QWidget()
        column = QVBoxLayout(foot)
        column.setContentsMargins(16, 0, 16, 8)
        column.setSpacing(8)
        column.addWidget(self.changes)
        column.addWidget(self.notice)
        return foot

    def _build_segments(self) -> QWidget:
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)

        self.group = QButtonGroup(self)
        for number, (name, label, tip) in enumerate(VIEWS):
            button = QPushButton(label)
            button.setCheckable(True)
            button.setChecked(number == 0)
            button.setObjectName(f"training.view.{name}")
            button.setToolTip(tooltip(tip))
            button.setAccessibleName(f"Show {label}")
            style(button, "segment")
            self.group.addButton(button, number)
            row.addWidget(button)

        self.group.button(RACE).hide()
        self.group.idClicked.connect(self.show_view)
        self.change = QPushButton("Change…")
        self.change.setCheckable(True)
        self.change.setObjectName("training.change")
        self.change.setToolTip("Change the learning rate and the like while it trains.")
        self.change.setAccessibleName("Change settings while it trains")
        self.change.toggled.connect(self._show_changing)
        style(self.change, "small")
        row.addSpacing(8)
        row.addWidget(self.change)

        return box

    def _build_overview(self) -> QWidget:
        theme = self._theme
        preferences = self._preferences
        self.smooth = SmoothButton(theme, preferences, "plot.smoothing")
        self.loss = LossPlot(theme, self.smooth.factor)
        self.headline = MetricPlot(theme)
        self.loss_card = PlotCard(self.loss, "Loss", "lower is better", "training.loss")
        self.log_button = LogButton([self.loss], preferences, "plot.log")
        self.loss_card.add_tool(self.log_button)
        self.loss_card.add_tool(self.smooth)
        self.smooth.smoothed.connect(self.loss.set_smoothing)
        aside = "on examples it never trains on"
        self.metric_card = PlotCard(self.headline, "Accuracy", aside, "training.metric", "metric")
        self.memory_card = MemoryCard(theme)
        self.probe_card = ProbeCard(theme)
        self.overview = QWidget()
        self.overview_grid = QGridLayout(self.overview)

        for card in (self.loss_card, self.metric_card, self.memory_card, self.probe_card):
            # A page that is never shown places nothing, but must be deleted all the same.
            card.setParent(self.overview)

        return self.overview

    def _build_curves(self) -> QWidget:
        theme = self._theme
        self.rate = LearningRatePlot(theme)
        self.norm = GradientNormPlot(theme)
        self.rate_card = PlotCard(
            self.rate, "Learning rate", "how far a step goes", "training.rate", "learning rate"
        )
        steep = "how steep the ground is"
        self.norm_card = PlotCard(
            self.norm, "Gradient norm", steep, "training.norm", "gradient norm"
        )
        self.norm_card.add_tool(LogButton([self.norm], self._preferences, "plot.norm_log"))
        self.curves = QWidget()
        self.curves_grid = QGridLayout(self.curves)
        self._arrange(self.curves_grid, (self.rate_card, self.norm_card), 1)

        return self.curves

    def _arrange(self, grid: QGridLayout, cards: tuple[QWidget, ...], columns: int) -> None:
        """Places cards side by side; rows with a plot take what height there is."""
        px = self._theme.px
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(12)

        for row in range(4):
            grid.setRowStretch(row, 0)

        for column in range(2):
            grid.setColumnStretch(column, 1 if column < columns else 0)

        for number, card in enumerate(cards):
            card.setMinimumWidth(px(240))
            card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            grid.addWidget(card, number // columns, number % columns)

            if isinstance(card, PlotCard):
                grid.setRowStretch(number // columns, 1)
                card.plot.setMinimumHeight(self._theme.plot_px(150))

    # --- showing

    def offer_race(self, race: RaceState | None) -> None:
        """Shows or hides the view of the race that the run shown belongs to."""
        self._race = race
        self.group.button(RACE).setVisible(race is not None)

        if race is None and self.view == "race":
            self.show_view(0)

        self._place_segments()

    def show_view(self, number: int) -> None:
        """Shows one of VIEWS."""
        self.view = VIEWS[number][0]
        self.figures.setVisible(self.view != "race")  # they are of one run
        self.views.show_page(number)
        self.group.button(number).setChecked(True)
        self._show_changing()
        self.turned.emit(self.view)

    def draw(
        self,
        record: Record,
        resolved: ResolvedExperiment | None,
        run_data: RunData,
        dataset: Dataset | None = None,
    ) -> None:
        """Draws the figures, and the plots of the view in front. dataset: the run's own data."""
        self.loss.show_record(record)
        self.figures.show_figures(figures_of(record, self.loss.smoothed, resolved, run_data))
        self._name_inside(resolved)
        self.changing.show_record(record, resolved)
        self.changes.show_record(record)
        self._place_segments()

        if self.view == "race":
            self.changes.hide()
            if self._race is not None:
                self.views.page(RaceView).show_race(self._race, self._session.racing)
        elif self.view == "overview":
            label = run_data.headline.label
            self.metric_card.title.setText(f"{label[0].upper()}{label[1:]}")
            better = "" if run_data.headline.better == "higher" else "lower is better, "
            self.metric_card.set_why(f"{better}on {run_data.many} it never trains on")
            self.metric_card.title.setToolTip(tooltip(run_data.headline.help))
            self.headline.show_record(
                record, run_data.headline, run_data.unit, run_data.usual_class
            )
            self.memory_card.show_record(record, resolved)
        elif self.view == "curves":
            self.rate.show_record(record, resolved)
            clip = resolved.training.gradient_clip if resolved else None
            self.norm.show_record(record, clip or 0.0)
        elif self.view == "inside":
            self.views.page(InsideView).show_record(record, resolved)
        elif self.view == "epochs":
            self.views.page(EpochsView).show_record(record, dataset)
        elif self.view == "memory":
            self.views.page(MemoryView).show_record(record, resolved)

    def _name_inside(self, resolved: ResolvedExperiment | None) -> None:
        """Names the view into the optimizer after it."""
        button = self.group.button(INSIDE)
        title = title_of(resolved.optimizer if resolved is not None else None)
        if button.text() != title:
            button.setText(title)
            button.setAccessibleName(f"Show {title}")

    def _show_changing(self, *_: object) -> None:
        """Opens the panel while the run can be changed and somebody wants it."""
        available = self.changing.available and self.view != "race"  # of one run, not of several
        self.change.setVisible(available)

        if not available:
            self.change.setChecked(False)

        self.changing.setVisible(available and self.change.isChecked())
        self._place_segments()

    def lay_out(self, width: int) -> None:
        """Chooses one or two columns, and the place of the segments, for a page of this width."""
        self._width = width
        self._arrange_overview(1 if width < self._theme.px(NARROW) else 2)
        self.views.arrange(width)
        self._place_segments()

    def _arrange_overview(self, columns: int) -> None:
        """Places the cards of the overview; projected, the predictions lie below two plots."""
        projected = self._theme.projector
        plots = (self.loss_card, self.metric_card)
        self.memory_card.setVisible(not projected)
        self.probe_card.measure()
        self.overview_grid.removeWidget(self.memory_card)
        self.overview_grid.removeWidget(self.probe_card)
        if not projected:
            self._arrange(self.overview_grid, (*plots, self.memory_card, self.probe_card), columns)
            return

        self._arrange(self.overview_grid, plots, columns)
        for card in plots:
            card.plot.setMinimumHeight(self._theme.px(240))  # all three fit into 1280x720

        below = len(plots) // columns
        self.overview_grid.addWidget(self.probe_card, below, 0, 1, columns)
        for row, stretch in ((0, 3), (1, 3), (below, 2)):
            self.overview_grid.setRowStretch(row, stretch)

    def _place_segments(self) -> None:
        """Places the segments beside the figures, or below them where these have grown too wide."""
        room = self._width - 32 - self._theme.px(24)
        beside = (
            self.view != "race"
            and self.figures.sizeHint().width() + self.segments.sizeHint().width() <= room
        )

        where = (0, 2) if beside else (1, 0)
        position = self.head.getItemPosition(self.head.indexOf(self.segments))
        if tuple(position)[:2] != where:  # type: ignore[arg-type]
            self.head.removeWidget(self.segments)
            self.head.addWidget(
                self.segments, *where, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            )

    def _refused(self, sentence: str) -> None:
        box = message_box(self, "training.refused", "The file could not be written.", sentence)
        box.setIcon(QMessageBox.Icon.Warning)
        box.open()
