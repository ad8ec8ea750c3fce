"""Editors made from declarations: what those of every setting show, accept and refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLabel, QPushButton, QToolButton, QWidget

from app.engine.experiment.experiment import SECTIONS
from app.engine.learning.loss import LOSSES
from app.engine.learning.optimizer import OPTIMIZERS
from app.ui.state.document import Document
from app.ui.state.preferences import Preferences
from app.ui.widgets.settings.choice_box import ChoiceBox
from app.ui.widgets.settings.form import Form
from app.ui.widgets.settings.number_box import DropDown, NumberBox, Slider
from models.spec import settings
from models.template import TEMPLATES

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.ui.style.theme import Theme

W = TypeVar("W", bound=QWidget)


def form_of(
    qtbot: QtBot,
    document: Document,
    section: str,
    theme: Theme,
    names: list[str] | None = None,
    preferences: Preferences | None = None,
) -> Form:
    form = Form(document, section, names, theme, preferences)
    qtbot.addWidget(form)
    form.resize(300, 900)
    form.show()

    return form


def editor(form: QWidget, name: str, kind: type[W]) -> W:
    widget = form.findChild(kind, name)
    assert widget is not None, name
    return widget


@pytest.mark.parametrize("section", SECTIONS)
def test_every_declared_setting_has_an_editor_with_its_name(
    qtbot: QtBot, theme: Theme, section: str
) -> None:
    document = Document()
    form = form_of(qtbot, document, section, theme)
    for setting in settings(type(document.value(section))):
        if setting.type == "table":  # the columns of a table, edited in a table
            continue

        widget = editor(form, f"{section}.{setting.name}", QWidget)
        assert widget.accessibleName() and widget.toolTip()


@pytest.mark.parametrize("template", [template.kind for template in TEMPLATES.all()])
def test_another_template_brings_its_own_settings(
    qtbot: QtBot, theme: Theme, template: str
) -> None:
    document = Document()
    form = form_of(qtbot, document, "model", theme)
    document.choose("model", template)
    assert set(form.fields) == {setting.name for setting in settings(TEMPLATES.get(template))}


def test_a_written_number_reaches_the_document(qtbot: QtBot, theme: Theme) -> None:
    document = Document()
    form = form_of(qtbot, document, "training", theme)
    box = editor(form, "training.epochs", NumberBox)
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "17")
    qtbot.keyClick(box, Qt.Key.Key_Return)

    assert document.experiment.training.epochs == 17


@pytest.mark.parametrize(("text", "value"), [("0,05", 0.05), ("1e-3", 0.001), (".5", 0.5)])
def test_a_comma_and_an_exponent_are_numbers(
    qtbot: QtBot, theme: Theme, text: str, value: float
) -> None:
    document = Document()
    form = form_of(qtbot, document, "optimizer", theme)
    box = editor(form, "optimizer.learning_rate", NumberBox)
    box.selectAll()
    qtbot.keyClicks(box, text)
    qtbot.keyClick(box, Qt.Key.Key_Return)

    assert document.experiment.optimizer is not None
    assert document.experiment.optimizer.learning_rate == value


def test_what_follows_the_data_shows_what_it_comes_to_and_can_be_had_back(
    qtbot: QtBot, theme: Theme
) -> None:
    document = Document()
    form = form_of(qtbot, document, "training", theme)
    box = editor(form, "training.epochs", NumberBox)
    assert box.value() == document.resolved().training.epochs

    reset = editor(form, "training.epochs.reset", QToolButton)
    assert not reset.isVisible()
    box.setValue(3)
    assert document.experiment.training.epochs == 3
    assert reset.isVisible()

    reset.click()
    assert document.experiment.training.epochs is None
    box.setValue(4)
    box.selectAll()
    qtbot.keyClick(box, Qt.Key.Key_Delete)
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert document.experiment.training.epochs is None


def test_a_refused_value_is_a_sentence_beside_the_field(qtbot: QtBot, theme: Theme) -> None:
    document = Document()
    form = form_of(qtbot, document, "training", theme)
    box = editor(form, "training.epochs", NumberBox)
    trouble = editor(form, "training.epochs.problem", QLabel)
    box.setValue(-5)

    assert trouble.isVisible() and trouble.text() == "Epochs is -5; it must be at least 1."
    assert document.experiment.training.epochs is None
    box.setValue(5)
    assert not trouble.isVisible()
    assert document.experiment.training.epochs == 5


def test_undo_is_shown(qtbot: QtBot, theme: Theme) -> None:
    document = Document()
    form = form_of(qtbot, document, "training", theme)
    box = editor(form, "training.patience", NumberBox)
    box.setValue(4)
    document.undo()

    assert box.value() == 0


def test_switches_choices_and_sliders_write(qtbot: QtBot, theme: Theme) -> None:
    document = Document()
    form = form_of(qtbot, document, "augmentation", theme)
    switch = editor(form, "augmentation.flip", QCheckBox)
    before = switch.isChecked()
    switch.click()
    assert document.experiment.augmentation.flip is not before

    form.fields["rotate"].findChild(Slider).setValue(3)
    assert document.experiment.augmentation.rotate == 15.0
    data = form_of(qtbot, document, "data", theme, ["fit"])
    box = editor(data, "data.fit", DropDown)
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Down)
    assert document.experiment.data.fit == "fit"


def test_the_wheel_over_a_field_scrolls_the_page(qtbot: QtBot, theme: Theme) -> None:
    from PySide6.QtCore import QPoint, QPointF
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    document = Document()
    form = form_of(qtbot, document, "training", theme)
    box = editor(form, "training.patience", NumberBox)
    form.setFocus()
    event = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(0, 120),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )

    QApplication.sendEvent(box, event)
    assert document.experiment.training.patience == 0


def test_steps_of_a_rate_are_one_two_five(qtbot: QtBot) -> None:
    box = NumberBox(whole=False, logarithmic=True)
    qtbot.addWidget(box)
    box.setValue(0.001)

    values = []
    for _ in range(4):
        box.stepBy(1)
        values.append(box.value())

    for _ in range(2):
        box.stepBy(-1)

    assert values == [0.002, 0.005, 0.01, 0.02]
    assert box.value() == 0.005


def test_more_settings_are_hidden_summarised_and_remembered(
    qtbot: QtBot, theme: Theme, tmp_path: Path
) -> None:
    document = Document()
    preferences = Preferences(tmp_path / "window.json")
    form = form_of(qtbot, document, "training", theme, preferences=preferences)
    precision = form.fields["precision"]
    assert not precision.isVisible()

    document.replace("training", precision="bfloat16")
    chips = [
        button for button in form.findChildren(QPushButton) if button.text().startswith("Precision")
    ]
    assert chips and chips[-1].isVisible()

    chips[-1].click()
    assert precision.isVisible()
    again = form_of(qtbot, document, "training", theme, preferences=preferences)
    assert again.fields["precision"].isVisible()


def test_a_choice_that_does_not_fit_is_greyed_and_says_why(qtbot: QtBot, theme: Theme) -> None:
    document = Document()
    box = ChoiceBox(document, "loss", LOSSES, "learning.loss")
    qtbot.addWidget(box)
    document.replace("data", task="classification")
    row = box.findData("binary-cross-entropy")
    item = box.model().item(row)  # type: ignore[attr-defined]

    assert not item.isEnabled() and "does not fit" in item.toolTip()


def test_a_chosen_optimizer_is_written(qtbot: QtBot, theme: Theme) -> None:
    document = Document()
    box = ChoiceBox(document, "optimizer", OPTIMIZERS, "learning.optimizer")
    qtbot.addWidget(box)
    box.setCurrentIndex(box.findData("sgd"))
    box.activated.emit(box.currentIndex())

    assert document.experiment.optimizer is not None and document.experiment.optimizer.kind == "sgd"
    document.undo()
    assert box.currentData() == document.resolved().optimizer.kind


def test_damaged_preferences_are_defaults(tmp_path: Path) -> None:
    path = tmp_path / "window.json"
    for content in ("", "{", "[1, 2]", '{"zoom": "large", "dark": 3}', "\x00"):
        path.write_text(content, encoding="utf-8")
        preferences = Preferences(path)
        assert preferences.get("zoom", 1.0) == 1.0
        assert preferences.get("dark", False) is False

    preferences.set("zoom", 1.5)
    preferences.save()
    assert Preferences(path).get("zoom", 1.0) == 1.5
