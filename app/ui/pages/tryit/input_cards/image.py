"""Giving a picture by drawing, opening, dropping, pasting, or taking one of the test set."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from PIL import Image
from PySide6.QtCore import QMimeData, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QSlider,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.picture_files.formats import SUFFIXES
from app.ui.pages.parts import GuideCard
from app.ui.pages.tryit.canvas import PEN, Canvas
from app.ui.pages.tryit.input_cards.base import InputCard, dropped_file
from app.ui.pages.tryit.prediction import TryItInput, TryItResult
from app.ui.style.assets import icon
from app.ui.style.theme import Theme, style
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.examples.pixels import crisp
from app.ui.widgets.file_dialogs import ask_to_open
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.label import Label
from app.ui.widgets.segments import Segments

if TYPE_CHECKING:
    from app.engine.data.dataset import Description
    from app.engine.data.preparation import Preparation

MODES = (
    ("draw", "Draw", "Draw with the mouse; the network answers while you draw."),
    (
        "picture",
        "Picture",
        "A picture that was opened, dropped, pasted or taken from the test set.",
    ),
)
INKS = ("#ffffff", "#000000", "#d62728", "#2ca02c", "#1f77b4", "#ffdd33")
FILES = f"Pictures ({' '.join(f'*{suffix}' for suffix in sorted(SUFFIXES))});;All files (*)"
DROP = "Drop a picture here, open one, or paste it."
DRAWING = GuideCard(
    "Drawing like the data",
    "Fill the sheet and keep to its middle, as the training pictures do; try a thicker or thinner "
    "pen.",
)


class PictureInputCard(InputCard):
    """Takes a picture that is drawn, opened, dropped, pasted or taken from the test set."""

    kind: ClassVar[str] = "image"
    heading: ClassVar[str] = "Your picture"
    subheading: ClassVar[str] = "drawn or opened"
    nothing_to_paste: ClassVar[str] = "There is no picture in the clipboard."
    hint: ClassVar[str] = "Draw, drop a picture, or take one from the test set."

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._grey: bool | None = None
        self._shown: np.ndarray | None = None
        self.modes = Segments(theme, "tryit.way", MODES)
        self.modes.chosen.connect(self.show_mode)
        self.tools.addWidget(self.modes)
        self.canvas = Canvas(theme)
        self.canvas.changed.connect(self._drawn)
        self._view = Label(DROP)
        self._view.setObjectName("tryit.picture")
        self._view.setAccessibleName("The picture as it came")
        self._view.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._view.setMinimumSize(theme.px(160), theme.px(160))
        style(self._view, "why")
        self._origin = ElidedLabel(least=8)
        self._origin.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._origin.setAlignment(Qt.AlignmentFlag.AlignCenter)
        style(self._origin, "secondary")
        drawing = QWidget()
        picture = QWidget()
        self._column(drawing, self.canvas, self._drawing_tools())
        self._column(picture, self._view, self._origin)
        self._stack = QStackedLayout()
        self._stack.addWidget(drawing)
        self._stack.addWidget(picture)
        self.body.addLayout(self._stack, 1)
        self._add_sources()
        theme.changed.connect(self._restyle)
        self._restyle()

    @classmethod
    def guide(cls, description: Description) -> tuple[GuideCard, ...]:
        return (DRAWING,) if description.shape[0] == 1 else ()

    @staticmethod
    def _column(holder: QWidget, main: QWidget, below: QWidget) -> None:
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(main, 1)
        column.addWidget(below)

    def _drawing_tools(self) -> QWidget:
        holder = QWidget()
        row = FlowLayout(holder)
        label = Label("Pen")
        style(label, "secondary")
        self.pen = QSlider(Qt.Orientation.Horizontal)
        self.pen.setRange(2, 25)
        self.pen.setValue(round(100 * PEN))
        self.pen.setObjectName("tryit.pen")
        self.pen.setAccessibleName("Thickness of the pen, in percent of the side")
        self.pen.setToolTip("Thickness of the pen; like the strokes in the data is best.")
        self.pen.valueChanged.connect(self._thickness)
        label.setBuddy(self.pen)
        self.dark = QCheckBox("White on black")
        self.dark.setObjectName("tryit.dark")
        self.dark.setToolTip(
            "Draw as the data are: light things on dark paper, or dark ones on light."
        )
        self.dark.setAccessibleName("White on black")
        self.dark.setChecked(True)
        self.dark.toggled.connect(self.canvas.set_dark)
        self.inks = QWidget()
        inks = QHBoxLayout(self.inks)
        inks.setContentsMargins(0, 0, 0, 0)
        inks.setSpacing(2)

        for number, color in enumerate(INKS):
            button = QToolButton()
            button.setAutoExclusive(True)
            button.setCheckable(True)
            button.setChecked(number == 0)
            button.setObjectName(f"tryit.ink.{number}")
            button.setAccessibleName(
                f"Ink {('white', 'black', 'red', 'green', 'blue', 'yellow')[number]}"
            )
            button.setToolTip("Draw in this colour.")
            style(button, "flat")
            button.clicked.connect(lambda _=False, color=color: self._ink(color))
            inks.addWidget(button)

        self.clear = QPushButton("Clear")
        self.clear.setObjectName("tryit.clear")
        self.clear.setAccessibleName("Clear the drawing")
        self.clear.setToolTip("Begins a new drawing.")
        style(self.clear, "small")
        self.clear.clicked.connect(self.canvas.clear)

        self._tools = [
            _level(label, self.pen),
            _level(self.dark),
            _level(self.inks),
            _level(self.clear),
        ]
        for tool in self._tools:
            row.addWidget(tool)

        return holder

    def _add_sources(self) -> None:
        self.open_button = self.button(
            "Open", "tryit.open", "Opens a picture file.", self.choose_file
        )
        self.paste_button = self.button(
            "Paste", "tryit.paste", "Takes the picture from the clipboard.", self.paste
        )

        self.random_button = self.button(
            "Random test picture", "tryit.random", "", self.random_wanted.emit
        )
        self.add_buttons(self.open_button, self.paste_button, self.random_button)

    # --- what is given

    def prepare_for(self, preparation: Preparation) -> None:
        """Makes paper, ink and proportions like those of the data of a run."""
        assert isinstance(preparation, ImagePreparation)

        self.canvas.set_shape(preparation.height, preparation.width)
        grey = preparation.channels == 1
        self._tools[2].setVisible(not grey)

        if grey != self._grey:
            self._grey = grey
            dark = sum(preparation.mean) / len(preparation.mean) < 0.5
            self.canvas.ink = None if grey else QColor(INKS[0 if dark else 1])
            self.dark.setText("White on black" if grey else "Black paper")
            self.dark.setAccessibleName(self.dark.text())
            self.dark.setChecked(dark)

    def show_mode(self, mode: str) -> None:
        """Turns to the drawing ("draw") or to the picture that was chosen ("picture")."""
        self.modes.set_value(mode)
        self._stack.setCurrentIndex(0 if mode == "draw" else 1)

        if mode == "draw":
            self._drawn()
        else:
            self.input_changed.emit(self._chosen)

    def empty(self) -> None:
        self._shown = None
        self._origin.clear()
        self._paint_view()

    def take(self, tryit_input: TryItInput) -> None:
        self._chosen = tryit_input
        self._shown = None
        self._origin.setText(tryit_input.origin)
        self.show_mode("picture")

    def show_result(self, result: TryItResult) -> None:
        if result.input.origin != "drawn":
            self._shown = result.picture
            self._paint_view()

    def give_again(self) -> None:
        """Gives nothing: a drawing for other data is drawn anew."""

    def say_unreadable(self) -> None:
        self._shown = None
        self._paint_view()

    def choose_file(self) -> None:
        """Asks for a picture file and gives it."""
        path = ask_to_open(self, "example", "Open a picture", FILES)
        if path is not None:
            self.take(TryItInput(path.name, path))

    def take_mime(self, data: QMimeData) -> bool:
        file = dropped_file(data)
        if file is not None:
            self.take(TryItInput(file.name, file))
            return True

        image = data.imageData() if data.hasImage() else None
        if isinstance(image, QPixmap):
            image = image.toImage()

        if isinstance(image, QImage) and not image.isNull():
            self.take(TryItInput("from the clipboard", from_qt(image)))
            return True

        return False

    def _drawn(self) -> None:
        if self.modes.value == "draw":
            drawing = None if self.canvas.empty else TryItInput("drawn", self.canvas.picture())
            self.input_changed.emit(drawing)

    def _thickness(self, percent: int) -> None:
        self.canvas.pen = percent / 100

    def _ink(self, color: str) -> None:
        self.canvas.ink = QColor(color)

    # --- looks

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._paint_view()

    def _paint_view(self) -> None:
        if self._shown is None:
            self._view.clear()
            self._view.setText(DROP if self._chosen is None else "")
            return

        side = max(self.theme.px(80), min(self._view.width(), self._view.height()) - 4)
        self._view.setPixmap(crisp(self._shown, side, self.devicePixelRatioF()))

    def _restyle(self) -> None:
        theme = self.theme
        side = self.theme.px(16)
        self._view.setMinimumSize(theme.px(160), theme.px(160))

        for button, name in (
            (self.open_button, "folder"),
            (self.paste_button, "mdi6.content-paste"),
            (self.random_button, "mdi6.shuffle-variant"),
        ):
            button.setIcon(icon(theme, name, "secondary"))
            button.setIconSize(QSize(side, side))

        self.pen.setFixedWidth(theme.px(88))
        for tool in self._tools:
            tool.setFixedHeight(theme.px(30))

        for number, ink in enumerate(self.inks.findChildren(QToolButton)):
            dot = QPixmap(side, side)
            dot.fill(QColor(INKS[number]))
            ink.setIcon(QIcon(dot))
            ink.setIconSize(QSize(side, side))

        self._paint_view()


def _level(*widgets: QWidget) -> QWidget:
    """Returns widgets of different heights as one, so that they stand on one line."""
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)

    for widget in widgets:
        row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)

    return holder


def from_qt(image: QImage) -> Image.Image:
    """Returns a Qt picture as RGBA."""
    image = image.convertToFormat(QImage.Format.Format_RGBA8888)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(
        image.height(), image.bytesPerLine()
    )
    return Image.fromarray(
        pixels[:, : 4 * image.width()].reshape(image.height(), image.width(), 4).copy(), "RGBA"
    )


INPUT_CARD = PictureInputCard
