"""The Learning page: every choice is written to the document, drawn, and weighed before anything is
trained.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QAbstractButton, QLabel, QPushButton, QSlider, QWidget

from app.engine.learning.optimizer import OPTIMIZERS
from app.engine.planning.memory_estimate import Budget
from app.ui.pages.learning.memory_fit import needed, parts, verdict
from app.ui.pages.learning.optimizer_boxes import OptimizerBoxes
from app.ui.pages.learning.page import LearningPage
from app.ui.widgets.memory.ledger import OF_THE_WEIGHTS
from app.ui.widgets.settings.form import ChoiceBox
from app.ui.widgets.settings.number_box import DropDown, NumberBox

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from tests.ui.loose import Loose

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


def opened(loose: Loose, qtbot: QtBot, measured: bool = False) -> LearningPage:
    """The page in sight; without the engine unless it is asked for."""
    if not measured:
        loose.parts.network_measurer.close()

    page = LearningPage(loose.parts)
    qtbot.addWidget(page)
    page.resize(840, 610)

    with qtbot.waitExposed(page):
        page.show()

    return page


def box(page: LearningPage, name: str) -> ChoiceBox:
    found = page.findChild(ChoiceBox, name)
    assert found is not None
    return found


def choose(page: LearningPage, name: str, kind: str) -> None:
    """As a person does in the drop-down."""
    drop_down = box(page, name)
    row = drop_down.findData(kind)
    drop_down.setCurrentIndex(row)
    drop_down.activated.emit(row)


def test_choices_are_written_and_shown(loose: Loose, qtbot: QtBot) -> None:
    page = opened(loose, qtbot)
    choose(page, "learning.optimizer", "sgd")
    choose(page, "learning.schedule", "constant")
    chosen = loose.document.experiment

    assert (chosen.optimizer.kind, chosen.schedule.kind) == ("sgd", "constant")
    assert page.optimizer.explanation.text().startswith("Every weight moves against its gradient")
    assert set(page.schedule.plot.rate.y.tolist()) == {0.1}

    loose.document.undo()
    assert page.schedule.plot.rate.y.max() > page.schedule.plot.rate.y.min()
    assert box(page, "learning.loss").currentData() == "cross-entropy"


def test_at_most_seven_controls_until_more_are_asked_for(loose: Loose, qtbot: QtBot) -> None:
    page = opened(loose, qtbot)
    kinds = (NumberBox, DropDown, QSlider)

    def controls() -> list[str]:
        found = [
            child
            for child in page.findChildren(QWidget)
            if isinstance(child, kinds) and child.isVisible()
        ]
        return sorted(child.objectName() for child in found if child.objectName())

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
        "schedule.rise",
    }

    assert wanted <= set(controls())
    assert page.findChild(QWidget, "training.device").isVisible()  # type: ignore[union-attr]
    again = LearningPage(loose.parts)
    qtbot.addWidget(again)
    assert again.more.isChecked()  # remembered


def test_what_is_folded_away_and_changed_is_a_chip(loose: Loose, qtbot: QtBot) -> None:
    page = opened(loose, qtbot)
    assert not page.chips.isVisible()
    loose.document.replace("training", patience=3)
    chips = [chip for chip in page.chips.findChildren(QPushButton) if chip.isVisible()]

    assert [chip.text() for chip in chips] == ["Early stopping: 3 epochs without improvement"]
    chips[0].click()
    assert page.more.isChecked() and not page.chips.isVisible()


@pytest.mark.parametrize("kind", [choice.kind for choice in OPTIMIZERS.all()])
def test_every_optimizer_says_what_it_keeps(loose: Loose, qtbot: QtBot, kind: str) -> None:
    boxes = OptimizerBoxes(loose.parts.theme)
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

    assert sum(kept for _, kept in boxes.slots) == floats
    assert {row for row, _ in boxes.slots} >= set(OF_THE_WEIGHTS)
    boxes.resize(300, 60)
    boxes.grab()


def test_what_is_kept_in_part_is_counted_on_the_network(loose: Loose, qtbot: QtBot) -> None:
    boxes = OptimizerBoxes(loose.parts.theme)
    qtbot.addWidget(boxes)
    floats = {"first_moment": 1000, "second_moment": 250, "other_state": 0, "counters": 7}
    boxes.show_optimizer(OPTIMIZERS.get("muon")(), 1000, floats)

    assert boxes.sum_text() == "3.25n = 3.25 × 1,000 floats = 12.7 KiB"
    assert (boxes.share("first_moment"), boxes.share("second_moment")) == (1.0, 0.25)
    assert boxes.amount("second_moment") == "1 KiB"

    boxes.resize(300, 60)
    boxes.grab()


def test_a_schedule_that_follows_the_validation_is_drawn_between_its_limits(
    loose: Loose, qtbot: QtBot
) -> None:
    page = opened(loose, qtbot)
    loose.document.replace("training", epochs=12)
    choose(page, "learning.schedule", "plateau")
    plot = page.schedule.plot

    assert len(set(plot.rate.y.tolist())) == 1 and plot.lowest.y[-1] < plot.rate.y[-1]
    assert (
        plot.lowest.y[0] == plot.rate.y[0] and "as if that never fell" in page.schedule.below.text()
    )
    choose(page, "learning.schedule", "cosine")
    assert not len(plot.lowest.x)


def test_four_n_in_bytes(loose: Loose, qtbot: QtBot) -> None:
    boxes = OptimizerBoxes(loose.parts.theme)
    qtbot.addWidget(boxes)
    boxes.show_optimizer(OPTIMIZERS.get("adamw")(), 160_874)
    assert boxes.sum_text() == "4n = 4 × 160,874 floats = 2.5 MiB"


def test_a_loss_that_does_not_fit_is_greyed_and_says_why(loose: Loose, qtbot: QtBot) -> None:
    page = opened(loose, qtbot)
    loose.open("sample:digits")
    qtbot.waitUntil(lambda: loose.document.data_state == "ready", timeout=PATIENCE_MS)
    losses = box(page, "learning.loss")
    item = losses.model().item(losses.findData("binary-cross-entropy"))
    assert not item.isEnabled() and "two classes" in item.toolTip()
    assert "10 classes" in page.task.text()

    loose.document.choose("loss", "binary-cross-entropy")  # as an old file may say
    assert page.loss.trouble.isVisible() and "does not fit the task" in page.loss.trouble.text()
    assert page.ready()[0] is False and page.guide()[0].level == "problem"

    loose.document.choose("loss", "cross-entropy")
    assert not page.loss.trouble.isVisible() and page.ready() == (True, "")


def test_the_plan_follows_batch_and_epochs(loose: Loose, qtbot: QtBot) -> None:
    page = opened(loose, qtbot)
    loose.document.replace("training", epochs=5, batch_size=1000)
    assert "60 steps an epoch, 300 in all" in page.training.explanation.text()
    assert page.schedule.plot.rate.x[-1] == pytest.approx(5.0)


def test_memory_is_predicted_and_weighed(loose: Loose, qtbot: QtBot) -> None:
    page = opened(loose, qtbot, measured=True)
    qtbot.waitUntil(
        lambda: page.memory.device_bar.isVisible() and not loose.parts.network_measurer.busy,
        timeout=PATIENCE_MS,
    )

    predicted = loose.parts.network_measurer.predicted
    parameters = loose.parts.network_measurer.inspection.parameters  # type: ignore[union-attr]
    assert predicted["weights"] == 4 * parameters
    assert page.findChild(QLabel, "learning.floats").text().startswith(f"4n = 4 × {parameters:,}")
    assert page.findChild(QLabel, "learning.fits").text().startswith("It fits")

    before = predicted["activations"]
    loose.document.replace("training", batch_size=16)
    qtbot.waitUntil(lambda: not loose.parts.network_measurer.busy, timeout=PATIENCE_MS)
    assert loose.parts.network_measurer.predicted["activations"] < before / 4

    loose.document.choose("optimizer", "sgd")
    qtbot.waitUntil(lambda: not loose.parts.network_measurer.busy, timeout=PATIENCE_MS)
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
    loose: Loose, qtbot: QtBot, width: int, height: int, zoom: float
) -> None:
    loose.parts.theme.set_zoom(zoom)
    page = opened(loose, qtbot)
    page.more.setChecked(True)
    page.resize(width, height)
    qtbot.waitUntil(lambda: page.area.horizontalScrollBar().maximum() == 0)

    edge = page.area.widget().width()
    for child in page.findChildren(QAbstractButton):
        if child.isVisible():
            assert child.mapTo(page.area.widget(), QPoint(child.width(), 0)).x() <= edge


def test_every_control_has_a_name_and_a_tip(loose: Loose, qtbot: QtBot) -> None:
    page = opened(loose, qtbot)
    page.more.setChecked(True)

    for child in page.findChildren(QWidget):
        if (
            isinstance(child, (NumberBox, DropDown, QPushButton))
            and child.isVisible()
            and child.objectName()
        ):
            assert child.accessibleName(), child.objectName()
            assert child.toolTip(), child.objectName()
