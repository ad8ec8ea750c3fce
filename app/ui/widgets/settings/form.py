"""An editor for any section of settings, drawn from their declaration.

Nothing here knows a single setting by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.engine.errors import UserError
from app.ui.state.document import Document
from app.ui.state.searches.draft import is_tryable
from app.ui.style.theme import Theme, style
from app.ui.text.literal import button_text
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.layouts import take_out
from app.ui.widgets.settings.field import Field, value_in_words
from models.spec import Setting, settings

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from app.ui.state.preferences import Preferences


class Form(QWidget):
    """Editors for the settings of one section: the basic ones, then "More settings" for the rest.

    `names` limits and orders them; if all of those are advanced, they are shown without the toggle.
    With `preferences` the toggle is remembered; `flat` leaves it out and shows all. `rebuilt` says
    that another choice brought other settings. While it is hidden it follows the document a little
    later.
    """

    rebuilt = Signal()

    def __init__(
        self,
        document: Document,
        section: str,
        names: list[str] | None,
        theme: Theme,
        preferences: Preferences | None = None,
        parent: QWidget | None = None,
        flat: bool = False,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._section = section
        self._names = names
        self._flat = flat
        self._theme = theme
        self._preferences = preferences
        self._kind: type | None = None
        self._shown: list[str] = []
        self._last: Any = None
        self._advanced: list[Setting] = []
        self._fields: dict[str, Field] = {}
        self._made: dict[tuple[type, str], Field] = {}
        self._behind = False
        """Whether the document changed while nobody saw this."""
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.px(12))
        self._chips = QWidget(self)
        self._chip_row = FlowLayout(self._chips, 6)
        self._more = QPushButton("More settings", self)
        self._more.setCheckable(True)
        self._more.setObjectName(f"{section}.more")
        self._more.setToolTip("Shows the settings that are rarely needed.")
        self._more.setAccessibleName(f"More settings of {section}")
        self._more.toggled.connect(self._toggle)
        self._build()
        document.changed.connect(self._follow)
        document.data_changed.connect(self._follow)
        theme.changed.connect(self._follow)

    @property
    def fields(self) -> dict[str, Field]:
        """The editors of now, by the name of the setting."""
        self._catch_up()
        return self._fields

    # --- following

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._catch_up()

    def _follow(self, *_: object) -> None:
        """Follows at once where it is seen, and in a turn of its own where it is not.

        Other data bring other editors into a dozen forms: 60 ms of the window's thread.
        """
        self._behind = True
        if self.isVisible():
            self._catch_up()
        else:
            self._document.later.do(self, self._catch_up)

    def _catch_up(self) -> None:
        if self._behind:
            self._refresh()

    # --- building

    def _build(self) -> None:
        """Shows the editors for the choice as it is now.

        Those of other choices are kept hidden: it is quicker when one comes back, and under a style
        sheet Qt keeps a kilobyte of every number box and drop-down that is deleted.
        """
        self._kind = type(self._value())
        for field in self._fields.values():
            field.hide()
            field.set_full_name("")

        self._fields = {}
        take_out(self._column)

        basic, advanced = self._chosen_settings()
        self._shown = [setting.name for setting in basic + advanced]

        for setting in basic:
            self._add(setting)

        if advanced:
            self._column.addWidget(self._chips)
            self._column.addWidget(self._more, 0, Qt.AlignmentFlag.AlignLeft)

            for setting in advanced:
                self._add(setting)

        self._advanced = advanced
        self._chips.setVisible(bool(advanced))
        self._more.setVisible(bool(advanced))
        opened = (
            self._preferences.get(f"more.{self._section}", False) if self._preferences else False
        )
        self._more.setChecked(opened or self._more.isChecked())
        self._toggle(self._more.isChecked())

    def _chosen_settings(self) -> tuple[list[Setting], list[Setting]]:
        declared = {setting.name: setting for setting in settings(type(self._value()))}
        names = [name for name in (self._names or list(declared)) if name in declared]
        present = sorts(self._document)
        shown = [declared[name] for name in names if concerns(declared[name], present)]

        basic = [setting for setting in shown if not setting.advanced]
        if not basic or self._flat:
            return shown, []

        return basic, [setting for setting in shown if setting.advanced]

    def _add(self, setting: Setting) -> None:
        full_name = f"{self._section}.{setting.name}"
        key = (self._kind or type(None), setting.name)
        field = self._made.get(key)
        if field is None:
            field = Field(full_name, setting, self._lowest(setting), self._theme)
            field.edited.connect(self._take)
            field.reset.connect(self._reset)
            if self._document.try_several is not None and is_tryable(self._section, setting):
                field.offer_search()
                field.tried.connect(self._try)
            self._made[key] = field
        else:
            field.set_full_name(full_name)

        self._fields[setting.name] = field
        self._column.addWidget(field)
        field.show()

    def _lowest(self, setting: Setting) -> float | None:
        """Returns the lowest value that is allowed.

        A limit that may not be reached itself is one step further on.
        """
        if setting.minimum is None or setting.type not in ("integer", "number"):
            return None

        lowest: float = (
            int(setting.minimum) if setting.type == "integer" else float(setting.minimum)
        )
        try:
            self._value().replace(**{setting.name: lowest})
        except ValidationError:
            lowest += setting.step or (1 if setting.type == "integer" else 0.01)

        return lowest

    # --- showing

    def _value(self) -> Any:
        """Returns the section as chosen, or as it was before the experiment got into trouble."""
        try:
            self._last = self._document.value(self._section)
        except UserError:
            if self._last is None:
                self._last = Document().value(self._section)

        return self._last

    def _refresh(self, *_: object) -> None:
        self._behind = False
        self._document.later.forget(self)
        value = self._value()
        if type(value) is not self._kind or self._other_settings():
            self._build()
            self.rebuilt.emit()
            return

        try:
            resolved = self._document.resolved_section(self._section)
        except UserError:
            resolved = value

        if not isinstance(resolved, type(value)):
            resolved = value

        for name, field in self._fields.items():
            field.show_value(getattr(value, name), getattr(resolved, name))

        self._show_chips(value)

    def _other_settings(self) -> bool:
        """Returns whether the data ask for other settings than those that are shown."""
        basic, advanced = self._chosen_settings()
        return [setting.name for setting in basic + advanced] != self._shown

    def _show_chips(self, value: Any) -> None:
        """Summarises what is hidden and not default as chips; a click opens it."""
        self._chip_row.clear()
        hidden = [] if self._more.isChecked() else self._advanced

        changed = [setting for setting in hidden if getattr(value, setting.name) != setting.default]
        for setting in changed:
            words = value_in_words(setting, getattr(value, setting.name))
            chip = QPushButton(button_text(f"{setting.label}: {words}"))
            chip.setToolTip("Changed from its default. Press to see it.")
            chip.setAccessibleName(f"{setting.label} is {words}; show it")
            style(chip, "chip")
            chip.clicked.connect(self._open)
            self._chip_row.addWidget(chip)

        self._chips.setVisible(bool(changed))

    def _toggle(self, opened: bool) -> None:
        self._more.setText("Fewer settings" if opened else "More settings")
        for setting in self._advanced:
            self._fields[setting.name].setVisible(opened)

        if self._preferences is not None:
            self._preferences.set(f"more.{self._section}", opened)

        self._refresh()

    def _open(self) -> None:
        self._more.setChecked(True)

    # --- changing

    def _take(self, name: str, value: Any) -> None:
        trouble = self._document.replace(self._section, **{name: value})
        field = self._fields.get(name)
        if field is not None and trouble:
            field.show_trouble(trouble.replace(f"'{name}'", field.setting.label, 1))
        elif field is not None:
            self._refresh()

    def _try(self, name: str) -> None:
        if self._document.try_several is not None:
            self._document.try_several(f"{self._section}.{name}")

    def _reset(self, name: str) -> None:
        self._document.reset(self._section, name)
        self._refresh()


def sorts(document: Document) -> frozenset[str]:
    """Returns the sorts of data that are open, as `Setting.applies` names them.

    They are the kind of the examples, that of each half of a pair, and the task; none while nothing
    is open.
    """
    description = document.description
    if description is None:
        return frozenset()

    kinds = {description.kind, *(part.kind for part in description.preparation.inputs)}
    try:
        return frozenset(kinds | {document.task().kind})
    except UserError:
        return frozenset(kinds | {document.experiment.data.task or description.task})


def concerns(setting: Setting, present: frozenset[str]) -> bool:
    """Returns whether a setting matters for such data and a form can show it.

    A table has an editor of its own.
    """
    if setting.type == "table":
        return False

    return not setting.applies or not present or bool(present & set(setting.applies))
