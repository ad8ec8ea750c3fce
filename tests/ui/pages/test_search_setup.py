"""The dialog that sets a search up: opened from a setting, priced, begun and followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from app.engine.search import workers
from app.engine.search.search_folder import default_searches, list_searches
from app.ui.pages.search.setup import SearchSetup
from app.ui.state.trials import Trials
from app.ui.widgets.settings.choice_box import ChoiceBox
from app.ui.widgets.settings.form import Form
from app.ui.widgets.settings.number_box import NumberBox
from models.own_network import MODELS
from tests.engine.detached.following import wait_for
from tests.ui.harness import PATIENCE_MS

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from tests.ui.harness import Harness


@pytest.fixture
def small(harness: Harness, qtbot: QtBot) -> Harness:
    """Returns the parts of a window with rows open and a small network chosen."""
    harness.parts.network_measurer.close()
    harness.open("sample:penguins")
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    harness.document.choose("model", "mlp")
    harness.document.replace("model", depth=1, width=8)
    harness.document.replace("training", epochs=2, threads=1, device="cpu")
    return harness


def open_setup(harness: Harness, qtbot: QtBot, first: str = "") -> SearchSetup:
    around = QWidget()
    around.resize(1280, 720)
    qtbot.addWidget(around)
    trials = Trials(harness.document, harness.parts.session)
    dialog = SearchSetup(harness.parts, trials, around, first)
    dialog.open()
    return dialog


def test_a_setting_asks_for_a_search_from_its_menu(small: Harness, qtbot: QtBot) -> None:
    asked: list[str] = []
    small.document.try_several = asked.append
    form = Form(small.document, "model", None, small.parts.theme, flat=True)
    box = ChoiceBox(small.document, "model", MODELS)
    qtbot.addWidget(form)
    qtbot.addWidget(box)
    for menu in (*form.fields["width"].menus, *box.menus):
        made = menu.make()
        made.actions()[-1].trigger()
        made.deleteLater()

    assert asked == ["model.width", "model.template"]
    data = Form(small.document, "data", ["seed"], small.parts.theme, flat=True)
    qtbot.addWidget(data)
    assert not any(field.menus for field in data.fields.values())


def test_the_button_says_what_it_costs(small: Harness, qtbot: QtBot) -> None:
    dialog = open_setup(small, qtbot, "model.width")
    assert dialog.start.text() == "Search: 12 runs"
    qtbot.waitUntil(lambda: dialog.start.text().count(",") == 2, timeout=PATIENCE_MS)
    words = dialog.start.text().split(", ")
    assert words[0] == "Search: 12 runs" and words[1].startswith(("less than", "about"))
    assert words[2].endswith("iB")
    assert "Judged by accuracy on validation" in dialog.cost.text()
    dialog.trials.setValue(30)
    assert dialog.start.text().startswith("Search: 30 runs")
    dialog.reject()


def test_what_cannot_be_searched_is_a_sentence(small: Harness, qtbot: QtBot) -> None:
    dialog = open_setup(small, qtbot)
    assert not dialog.start.isEnabled() and dialog.start.text() == "Search"
    dialog.add("model.width")
    assert dialog.start.isEnabled()
    row = dialog.setting_rows["model.width"]
    row.low.setValue(99)
    row.high.setValue(9)
    assert dialog.problem.text() == "'Width' is empty: 99 is not below 9."
    assert not dialog.start.isEnabled()
    dialog.remove("model.width")
    assert "Add a setting" in dialog.problem.text()
    dialog.reject()


def test_a_search_is_begun_and_followed_to_its_end(small: Harness, qtbot: QtBot) -> None:
    dialog = open_setup(small, qtbot, "optimizer.kind")
    dialog.strategy.buttons["grid"].click()
    assert dialog.plan is not None and dialog.plan.trials == 2
    dialog.start.click()
    assert small.pages_opened == ["search"]
    searches = small.parts.searches

    def done() -> bool:
        current = searches.current
        return current is not None and current.progress is not None and current.progress.over

    qtbot.waitUntil(done, timeout=PATIENCE_MS)
    (folder,) = list_searches(default_searches())
    wait_for(lambda: not workers.count(folder.path), "the end of the search")
    assert {trial.values["optimizer.kind"] for trial in folder.trials()} == set(
        dialog_values(folder.plan().ranges[0].values)
    )
    assert all(trial.status == "completed" for trial in folder.trials())


def dialog_values(values: tuple[object, ...]) -> tuple[object, ...]:
    assert len(values) == 2
    return values


def test_a_search_waits_in_the_queue(small: Harness, qtbot: QtBot) -> None:
    dialog = open_setup(small, qtbot, "optimizer.kind")
    dialog.queue.click()
    assert small.pages_opened == ["runs"]
    queue = small.parts.queue
    qtbot.waitUntil(lambda: len(queue.view.waiting) == 1, timeout=PATIENCE_MS)
    (folder,) = list_searches(default_searches())
    (item,) = queue.view.waiting
    assert item.search == str(folder.path) and not folder.begun()


@pytest.mark.parametrize(("section", "name"), (("model", "width"), ("training", "best_by")))
def test_the_menu_opens_wherever_the_mouse_is_on_a_setting(
    small: Harness, qtbot: QtBot, section: str, name: str
) -> None:
    asked: list[str] = []
    small.document.try_several = asked.append
    form = Form(small.document, section, None, small.parts.theme, flat=True)
    qtbot.addWidget(form)
    form.show()
    field = form.fields[name]
    editor = field.editor
    inner = editor.lineEdit() if isinstance(editor, NumberBox) else editor
    for part in (field, inner):
        reason = QContextMenuEvent.Reason.Mouse
        place = part.rect().center()
        event = QContextMenuEvent(reason, place, part.mapToGlobal(place))
        QApplication.sendEvent(part, event)
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        next(action for action in menu.actions() if action.objectName() == "field.try").trigger()
        menu.close()

    assert asked == [f"{section}.{name}"] * 2
