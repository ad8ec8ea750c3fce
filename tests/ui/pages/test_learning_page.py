"""The Learning page: every choice is written to the document, drawn, and estimated at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import shiboken6
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QBoxLayout, QLabel, QPushButton, QSlider, QWidget

from app.engine.learning.optimizer import OPTIMIZERS
from app.engine.planning.memory_estimate import Budget
from app.engine.training import thread_choice
from app.engine.training.thread_choice import ThreadChoice
from app.ui.pages.learning.memory_fit import needed, parts, verdict
from app.ui.pages.learning.optimizer_boxes import OptimizerBoxes
from app.ui.pages.learning.page import LearningPage
from app.ui.widgets.memory.ledger import OF_THE_WEIGHTS
from app.ui.widgets.settings.choice_box import ChoiceBox
from app.ui.widgets.settings.number_box import DropDown, NumberBox

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from tests.ui.harness import Harness

PATIENCE_MS = 60_000
PREDICTED = {
    "weights": 10,
    "gradients": 10,
    "first_moment": 10,
    "second_moment": 10,
    "activations": 800,
    "data": 100,
    "peak": 940,
}


def open_page(harness: Harness, qtbot: QtBot, measured: bool = False) -> LearningPage:
    """Returns the visible page; without the engine unless it is requested."""
    if not measured:
        harness.parts.network_measurer.close()

    page = LearningPage(harness.parts)
    qtbot.addWidget(page)
    page.resize(840, 610)

    with qtbot.waitExposed(page):
        page.show()

    return page


def box(page: LearningPage, name: str) -> ChoiceBox:
    choice_box = page.findChild(ChoiceBox, name)
    assert choice_box is not None
    return choice_box


def choose(page: LearningPage, name: str, kind: str) -> None:
    """Chooses an item of the drop-down as a person does."""
    drop_down = box(page, name)
    row = drop_down.findData(kind)
    drop_down.setCurrentIndex(row)
    drop_down.activated.emit(row)


def test_a_page_that_is_resized_leaves_no_dead_wrappers(harness: Harness, qtbot: QtBot) -> None:
    page = open_page(harness, qtbot)
    number_box = page.findChildren(NumberBox)[0]
    line = number_box.lineEdit()

    for width in (1200, 500, 1200, 500):
        page.resize(width, 700)
        direction = QBoxLayout.Direction
        assert page.halves.direction() == (
            direction.TopToBottom if width == 500 else direction.LeftToRight
        )

    assert shiboken6.isValid(line)
    assert number_box.lineEdit() is line


def test_choices_are_written_and_shown(harness: Harness, qtbot: QtBot) -> None:
    page = open_page(harness, qtbot)
    choose(page, "learning.optimizer", "sgd")
    choose(page, "learning.schedule", "constant")
    chosen = harness.document.experiment

    assert (chosen.optimizer.kind, chosen.schedule.kind) == ("sgd", "constant")
    assert page.optimizer.explanation.text().startswith("Every weight moves against its gradient")
    assert set(page.schedule.plot.rate.y.tolist()) == {0.1}

    harness.document.undo()
    assert page.schedule.plot.rate.y.max() > page.schedule.plot.rate.y.min()
    assert box(page, "learning.loss").currentData() == "cross-entropy"


def test_at_most_seven_controls_until_more_are_requested(harness: Harness, qtbot: QtBot) -> None:
    page = open_page(harness, qtbot)
    kinds = (NumberBox, DropDown, QSlider)

    def controls() -> list[str]:
        controls = [
            child
            for child in page.findChildren(QWidget)
            if isinstance(child, kinds) and child.isVisible()
        ]
        return sorted(child.objectName() for child in controls if child.objectName())

    assert controls() == sorted(
        [
            "learning.loss",
            "learning.optimizer",
            "learning.schedule",
            "optimizer.learning_rate",
            "optimizer.weight_decay",
            "training.epochs",
            "training.batch_size",
        ]
    )
    page.more.click()
    wanted = {
        "training.seed",
        "training.patience",
        "training.gradient_clip",
        "training.precision",
        "training.cpu_use",
        "loss.label_smoothing",
        "loss.class_weights",
        "optimizer.beta1",
        "schedule.warmup",
    }

    assert wanted <= set(controls())
    assert page.findChild(QWidget, "training.device").isVisible()  # type: ignore[union-attr]
    again = LearningPage(harness.parts)
    qtbot.addWidget(again)
    assert again.more.isChecked()  # remembered


def test_what_is_folded_away_and_changed_is_a_chip(harness: Harness, qtbot: QtBot) -> None:
    page = open_page(harness, qtbot)
    assert not page.chips.isVisible()
    harness.document.replace("training", patience=3)
    chips = [chip for chip in page.chips.findChildren(QPushButton) if chip.isVisible()]

    assert [chip.text() for chip in chips] == ["Early stopping: 3 epochs without improvement"]
    chips[0].click()
    assert page.more.isChecked() and not page.chips.isVisible()


@pytest.mark.parametrize("kind", [choice.kind for choice in OPTIMIZERS.all()])
def test_every_optimizer_says_what_it_keeps(harness: Harness, qtbot: QtBot, kind: str) -> None:
    boxes = OptimizerBoxes(harness.parts.theme)
    qtbot.addWidget(boxes)
    optimizer = OPTIMIZERS.get(kind)()
    boxes.show_optimizer(optimizer, 160_874)

    floats = optimizer.floats_per_parameter()
    if optimizer.partial_state:
        assert (
            boxes.sum_text()
            == f"{floats}n and a part: {floats} floats for each of the n weights, and more for some"
        )
    else:
        assert boxes.sum_text().startswith(f"{floats}n = {floats} × 160,874 floats = ")

    assert sum(size for _, size in boxes.slots) == floats
    assert {row for row, _ in boxes.slots} >= set(OF_THE_WEIGHTS)
    boxes.resize(300, 60)
    boxes.grab()


def test_what_is_kept_in_part_is_counted_on_the_network(harness: Harness, qtbot: QtBot) -> None:
    boxes = OptimizerBoxes(harness.parts.theme)
    qtbot.addWidget(boxes)
    floats = {"first_moment": 1000, "second_moment": 250, "other_state": 0, "counters": 7}
    boxes.show_optimizer(OPTIMIZERS.get("muon")(), 1000, floats)

    assert boxes.sum_text() == "3.25n = 3.25 × 1,000 floats = 12.7 KiB"
    assert (boxes.share("first_moment"), boxes.share("second_moment")) == (1.0, 0.25)
    assert boxes.amount("second_moment") == "1 KiB"

    boxes.resize(300, 60)
    boxes.grab()


def test_a_schedule_that_follows_the_validation_is_drawn_between_its_limits(
    harness: Harness, qtbot: QtBot
) -> None:
    page = open_page(harness, qtbot)
    harness.document.replace("training", epochs=12)
    choose(page, "learning.schedule", "plateau")
    plot = page.schedule.plot

    assert len(set(plot.rate.y.tolist())) == 1 and plot.lowest.y[-1] < plot.rate.y[-1]
    assert plot.lowest.y[0] == plot.rate.y[0] and "if it never falls" in page.schedule.below.text()
    choose(page, "learning.schedule", "cosine")
    assert not len(plot.lowest.x)


def test_four_n_in_bytes(harness: Harness, qtbot: QtBot) -> None:
    boxes = OptimizerBoxes(harness.parts.theme)
    qtbot.addWidget(boxes)
    boxes.show_optimizer(OPTIMIZERS.get("adamw")(), 160_874)
    assert boxes.sum_text() == "4n = 4 × 160,874 floats = 2.5 MiB"


def test_a_loss_that_does_not_fit_is_greyed_and_says_why(harness: Harness, qtbot: QtBot) -> None:
    page = open_page(harness, qtbot)
    harness.open("sample:digits")
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    losses = box(page, "learning.loss")
    item = losses.model().item(losses.findData("binary-cross-entropy"))
    assert not item.isEnabled() and "two classes" in item.toolTip()
    assert "10 classes" in page.task.text()

    harness.document.choose("loss", "binary-cross-entropy")  # as an old file may say
    assert page.loss.trouble.isVisible() and "does not fit the task" in page.loss.trouble.text()
    assert page.ready()[0] is False and page.guide()[0].level == "problem"

    harness.document.choose("loss", "cross-entropy")
    assert not page.loss.trouble.isVisible() and page.ready() == (True, "")


def test_the_plan_follows_batch_and_epochs(harness: Harness, qtbot: QtBot) -> None:
    page = open_page(harness, qtbot)
    harness.document.replace("training", epochs=5, batch_size=1000)
    assert "60 steps an epoch, 300 in all" in page.training.explanation.text()
    assert page.schedule.plot.rate.x[-1] == pytest.approx(5.0)


def test_memory_is_predicted_and_compared_with_the_device(harness: Harness, qtbot: QtBot) -> None:
    page = open_page(harness, qtbot, measured=True)
    qtbot.waitUntil(
        lambda: page.memory.device_bar.isVisible() and not harness.parts.network_measurer.busy,
        timeout=PATIENCE_MS,
    )

    predicted = harness.parts.network_measurer.predicted
    parameters = harness.parts.network_measurer.inspection.parameters  # type: ignore[union-attr]
    assert predicted["weights"] == 4 * parameters
    assert page.findChild(QLabel, "learning.floats").text().startswith(f"4n = 4 × {parameters:,}")
    assert page.findChild(QLabel, "learning.fits").text().startswith("It fits")

    before = predicted["activations"]
    harness.document.replace("training", batch_size=16)
    qtbot.waitUntil(lambda: not harness.parts.network_measurer.busy, timeout=PATIENCE_MS)
    assert harness.parts.network_measurer.predicted["activations"] < before / 4

    harness.document.choose("optimizer", "sgd")
    qtbot.waitUntil(lambda: not harness.parts.network_measurer.busy, timeout=PATIENCE_MS)
    assert page.memory.table.sum.text().startswith("2n = 2 ×")


@pytest.mark.parametrize(
    ("free", "role", "words"),
    [
        (10_000, "secondary", "It fits: 9.4 %"),
        (1_000, "warning", "barely"),
        (500, "problem", "does not fit"),
        (None, "secondary", "–"),
    ],
)
def test_whether_it_fits(free: int | None, role: str, words: str) -> None:
    device = Budget("the GPU", 20_000, free, reason="The driver does not tell.")
    need = needed(PREDICTED, device, True)
    assert need == 940

    sentence, predictions = verdict(need, device)
    assert predictions == role and words in sentence

    if free is not None:
        assert sum(part.bytes for part in parts(need, device)) >= 20_000 - max(0, need - free)

    assert ("What would fit?" in sentence) == (role in ("problem", "warning"))


def test_open_data_are_not_counted_twice_on_the_cpu() -> None:
    device = Budget("CPU", 20_000, 10_000, on_cpu=True)
    assert needed(PREDICTED, device, True) == 840
    assert needed(PREDICTED, device, False) == 940


@pytest.mark.parametrize(
    ("width", "height", "zoom"),
    [(840, 610, 1.0), (1016, 553, 1.5), (560, 500, 1.0), (1400, 900, 2.0)],
)
def test_nothing_is_cut_off(
    harness: Harness, qtbot: QtBot, width: int, height: int, zoom: float
) -> None:
    harness.parts.theme.set_zoom(zoom)
    page = open_page(harness, qtbot)
    page.more.setChecked(True)
    page.resize(width, height)
    qtbot.waitUntil(lambda: page.area.horizontalScrollBar().maximum() == 0)

    edge = page.area.widget().width()
    for child in page.findChildren(QAbstractButton):
        if child.isVisible():
            assert child.mapTo(page.area.widget(), QPoint(child.width(), 0)).x() <= edge


def test_every_control_has_a_name_and_a_tip(harness: Harness, qtbot: QtBot) -> None:
    page = open_page(harness, qtbot)
    page.more.setChecked(True)

    for child in page.findChildren(QWidget):
        if (
            isinstance(child, (NumberBox, DropDown, QPushButton))
            and child.isVisible()
            and child.objectName()
        ):
            assert child.accessibleName(), child.objectName()
            assert child.toolTip(), child.objectName()


def test_a_click_measures_the_threads_again(harness: Harness, qtbot: QtBot, tmp_path: Path) -> None:
    thread_choice.keep("some work", ThreadChoice(2, "2026-11-29"))
    page = open_page(harness, qtbot)
    page.more.setChecked(True)
    button = page.findChild(QPushButton, "learning.measure_threads")
    note = page.findChild(QLabel, "learning.threads_note")
    assert button is not None and note is not None
    assert button.isVisible() and not note.isVisible()
    assert button.width() <= button.sizeHint().width()  # not as wide as the fields above it

    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert thread_choice.kept("some work") is None
    assert note.isVisible() and note.text() == "The next training measures them."

    harness.open("sample:digits")
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    experiment = harness.document.experiment
    session = harness.parts.session
    session.start(experiment, tmp_path / "runs")
    assert not note.isVisible()
    session.stop()
    qtbot.waitUntil(lambda: not session.active, timeout=PATIENCE_MS)
