"""The editor of the chosen block: its numbers, its own settings, and what can be done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.ui.pages.model.block_numbers import number_lines
from app.ui.pages.model.drawing.fitting import Fitting
from app.ui.pages.model.graph_edits import open_graph, own_blocks, set_graph
from app.ui.pages.model.kind_menu import KindMenu
from app.ui.style.theme import Theme, style
from app.ui.text.literal import button_text, tooltip
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.label import Label
from app.ui.widgets.settings.field import Field
from models import edits
from models.graph import INPUT, OTHER, GraphError
from models.groups import take_apart
from models.own_blocks import stands_beside
from models.repair.wrong_values import value_sentence
from models.spec import settings

if TYPE_CHECKING:
    from app.engine.memory.graph_measurement import BlockNumbers
    from app.ui.pages.model.block_library import BlockLibrary
    from app.ui.state.document import Document
    from app.ui.state.network_measurer import Measured
    from models.graph import BlockDefinition, Kind
    from models.spec import Choice, Setting

SHOWN_TYPES = ("integer", "number", "switch", "choice", "text", "numbers")
"""Types of settings that have an editor here."""


class BlockEditor(QWidget):
    """Edits one block of the drawing; each change is a step of undo of the document.

    `placed(name)`: a new block was put into the network. It shows nothing until `show_block`.
    """

    placed = Signal(str)

    def __init__(self, document: Document, library: BlockLibrary, theme: Theme) -> None:
        super().__init__()
        self._document = document
        self._library = library
        self._theme = theme
        self._name = ""
        self._measured: Measured | None = None
        self._forms: dict[type[Choice], dict[str, Field]] = {}
        self._pages: dict[type[Choice], QWidget] = {}
        self.numbers = Label()
        self.numbers.setObjectName("block.numbers")
        self.numbers.setWordWrap(True)
        style(self.numbers, "secondary")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.px(12))
        self._column.addWidget(self._make_buttons())
        self._column.addWidget(self.numbers)
        self.hide()

    @property
    def fields(self) -> dict[str, Field]:
        """The editors of the settings of the block that is shown, by name."""
        block = self._block()
        return self._forms.get(type(block), {}) if block is not None else {}

    def show_block(self, name: str, measured: Measured | None) -> bool:
        """Shows a block of the drawing; returns whether there is one of that name."""
        self._name = name
        self._measured = measured
        known = self._numbers() is not None or name in (INPUT, OTHER)
        self.setVisible(known and measured is not None)
        if measured is None or not known:
            return False

        numbers = self._numbers()
        self._replace.setEnabled(numbers is not None)
        self._remove.setEnabled(numbers is not None)
        self._apart.setVisible(numbers is not None and numbers.node.definition is not None)
        lines = number_lines(numbers, measured) if numbers is not None else []
        self.numbers.setText("\n".join(lines))
        self.numbers.setVisible(bool(lines))
        self._show_form()
        return True

    def open(self) -> None:
        """Takes the keyboard: the first setting of the block, or its first button."""
        fields = [field for field in self.fields.values() if not field.isHidden()]
        if fields:
            fields[0].editor.setFocus()
        else:
            self._add.setFocus()

    # --- building

    def _make_buttons(self) -> QWidget:
        self._add = self._button("Add after", "block.add", "Puts a new block behind this one.")
        self._replace = self._button("Replace", "block.replace", "Puts another block in its place.")
        self._remove = self._button("Remove", "block.remove", "Takes it out and closes the gap.")
        self._apart = self._button(
            "Take apart", "block.apart", "Puts the blocks in its place that it is made of."
        )
        self.add_menu = KindMenu("block.add.menu", self._can_add, self._own_kinds, self._add)
        self.add_menu.chosen.connect(self.add)
        self._add.setMenu(self.add_menu)
        self.replace_menu = KindMenu(
            "block.replace.menu", self._can_replace, self._own_kinds, self._replace
        )
        self.replace_menu.chosen.connect(self.replace)
        self._replace.setMenu(self.replace_menu)
        self._remove.clicked.connect(self.remove)
        self._apart.clicked.connect(self.take_apart)
        buttons = QWidget()
        row = FlowLayout(buttons, self._theme.px(6))
        for button in (self._add, self._replace, self._remove, self._apart):
            row.addWidget(button)

        return buttons

    def _button(self, text: str, name: str, tip: str) -> QPushButton:
        button = QPushButton(button_text(text))
        button.setObjectName(name)
        button.setToolTip(tooltip(tip))
        style(button, "small")
        return button

    def _show_form(self) -> None:
        block = self._block()
        kind = type(block) if block is not None else None
        for other, page in self._pages.items():
            if other is not kind:  # what is hidden for a moment loses the keyboard
                page.hide()

        if block is None or kind is None:
            return

        if kind not in self._pages:
            self._pages[kind] = self._make_form(kind)

        self._pages[kind].show()
        for name, field in self._forms[kind].items():
            value = getattr(block, name)
            field.show_value(value, value)

    def _make_form(self, kind: type[Choice]) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(self._theme.px(12))
        fields = {}
        for setting in settings(kind):
            if setting.type not in SHOWN_TYPES:
                continue

            field = Field(f"block.{setting.name}", setting, _lowest(setting), self._theme)
            field.edited.connect(self._take)
            field.reset.connect(lambda name: self._take(name, None))
            fields[setting.name] = field
            column.addWidget(field)

        self._forms[kind] = fields
        self._column.addWidget(page)
        return page

    # --- what is shown

    def _numbers(self) -> BlockNumbers | None:
        measurement = self._measured.measurement if self._measured is not None else None
        return measurement.by_name.get(self._name) if measurement is not None else None

    def _block(self) -> Choice | None:
        numbers = self._numbers()
        return numbers.block if numbers is not None else None

    # --- changing

    def add(self, kind: Kind) -> None:
        """Puts a block of this kind behind the one that is shown."""
        graph = open_graph(self._document)
        found = self._settings_behind(kind)
        if graph is None or found is None:
            return

        values, also = found
        changed, name = edits.insert_after(graph, self._name, kind, values, also)
        set_graph(self._document, changed)
        self.placed.emit(name)

    def replace(self, kind: Kind) -> None:
        """Puts a block of this kind in the place of the one that is shown."""
        graph = open_graph(self._document)
        values = self._settings_instead(kind)
        if graph is None or values is None:
            return

        name = edits.free_name(graph, kind)
        set_graph(self._document, edits.replace_kind(graph, self._name, kind, **values))
        self.placed.emit(name)

    def remove(self) -> None:
        """Takes the block out."""
        graph = open_graph(self._document)
        if graph is None:
            return

        try:
            shapes = Fitting(self._measured).shapes(graph)
            set_graph(self._document, edits.remove(graph, self._name, shapes))
        except GraphError as error:
            self.numbers.setText(error.message)

    def take_apart(self) -> None:
        """Puts the blocks of a group in its place."""
        graph = open_graph(self._document)
        if graph is None:
            return

        changed, names = take_apart(graph, self._name)
        set_graph(self._document, changed)
        self.placed.emit(names[0])

    def _take(self, name: str, value: Any) -> None:
        """Takes another value of a setting; None is the usual one."""
        block = self._block()
        graph = open_graph(self._document)
        if block is None or graph is None:
            return

        if value is not None:
            try:
                block.replace(**{name: value})
            except ValidationError as error:
                field = self.fields[name]
                sentence = value_sentence(field.setting.label, error.errors()[0], field.setting)
                field.show_trouble(sentence or "This value is not possible.")
                return

        set_graph(self._document, edits.set_settings(graph, self._name, **{name: value}))

    # --- what fits here

    def _own_kinds(self) -> tuple[dict[str, BlockDefinition], tuple[str, ...]]:
        """Returns the kinds of the network, and those of the library that are not called alike.

        Also a sentence for each file of the library that cannot be used.
        """
        known = own_blocks(self._document)
        kept = self._library.blocks.items()
        known |= {kind: each for kind, each in kept if stands_beside(each, known)}
        return known, self._library.problems

    def _can_add(self, kind: Kind) -> bool:
        return self._settings_behind(kind) is not None

    def _can_replace(self, kind: Kind) -> bool:
        return self._settings_instead(kind) is not None

    def _settings_behind(self, kind: Kind) -> tuple[dict[str, Any], tuple[str, ...]] | None:
        """Returns settings for a new block behind this one, and what it reads besides."""
        return Fitting(self._measured).behind(kind, self._name)

    def _settings_instead(self, kind: Kind) -> dict[str, Any] | None:
        """Returns settings for another block in the place of this one; None where none fit."""
        return Fitting(self._measured).instead(kind, self._name)


def _lowest(setting: Setting) -> float | None:
    """Returns the lowest value for a slider; None where the limit itself is not allowed."""
    return None if setting.limits.startswith("more than") else setting.minimum
