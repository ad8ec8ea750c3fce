"""What can be done with several blocks of the drawing: they become one block of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.engine.text import value_text
from app.ui.pages.model.graph_edits import open_graph, own_blocks, set_graph
from app.ui.style.theme import Theme, style
from app.ui.text.literal import button_text, tooltip
from app.ui.widgets.label import Label
from app.ui.widgets.layouts import clear
from models.graph import GraphError
from models.groups import Parameter, SettingOfBlock, check_group, group, parameters_of
from models.own_blocks import check_kind, stands_beside
from models.spec import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.ui.pages.model.block_library import BlockLibrary
    from app.ui.state.document import Document
    from app.ui.state.network_measurer import Measured
    from models.graph import BlockDefinition, Graph

SIZES = ("channels", "outputs", "width")
"""Settings that a new block has unless the person says otherwise."""

MOST_NAMED = 8
"""Blocks that are listed; the rest is counted."""


class GroupEditor(QWidget):
    """Makes one block of several that are chosen; each is a step of undo of the document.

    `placed(name)`: a block stands in the place of several. It shows nothing until `show_blocks`.
    """

    placed = Signal(str)

    def __init__(self, document: Document, library: BlockLibrary, theme: Theme) -> None:
        super().__init__()
        self._document = document
        self._library = library
        self._theme = theme
        self._names: tuple[str, ...] = ()
        self._offered: list[tuple[QCheckBox, Parameter]] = []
        self._listed = Label()
        self._listed.setWordWrap(True)
        style(self._listed, "secondary")
        self._form = QWidget()
        self.trouble = Label()
        self.trouble.setObjectName("group.problem")
        self.trouble.setWordWrap(True)
        style(self.trouble, "problem")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(12))
        for widget in (self._listed, self._make_form(), self.trouble):
            column.addWidget(widget)

        self.hide()

    @property
    def boxes(self) -> dict[str, QCheckBox]:
        """The boxes of the settings that the new block can have, by name."""
        return {parameter.name: box for box, parameter in self._offered}

    def show_blocks(self, names: Sequence[str], measured: Measured | None) -> bool:
        """Shows what several blocks can become; returns whether there are several."""
        graph = open_graph(self._document)
        known = {node.name for node in graph.nodes} if graph is not None else set()
        chosen = tuple(name for name in names if name in known)
        several = len(chosen) > 1 and graph is not None and measured is not None
        self.setVisible(several)
        if not several or graph is None or measured is None:
            self._names = ()
            return False

        self._show_reason(graph, chosen)
        values = _values(chosen, measured)
        if chosen == self._names and [each.name for _, each in self._offered] == [
            each.name for each in values
        ]:
            return True

        self._names = chosen
        listed = ", ".join(chosen[:MOST_NAMED])
        more = f" and {len(chosen) - MOST_NAMED} more" if len(chosen) > MOST_NAMED else ""
        self._listed.setText(f"{listed}{more}.")
        self._offer(values)
        return True

    # --- building

    def _make_form(self) -> QWidget:
        theme = self._theme
        self.name = QLineEdit()
        self.name.setObjectName("group.name")
        self.name.setAcceptDrops(False)  # the window takes files
        self.name.setPlaceholderText("For example: stage")
        self.name.setAccessibleName("Name of the new block")
        self.name.returnPressed.connect(self.save)
        label = Label("Save as a block called")
        label.setBuddy(self.name)
        self._settings = Label("Its settings")
        self._settings.setToolTip(tooltip("What can be set where the block is used."))
        self._boxes = QVBoxLayout()
        self._boxes.setSpacing(theme.px(4))
        self.keep = QCheckBox("Keep it for other networks too")
        self.keep.setObjectName("group.keep")
        self.keep.setToolTip(tooltip("It then stands in the menus of all your networks."))
        self.keep.setChecked(True)
        self._save = QPushButton("Save as a block")
        self._save.setObjectName("group.save")
        self._save.clicked.connect(self.save)
        style(self._save, "small")
        column = QVBoxLayout(self._form)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(8))
        for widget in (label, self.name, self._settings):
            column.addWidget(widget)

        column.addLayout(self._boxes)
        column.addWidget(self.keep)
        column.addWidget(self._save)
        return self._form

    def _offer(self, parameters: Sequence[Parameter]) -> None:
        """Shows a box for each setting that the new block can have."""
        clear(self._boxes)
        self._offered = []
        settings_of = [parameter.users[0][1] for parameter in parameters]
        for parameter in sorted(parameters, key=lambda each: settings_of.index(each.users[0][1])):
            blocks = ", ".join(dict.fromkeys(block for block, _ in parameter.users))
            setting = parameter.users[0][1]
            words = setting.replace("_", " ")
            words = f"{words[:1].upper()}{words[1:]} {value_text(parameter.value)}"
            several = settings_of.count(setting) > 1
            box = QCheckBox(button_text(f"{words} of {blocks}" if several else words))
            box.setObjectName(f"group.setting.{parameter.name}")
            box.setToolTip(tooltip(f"Of {blocks}. It will be called '{parameter.name}'."))
            box.setChecked(parameter.name in SIZES)
            self._boxes.addWidget(box)
            self._offered.append((box, parameter))

        self._settings.setVisible(bool(self._offered))

    # --- what is shown

    def _show_reason(self, graph: Graph, chosen: tuple[str, ...]) -> None:
        """Shows why the blocks cannot become one; else what can be set."""
        try:
            check_group(graph, chosen)
        except GraphError as error:
            self._form.hide()
            self._tell(error.message)
            return

        if self._form.isHidden() or chosen != self._names:
            self._tell("")

        self._form.show()

    def _tell(self, sentence: str) -> None:
        self.trouble.setText(sentence)
        self.trouble.setVisible(bool(sentence))

    # --- saving

    def save(self) -> None:
        """Puts one block of a new kind in the place of those that are chosen."""
        graph = open_graph(self._document)
        kind = self.name.text().strip()
        if graph is None or not self._names:
            return
        if not kind:
            self._tell("Give the block a name.")
            self.name.setFocus()
            return

        chosen = [parameter for box, parameter in self._offered if box.isChecked()]
        try:
            changed, name = group(graph, self._names, check_kind(kind), chosen)
        except GraphError as error:
            self._tell(error.message)
            return

        definition = changed[name].definition
        assert definition is not None
        if sentence := self._why_not(definition):
            self._tell(sentence)
            return

        if self.keep.isChecked():
            self._library.keep(definition)

        self.name.clear()
        self.placed.emit(name)
        set_graph(self._document, changed)

    def _why_not(self, definition: BlockDefinition) -> str:
        """Returns why a kind cannot be, "" where it can."""
        from models.new_block import why_not  # noqa: PLC0415 - it loads torch

        kind = definition.kind
        if not stands_beside(definition, own_blocks(self._document)):
            return f"This network has another block called '{kind}'. Choose another name."
        if self.keep.isChecked() and self._library.blocks.get(kind, definition) != definition:
            return f"You have another block called '{kind}'. Choose another name."

        return why_not(definition)


def _values(names: Sequence[str], measured: Measured) -> list[Parameter]:
    """Returns the settings that a group can have, with the values that its blocks have now."""
    measurement = measured.measurement
    found: list[SettingOfBlock] = []
    for name in names:
        numbers = measurement.by_name.get(name) if measurement is not None else None
        block = numbers.block if numbers is not None else None
        if block is not None:
            fields = type(block).model_fields
            found += [
                SettingOfBlock(
                    name, each.name, getattr(block, each.name), fields[each.name].annotation
                )
                for each in settings(type(block))
            ]

    return parameters_of(found)
