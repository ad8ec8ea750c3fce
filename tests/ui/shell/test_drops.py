"""What is dropped on the window: taken as a copy, announced, and nothing lost if it is no data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QFileDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from app.engine.export.formats import format_called
from app.engine.export.trained_network import TrainedNetwork
from app.engine.runs.run import default_folder
from app.engine.sources.format import no_progress
from app.ui.state.record import read_record
from app.ui.widgets.predicting.dialog import PredictDialog
from app.ui.widgets.toast import Toast
from models.own_network import OwnNetwork
from tests.engine.export.reading.plain_networks import exported, trained_a_little
from tests.ui.trained_runs import train_on, trained_run
from tests.ui.window_actions import choose_little, click, find, inside, until

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.ui.shell.application import Window
    from tests.ui.conftest import OpenWindow

NONE = Qt.KeyboardModifier.NoModifier
LEFT = Qt.MouseButton.LeftButton
ANY = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction | Qt.DropAction.LinkAction


HELD: list[QMimeData] = []
"""An event holds no reference to what it carries."""


def files(*paths: Path) -> QMimeData:
    """Returns what a file manager hands over: addresses, and the same as a text."""
    data = QMimeData()
    HELD.append(data)
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    data.setText("\n".join(QUrl.fromLocalFile(str(path)).toString() for path in paths))
    return data


def save_pictures(path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 8, 8)).astype(np.uint8)
    np.savez(path, images=pixels, labels=np.arange(40) % 2)


def drag_enter(data: QMimeData) -> QDragEnterEvent:
    event = QDragEnterEvent(QPoint(400, 300), ANY, data, LEFT, NONE)
    event.setDropAction(Qt.DropAction.MoveAction)  # as with Shift, or to another disk
    event.ignore()
    return event


def drop(target: QWidget, data: QMimeData) -> QDropEvent:
    """Drags over a widget and drops there; returns the last event."""
    entered = drag_enter(data)
    QApplication.sendEvent(target, entered)
    assert entered.isAccepted() and entered.dropAction() is Qt.DropAction.CopyAction

    moved = QDragMoveEvent(QPoint(400, 310), ANY, data, LEFT, NONE)
    moved.setDropAction(Qt.DropAction.MoveAction)
    QApplication.sendEvent(target, moved)
    assert moved.isAccepted() and moved.dropAction() is Qt.DropAction.CopyAction

    event = QDropEvent(QPointF(400, 310), ANY, data, LEFT, NONE)
    event.setDropAction(Qt.DropAction.MoveAction)
    QApplication.sendEvent(target, event)
    return event


def message(window: Window) -> str:
    toast = find(window, "window.message", Toast)
    return find(window, "window.message.text", QLabel).text() if toast.isVisible() else ""


def overlay_text(widget: QWidget) -> str:
    overlay = next(
        child for child in widget.findChildren(QWidget, "drop.overlay") if child.parent() is widget
    )
    return overlay.title.text() if overlay.isVisible() else ""  # type: ignore[attr-defined]


def test_a_drop_is_a_copy_and_is_announced(
    qtbot: QtBot, open_window: OpenWindow, folders: Path
) -> None:
    window = open_window()
    save_pictures(folders / "a.npz")
    (folders / "b.npz").touch()
    QApplication.sendEvent(window.frame, drag_enter(files(folders / "a.npz", folders / "b.npz")))
    assert overlay_text(window.frame) == "Drop to open 'a.npz', the first of 2 files"
    below = window.frame.childAt(window.frame.rect().center())
    assert below is not None and below.objectName() != "drop.overlay", "a page may take it as well"
    QApplication.sendEvent(window.frame, QDragLeaveEvent())
    assert overlay_text(window.frame) == ""

    event = drop(window.frame, files(folders / "a.npz"))
    assert event.isAccepted() and event.dropAction() is Qt.DropAction.CopyAction
    assert overlay_text(window.frame) == ""
    document = inside(window).document
    until(qtbot, lambda: document.data_state == "ready")
    assert document.experiment.data.source == str(folders / "a.npz")
    assert window.frame.page == "data" and message(window) == ""


def test_what_is_no_file_is_not_taken(open_window: OpenWindow) -> None:
    window = open_window()
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/a.png")])
    event = drag_enter(data)
    QApplication.sendEvent(window.frame, event)
    assert not event.isAccepted() and overlay_text(window.frame) == ""


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("holiday.mp4", b"\0\0\0\x18ftypmp42" + bytes(500)),
        ("broken.npz", b"PK\x03\x04" + bytes(100)),
        ("half.toml", b"[data\nsource ="),
        ("empty.csv", b""),
    ],
)
@pytest.mark.parametrize("way", ["dropped", "chosen", "recent"])
def test_what_cannot_be_read_changes_nothing(
    qtbot: QtBot, open_window: OpenWindow, folders: Path, name: str, content: bytes, way: str
) -> None:
    window = open_window()
    choose_little(qtbot, window, folders)
    window.frame.go("learning")
    document = inside(window).document
    before = (document.experiment, document.path, document.dataset, document.dirty)
    (folders / name).write_bytes(content)

    path = str(folders / name)
    if way == "dropped":
        drop(window.frame, files(folders / name))
    elif way == "chosen":
        inside(window).files.chosen.emit(path)
    else:
        inside(window).parts.open(path)

    until(qtbot, lambda: message(window).startswith("Nothing was opened."))
    assert (document.experiment, document.path, document.dataset, document.dirty) == before
    assert document.data_state == "ready" and window.frame.page == "learning"
    assert not window.frame.findChildren(QDialog, "problem.dialog")

    toast = find(window, "window.message", Toast)
    assert toast._timer.isActive(), "it goes away by itself"
    click(qtbot, window, "window.message.button")
    assert message(window) == ""


def test_reading_what_was_dropped_can_be_given_up(
    qtbot: QtBot, open_window: OpenWindow, folders: Path
) -> None:
    window = open_window()
    choose_little(qtbot, window, folders)
    document = inside(window).document
    before = document.experiment
    save_pictures(folders / "b.npz")
    drop(window.frame, files(folders / "b.npz"))
    assert message(window).startswith("Reading 'b.npz'")
    click(qtbot, window, "window.message.button")
    reading = inside(window)._reading
    done: list[object] = []
    reading.run(lambda _: None, done.append)
    until(qtbot, lambda: bool(done))
    assert document.experiment == before and message(window) == ""


def test_no_field_takes_the_address_of_a_file(open_window: OpenWindow) -> None:
    window = open_window()
    fields = [
        field
        for kind in (QLineEdit, QPlainTextEdit, QTextEdit)
        for field in window.frame.findChildren(kind)
    ]
    taking = [
        field.objectName() or type(field.parent()).__name__
        for field in fields
        if field.acceptDrops() and not field.isReadOnly()
    ]
    assert len(fields) > 5 and not taking


def shown_run(window: Window, path: Path) -> QWidget:
    inside(window).session.show(read_record(path))
    window.frame.go("tryit")
    return window.frame.pages["tryit"]


def test_a_picture_dropped_on_try_it_is_answered_and_nonsense_is_told(
    qtbot: QtBot,
    open_window: OpenWindow,
    folders: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    from PIL import Image

    run = trained_run(tmp_path_factory, default_folder())
    window = open_window()
    page = shown_run(window, run.path)
    until(qtbot, lambda: page._loaded is not None)  # type: ignore[attr-defined]
    before = inside(window).document.experiment
    Image.new("L", (8, 8), 90).save(folders / "seven.png")
    QApplication.sendEvent(page, drag_enter(files(folders / "seven.png")))
    assert overlay_text(page) == "Drop to try 'seven.png'"

    drop(page, files(folders / "seven.png"))
    until(qtbot, lambda: page._result is not None)  # type: ignore[attr-defined]
    assert page._result.input.origin == "seven.png"  # type: ignore[attr-defined]
    (folders / "notes.docx").write_bytes(b"not a picture")
    drop(page, files(folders / "notes.docx"))
    until(qtbot, lambda: "notes.docx" in page.answer.sentence.text())  # type: ignore[attr-defined]
    assert inside(window).document.experiment == before

    refused = drag_enter(files(folders))  # a folder is data: the window takes it
    QApplication.sendEvent(page, refused)
    assert overlay_text(page) == ""


def test_a_text_file_is_read_and_its_address_is_no_text(
    qtbot: QtBot, open_window: OpenWindow, folders: Path
) -> None:
    (folders / "texts.csv").write_text(
        "text,label\n" + "".join(f"good day number {n},yes\nbad night {n},no\n" for n in range(20)),
        encoding="utf-8",
    )
    run = train_on(
        default_folder(), {"source": str(folders / "texts.csv")}, {"template": "text-cnn"}, 1
    )
    window = open_window()
    page = shown_run(window, run.path)
    until(qtbot, lambda: page._loaded is not None)  # type: ignore[attr-defined]
    edit = page.findChild(QPlainTextEdit, "tryit.text")
    assert edit is not None
    (folders / "greeting.txt").write_text("a good day", encoding="utf-8")
    drop(page, files(folders / "greeting.txt"))
    assert edit.toPlainText() == "a good day"

    page.input_card.take_mime(files(folders))  # type: ignore[attr-defined]
    assert edit.toPlainText() == "a good day"


def test_a_table_dropped_on_a_row_is_answered_as_a_whole(
    qtbot: QtBot, open_window: OpenWindow, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"{n},{n % 7},{'yes' if n % 7 > 3 else 'no'}\n" for n in range(60))
    (folders / "rows.csv").write_text("a,b,kind\n" + rows, encoding="utf-8")
    run = train_on(default_folder(), {"source": str(folders / "rows.csv")}, {"template": "mlp"}, 1)
    window = open_window()
    page = shown_run(window, run.path)
    until(qtbot, lambda: page._loaded is not None)  # type: ignore[attr-defined]
    target = folders / "rows answers.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", staticmethod(lambda *_: (str(target), "")))
    drop(page, files(folders / "rows.csv"))
    until(qtbot, lambda: page.window().findChild(PredictDialog) is not None)
    dialog = page.window().findChild(PredictDialog)
    assert dialog is not None
    until(qtbot, lambda: dialog.notice.text().startswith("60 rows answered"))
    dialog.save.click()
    until(qtbot, lambda: target.exists())
    dialog.accept()
    assert len(target.read_text(encoding="utf-8").splitlines()) == 61
    assert find(window, "tryit.many", QAbstractButton).isEnabled()


@pytest.mark.parametrize("way", ["dropped", "chosen"])
def test_a_bundle_becomes_a_run(
    qtbot: QtBot,
    open_window: OpenWindow,
    folders: Path,
    tmp_path_factory: pytest.TempPathFactory,
    way: str,
) -> None:
    run = trained_run(tmp_path_factory, folders / "other computer")
    path = folders / "Ziffern ü.zip"
    format_called("bundle").write(TrainedNetwork.load(run), path, no_progress)

    window = open_window()
    if way == "dropped":
        drop(window.frame, files(path))
    else:
        inside(window).files.chosen.emit(str(path))

    until(qtbot, lambda: window.frame.page == "results")
    opened = default_folder() / run.name
    assert opened.is_dir() and message(window) == f"'{run.name}' is now among your runs."

    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    drop(window.frame, files(path))
    until(qtbot, lambda: message(window).startswith("Nothing was opened."))
    assert "is damaged: it is not whole" in message(window)
    assert sorted(each.name for each in default_folder().iterdir()) == [".trash", run.name]


def test_a_network_of_another_program_is_drawn(
    qtbot: QtBot, open_window: OpenWindow, folders: Path
) -> None:
    network, example = trained_a_little("perceptron")
    path = exported(network, example, folders / "Netz ü.pt2")
    path.with_suffix(".safetensors").touch()

    window = open_window()
    drop(window.frame, files(path))
    until(qtbot, lambda: window.frame.page == "model")
    experiment = inside(window).document.experiment
    assert isinstance(experiment.model, OwnNetwork)
    assert [node.kind for node in experiment.model.blocks.nodes][-1] == "output"
    weights = folders / "Netz ü 2.safetensors"
    assert experiment.training.start_from == str(weights) and weights.stat().st_size > 1000
    assert "softmax at the end is left out" in message(window)
    assert message(window).endswith("Its weights are in 'Netz ü 2.safetensors' beside it.")

    inside(window).document.undo()
    assert inside(window).document.experiment.training.start_from is None
    path.write_bytes(b"PK")
    drop(window.frame, files(path))
    until(qtbot, lambda: message(window).startswith("Nothing was opened. 'Netz ü.pt2'"))
