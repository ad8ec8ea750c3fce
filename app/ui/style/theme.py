"""The colours, sizes and style sheet that widgets, plots and the canvas read."""

from __future__ import annotations

from pathlib import Path
from string import Template

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from app.ui.style.dresser import Dresser

STYLE_FILE = Path(__file__).resolve().parents[3] / "resources" / "styles" / "window.qss"
ICON_FOLDER = STYLE_FILE.parents[1] / "icons"

LIGHT = {
    "background": "#f5f6f8",
    "surface": "#ffffff",
    "border": "#e2e5ea",
    "field": "#f5f6f8",
    "line": "#b9c0ca",
    "text": "#1a1e26",
    "secondary": "#5a6372",
    "disabled": "#8b93a1",
    "accent": "#1f6feb",
    "accent_hover": "#1a60cf",
    "accent_tint": "#e8f0fe",
    "accent_hover_tint": "#d9e6fd",
    "hover": "#eef0f4",
    "focus": "#3d4656",
    "on_accent": "#ffffff",
    "training": "#0072b2",
    "training_raw": "#8fc1de",
    "validation": "#d55e00",
    "best": "#0b7a4b",
    "warning": "#8a5a00",
    "warning_tint": "#fff7e0",
    "problem": "#b3261e",
    "problem_tint": "#fdecea",
    "good_tint": "#e6f4ec",
    "grid": "#eceef2",
    "track": "#eceef2",
}
"""Colour of each role in light."""

DARK = {
    "background": "#13161b",
    "surface": "#1b2027",
    "border": "#2b323c",
    "field": "#13161b",
    "line": "#4a5462",
    "text": "#e7eaf0",
    "secondary": "#9aa5b4",
    "disabled": "#6b7686",
    "accent": "#6ea8ff",
    "accent_hover": "#8cbaff",
    "accent_tint": "#1d2c45",
    "accent_hover_tint": "#243858",
    "hover": "#262d37",
    "focus": "#c9d1dc",
    "on_accent": "#0d1117",
    "training": "#56b4e9",
    "training_raw": "#2b5f7d",
    "validation": "#f0a05a",
    "best": "#45c48b",
    "warning": "#f0c060",
    "warning_tint": "#2d2613",
    "problem": "#ff8a80",
    "problem_tint": "#3a1f1e",
    "good_tint": "#15301f",
    "grid": "#262c35",
    "track": "#262c35",
}
"""Colour of each role in dark."""

MEMORY = {
    "weights": "#0072b2",
    "gradients": "#56b4e9",
    "first_moment": "#e69f00",
    "second_moment": "#d55e00",
    "other_state": "#f0e442",
    "activations": "#cc79a7",
    "batch": "#66c5ab",
    "dataset": "#009e73",
    "data": "#009e73",
    "workspace": "#8a9099",
}
"""Colours of the rows of the memory ledger, the same in light and dark.

They are those of Okabe and Ito (2008); the batch has a lighter tone of their green.
"""

SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00")
"""Colours for overlays of several runs; the plots also vary dash and marker."""

PROJECTED_FIGURE = 36
"""The figures of a run while projected, in pixels at 100 %."""

PROJECTED_LABEL = 18
"""What stands beside these figures and below pictures, in pixels at 100 %."""

PICTURES = 2
"""Times that pictures are larger while projected."""

# Type sizes in pixels at 100 %.
BODY = 14

SMALL = 12

TITLE = 13

FIGURE = 22

PROJECTED = 24
"""All text in plots while projected, in pixels at 100 %."""

PLOT_TEXT = 12
"""Text in plots otherwise, at most; distances in plots grow as this does."""


class Theme(QObject):
    """The colours and sizes of the window as they are now.

    `changed` tells plots and pictures to take their colours again.
    """

    changed = Signal()

    def __init__(self, dark: bool = False, zoom: float = 1.0) -> None:
        super().__init__()
        self.dark = dark
        self.zoom = zoom
        self.projector = False
        self._applied = False
        self._dresser = Dresser(self.style_sheet)

    def color(self, role: str) -> QColor:
        """Returns the colour of a role of the table, or of a memory row ("memory.weights")."""
        if role.startswith("memory."):
            return QColor(MEMORY[role.removeprefix("memory.")])

        return QColor((DARK if self.dark else LIGHT)[role])

    def px(self, size: float) -> int:
        """Returns a size in pixels at 100 % as pixels at the zoom of now."""
        return max(1, round(size * self.zoom))

    def font(self, size: int = BODY, bold: bool = False) -> QFont:
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
        font.setPixelSize(self.px(size))
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)

        return font

    @property
    def look(self) -> tuple[bool, float, bool]:
        """What colours and sizes follow from: darkness, zoom and projector."""
        return self.dark, self.zoom, self.projector

    # --- plots, which grow once more while they are projected

    def plot_px(self, size: float) -> int:
        """Returns a distance in a plot, in pixels at 100 %, as pixels of now."""
        return self.px(size * PROJECTED / PLOT_TEXT if self.projector else size)

    def plot_font(self, size: int = PLOT_TEXT, bold: bool = False) -> QFont:
        """Returns the font of text in a plot; while projected all of it has one size."""
        return self.font(PROJECTED if self.projector else size, bold)

    def line_width(self, width: float) -> float:
        """Returns the width in pixels of a line in a plot, `width` at 100 %."""
        return width * self.zoom * (PROJECTED / PLOT_TEXT if self.projector else 1.0)

    def set_projector(self, projector: bool) -> None:
        """Lets plots be read from the back of a room: large text and thick lines, or ends that."""
        if projector != self.projector:
            self.projector = projector
            self.changed.emit()

    # --- changing

    def set_dark(self, dark: bool) -> None:
        self._set(dark, self.zoom)

    def set_zoom(self, zoom: float) -> None:
        """Sets the scale of all type and distances, from 0.8 to 2."""
        self._set(self.dark, min(2.0, max(0.8, zoom)))

    def _set(self, dark: bool, zoom: float) -> None:
        if (dark, zoom) != (self.dark, self.zoom):
            self.dark = dark
            self.zoom = zoom
            self.apply()
            self.changed.emit()

    def apply(self) -> None:
        """Hands palette and font to the application, and the style sheet to what is dressed."""
        application = QApplication.instance()
        assert isinstance(application, QApplication)

        # Each of these calls visits every widget, so nothing is set that is so already.
        if not self._applied:
            application.setStyle("Fusion")
            self._applied = True

        application.setPalette(self.palette())
        application.setFont(self.font())
        self._dresser.renew()

    def dress(self, part: QWidget) -> None:
        """Gives the style sheet to a part of the window with all in it, now and when it changes.

        Call it again before a part that was hidden is shown.
        """
        self._dresser.dress(part)

    def dress_later(self, part: QWidget) -> None:
        """Does the same for a part that is hidden, when nothing else is to be done."""
        self._dresser.dress_later(part)

    def label_font(self, size: int = SMALL) -> QFont:
        """Returns the font of words beside figures and pictures, which grows while projected."""
        return self.font(PROJECTED_LABEL if self.projector else size)

    def palette(self) -> QPalette:
        palette = QPalette()
        role = QPalette.ColorRole
        for name, roles in {
            "background": (role.Window,),
            "surface": (role.Base, role.Button, role.ToolTipBase),
            "field": (role.AlternateBase,),
            "text": (role.WindowText, role.Text, role.ButtonText, role.ToolTipText),
            "secondary": (role.PlaceholderText,),
            "accent": (role.Highlight, role.Link),
            "on_accent": (role.HighlightedText,),
        }.items():
            for item in roles:
                palette.setColor(item, self.color(name))

        for item in (role.WindowText, role.Text, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, item, self.color("disabled"))

        return palette

    def style_sheet(self) -> str:
        """Returns the style sheet with colours by role ($accent) and sizes ($px14) filled in."""
        values = dict(DARK if self.dark else LIGHT)
        values |= {f"px{size}": f"{self.px(size)}px" for size in range(1, 129)}
        values |= {
            "figure": f"{self.px(PROJECTED_FIGURE if self.projector else FIGURE)}px",
            "label": f"{self.px(PROJECTED_LABEL if self.projector else SMALL)}px",
        }
        # Of 14 pixels with a border of one, or of two and so much less inside. Qt draws a square
        # where the radius is more than half of the side.
        values["radio"] = f"{self.px(14) // 2 + 1}px"
        values["focused"] = f"{self.px(14) - 2}px"
        values |= {"icons": ICON_FOLDER.as_posix(), "shade": "dark" if self.dark else "light"}

        return Template(STYLE_FILE.read_text(encoding="utf-8")).substitute(values)


def system_is_dark() -> bool:
    """Returns whether the system prefers dark windows."""
    hints = QGuiApplication.styleHints()
    return hints is not None and hints.colorScheme() == Qt.ColorScheme.Dark


def style(widget: QWidget, role: str) -> QWidget:
    """Gives a widget a role of the style sheet, and shows it at once.

    Roles are "card", "title", "secondary", "figure", "primary", "chip" and the others in
    window.qss.
    """
    widget.setProperty("role", role)
    # Qt polishes a widget when it is first shown; only later changes need this.
    if widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
        widget.style().unpolish(widget)
        widget.style().polish(widget)

    return widget
