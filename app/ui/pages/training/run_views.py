"""The views of a run, most of them made when somebody wants to see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from app.ui.pages.training.cards import MemoryView
from app.ui.pages.training.epochs_view import EpochsView
from app.ui.pages.training.inside import InsideView
from app.ui.pages.training.network.view import NetworkView
from app.ui.pages.training.race.view import RaceView
from app.ui.widgets.page_stack import PageStack

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.engine.data.dataset import Dataset
    from app.ui.pages.parts import Parts

VIEWS = (
    ("overview", "Overview", "Loss, accuracy, memory and what the network says now."),
    ("curves", "Curves", "Learning rate and gradient norm."),
    ("network", "Network", "What comes out of every block for an example, live."),
    (
        "inside",
        "Inside",
        "What the optimizer holds for every layer: gradients, moments and steps, live.",
    ),
    ("epochs", "Epochs", "How the network came to what it says, epoch by epoch."),
    ("memory", "Memory", "The memory ledger and the device, now and over time."),
    ("log", "Log", "What happened, line by line."),
    ("race", "Race", "The variants of the race, side by side."),
)
"""Name, label and tip of each view, in order."""

INSIDE, RACE = ([view[0] for view in VIEWS].index(name) for name in ("inside", "race"))
NARROW = 600
WIDE = 720
"""Below these widths (at 100 %) cards stand below each other; the ledger's table needs WIDE."""


class RunViews(PageStack):
    """The pages of VIEWS. Those that are made later take longer to build than the others together.

    refused(sentence): a file could not be written. asked(number): a person wants another view.
    """

    refused = Signal(str)
    asked = Signal(int)

    def __init__(self, parts: Parts, overview: QWidget, curves: QWidget, log: QWidget) -> None:
        super().__init__(self._prepare)
        self._parts = parts
        self._theme = parts.theme
        self._width = 0
        self._dataset: Dataset | None = None
        self.add(overview)
        self.add(curves)
        self.add_later(NetworkView, self._make_network)
        self.add_later(InsideView, self._make_inside)
        self.add_later(EpochsView, lambda: EpochsView(parts))
        self.add_later(MemoryView, self._make_memory)
        self.add(log)
        self.add_later(RaceView, self._make_race)

    def show_data(self, dataset: Dataset | None) -> None:
        """Takes the run's own data; None where they are not open."""
        self._dataset = dataset
        for view in self.made:
            if isinstance(view, NetworkView):
                view.show_data(dataset)

    def arrange(self, width: int) -> None:
        """Chooses one or two columns for a page of this width."""
        self._width = width
        for view in self.made:
            self._arrange(view)

    def scrolled(self) -> None:
        """Draws what may have come into sight."""
        for view in self.made:
            if isinstance(view, InsideView):
                view.catch_up()

    def _arrange(self, view: QWidget) -> None:
        is_wide = self._width >= self._theme.px(WIDE)
        if isinstance(view, NetworkView):
            view.arrange(is_wide)
        elif isinstance(view, MemoryView | InsideView):
            view.arrange(2 if is_wide else 1)
        elif isinstance(view, RaceView):
            view.arrange(1 if self._width < self._theme.px(NARROW) else 2)

        if isinstance(view, InsideView):
            view.catch_up()

    # --- making

    def _prepare(self, view: QWidget) -> None:
        self._arrange(view)
        self._theme.dress(view)

    def _make_network(self) -> NetworkView:
        view = NetworkView(self._parts.session, self._parts.background, self._theme)
        view.norms_asked.connect(lambda: self.asked.emit(INSIDE))
        view.show_data(self._dataset)
        return view

    def _make_inside(self) -> InsideView:
        view = InsideView(self._parts.session, self._theme, self._parts.preferences)
        view.sizes_card.refused.connect(self.refused)
        view.norms_card.refused.connect(self.refused)
        return view

    def _make_memory(self) -> MemoryView:
        view = MemoryView(self._theme)
        view.over_time.refused.connect(self.refused)
        return view

    def _make_race(self) -> RaceView:
        parts = self._parts
        view = RaceView(parts.session, self._theme, parts.preferences, parts.go)
        view.refused.connect(self.refused)
        view.look_asked.connect(lambda: self.asked.emit(0))
        return view
