"""One setting on screen: label, editor, help, what is wrong with its value, and a reset."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.engine.text import FOLLOWS, setting_text, unit_text
from app.ui.style.theme import Theme, style
from app.ui.text.literal import tooltip
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.label import Label
from app.ui.widgets.settings.field_menu import FieldMenu
from app.ui.widgets.settings.number_box import DropDown, NumberBox, Slider

if TYPE_CHECKING:
    from models.spec import Setting

MOST_SLIDER_STEPS = 100
SHORT_UNIT = 9
"""Most characters of a unit beside a slider; a longer one stands in the help only."""

SEPARATOR = "; "
"""What stands between several names in one line."""


def value_in_words(setting: Setting, value: Any) -> str:
    """Returns a value as a person reads it: "On", "128 examples"."""
    text = setting_text(setting, value)
    return (
        f"{text} {unit_text(value, setting.unit)}".strip()
        if setting.type in ("integer", "number") and value is not None
        else text
    )


class Field(QWidget):
    """The editor of one setting, with its label and help.

    edited(name, value): the person chose a value (None: follow the data). reset(name): go back to
    the default. tried(name): several values are to be tried, where `offer_search` was called.

    The editor's objectName is `full_name` (SECTION.FIELD). lowest: the smallest value that a slider
    may give.
    """

    edited = Signal(str, object)
    reset = Signal(str)
    tried = Signal(str)

    def __init__(
        self, full_name: str, setting: Setting, lowest: float | None, theme: Theme
    ) -> None:
        super().__init__()
        self.setting = setting
        self._lowest = lowest
        self._theme = theme
        self.number: NumberBox | None = None
        self.slider: Slider | None = None
        self.menus: list[FieldMenu] = []
        self.editor = self._make_editor()
        self.editor.setAccessibleName(setting.label)
        self.editor.setAccessibleDescription(setting.help)
        self.editor.setToolTip(tooltip(setting.help))
        self._state = ElidedLabel(FOLLOWS, 4)
        style(self._state, "secondary")
        self._reset = QToolButton()
        self._reset.setText("↺")
        self._reset.setAccessibleName(f"Reset {setting.label}")
        self._reset.clicked.connect(lambda: self.reset.emit(self.setting.name))
        style(self._reset, "reset")
        self._help = Label(setting.help)
        self._help.setWordWrap(True)
        style(self._help, "secondary")
        self._trouble = Label()
        self._trouble.setWordWrap(True)
        self._trouble.hide()
        style(self._trouble, "problem")
        self._lay_out(theme)
        self.set_full_name(full_name)

    def offer_search(self) -> None:
        """Offers in the menu of the field to try several values."""
        menu = FieldMenu(self, self.editor)
        menu.tried.connect(lambda: self.tried.emit(self.setting.name))
        self.menus.append(menu)

    def set_full_name(self, full_name: str) -> None:
        """Names the parts, so that they are found; "" while another field stands in its place."""
        self.editor.setObjectName(full_name)
        self._reset.setObjectName(f"{full_name}.reset" if full_name else "")
        self._trouble.setObjectName(f"{full_name}.problem" if full_name else "")

    def _lay_out(self, theme: Theme) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(4))
        head = QHBoxLayout()
        head.setSpacing(theme.px(8))
        head.addWidget(self.editor if self.setting.type == "switch" else self._make_label())
        head.addStretch(1)
        head.addWidget(self._state)
        head.addWidget(self._reset)
        column.addLayout(head)

        if self.slider is not None:
            row = QHBoxLayout()
            row.setSpacing(theme.px(12))
            row.addWidget(self.slider, 1)
            row.addWidget(self.editor)
            column.addLayout(row)
        elif self.setting.type != "switch":
            column.addWidget(self.editor)

        column.addWidget(self._trouble)
        column.addWidget(self._help)

    def _make_label(self) -> Label:
        label = Label(self.setting.label)
        label.setBuddy(self.editor)

        return label

    # --- editors

    def _make_editor(self) -> QWidget:
        setting = self.setting
        if setting.type == "choice":
            return self._make_drop_down()

        if setting.type == "switch":
            switch = QCheckBox(setting.label)
            switch.clicked.connect(lambda checked: self._tell(bool(checked)))
            return switch

        if setting.type in ("integer", "number"):
            return self._make_number()

        line = QLineEdit()
        line.setAcceptDrops(False)  # the window takes files
        line.editingFinished.connect(lambda: self._tell_text(line.text()))
        return line

    def _make_drop_down(self) -> DropDown:
        box = DropDown()
        if self.setting.optional:
            box.addItem("Follows the data", None)

        for value, words in self.setting.choices:
            box.addItem(words, value)

        box.activated.connect(lambda row: self._tell(box.itemData(row)))
        return box

    def _make_number(self) -> NumberBox:
        setting = self.setting
        steps = self._slider_steps()
        unit = setting.unit if not steps or len(setting.unit) <= SHORT_UNIT else ""
        box = NumberBox(
            setting.type == "integer", setting.optional, setting.step, setting.logarithmic, unit
        )
        box.valueChanged.connect(self._tell_number)
        box.cleared.connect(lambda: self._tell(None))
        box.refused.connect(self.show_trouble)
        self.number = box

        if steps:
            self.slider = Slider(Qt.Orientation.Horizontal)
            self.slider.setRange(0, steps)
            self.slider.setAccessibleName(setting.label)
            self.slider.setToolTip(tooltip(setting.help))
            # The number beside it takes the keyboard.
            self.slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self.slider.valueChanged.connect(self._slide)

        return box

    def _slider_steps(self) -> int:
        """Returns how many steps a slider would have; 0 where it would be of no use."""
        setting = self.setting
        if self._lowest is None or setting.maximum is None or setting.logarithmic:
            return 0

        step = setting.step or (1.0 if setting.type == "integer" else 0.0)
        if not step:
            return 0

        steps = int((setting.maximum - self._lowest) / step + 1e-9)
        return steps if 2 <= steps <= MOST_SLIDER_STEPS else 0

    def _step(self) -> float:
        return self.setting.step or 1.0

    # --- telling

    def _tell(self, value: Any) -> None:
        self.edited.emit(self.setting.name, value)

    def _tell_number(self, value: float) -> None:
        self._tell(round(value) if self.setting.type == "integer" else float(value))

    def _tell_text(self, text: str) -> None:
        text = text.strip()
        if self.setting.optional and not text:
            self._tell(None)
        elif self.setting.type == "numbers":
            self._tell_numbers(text)
        elif self.setting.type == "names" and SEPARATOR.strip() in text:
            self._tell([name.strip() for name in text.split(SEPARATOR.strip()) if name.strip()])
        else:
            self._tell(text)

    def _tell_numbers(self, text: str) -> None:
        """Tells the whole numbers of a line: "32; 7; 7", with any sign between them."""
        parts = [part for part in re.split(r"[;,×x\s]+", text) if part]
        try:
            numbers = [int(part.replace("−", "-")) for part in parts]
        except ValueError:
            numbers = []

        if numbers:
            self._tell(numbers)
        else:
            self.show_trouble(f"Write whole numbers with {SEPARATOR.strip()} between them.")

    def _slide(self, position: int) -> None:
        assert self._lowest is not None
        self._tell_number(round(self._lowest + position * self._step(), 9))

    # --- showing

    def show_value(self, chosen: Any, resolved: Any) -> None:
        """Shows what is chosen; where nothing is, what it comes to, or an empty field."""
        self.show_trouble("")
        shown = resolved if chosen is None else chosen
        editor = self.editor
        blocked = editor.blockSignals(True)

        if isinstance(editor, NumberBox):
            self._show_number(editor, shown)
        elif isinstance(editor, DropDown):
            if self.setting.optional:
                words = "" if resolved is None else f" ({value_in_words(self.setting, resolved)})"
                editor.setItemText(0, f"Follows the data{words if chosen is None else ''}")
            editor.setCurrentIndex(editor.findData(chosen))
        elif isinstance(editor, QCheckBox):
            editor.setChecked(bool(shown))
        elif isinstance(editor, QLineEdit) and not editor.hasFocus():
            several = isinstance(shown, (list, tuple))
            text = SEPARATOR.join(map(str, shown)) if several else str(shown)
            editor.setText("" if shown is None else text)

        editor.blockSignals(blocked)
        changed = chosen != self.setting.default
        self._reset.setVisible(changed)
        default = value_in_words(self.setting, self.setting.default)
        self._reset.setToolTip(tooltip(f"Back to the default: {default}."))
        self._state.setVisible(chosen is None and not isinstance(editor, DropDown))

    def _show_number(self, box: NumberBox, value: float | None) -> None:
        if value is None:
            box.show_unknown(FOLLOWS)
        else:
            box.show_value(value)
        if self.slider is not None and self._lowest is not None:
            blocked = self.slider.blockSignals(True)
            self.slider.setValue(
                0 if value is None else round((value - self._lowest) / self._step())
            )
            self.slider.blockSignals(blocked)

    def show_trouble(self, sentence: str) -> None:
        """Shows beside the field what is wrong with its value; "" for nothing."""
        self._trouble.setText(sentence)
        self._trouble.setVisible(bool(sentence))
        self._help.setVisible(not sentence)

        if bool(sentence) != bool(self.editor.property("invalid")):
            self.editor.setProperty("invalid", bool(sentence))
            self.editor.style().unpolish(self.editor)
            self.editor.style().polish(self.editor)
