"""Giving a picture by drawing, opening, dropping, pasting, or taking one of the test set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from PySide6.QtCore import QMimeData, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QImage, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.engine.data.kinds.image.preparation import ImagePreparation
from app.ui.pages.tryit.asking import Given, Reply
from app.ui.pages.tryit.canvas import PEN, Canvas
from app.ui.pages.tryit.input_cards.base import InputCard
from app.ui.style.assets import icon
from app.ui.style.theme import Theme, style
from app.ui.widgets.examples.thumbnails import crisp
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.segments import Segments

if TYPE_CHECKING:
    from app.engine.data.preparation import Preparation

WAYS = (
    ("draw", "Draw", "Draw with the mouse; the network answers while you draw."),
    (
        "picture",
        "Picture",
        "A picture that was opened, dropped, pasted or taken from the test set.",
    ),
)
INKS = ("#ffffff", "#000000", "#d62728", "#2ca02c", "#1f77b4", "#ffdd33")
FILES = "Pictures (*.png *.jpg *.jpeg *.bmp *.gif *.tif *.tiff *.webp);;All files (*)"
DROP = "Drop a picture here, open one, or paste it."


class PictureInputCard(InputCard):
    """given(Given or None): there is another picture, or none any more. wanted_random(): one of the
    test set.
    """

    hint = "Draw, drop a picture, or take one of the test set."

    def __init__(self, theme: Theme) -> None:
        super().__init__("Your picture", "drawn or opened")
        self._theme = theme
        self._grey: bool | None = None
        self._shown: np.ndarray | None = None
        self._taken: Given | None = None
        self.setObjectName("tryit.give")
        self.ways = Segments(theme, "tryit.way", WAYS)
        self.ways.chosen.connect(self.show_way)
        self.tools.addWidget(self.ways)
        self.canvas = Canvas(theme)
        self.canvas.changed.connect(self._drawn)
        self._view = QLabel(DROP)
        self._view.setObjectName("tryit.picture")
        self._view.setAccessibleName("The picture as it came")
        self._view.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._view.setMinimumSize(theme.px(160), theme.px(160))
        style(self._view, "why")
        self._origin = QLabel()
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
        self.body.addWidget(self._sources())
        theme.changed.connect(self._restyle)
        self._restyle()

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
        label = QLabel("Pen")
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

    def _sources(self) -> QWidget:
        holder = QWidget()
        flow = FlowLayout(holder)
        self.open_button = self.button("Open", "tryit.open", "Opens a picture file.", self.ask_file)
        self.paste_button = self.button(
            "Paste", "tryit.paste", "Takes the picture from the clipboard.", self.paste
        )

        self.random_button = self.button(
            "Random test picture", "tryit.random", "", self.wanted_random.emit
        )
        for button in (self.open_button, self.paste_button, self.random_button):
            flow.addWidget(button)

        return holder

    # --- what is given

    def prepare_for(self, preparation: Preparation) -> None:
        """Paper, ink and proportions like the data of a run."""
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

    def show_way(self, way: str) -> None:
        """ "draw" or "picture"."""
        self.ways.set_value(way)
        self._stack.setCurrentIndex(0 if way == "draw" else 1)

        if way == "draw":
            self._drawn()
        else:
            self.given.emit(self._taken)

    def empty(self) -> None:
        self._shown = None
        self._origin.clear()
        self._paint_view()

    def take(self, picture: Given) -> None:
        """Show and give a picture that was not drawn."""
        self._taken = picture
        self._shown = None
        self._origin.setText(picture.origin)
        self.show_way("picture")

    def show_reply(self, reply: Reply) -> None:
        """The picture as it came."""
        if reply.given.origin != "drawn":
            self._shown = reply.shown
            self._paint_view()

    def paste(self) -> None:
        data = QGuiApplication.clipboard().mimeData()
        if data is None or not self.take_mime(data):
            self.refused.emit("There is no picture in the clipboard.")

    def say_unreadable(self) -> None:
        self._shown = None
        self._paint_view()

    def ask_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Open a picture", "", FILES)
        if name:
            self.take(Given(Path(name).name, Path(name)))

    def take_mime(self, data: QMimeData) -> bool:
        """A picture that was dropped or pasted; False where there is none in it."""
        files = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        if files and files[0].is_file():
            self.take(Given(files[0].name, files[0]))
            return True

        image = data.imageData() if data.hasImage() else None
        if isinstance(image, QPixmap):
            image = image.toImage()

        if isinstance(image, QImage) and not image.isNull():
            self.take(Given("from the clipboard", from_qt(image)))
            return True

        return False

    def _drawn(self) -> None:
        if self.ways.value == "draw":
            drawing = None if self.canvas.empty else Given("drawn", self.canvas.picture())
            self.given.emit(drawing)

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
            self._view.setText(DROP if self._taken is None else "")
            return

        side = max(self._theme.px(80), min(self._view.width(), self._view.height()) - 4)
        self._view.setPixmap(crisp(self._shown, side, self.devicePixelRatioF()))

    def _restyle(self) -> None:
        theme = self._theme
        side = self._theme.px(16)
        self._view.setMinimumSize(theme.px(160), theme.px(160))

        for button, name in ((self.open_button, "folder"), (self.paste_button, "mdi6.content-paste"),
                             (self.random_button, "mdi6.shuffle-variant")):  # fmt: skip
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
    """Widgets of different heights on one line, however the line is broken."""
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)

    for widget in widgets:
        row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)

    return holder


def from_qt(image: QImage) -> Image.Image:
    """A Qt picture as RGBA."""
    image = image.convertToFormat(QImage.Format.Format_RGBA8888)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(
        image.height(), image.bytesPerLine()
    )
    return Image.fromarray(
        pixels[:, : 4 * image.width()].reshape(image.height(), image.width(), 4).copy(), "RGBA"
    )


INPUT_CARD = PictureInputCard
