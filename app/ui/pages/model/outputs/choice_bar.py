"""The choice of an example and of the weights that it goes through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from app.ui.state.insight.block_outputs import FIRST, LIVE
from app.ui.style.assets import icon
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.text.run_names import labels_of
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.examples.example import example_of
from app.ui.widgets.examples.painting import pixmap_of
from app.ui.widgets.label import Label
from app.ui.widgets.segments import Segments
from app.ui.widgets.settings.number_box import DropDown, NumberBox

if TYPE_CHECKING:
    from pathlib import Path

    from app.ui.state.document import Document
    from app.ui.state.insight.block_outputs import BlockOutputs
    from app.ui.style.theme import Theme

TILE = 56
"""Side of the picture of the example, in pixels at 100 %."""

WIDE = 2.0
"""Width of the picture of an example that is no picture, over its height."""

SPLITS = (
    ("training", "Training", "Examples that the network learns from."),
    ("validation", "Validation", "Examples by which every epoch is judged."),
    ("test", "Test", "Examples that are kept apart to the very end."),
)


class ChoiceBar(QWidget):
    """Chooses for `BlockOutputs`; shows the example as a person knows it."""

    def __init__(self, outputs: BlockOutputs, document: Document, theme: Theme) -> None:
        super().__init__()
        self._outputs = outputs
        self._document = document
        self._theme = theme
        self._shown: tuple[object, ...] = ()
        self._keys: list[str | Path] = []
        self._build()
        outputs.changed.connect(self.refresh)
        outputs.runs_changed.connect(self._list_weights)
        theme.changed.connect(self._restyle)
        self._list_weights()
        self._restyle()

    # --- building

    def _build(self) -> None:
        outputs = self._outputs
        self.picture = Label()
        self.picture.setObjectName("outputs.example")
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.splits = Segments(self._theme, "outputs.split", SPLITS)
        self.splits.set_value(outputs.split)
        self.splits.chosen.connect(lambda split: outputs.choose_example(split, 0))
        self.number = NumberBox(whole=True)
        self.number.setObjectName("outputs.number")
        self.number.setAccessibleName("Number of the example in its split")
        self.number.setMinimum(1)
        self.number.valueChanged.connect(self._take_number)
        self.before = self._arrow("left", "The example before", -1)
        self.after = self._arrow("right", "The next example", 1)
        self.of = Label()
        style(self.of, "secondary")
        self.name = ElidedLabel(least=4)
        style(self.name, "secondary")
        self.weights = DropDown()
        self.weights.setObjectName("outputs.weights")
        self.weights.setAccessibleName("Weights that the example goes through")
        self.weights.setToolTip("The weights that the example goes through.")
        self.weights.setMinimumContentsLength(10)
        self.weights.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.weights.activated.connect(lambda row: outputs.choose_weights(self._keys[row]))
        step = QHBoxLayout()
        step.setSpacing(4)
        for widget in (self.before, self.number, self.after, self.of):
            step.addWidget(widget)

        step.addWidget(self.name, 1)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.addWidget(self.picture, 0, 0, 2, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.splits, 0, 1, Qt.AlignmentFlag.AlignLeft)
        grid.addLayout(step, 1, 1)
        grid.addWidget(self.weights, 2, 0, 1, 2)
        grid.setColumnStretch(1, 1)

    def _arrow(self, name: str, tip: str, by: int) -> QToolButton:
        button = QToolButton()
        button.setObjectName(f"outputs.{name}")
        button.setProperty("icon_name", name)
        button.setToolTip(tooltip(tip))
        button.setAccessibleName(tip)
        style(button, "small")
        outputs = self._outputs
        button.clicked.connect(lambda: outputs.choose_example(outputs.split, outputs.place + by))
        return button

    # --- showing

    def refresh(self) -> None:
        """Shows what is chosen."""
        outputs = self._outputs
        dataset = self._document.dataset
        self.setEnabled(dataset is not None)
        count = outputs.count
        for key, _, tip in SPLITS:
            empty = dataset is None or not len(dataset.indices.get(key, ()))
            self.splits.buttons[key].setEnabled(not empty)
            self.splits.buttons[key].setToolTip(tooltip("There are none." if empty else tip))

        self.splits.set_value(outputs.split)
        self.number.blockSignals(True)
        self.number.setMaximum(max(1, count))
        self.number.show_value(outputs.place + 1)
        self.number.blockSignals(False)
        self.before.setEnabled(outputs.place > 0)
        self.after.setEnabled(outputs.place + 1 < count)
        self.of.setText(f"of {count:,}")
        self._show_example()

    def _show_example(self) -> None:
        outputs = self._outputs
        dataset = self._document.dataset
        shown = (dataset, outputs.split, outputs.place, self._theme.look)
        if shown == self._shown:
            return

        self._shown = shown
        rows = dataset.indices.get(outputs.split, ()) if dataset is not None else ()
        if dataset is None or outputs.place >= len(rows):
            self.picture.clear()
            self.name.setText("")
            return

        example = example_of(dataset, int(rows[outputs.place]))
        side = self._theme.px(TILE)
        wide = side if example.picture is not None else round(WIDE * side)
        ratio = self.devicePixelRatioF()
        self.picture.setPixmap(pixmap_of(self._theme, example, QSize(wide, side), ratio))
        self.picture.setFixedSize(wide, side)
        self.picture.setAccessibleName(f"The example: {example.line}")
        self.picture.setToolTip(tooltip(example.line))
        self.name.setText(example.name)

    def _list_weights(self) -> None:
        outputs = self._outputs
        watched = outputs.can_watch or outputs.weights == LIVE
        live = ["The training, as it is now"] if watched else []
        self._keys = [FIRST, *([LIVE] if live else []), *outputs.runs]
        self.weights.clear()
        self.weights.addItems(
            ["First weights", *live, *(f"Run {label}" for label in labels_of(outputs.runs))]
        )
        if outputs.weights in self._keys:
            self.weights.setCurrentIndex(self._keys.index(outputs.weights))

    def _take_number(self, number: float) -> None:
        self._outputs.choose_example(self._outputs.split, int(number) - 1)

    def _restyle(self) -> None:
        for button in (self.before, self.after):
            button.setIcon(icon(self._theme, button.property("icon_name"), "secondary"))
            side = self._theme.px(14)
            button.setIconSize(QSize(side, side))

        self.refresh()
