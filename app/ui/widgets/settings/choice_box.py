"""A drop-down for a choice among kinds: a template, a loss, an optimizer, a schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.engine.errors import UserError
from app.engine.learning.tasks import TASKS
from app.ui.text.literal import tooltip
from app.ui.widgets.settings.field_menu import FieldMenu
from app.ui.widgets.settings.number_box import DropDown

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.ui.state.document import Document
    from models.spec import Choice, Registry


class ChoiceBox(DropDown):
    """A drop-down for a template, loss, optimizer or schedule.

    What does not fit is greyed and says why.
    """

    def __init__(
        self,
        document: Document,
        section: str,
        registry: Registry[Any],
        name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._section = section
        self._registry = registry
        self.setObjectName(name or f"{section}.{registry.key}")
        self.setAccessibleName(registry.noun.capitalize())

        for choice in registry.all():
            self.addItem(choice.label, choice.kind)

        self.menus: list[FieldMenu] = []
        if document.try_several is not None:
            menu = FieldMenu(self, self)
            menu.tried.connect(self._try)
            self.menus.append(menu)

        self.activated.connect(self._choose)
        document.changed.connect(self._refresh)
        document.data_changed.connect(self._refresh)
        self._refresh()

    def _refresh(self, *_: object) -> None:
        try:
            current = self._document.value(self._section)
        except UserError:
            current = getattr(self._document.experiment, self._section)

        for row, choice in enumerate(self._registry.all()):
            reason = self._unfit(choice)
            item = self.model().item(row)  # type: ignore[attr-defined]
            item.setEnabled(not reason)
            item.setToolTip(tooltip(f"{choice.summary} {reason}".strip()))

        if current is not None:
            blocked = self.blockSignals(True)
            self.setCurrentIndex(self.findData(current.kind))
            self.blockSignals(blocked)
            self.setToolTip(tooltip(current.summary))

    def _unfit(self, choice: type[Choice]) -> str:
        """Returns why a choice cannot be taken for these data; "" when it can."""
        try:
            if hasattr(choice, "unfit"):
                return str(choice.unfit(self._document.problem()))
            if hasattr(choice, "tasks"):
                return self._unfit_loss(choice.tasks)
        except UserError:
            pass

        return ""

    def _unfit_loss(self, kinds: tuple[str, ...]) -> str:
        """Returns why a loss does not fit; "" when it does.

        It fits where it serves the task, or, with the task left open, another one that these data
        allow.
        """
        description = self._document.assumed_description
        chosen = self._document.experiment.data.task

        task = TASKS[chosen or description.task]
        if task.kind in kinds:
            return ""

        if chosen is None:
            alike = [
                TASKS[kind]
                for kind in kinds
                if kind in TASKS and TASKS[kind].targets == task.targets
            ]
            reasons = [other.unfit(description) for other in alike if other.pairs == task.pairs]
            if reasons and not all(reasons):
                return ""
            if reasons and self._document.description is not None:
                return reasons[0]

        return f"It does not fit the task '{task.label}'."

    def _try(self) -> None:
        if self._document.try_several is not None:
            self._document.try_several(f"{self._section}.{self._registry.key}")

    def _choose(self, row: int) -> None:
        kind = self.itemData(row)
        current = getattr(self._document.experiment, self._section)
        if current is None or current.kind != kind:
            self._document.choose(self._section, kind)

        self._refresh()
