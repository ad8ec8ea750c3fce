"""The choice of an example of the data, shown as a person knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QToolButton, QWidget

from app.ui.style.assets import icon
from app.ui.style.theme import style
from app.ui.text.literal import tooltip
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.examples.example import example_of
from app.ui.widgets.examples.painting import pixmap_of
from app.ui.widgets.label import Label
from app.ui.widgets.segments import Segments
from app.ui.widgets.settings.number_box import NumberBox

if TYPE_CHECKING:
    from app.ui.state.insight.example_outputs import ExampleOutputs
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


class ExampleBar(QWidget):
    """Chooses the example of `outputs`. Its widgets are called NAME.split, NAME.number ..."""

    def __init__(self, outputs: ExampleOutputs, theme: Theme, name: str) -> None:
        super().__init__()
        self._outputs = outputs
        self._theme = theme
        self._name = name
        self._shown: tuple[object, ...] = ()
        self._build()
        outputs.changed.connect(self.refresh)
        theme.changed.connect(self._restyle)
        self._restyle()

    # --- building

    def _build(self) -> None:
        outputs = self._outputs
        self.picture = Label()
        self.picture.setObjectName(f"{self._name}.example")
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.splits = Segments(self._theme, f"{self._name}.split", SPLITS)
        self.splits.set_value(outputs.split)
        self.splits.chosen.connect(lambda split: outputs.choose_example(split, 0))
        self.number = NumberBox(whole=True)
        self.number.setObjectName(f"{self._name}.number")
        self.number.setAccessibleName("Number of the example in its split")
        self.number.setMinimum(1)
        self.number.valueChanged.connect(self._take_number)
        self.before = self._arrow("left", "The example before", -1)
        self.after = self._arrow("right", "The next example", 1)
        self.of = Label()
        style(self.of, "secondary")
        self.name = ElidedLabel(least=4)
        style(self.name, "secondary")
        step = QHBoxLayout()
        step.setSpacing(4)
        for widget in (self.before, self.number, self.after, self.of):
            step.addWidget(widget)

        step.addWidget(self.name, 1)
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.addWidget(self.picture, 0, 0, 2, 1, Qt.AlignmentFlag.AlignTop)
        self.grid.addWidget(self.splits, 0, 1, Qt.AlignmentFlag.AlignLeft)
        self.grid.addLayout(step, 1, 1)
        self.grid.setColumnStretch(1, 1)

    def _arrow(self, name: str, tip: str, by: int) -> QToolButton:
        button = QToolButton()
        button.setObjectName(f"{self._name}.{name}")
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
        dataset = outputs.dataset
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
        dataset = outputs.dataset
        shown = (dataset, outputs.split, outputs.place, self._theme.look)
        if shown == self._shown:
            return

        self._shown = shown
        rows = dataset.indices.get(outputs.split, ()) if dataset is not None else ()
        if dataset is None or outputs.place >= len(rows):
            self.picture.clear()
            self.picture.setAccessibleName("")
            self.picture.setToolTip("")
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

    def _take_number(self, number: float) -> None:
        self._outputs.choose_example(self._outputs.split, int(number) - 1)

    def _restyle(self) -> None:
        for button in (self.before, self.after):
            button.setIcon(icon(self._theme, button.property("icon_name"), "secondary"))
            side = self._theme.px(14)
            button.setIconSize(QSize(side, side))

        self.refresh()
