"""The dialog that exports a network: formats, a real export, what fails, and the proofs shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QWidget

from app.engine.errors import UserError
from app.engine.export.formats import all_formats
from app.engine.export.formats.torch_export import TorchExport
from app.engine.export.proof import FILE, keep, read_proofs
from app.engine.results import choose_weights
from app.engine.runs.weights_in_use import best_weights
from app.ui.state.exports.exporter import CANCELLED
from app.ui.state.exports.run_exports import NO_WEIGHTS
from app.ui.state.preferences import Preferences
from app.ui.widgets.export.dialog import ExportDialog
from app.ui.widgets.file_dialogs import LastFolders
from tests.engine.export.proofs import a_proof
from tests.engine.training.small import overfitted_run
from tests.forked import own_children
from tests.ui.harness import PATIENCE_MS, Harness

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.engine.export.format import ExportFormat
    from app.engine.runs.run import Run
    from app.ui.state.exports.exporter import ExportOrder

    Open = Callable[..., ExportDialog]

KIND = "torch-export"


class Absent(TorchExport):
    """A format whose package nobody has."""

    kind: ClassVar[str] = "absent"
    label: ClassVar[str] = "Absent & others"
    packages: ClassVar[tuple[str, ...]] = ("a_package_of_nobody",)


@pytest.fixture
def open_dialog(qtbot: QtBot, harness: Harness, run: Run) -> Open:
    """Returns a function that opens the dialog on the run and waits until it was read."""
    window = QWidget()
    window.resize(1280, 720)
    qtbot.addWidget(window)

    def open_one(formats: dict[str, ExportFormat] | None = None) -> ExportDialog:
        parts = harness.parts
        dialog = ExportDialog(
            run.path, parts.exporter, parts.background, parts.theme, window, formats
        )
        dialog.open()
        qtbot.waitUntil(
            lambda: dialog.run is not None or dialog.notice.isVisible(), timeout=PATIENCE_MS
        )
        return dialog

    return open_one


def press(qtbot: QtBot, dialog: QWidget, name: str) -> None:
    button = dialog.findChild(QAbstractButton, name)
    assert isinstance(button, QAbstractButton) and button.isVisible() and button.isEnabled(), name
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def cells(dialog: ExportDialog, kind: str = KIND) -> list[tuple[str, str]]:
    return [(cell.text.text(), cell.below.text()) for cell in dialog.table.rows[kind].cells]


def leftovers(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def test_it_offers_every_format_and_says_which_weights(open_dialog: Open, run: Run) -> None:
    dialog = open_dialog()
    assert list(dialog.table.rows) == list(all_formats())
    for kind, each in all_formats().items():
        row = dialog.table.rows[kind]
        assert row.radio.text() == each.label and row.summary.text() == each.summary
        assert not any(text for pair in cells(dialog, kind) for text in pair)

    assert dialog.table.kind == next(iter(all_formats()))
    assert dialog.begin.isEnabled() and "digits cnn, Small CNN" in dialog.run_title.text()
    best = best_weights(run)
    assert best is not None
    words = dialog.weights.buttons["best"].text() + dialog.weights_words.text()
    assert f"est epoch ({best.epoch})" in words


@pytest.mark.usefixtures("forked_processes")
def test_an_export_is_shown_while_it_runs_proved_and_kept(
    qtbot: QtBot, harness: Harness, open_dialog: Open, run: Run, tmp_path: Path, monkeypatch: Any
) -> None:
    exporter = harness.parts.exporter
    dialog = open_dialog()
    stages: list[str] = []
    exporter.changed.connect(lambda: stages.append(dialog.progress.text.text()))
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    dialog.table.rows[KIND].radio.click()
    dialog.export_to(folder / "digits.pt2")
    assert exporter.busy and not dialog.begin.isEnabled() and dialog.progress.isVisible()
    assert "is under way" in dialog.begin.toolTip()

    qtbot.waitUntil(lambda: not exporter.busy, timeout=PATIENCE_MS)
    assert leftovers(folder) == [folder / "digits.pt2"]
    proof = read_proofs(run)[KIND]
    count = proof.examples
    assert proof.changed == 0 and proof.max_difference == 0 and count > 100
    assert any(f"Comparing the answers: {count} of {count}" in text for text in stages)
    expected = f"PyTorch program: none of {count} test answers changed"
    assert dialog.notice.text().startswith(expected)
    assert not dialog.progress.isVisible() and dialog.begin.isEnabled()

    row = dialog.table.rows[KIND]
    qtbot.waitUntil(lambda: row.folder.isVisible(), timeout=PATIENCE_MS)
    assert cells(dialog)[1] == (f"None of {count}", "difference 0")
    assert row.file.text().startswith("digits.pt2, ") and row.outdated.isHidden()
    assert row.cells[1].accessibleName() == (
        f"PyTorch program, answers changed: None of {count}, difference 0"
    )

    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    press(qtbot, dialog, f"export.folder.{KIND}")
    assert opened == [str(folder)]


def test_a_cancelled_export_leaves_nothing(
    qtbot: QtBot, harness: Harness, open_dialog: Open, run: Run, tmp_path: Path
) -> None:
    exporter = harness.parts.exporter
    dialog = open_dialog()
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    dialog.export_to(folder / "digits.pt2")
    qtbot.waitUntil(lambda: bool(leftovers(folder)), timeout=PATIENCE_MS)
    press(qtbot, dialog, "export.cancel")
    assert dialog.progress.text.text().startswith("Cancelling")

    qtbot.waitUntil(lambda: not exporter.busy, timeout=PATIENCE_MS)
    assert dialog.notice.text() == CANCELLED
    assert not leftovers(folder) and read_proofs(run) == {}
    assert dialog.begin.isEnabled()


def test_closing_the_program_ends_an_export(
    qtbot: QtBot, harness: Harness, open_dialog: Open, tmp_path: Path
) -> None:
    dialog = open_dialog()
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    dialog.export_to(folder / "digits.pt2")
    dialog.accept()
    exporter = harness.parts.exporter
    assert exporter.busy, "it goes on without the dialog"

    qtbot.waitUntil(lambda: bool(leftovers(folder)), timeout=PATIENCE_MS)
    exporter.close()
    assert not leftovers(folder) and not own_children(recursive=True)


def test_what_fails_is_said_in_the_dialog(
    qtbot: QtBot, harness: Harness, open_dialog: Open, tmp_path: Path
) -> None:
    dialog = open_dialog()
    dialog.export_to(tmp_path / "nowhere" / "digits.pt2")
    qtbot.waitUntil(lambda: not harness.parts.exporter.busy, timeout=PATIENCE_MS)
    assert str(tmp_path / "nowhere") in dialog.notice.text()
    assert dialog.notice.property("role") == "problem" and dialog.begin.isEnabled()


def test_a_missing_package_gives_the_command_to_copy(qtbot: QtBot, open_dialog: Open) -> None:
    dialog = open_dialog({"absent": Absent()})
    row = dialog.table.rows["absent"]
    assert not row.radio.isEnabled() and row.missing.isVisible()
    assert row.radio.text() == "Absent && others"
    assert not dialog.begin.isEnabled() and "Install" in dialog.begin.toolTip()
    press(qtbot, dialog, "export.copy.absent")
    with pytest.raises(UserError) as missing:
        Absent().require_packages()
    command = QGuiApplication.clipboard().text()
    assert " install " in command and missing.value.remedy == f"Install with: {command}"


def test_what_changed_more_than_stated_and_old_weights_are_marked(
    open_dialog: Open, run: Run
) -> None:
    best = best_weights(run)
    assert best is not None
    now = {"epoch": best.epoch, "step": best.step, "figure": "accuracy"}
    keep(run, a_proof(**now))
    keep(run, a_proof(**now | {"step": best.step + 1}, format="later", changed=300, out="l.bin"))
    dialog = open_dialog()
    assert cells(dialog) == [
        ("1.9 MiB", "3.9 times smaller"),
        ("4 of 5,700", "difference 0.021"),
        ("96.7 %", "here 96.9 %"),
        ("0.1 ms", "2.1 times faster"),
        ("0.02 ms", "as in PyTorch"),
    ]
    assert dialog.table.rows[KIND].outdated.isHidden()

    later = dialog.table.rows["later"]
    assert cells(dialog, "later")[1] == ("300 of 5,700", "difference 0.021")
    assert later.cells[1].mark.text() == "more than stated"
    assert dialog.table.rows[KIND].cells[1].mark.isHidden()
    assert later.cells[1].text.property("role") == "marked"
    assert "More than 1 %" in later.cells[1].toolTip()
    assert later.outdated.text() == "Other weights are in use now."
    assert "compare before you use" in later.remarks.text() and not later.remarks.isHidden()
    assert not later.radio.isEnabled(), "of a version that is not this one"


def test_damaged_proofs_are_said_and_the_rest_goes_on(open_dialog: Open, run: Run) -> None:
    keep(run, a_proof())
    (run.path / FILE).write_text("{}")
    dialog = open_dialog()
    assert "'exports.json'" in dialog.notice.text() and "damaged" in dialog.notice.text()
    assert dialog.begin.isEnabled()


def test_a_run_without_weights_is_refused_with_a_sentence(open_dialog: Open, run: Run) -> None:
    (run.path / "checkpoints").rename(run.path.parent.parent / "away")
    dialog = open_dialog()
    assert dialog.notice.text() == NO_WEIGHTS
    assert not dialog.begin.isEnabled() and dialog.begin.toolTip() == NO_WEIGHTS


def test_of_a_run_that_trains_the_best_so_far_is_exported(open_dialog: Open, run: Run) -> None:
    run.claim()
    try:
        dialog = open_dialog()
        assert "is being trained" in dialog.weights_words.text()
        assert not dialog.weights.isVisible() and dialog.begin.isEnabled()
    finally:
        run.release()


def test_where_it_goes_is_asked_and_remembered(
    qtbot: QtBot, open_dialog: Open, harness: Harness, tmp_path: Path, monkeypatch: Any
) -> None:
    formats = {KIND: all_formats()[KIND], "twin": all_formats()[KIND]}
    dialog = open_dialog(formats)
    LastFolders(dialog.parentWidget(), Preferences(tmp_path / "window.json"))
    asked: list[str] = []
    orders: list[ExportOrder] = []
    exporter = harness.parts.exporter
    exporter.ended.connect(lambda end: orders.append(end.order))
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "taken.pt2").write_text("mine")
    answers = [str(folder / "taken"), str(folder / "free"), ""]

    def ask(_parent: QWidget, _title: str, start: str, kinds: str) -> tuple[str, str]:
        asked.append(f"{start} {kinds}")
        return answers.pop(0), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    dialog.ask_where()
    assert "'taken.pt2' is there already" in dialog.notice.text() and not orders

    dialog.table.rows["twin"].radio.click()
    dialog.ask_where()
    qtbot.waitUntil(lambda: not exporter.busy, timeout=PATIENCE_MS)
    dialog.ask_where()
    assert not exporter.busy, "nothing was chosen"
    assert [order.out for order in orders] == [folder / "free.pt2"]
    assert asked[0] == "digits cnn.pt2 PT2 file (*.pt2)"
    assert asked[1] == f"{folder / 'digits cnn twin.pt2'} PT2 file (*.pt2)"


def test_the_last_weights_can_be_chosen_where_they_are_others(
    qtbot: QtBot, harness: Harness, tmp_path: Path
) -> None:
    overfitted = overfitted_run(tmp_path / "noise")
    best = best_weights(overfitted)
    assert best is not None
    keep(overfitted, a_proof(epoch=best.epoch, step=best.step))
    parts = harness.parts
    window = QWidget()
    qtbot.addWidget(window)

    def opened() -> ExportDialog:
        dialog = ExportDialog(
            overfitted.path, parts.exporter, parts.background, parts.theme, window
        )
        dialog.open()
        qtbot.waitUntil(lambda: dialog.run is not None, timeout=PATIENCE_MS)
        return dialog

    dialog = opened()
    buttons = dialog.weights.buttons
    assert buttons["best"].text() == f"Best epoch ({best.epoch}), in use"
    assert buttons["last"].text() == "Last epoch (8)" and dialog.weights.value == "best"
    orders: list[ExportOrder] = []
    parts.exporter.ended.connect(lambda end: orders.append(end.order))
    for which in ("last", "best"):
        buttons[which].click()
        dialog.export_to(tmp_path / "nowhere" / "noise.pt2")
        qtbot.waitUntil(lambda: not parts.exporter.busy, timeout=PATIENCE_MS)

    assert [order.which for order in orders] == ["last", "best"]
    assert dialog.table.rows[KIND].outdated.isHidden()
    dialog.accept()

    choose_weights.use(overfitted, "last")
    dialog = opened()
    assert dialog.weights.value == "last"
    assert dialog.weights.buttons["last"].text() == "Last epoch (8), in use"
    assert dialog.table.rows[KIND].outdated.text() == (
        "Other weights are in use now: those of the last epoch (8)."
    )
    dialog.accept()
