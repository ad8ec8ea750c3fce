"""The frame: header, rail, Guide, bottom bar, keys, files, and what survives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QWidget,
)

from app.engine.experiment import toml_file
from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.experiment import Experiment
from app.ui.pages import find_pages
from app.ui.shell.actions import TABLE, page_entries
from app.ui.shell.main_window import MainWindow
from app.ui.state.action import Action
from app.ui.state.background import Failure
from app.ui.state.preferences import Preferences
from app.ui.state.speed import Speeds
from app.ui.style.theme import Theme
from tests.ui.window_actions import choose_little, click, find, inside, until

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.ui.shell.application import Window
    from tests.ui.conftest import OpenWindow

NAMES = (
    "rail.data",
    "rail.model",
    "rail.learning",
    "rail.training",
    "rail.results",
    "rail.tryit",
    "rail.runs",
    "welcome.sample.digits",
    "welcome.sample.fashion",
    "welcome.sample.shapes",
    "data.open",
    "model.template",
    "learning.loss",
    "learning.optimizer",
    "learning.schedule",
    "train.start",
    "train.pause",
    "train.stop",
    "status.device",
    "status.memory",
    "optimizer.learning_rate",
    "training.batch_size",
    "training.epochs",
)


def test_the_names_others_rely_on_are_there_once(open_window: OpenWindow) -> None:
    window = open_window()
    for name in NAMES:
        assert len(window.frame.findChildren(QWidget, name)) == 1, name


def test_every_button_has_a_name_and_a_sentence(open_window: OpenWindow) -> None:
    window = open_window()
    for part in (
        window.frame.header,
        window.frame.rail,
        window.frame.bottom,
        window.frame.pages["welcome"],
    ):
        for button in part.findChildren(QPushButton):
            assert button.accessibleName() or button.text(), button.objectName()


def test_the_guide_is_beside_the_page_or_a_drawer(qtbot: QtBot, open_window: OpenWindow) -> None:
    window = open_window()
    frame = window.frame
    frame.resize(1280, 720)
    until(qtbot, lambda: frame.guide.isVisible())
    click(qtbot, window, "guide.close")
    assert not frame.guide.isVisible()

    click(qtbot, window, "header.guide")
    assert frame.guide.isVisible()
    frame.resize(1000, 700)
    until(qtbot, lambda: not frame.guide.isVisible())
    click(qtbot, window, "header.guide")
    until(qtbot, frame.guide.isVisible)
    until(qtbot, lambda: frame.guide.geometry().right() == frame.guide.parentWidget().width() - 1)
    click(qtbot, window, "rail.data")
    assert not frame.guide.isVisible()


def test_everything_fits_at_150_percent(qtbot: QtBot, open_window: OpenWindow) -> None:
    window = open_window()
    for _ in range(5):
        inside(window).actions.do(Action.ZOOM_IN)

    until(qtbot, lambda: inside(window).theme.zoom == 1.5)
    window.frame.resize(1280, 720)
    until(qtbot, lambda: window.frame.rail.width() < 120)
    assert (window.frame.width(), window.frame.height()) == (1280, 720)

    for name in ("train.start", "status.text", "header.help", "rail.runs"):
        widget = find(window, name)
        until(qtbot, lambda widget=widget: widget.width() >= widget.minimumSizeHint().width())
        corner = widget.mapTo(window.frame, widget.rect().bottomRight())
        assert corner.x() < 1280 and corner.y() < 720, name


def test_the_header_has_room_for_its_words_from_the_first_moment(
    qtbot: QtBot, open_window: OpenWindow
) -> None:
    header = open_window().frame.header
    qtbot.waitUntil(lambda: header.brand.font().bold())  # it is dressed
    assert header.brand.width() >= header.brand.sizeHint().width()

    header.name.setText("a name of some length")
    needed = header.name.fontMetrics().horizontalAdvance(header.name.text())
    qtbot.waitUntil(lambda: header.name.width() > needed)


def test_every_shortcut_is_there_once() -> None:
    keys = [key for entry in [*TABLE, *page_entries(find_pages())] for key in entry.keys]
    assert len(keys) == len(set(keys))


def activate(qtbot: QtBot, window: Window) -> None:
    """Brings the window to the front, because keys reach only that one."""
    with qtbot.waitActive(window.frame):
        window.frame.to_front()


def test_the_keys_go_from_page_to_page(qtbot: QtBot, open_window: OpenWindow) -> None:
    window = open_window()
    activate(qtbot, window)

    keys = {
        Qt.Key.Key_2: "model",
        Qt.Key.Key_3: "learning",
        Qt.Key.Key_7: "runs",
        Qt.Key.Key_N: "welcome",
    }
    for key, page in keys.items():
        qtbot.keyClick(window.frame, key, Qt.KeyboardModifier.ControlModifier)
        assert window.frame.page == page


def test_nothing_of_a_page_stands_outside_the_window(open_window: OpenWindow) -> None:
    """A widget that no layout takes is a window of its own, which lives on as it likes."""
    window = open_window()
    for page in window.frame.pages:
        window.frame.go(page)

    outside = [
        f"{widget.metaObject().className()} {widget.property('text')!r}"
        for widget in QApplication.topLevelWidgets()
        if widget.parent() is None
        and widget is not window.frame
        # Those that pyqtgraph makes for each plot.
        and widget.metaObject().className() not in ("QMenu", "QWidget", "QTipLabel")
    ]
    assert outside == []


def test_shift_f1_shows_the_keys(qtbot: QtBot, open_window: OpenWindow) -> None:
    window = open_window()
    activate(qtbot, window)
    qtbot.keyClick(window.frame, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    overlay = find(window, "help.shortcuts", QDialog)
    words = [label.text() for label in overlay.findChildren(QLabel)]

    assert "Train" in words and "Undo" in words
    qtbot.keyClick(overlay, Qt.Key.Key_Escape)
    until(qtbot, lambda: not window.frame.findChildren(QDialog, "help.shortcuts"))


def test_the_name_is_changed_in_the_header_and_can_be_undone(
    qtbot: QtBot, open_window: OpenWindow
) -> None:
    window = open_window()
    name = find(window, "header.name", QLineEdit)
    name.setFocus()
    name.selectAll()
    name.insert("Größe 1")
    qtbot.keyClick(name, Qt.Key.Key_Return)

    assert inside(window).document.experiment.name == "Größe 1"
    inside(window).actions.do(Action.UNDO)
    assert inside(window).document.experiment.name == ""


def test_light_and_dark_survive_a_restart(
    qtbot: QtBot, open_window: OpenWindow, folders: Path
) -> None:
    window = open_window()
    dark = inside(window).theme.dark
    click(qtbot, window, "header.dark")
    assert inside(window).theme.dark is not dark

    inside(window).preferences.save()
    assert Preferences(folders / "config" / "window.json").get("dark", dark) is not dark


def test_the_rail_says_what_is_ready(qtbot: QtBot, open_window: OpenWindow, folders: Path) -> None:
    window = open_window()
    step = window.frame.rail.steps["data"]
    assert "done" not in step.accessibleDescription() and len(step.accessibleDescription()) > 5
    choose_little(qtbot, window, folders)
    until(qtbot, lambda: step.accessibleDescription() == "done")


def test_an_experiment_is_saved_and_opened_after_a_question(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path
) -> None:
    window = open_window()
    document = inside(window).document
    files = inside(window).files
    path = tmp_path / "one.toml"
    other = tmp_path / "two.toml"
    toml_file.write(Experiment(name="one", data=DataSettings(source="sample:shapes")), path)
    toml_file.write(Experiment(name="two", data=DataSettings(source="sample:digits")), other)
    files.open(str(path))
    assert document.experiment.name == "one" and document.path == path
    assert find(window, "header.saved", QLabel).text() == "saved"

    document.replace("training", epochs=9)
    assert find(window, "header.saved", QLabel).text() == "changed"
    files.open(str(other))
    box = find(window, "files.save_changes", QMessageBox)
    box.button(QMessageBox.StandardButton.Save).click()
    assert document.experiment.name == "two"
    assert toml_file.read(path).training.epochs == 9
    assert inside(window).preferences.recent()[:2] == [str(other), str(path)]


def test_save_asks_for_a_file_the_first_time(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path
) -> None:
    window = open_window()
    inside(window).document.replace("", name="fresh")
    inside(window).actions.do(Action.SAVE)
    dialog = window.frame.findChild(QFileDialog)

    assert dialog is not None
    dialog.fileSelected.emit(str(tmp_path / "fresh.toml"))
    dialog.reject()
    assert toml_file.read(tmp_path / "fresh.toml").name == "fresh"
    assert not inside(window).document.dirty


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("type.toml", 'netwright = 1\n[training]\nepochs = "many"\n', "epochs"),
        ("key.toml", "netwright = 1\n[training]\nepoch = 3\n", "Did you mean"),
        ("future.toml", "netwright = 99\n", "version"),
        ("torn.toml", "netwright = [", "TOML"),
    ],
)
def test_a_bad_experiment_file_is_one_sentence_and_nothing_is_lost(
    qtbot: QtBot, open_window: OpenWindow, tmp_path: Path, name: str, content: str, word: str
) -> None:
    window = open_window()
    before = inside(window).document.experiment
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    inside(window).files.open(str(path))
    dialog = find(window, "problem.dialog", QDialog)
    text = dialog.what.text() + dialog.remedy.text()  # type: ignore[attr-defined]

    assert name in text and word in text
    assert inside(window).document.experiment == before


def test_augmentation_does_not_read_the_data_again(
    qtbot: QtBot, open_window: OpenWindow, folders: Path
) -> None:
    window = open_window()
    choose_little(qtbot, window, folders)
    dataset = inside(window).document.dataset
    inside(window).document.replace("augmentation", rotate=10.0)

    assert (
        inside(window).document.data_state == "ready" and inside(window).document.dataset is dataset
    )
    inside(window).document.replace("data", test_share=0.2)
    until(qtbot, lambda: inside(window).document.dataset is not dataset)


def test_problems_are_counted_listed_and_copied(qtbot: QtBot, open_window: OpenWindow) -> None:
    window = open_window()
    problems = inside(window).problems
    problems.tell(Failure("First thing.", "Try this.", "details one"))
    problems.tell(Failure("Second thing.", "Try that.", "details two"))
    dialogs = window.frame.findChildren(QDialog, "problem.dialog")
    assert len(dialogs) == 1, "one dialog, however many failures"

    dialogs[0].reject()
    assert find(window, "header.problems", QPushButton).text() == "2 notices"
    click(qtbot, window, "header.problems")
    find(window, "problem.list.copy", QPushButton).click()
    text = QApplication.clipboard().text()
    assert "First thing." in text and "details two" in text

    find(window, "problem.list", QDialog).close()


def test_a_damaged_geometry_is_ignored(qtbot: QtBot, tmp_path: Path) -> None:
    preferences = Preferences(tmp_path / "window.json")
    preferences.set("geometry", "***not base64***")
    frame = MainWindow(Theme(), preferences, find_pages())
    qtbot.addWidget(frame, before_close_func=lambda window: window.leave())

    assert frame.width() >= 900


def test_a_duration_is_shown_only_where_it_was_measured_here(tmp_path: Path) -> None:
    speeds = Speeds(Preferences(tmp_path / "window.json"))
    assert speeds.seconds("cpu", "cnn", 1_000_000, 10_000) is None
    speeds.learn("cpu", "cnn", 1_000_000, 500.0)
    assert speeds.seconds("cpu", "cnn", 1_000_000, 10_000) == pytest.approx(20.0)
    assert speeds.seconds("cpu", "cnn", 2_000_000, 10_000) == pytest.approx(40.0)
    assert speeds.seconds("cpu", "mlp", 2_000, 10_000) is None, "a small network is mostly overhead"
    assert speeds.seconds("cuda:0", "cnn", 1_000_000, 10_000) is None
