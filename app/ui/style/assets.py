"""The icons, in colours of the theme."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtGui import QIcon

    from app.ui.style.theme import Theme

PROGRAM_ICON = Path(__file__).resolve().parents[3] / "resources" / "icons" / "netwright.svg"
"""What the window and the entry in the menu show."""

ICONS = {
    "train": "mdi6.play",
    "pause": "mdi6.pause",
    "resume": "mdi6.play",
    "stop": "mdi6.stop",
    "dark": "mdi6.circle-half-full",
    "help": "mdi6.help",
    "menu": "mdi6.menu",
    "guide": "mdi6.lightbulb-outline",
    "close": "mdi6.close",
    "folder": "mdi6.folder-open-outline",
    "file": "mdi6.file-document-outline",
    "new": "mdi6.home-outline",
    "save": "mdi6.content-save-outline",
    "undo": "mdi6.undo",
    "redo": "mdi6.redo",
    "reset": "mdi6.restore",
    "more": "mdi6.chevron-right",
    "less": "mdi6.chevron-down",
    "copy": "mdi6.content-copy",
    "download": "mdi6.download",
    "problem": "mdi6.alert-circle-outline",
    "warning": "mdi6.alert-outline",
    "good": "mdi6.check-circle-outline",
    "info": "mdi6.information-outline",
    "check": "mdi6.check",
    "delete": "mdi6.trash-can-outline",
    "edit": "mdi6.pencil-outline",
    "runs": "mdi6.format-list-bulleted",
    "zoom_in": "mdi6.magnify-plus-outline",
    "zoom_out": "mdi6.magnify-minus-outline",
    "fit": "mdi6.fit-to-page-outline",
    "refresh": "mdi6.refresh",
    "draw": "mdi6.draw",
    "picture": "mdi6.image-outline",
    "chart": "mdi6.chart-line",
    "code": "mdi6.code-braces",
    "outputs": "mdi6.image-multiple-outline",
    "table": "mdi6.table",
    "add": "mdi6.plus",
    "dots": "mdi6.dots-horizontal",
    "left": "mdi6.chevron-left",
    "right": "mdi6.chevron-right",
    "up": "mdi6.chevron-up",
}
"""QtAwesome's name of each of our icons."""


def icon(theme: Theme, name: str, role: str = "text") -> QIcon:
    """Returns an icon in a colour of the theme.

    Ask again when the theme has changed: an icon keeps its colours.
    """
    import qtawesome  # noqa: PLC0415 - it loads fonts; the window is painted before

    picture: QIcon = qtawesome.icon(
        ICONS.get(name, name),
        color=theme.color(role).name(),
        color_disabled=theme.color("disabled").name(),
    )
    return picture
