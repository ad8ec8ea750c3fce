"""Giving a row: a field for each column, beginning with a usual row of the training data."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QMimeData, QTimer
from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit, QScrollArea, QWidget

from app.engine.data.kinds.row.preparation import RowPreparation
from app.engine.text import number_text
from app.ui.pages.tryit.input_cards.base import InputCard
from app.ui.pages.tryit.prediction import TryItInput
from app.ui.style.theme import Theme, style
from app.ui.text.literal import button_text, tooltip
from app.ui.widgets.drops import plain_text
from app.ui.widgets.label import Label
from app.ui.widgets.settings.number_box import DropDown

if TYPE_CHECKING:
    import numpy as np

    from app.engine.data.kinds.row.column import RowColumn
    from app.engine.data.preparation import Preparation

PAUSE_MS = 250
"""After the last key, before the network is asked."""

UNKNOWN = "(not known)"


class RowInputCard(InputCard):
    """Takes a row that is typed into a form, pasted from a spreadsheet or of the test set."""

    kind: ClassVar[str] = "row"
    heading: ClassVar[str] = "Your row"
    subheading: ClassVar[str] = "a value for each column"
    hint: ClassVar[str] = "Fill in the form on the left, or take a row from the test set."

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._preparation: RowPreparation | None = None
        self.fields: dict[str, QLineEdit | QComboBox] = {}
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QScrollArea.Shape.NoFrame)
        style(self.area, "plain")
        self.body.addWidget(self.area, 1)
        self.words = Label("Empty fields count as not known.")
        style(self.words, "secondary")
        self.body.addWidget(self.words)
        self.usual = self.button(
            "Usual row",
            "tryit.usual",
            "Fills in what is usual in the training data.",
            self.fill_usual,
        )

        self.random_button = self.button(
            "Random test row", "tryit.random", "", self.random_wanted.emit
        )
        self.add_buttons(self.usual, self.random_button)
        self._soon = QTimer(self, interval=PAUSE_MS, singleShot=True)
        self._soon.timeout.connect(self._give)

    def prepare_for(self, preparation: Preparation) -> None:
        assert isinstance(preparation, RowPreparation)
        if preparation == self._preparation:
            return

        self._preparation = preparation
        self._chosen = None
        self.fields = {}
        inside = QWidget()
        form = QFormLayout(inside)
        form.setContentsMargins(0, 0, 8, 0)
        form.setSpacing(6)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)

        for number, column in enumerate(preparation.columns):
            field = self._field(column)
            field.setObjectName(f"tryit.field.{number}")
            field.setAccessibleName(column.name)
            self.fields[column.name] = field
            unit = f" ({column.unit})" if column.unit and column.unit not in column.name else ""
            label = Label(button_text(f"{column.name}{unit}"))
            label.setBuddy(field)
            form.addRow(label, field)

        self.area.setWidget(inside)
        self.fill_usual()

    def _field(self, column: RowColumn) -> QLineEdit | QComboBox:
        if column.role == "category":
            box = DropDown()
            box.addItems([UNKNOWN, *column.categories])
            box.setToolTip(tooltip(f"{len(column.categories):,} values were seen in training."))
            box.activated.connect(lambda _: self._edited())

            return box

        line = QLineEdit()
        line.setAcceptDrops(False)  # the page takes files
        line.setToolTip(
            tooltip(
                f"In training from {number_text(column.low, 4)} to {number_text(column.high, 4)}."
            )
        )
        line.textEdited.connect(lambda _: self._edited())

        return line

    # --- what is given

    def fill_usual(self) -> None:
        """Fills in the median of every amount and the most frequent of every category."""
        assert self._preparation is not None

        usual = {column.name: usual_value(column) for column in self._preparation.columns}
        self._fill(self._preparation.array(usual))
        self._edited()

    def _fill(self, row: np.ndarray) -> None:
        assert self._preparation is not None
        cells = dict(self._preparation.to_display(row))
        for name, field in self.fields.items():
            value = cells.get(name, "")
            if isinstance(field, QComboBox):
                field.setCurrentIndex(max(0, field.findText(str(value))))
            else:
                field.setText(f"{value:.6g}" if isinstance(value, float) else str(value))

    def take(self, tryit_input: TryItInput) -> None:
        self._chosen = tryit_input
        if tryit_input.stored is not None and self._preparation is not None:
            self._fill(tryit_input.stored[0])
        self.input_changed.emit(tryit_input)

    def take_mime(self, data: QMimeData) -> bool:
        """Takes cells that were copied in a spreadsheet, in the order of the columns."""
        cells = plain_text(data).strip("\r\n").split("\n")[0].split("\t")
        if len(cells) != len(self.fields) or len(cells) < 2:
            return False

        for cell, field in zip(cells, self.fields.values(), strict=True):
            if isinstance(field, QComboBox):
                field.setCurrentIndex(max(0, field.findText(cell.strip())))
            else:
                field.setText(cell.strip())

        self._edited()
        return True

    def give_again(self) -> None:
        if self._chosen is not None:
            self.input_changed.emit(self._chosen)
        else:
            self._give()

    def _edited(self) -> None:
        self._chosen = None
        self._soon.start()

    def _give(self) -> None:
        self.input_changed.emit(
            TryItInput("typed", {name: _text(field) for name, field in self.fields.items()})
        )


def _text(field: QLineEdit | QComboBox) -> str:
    if isinstance(field, QComboBox):
        return field.currentText() if field.currentIndex() else ""
    return field.text().strip()


INPUT_CARD = RowInputCard


def usual_value(column: RowColumn) -> float | str:
    """Returns the value of a usual row: no half of what is always whole, such as a year."""
    if column.role == "category":
        return next(iter(column.categories), "")

    return round(column.median) if column.whole else column.median
