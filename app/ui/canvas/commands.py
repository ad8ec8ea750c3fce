"""Everything that keys and the menu do on the drawing, in one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QMenu

from app.ui.text.literal import tooltip

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ui.canvas.edited import EditedSurface
    from app.ui.canvas.editor import Editor
    from models.arrangement import Point

ROOM = 12
"""Pixels at 100 % between blocks that are spaced evenly, at least."""


@dataclass(frozen=True)
class CanvasKey:
    """One command. keys: as Qt writes them, "" for none. edits: it changes the network."""

    name: str
    text: str
    keys: str = ""
    tip: str = ""
    edits: bool = True
    also: tuple[str, ...] = ()
    """Other keys that do the same."""


LINE = CanvasKey("", "")
"""A line in the menu."""

TABLE = (
    CanvasKey("open", "Edit its settings", "Return", also=("Enter", "Num+Enter")),
    CanvasKey("add", "Add a block…", "Ins", "Opens the list of blocks."),
    CanvasKey(
        "delete",
        "Delete",
        "Del",
        "Takes it out; what read it reads what it read.",
        also=("Backspace",),
    ),
    LINE,
    CanvasKey("cut", "Cut", "Ctrl+X", "Copies the blocks and takes them out."),
    CanvasKey("copy", "Copy", "Ctrl+C", "Copies the blocks as text.", edits=False),
    CanvasKey("paste", "Paste", "Ctrl+V", "Puts copied blocks behind the chosen one."),
    CanvasKey("duplicate", "Duplicate", "D", "Puts the same blocks behind them once more."),
    CanvasKey("repeat", "Repeat…", "R", "Lets the blocks stand several times in a row."),
    LINE,
    CanvasKey("group", "Make one block of them…", "G", "Several blocks become one with a name."),
    CanvasKey("apart", "Take apart", "U", "Puts the blocks in its place that it is made of."),
    CanvasKey("note", "Add a note", "N", "Puts a sheet with text on the drawing."),
    LINE,
    CanvasKey("column", "Stand in a column", "", "Below each other, under the first."),
    CanvasKey("row", "Stand in a row", "", "Beside each other, as high as the first."),
    CanvasKey("even", "Space evenly", "", "The same gap between all of them."),
    CanvasKey("arrange", "Arrange automatically", "A", "Undoes what was moved by hand."),
    LINE,
    CanvasKey("all", "Select all", "Ctrl+A", edits=False),
    CanvasKey("find", "Find a block…", "Ctrl+F", edits=False),
    CanvasKey("fit", "Show the whole network", "F", edits=False),
    CanvasKey("actual", "Original size", "0", edits=False),
    CanvasKey(
        "large",
        "Large drawing, or not",
        "L",
        "Gives the drawing the room of the templates.",
        edits=False,
    ),
    CanvasKey("map", "Mini-map", "M", "The whole network in small.", edits=False),
)


def named(keys: str) -> str:
    """Returns the command of these keys, "" for none."""
    return _BY_KEYS.get(keys, "")


_BY_KEYS = {
    keys: command.name for command in TABLE for keys in (command.keys, *command.also) if keys
}


class CanvasCommands:
    """Does the commands that only change the network or what is chosen.

    The others are handed in by the view: opens: name -> what to do.
    """

    def __init__(
        self,
        surface: EditedSurface,
        opens: dict[str, Callable[[], None]],
    ) -> None:
        self._surface = surface
        self._opens = {
            "all": self._choose_all,
            "fit": surface.zoom_to_fit,
            "actual": surface.zoom_to_actual,
            **opens,
        }
        self._edits = {
            "delete": self._delete,
            "cut": self._cut,
            "paste": self._paste,
            "duplicate": lambda editor: editor.duplicate(self._surface.all_chosen),
            "apart": lambda editor: editor.take_apart(self._surface.chosen),
            "arrange": lambda editor: editor.arrange(self._surface.all_chosen),
            "column": self._column,
            "row": self._row,
            "even": self._even,
        }

    def can(self, name: str) -> bool:
        """Returns whether a command has something to do now."""
        surface = self._surface
        command = next(command for command in TABLE if command.name == name)
        if command.edits and self._surface.editor is None:
            return False

        blocks = self._own()
        if name in ("open", "repeat", "duplicate", "copy", "cut"):
            return bool(blocks)
        if name == "delete":
            return bool(blocks or surface.chosen_notes or surface.content.wires.lit)
        if name in ("group", "column", "row", "even"):
            return len(blocks) > 1
        if name == "apart":
            return len(blocks) == 1 and surface.item(blocks[0]).view.group
        if name == "arrange":
            return bool(surface.drawing.positions)

        return True

    def do(self, name: str) -> None:
        """Does a command if it has something to do."""
        if not self.can(name):
            return

        if name == "copy":
            self._copy()
        elif name in self._edits and self._surface.editor is not None:
            self._surface.tell(self._edits[name](self._surface.editor))
        elif name in self._opens:
            self._opens[name]()

    def menu(self) -> QMenu:
        """Returns the menu of all commands, those greyed that have nothing to do."""
        menu = QMenu(self._surface)
        menu.setToolTipsVisible(True)
        for command in TABLE:
            if command is LINE:
                menu.addSeparator()
                continue

            keys = QKeySequence(command.keys).toString(QKeySequence.SequenceFormat.NativeText)
            action = menu.addAction(f"{command.text}\t{keys}" if keys else command.text)
            action.setObjectName(f"network.{command.name}")
            action.setToolTip(tooltip(command.tip or command.text))
            action.setEnabled(self.can(command.name))
            action.triggered.connect(lambda _=False, name=command.name: self.do(name))

        return menu

    # --- what they do

    def _own(self) -> list[str]:
        """Returns the chosen blocks of the network; the example is none."""
        surface = self._surface
        return [name for name in surface.all_chosen if not surface.item(name).view.source]

    def _choose_all(self) -> None:
        content = self._surface.content
        self._surface.select([item for item in content.blocks.values() if not item.view.source])

    def _copy(self) -> str:
        if self._surface.editor is None:
            return ""

        text = self._surface.editor.copy(self._own())
        if text:
            QGuiApplication.clipboard().setText(text)

        return text

    def _cut(self, editor: Editor) -> str:
        return editor.delete(self._own(), ()) if self._copy() else ""

    def _delete(self, editor: Editor) -> str:
        surface = self._surface
        blocks, notes = self._own(), surface.chosen_notes
        lit = surface.content.wires.lit
        if lit is not None and not blocks and not notes:
            return editor.remove_wire(lit)

        return editor.delete(blocks, notes)

    def _paste(self, editor: Editor) -> str:
        return editor.paste(QGuiApplication.clipboard().text(), self._surface.chosen)

    def _column(self, editor: Editor) -> str:
        places = self._places()
        first = next(iter(places.values()))
        return editor.move({name: (first[0], y) for name, (_, y) in places.items()}, {})

    def _row(self, editor: Editor) -> str:
        places = self._places()
        first = next(iter(places.values()))
        return editor.move({name: (x, first[1]) for name, (x, _) in places.items()}, {})

    def _even(self, editor: Editor) -> str:
        """Spaces blocks from the first to the last along the way in which they stand apart."""
        places = self._places()
        wide = _span(places, 0) > _span(places, 1)
        along = 0 if wide else 1
        zoom = self._surface.theme.zoom
        item = self._surface.content.blocks
        order = sorted(places, key=lambda name: places[name][along])
        sizes = {name: (item[name].width if wide else item[name].height) / zoom for name in order}
        first, last = places[order[0]][along], places[order[-1]][along]
        between = last - first - sum(sizes[name] for name in order[:-1])
        gap = max(float(ROOM), between / (len(order) - 1))
        moved: dict[str, Point] = {}
        at = first
        for name in order:
            x, y = places[name]
            moved[name] = (at, y) if wide else (x, at)
            at += sizes[name] + gap

        return editor.move(moved, {})

    def _places(self) -> dict[str, Point]:
        content = self._surface.content
        return {name: content.place_of(content.blocks[name]) for name in self._own()}


def _span(places: dict[str, Point], along: int) -> float:
    values = [place[along] for place in places.values()]
    return max(values) - min(values)
