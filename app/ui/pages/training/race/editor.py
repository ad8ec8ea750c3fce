"""The settings of one variant: the same editors as on the pages, on an experiment of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from app.engine.experiment.experiment import CHOICES
from app.ui.style.theme import Theme, style
from app.ui.widgets.segments import Segments
from app.ui.widgets.settings.choice_box import ChoiceBox
from app.ui.widgets.settings.form import Form

if TYPE_CHECKING:
    from app.ui.state.document import Document

SECTIONS = (
    ("optimizer", "Optimizer", "How the weights are changed, and how far a step goes."),
    (
        "training",
        "Batch, epochs, seed",
        "How many at once, how long, and with which seed.",
    ),
    ("schedule", "Schedule", "How the learning rate changes over the run."),
    ("loss", "Loss", "Which errors count, and how much."),
    ("model", "Model", "Which network learns."),
)
NAMES = {"training": ["batch_size", "epochs", "seed", "accumulation", "gradient_clip", "precision"]}
"""What of a section can be a variant's; all of it where nothing is said."""


class VariantEditor(QWidget):
    """The settings of a variant; a change goes into the document that is being edited."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._document: Document | None = None
        self._inside: QWidget | None = None
        self.sections = Segments(theme, "race.section", SECTIONS)
        self.sections.chosen.connect(lambda _: self._build())
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(8))
        column.addWidget(self.sections)
        column.addWidget(self.area, 1)

    def edit(self, document: Document) -> None:
        self._document = document
        self._build()

    def show_section(self, name: str) -> None:
        self.sections.set_value(name)
        self._build()

    def _build(self) -> None:
        document = self._document
        section = self.sections.value
        if document is None:
            return

        inside = QWidget()
        style(inside, "page")
        column = QVBoxLayout(inside)
        px = self._theme.px
        column.setContentsMargins(px(2), px(4), px(8), px(4))
        column.setSpacing(px(12))

        if section in CHOICES:
            column.addWidget(
                ChoiceBox(document, section, CHOICES[section].registry, f"race.{section}")
            )

        form = Form(document, section, NAMES.get(section), self._theme)
        form.rebuilt.connect(lambda: _rename_editors(form))
        _rename_editors(form)
        column.addWidget(form)
        column.addStretch(1)
        old = self.area.takeWidget()
        self.area.setWidget(inside)
        self._inside = inside

        if old is not None:
            old.deleteLater()


def _rename_editors(form: Form) -> None:
    """Gives the editors names of their own, apart from those on the pages behind."""
    for field in form.fields.values():
        for widget in field.findChildren(QWidget):
            name: Any = widget.objectName()
            if name and not name.startswith(("race.", "qt_")):
                widget.setObjectName(f"race.{name}")
