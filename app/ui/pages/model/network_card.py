"""The card with the drawn network and what it adds up to."""

from __future__ import annotations

import html
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QWidget,
)

from app.engine.data.nouns import noun
from app.engine.errors import message_of
from app.engine.learning.optimizer import Optimizer
from app.engine.text import bytes_text, short_text, times_text
from app.ui.canvas.view import ZOOM_STEP, NetworkView
from app.ui.pages.model.drawing.block_views import block_views, is_measured
from app.ui.pages.model.mistake_strip import LEAST_BELOW, MistakeStrip
from app.ui.style.assets import icon
from app.ui.style.theme import Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent

    from app.engine.experiment.drawing import Drawing
    from app.ui.canvas.block_view import BlockView
    from app.ui.state.network_measurer import Measured, NetworkMeasurer
    from models.graph import Graph, GraphError

TOTALS_IN_A_ROW = 460
"""Below this width at 100 %, the totals stand in two rows."""

TOOL = 32
"""Least width of a button above the drawing at 100 %."""
ICON_NAMES = {"more": "dots"}

LEAST = 120
"""Least height of the drawing at 100 %."""

LOW = 300
"""Height of the card at 100 % below which the totals stand beside its title."""

WHY = "shapes and costs"

BESIDE = {
    "outputs": "Show what comes out of every block",
    "table": "Show the blocks as a table beside it",
    "code": "Show the network as code beside it",
}
"""What can stand beside the drawing, by the name of its button, with its tooltip."""

HELD = ("weights", "gradients", "first_moment", "second_moment", "other_state")


def totals(measured: Measured) -> list[tuple[str, str, str]]:
    """Returns what the network adds up to: (figure, words, tooltip)."""
    inspection = measured.inspection
    predicted = measured.predicted
    experiment = measured.resolved
    each = "pair" if measured.problem.other is not None else noun(measured.problem.input, 1)

    figures = [
        (
            f"{inspection.parameters:,}",
            "parameters",
            "Numbers that training sets: all weights of the network, n.",
        ),
        (
            short_text(inspection.multiply_adds),
            f"multiply-adds a {each}",
            f"Multiplications, each with an addition, to process one {each}; training takes "
            "about three times as many.",
        ),
    ]
    if predicted:
        optimizer = experiment.optimizer
        assert isinstance(optimizer, Optimizer)
        times = optimizer.floats_per_parameter(measured.floats, inspection.parameters)
        figures += [
            (
                bytes_text(sum(predicted.get(row, 0) for row in HELD)),
                f"with {optimizer.label} ({times_text(times)}n)",
                "Weights, gradients and what the optimizer keeps of every parameter, in float32.",
            ),
            (
                bytes_text(predicted.get("activations", 0)),
                f"activations at batch {experiment.training.batch_size}",
                "What every block keeps of a batch until the gradient has come back to it.",
            ),
        ]

    return figures


class NetworkCard(Card):
    """Draws the network that was measured, and marks the block that cannot be built.

    While it waits it says for what. `selected(name)`: another block was chosen. `repaired(graph)`:
    the person took a repair. `beside_asked(name)`: this of BESIDE shall stand beside it, "" none.
    """

    selected = Signal(str)
    repaired = Signal(object)
    beside_asked = Signal(str)

    def __init__(self, network_measurer: NetworkMeasurer, theme: Theme) -> None:
        super().__init__("The network", WHY)
        self._measurer = network_measurer
        self._theme = theme
        self._fault = ""
        self._whole = False
        """Whether there is a network that can be built, and is shown."""
        self._drawn_of: tuple[Measured | None, Graph | None] = (None, None)
        self._views: tuple[BlockView, ...] = ()
        self._measured_views: tuple[Measured | None, tuple[BlockView, ...]] = (None, ())
        self.view = NetworkView(theme)
        self.view.setObjectName("model.network")
        self.view.block_chosen.connect(self.selected)
        self._message = Label()
        self._message.setObjectName("model.message")
        self._message.setWordWrap(True)
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        style(self._message, "secondary")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.view)
        self._stack.addWidget(self._message)
        self._line = QFrame()
        style(self._line, "separator")
        self._totals = Totals(theme)
        self.mistake = MistakeStrip(theme)
        self.mistake.repaired.connect(self.repaired)
        self.body.addWidget(self.mistake)
        self.body.addWidget(self._stack, 1)
        self.body.addWidget(self._line)
        self.body.addWidget(self._totals)
        self._buttons = [
            self._tool("add", "Add a block (Insert)", self.view.add_asked.emit),
            self._tool("zoom_out", "Smaller (-)", lambda: self.view.zoom_by(1 / ZOOM_STEP)),
            self._tool("zoom_in", "Larger (+)", lambda: self.view.zoom_by(ZOOM_STEP)),
            self._tool("fit", "Show the whole network (F)", self.view.zoom_to_fit),
        ]
        self._beside: dict[str, QToolButton] = {}
        for name, tip in BESIDE.items():
            button = self._tool(name, tip, lambda: None)
            button.setCheckable(True)
            button.toggled.connect(partial(self._show_beside, name))
            self._beside[name] = button
            self._buttons.append(button)
        more = self._tool("more", "All that can be done with the drawing", lambda: None)
        more.clicked.connect(lambda: self._show_menu(more))
        self._buttons.append(more)

        theme.changed.connect(self._restyle)
        self._restyle()

    def refresh(self, graph: Graph | None, drawing: Drawing) -> None:
        """Shows what the measurer has now, and at once what a gesture changed since.

        graph: the network as it is now, None where there is none. drawing: how it is drawn.
        """
        network_measurer = self._measurer
        if network_measurer.measured is not None:
            self._show_network(network_measurer.measured, graph, drawing)
            self._totals.show_totals(totals(network_measurer.measured))
            self._show_fault(network_measurer.measured.inspection.error)

        measured = network_measurer.measured
        mistake = measured.mistake if measured is not None else None
        self.view.setMinimumHeight(self._theme.px(LEAST_BELOW if mistake is not None else LEAST))
        self.mistake.show_mistake(mistake)
        busy = network_measurer.measured is None and network_measurer.busy
        trouble = (
            ""
            if network_measurer.busy or network_measurer.trouble is None
            else message_of(network_measurer.trouble)
        )

        self._message.setText(f"{network_measurer.stage} …" if busy else trouble)
        shown = network_measurer.measured is not None and not trouble
        self._stack.setCurrentWidget(self.view if shown else self._message)
        whole = (
            shown
            and network_measurer.measured is not None
            and network_measurer.measured.inspection.error is None
        )

        self._whole = whole
        self._place_totals()

        for button in self._buttons:
            button.setEnabled(shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_totals()

    def _place_totals(self) -> None:
        """Shows what the network adds up to: below it, or in a low card beside the title."""
        low = self.height() < self._theme.px(LOW)
        self._line.setVisible(self._whole and not low)
        self._totals.setVisible(self._whole and not low)
        self.set_why(self._totals.text() if self._whole and low else WHY)

    def _show_network(self, measured: Measured, graph: Graph | None, drawing: Drawing) -> None:
        """Draws the network, unless it is what is drawn already."""
        if self._drawn_of[0] is not measured or self._drawn_of[1] is not graph:
            self._views = self._views_of(measured, graph)
            self._drawn_of = measured, graph

        self.view.show_blocks(self._views, drawing)

    def _views_of(self, measured: Measured, graph: Graph | None) -> tuple[BlockView, ...]:
        """Returns the blocks as they are drawn; those that were measured are kept for undo."""
        if graph is not None and not is_measured(graph, measured):
            return block_views(measured, graph)
        if self._measured_views[0] is not measured:
            self._measured_views = measured, block_views(measured)

        return self._measured_views[1]

    def _show_fault(self, error: GraphError | None) -> None:
        """Brings the block that cannot be built into sight, once."""
        fault = error.node if error is not None else ""
        if fault and fault != self._fault:
            # From the event loop: what is said above the drawing takes room of it first.
            QTimer.singleShot(0, self.view, lambda: self.view.show_block(fault))

        self._fault = fault

    def _show_beside(self, name: str, shown: bool) -> None:
        """Asks for what shall stand beside the drawing: one at a time."""
        if shown:
            for other, button in self._beside.items():
                if other != name:
                    button.setChecked(False)

        if shown or not any(button.isChecked() for button in self._beside.values()):
            self.beside_asked.emit(name if shown else "")

    def _tool(self, name: str, tip: str, action: object) -> QToolButton:
        button = QToolButton()
        button.setObjectName(f"model.{name}")
        button.setProperty("icon_name", ICON_NAMES.get(name, name))
        button.setToolTip(tooltip(tip))
        button.setAccessibleName(tip)
        style(button, "small")
        button.clicked.connect(action)
        self.tools.addWidget(button)

        return button

    def _show_menu(self, button: QToolButton) -> None:
        menu = self.view.commands.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(button.mapToGlobal(button.rect().bottomLeft()))

    def _restyle(self) -> None:
        for button in self._buttons:
            button.setIcon(icon(self._theme, button.property("icon_name"), "secondary"))
            button.setIconSize(QSize(self._theme.px(14), self._theme.px(14)))
            button.setMinimumWidth(self._theme.px(TOOL))  # else it could be squeezed to nothing


class Totals(QWidget):
    """Figures with their words, in one row or two."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._labels: list[QLabel] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        theme.changed.connect(self._arrange)

    def show_totals(self, figures: Sequence[tuple[str, str, str]]) -> None:
        while len(self._labels) < len(figures):
            label = Label(self)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
            style(label, "secondary")
            self._labels.append(label)

        text = self._theme.color("text").name()
        for shown, (figure, what, tip) in zip(self._labels, figures, strict=False):
            shown.setText(f"<b style='color:{text}'>{html.escape(figure)}</b> {html.escape(what)}")
            shown.setToolTip(tooltip(tip))
            shown.setAccessibleName(f"{figure} {what}")

        for index, shown in enumerate(self._labels):
            shown.setVisible(index < len(figures))

        self._arrange()

    def text(self) -> str:
        """Returns all of it as plain words."""
        return "; ".join(label.accessibleName() for label in self._labels if not label.isHidden())

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self._arrange()

    def _arrange(self) -> None:
        columns = 4 if self.width() >= self._theme.px(TOTALS_IN_A_ROW) else 2
        self._grid.setHorizontalSpacing(self._theme.px(16))
        self._grid.setVerticalSpacing(self._theme.px(4))

        for index, label in enumerate(self._labels):
            self._grid.addWidget(label, index // columns, index % columns)

        for column in range(4):
            words = (
                [len(label.accessibleName()) for label in self._labels[column::columns]]
                if column < columns
                else []
            )
            self._grid.setColumnStretch(column, max(words, default=0))
