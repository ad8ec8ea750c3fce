"""The Data page on real pictures: empty, reading, failed and ready, and what its tabs show."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QLabel, QTableView, QWidget

from app.engine.data.augmentation_settings import AugmentationSettings
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.opening import open_dataset
from app.ui.pages.data.overview import mixed
from app.ui.pages.data.page import TABS, DataPage
from app.ui.widgets.class_bars import ClassBars, balance_words
from tests.ui.harness import PATIENCE_MS, Harness, picture_folder

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot


@pytest.fixture
def page(qtbot: QtBot, harness: Harness) -> DataPage:
    data_page = DataPage(harness.parts)
    qtbot.addWidget(data_page)
    data_page.resize(840, 610)
    data_page.show()

    return data_page


def read(qtbot: QtBot, harness: Harness, source: Path | str) -> None:
    harness.open(str(source))
    qtbot.waitUntil(lambda: harness.document.data_state in ("ready", "failed"), timeout=PATIENCE_MS)


def press(qtbot: QtBot, page: DataPage, name: str) -> None:
    button = page.findChild(QAbstractButton, name)
    assert isinstance(button, QAbstractButton) and button.isVisible(), name
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def label(page: QWidget, name: str) -> str:
    widget = page.findChild(QLabel, name)
    assert isinstance(widget, QLabel)
    return widget.text()


# --- states


def test_the_empty_page_offers_to_open_and_says_what(
    qtbot: QtBot, harness: Harness, page: DataPage
) -> None:
    press(qtbot, page, "data.open")
    press(qtbot, page, "data.open_file")
    press(qtbot, page, "data.samples")
    assert harness.actions == ["open_folder", "open_file"] and harness.pages_opened == ["welcome"]

    shown = " ".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())
    assert all(word in shown for word in ("sub-folder", "IDX", "NPZ", "CSV"))
    assert page.ready() == (False, "No data are opened yet.")


def test_while_reading_stage_and_progress_can_be_seen_and_stopped(
    qtbot: QtBot, harness: Harness, page: DataPage
) -> None:
    harness.document.set_data("reading")
    harness.document.set_progress("Reading pictures", 3120, 8000)
    shown = " ".join(label.text() for label in page.findChildren(QLabel) if label.isVisible())
    assert "Reading pictures" in shown and "3,120 of 8,000" in shown

    press(qtbot, page, "data.cancel")
    assert harness.actions == ["cancel_reading"]


def test_a_folder_without_pictures_fails_beside_a_button_to_choose_again(
    qtbot: QtBot, harness: Harness, page: DataPage, tmp_path: Path
) -> None:
    (tmp_path / "nothing").mkdir()
    read(qtbot, harness, tmp_path / "nothing")
    shown = " ".join(widget.text() for widget in page.findChildren(QLabel) if widget.isVisible())
    assert "is empty" in shown and "sub-folder" in shown
    assert page.ready()[0] is False and "is empty" in page.ready()[1]
    assert "data.height" not in {
        widget.objectName() for widget in page._states["failed"].findChildren(QWidget)
    }

    press(qtbot, page, "data.how")
    assert "data.height" in {
        widget.objectName() for widget in page._states["failed"].findChildren(QWidget)
    }
    press(qtbot, page, "data.choose_again")
    press(qtbot, page, "data.read_again")
    assert harness.actions == ["open_folder", "read_again"]


def test_reading_the_same_data_in_another_way_keeps_the_page(
    qtbot: QtBot, harness: Harness, page: DataPage
) -> None:
    read(qtbot, harness, "sample:digits")
    harness.document.set_data("reading", harness.document.dataset)
    assert page.overview.isVisible()
    press(qtbot, page, "data.cancel_again")

    assert harness.actions == ["cancel_reading"]


def test_the_head_says_what_the_data_are(qtbot: QtBot, harness: Harness, page: DataPage) -> None:
    read(qtbot, harness, "sample:digits")
    assert page._heading.text() == "1,797 grey pictures of 8 × 8 in 10 classes"
    description = harness.document.description
    assert description is not None
    assert f"{description.size('training'):,} training" in page._where.text()
    assert page.ready() == (True, "")


# --- overview


def test_counts_per_class_and_split_are_those_of_the_data(
    qtbot: QtBot, harness: Harness, page: DataPage
) -> None:
    read(qtbot, harness, "sample:digits")
    description = harness.document.description
    assert description is not None
    assert sum(page.overview.bars.totals) == 1797
    assert page.overview.bars.words(3) == (
        f"3: {sum(description.counts[split][3] for split in description.counts)} "
        f"({description.counts['training'][3]} training, "
        f"{description.counts['validation'][3]} validation, {description.counts['test'][3]} test)"
    )


def test_the_chooser_shows_the_pictures_of_one_class(
    qtbot: QtBot, harness: Harness, page: DataPage
) -> None:
    read(qtbot, harness, "sample:digits")
    dataset = harness.document.dataset
    assert dataset is not None

    page.overview.chooser.setCurrentIndex(page.overview.chooser.findData("7"))
    expected = dataset.inputs[dataset.targets == 7]
    assert len(page.overview.pictures.rows) == len(expected)

    np.testing.assert_array_equal(page.overview.pictures.rows[5][0], expected[5])


def test_the_first_batch_is_the_one_that_training_begins_with(
    qtbot: QtBot, harness: Harness, page: DataPage
) -> None:
    import torch

    from app.engine.compute.batches import Batches
    from app.engine.compute.randomness import Randomness
    from app.engine.data.augmentation import Augmentation, resolve_augmentation

    read(qtbot, harness, "sample:digits")
    qtbot.waitUntil(lambda: len(page.overview.batch.rows) > 0, timeout=PATIENCE_MS)
    dataset = harness.document.dataset
    experiment = harness.document.resolved()
    assert dataset is not None and experiment.training.batch_size is not None

    description = dataset.description
    cpu = torch.device("cpu")
    state = torch.get_rng_state()
    generator = Randomness(experiment.training.seed, cpu)
    varied = Augmentation(resolve_augmentation(experiment.augmentation, description))
    batches = Batches(
        dataset, experiment.training.batch_size, varied, harness.document.task(), generator, cpu
    )
    batches.begin_epoch(1)
    generator.begin_step(1, 0)
    inputs, targets = batches.get(0)
    torch.set_rng_state(state)
    shown = torch.from_numpy(np.stack([row[0] for row in page.overview.batch.rows]))
    torch.testing.assert_close(description.preparation.tensor(shown), inputs[: len(shown)])
    assert [row[1] for row in page.overview.batch.rows] == [
        description.classes[number] for number in targets[: len(shown)]
    ]


def test_a_batch_that_comes_late_is_not_shown_with_the_labels_of_other_data(
    qtbot: QtBot, harness: Harness, page: DataPage
) -> None:
    read(qtbot, harness, "sample:digits")
    qtbot.waitUntil(lambda: len(page.overview.batch.rows) > 0, timeout=PATIENCE_MS)

    texts = open_dataset(DataSettings(source="sample:glosses"))
    started = threading.Event()
    release = threading.Event()
    answers: list[str] = []
    background = harness.parts.background
    background.run(lambda _: (started.set(), release.wait()), lambda _: None)
    assert started.wait(10)
    harness.document.replace("training", seed=5)  # another batch is asked for, and waits
    background.run(lambda _: "after the batch", answers.append)

    harness.document.set_data("ready", texts)
    release.set()
    qtbot.waitUntil(lambda: bool(answers))
    assert not page.overview.batch.rows


def test_uneven_classes_are_reported_and_balanced_with_one_click(
    qtbot: QtBot, harness: Harness, page: DataPage, tmp_path: Path
) -> None:
    read(qtbot, harness, picture_folder(tmp_path / "uneven", {"cat": 60, "owl": 6}))
    shown = " ".join(
        label.text() for label in page.overview.findChildren(QLabel) if label.isVisible()
    )
    assert "Uneven: 'cat'" in shown
    assert not any("Uneven" in card.title for card in page.guide()), (
        "what the page says is not said twice"
    )

    press(qtbot, page, "data.balance")
    assert harness.document.experiment.loss is not None
    assert harness.document.experiment.loss.class_weights == "balanced"
    assert not page.overview.balance_button.isVisible()

    harness.document.undo()
    assert page.overview.balance_button.isVisible()


def test_a_remedy_of_the_guide_changes_settings_and_starts_nothing(
    qtbot: QtBot, harness: Harness, page: DataPage, tmp_path: Path
) -> None:
    read(qtbot, harness, picture_folder(tmp_path / "uneven", {"cat": 60, "owl": 6}))
    page.show_tab("preparation")
    card = next(card for card in page.guide() if card.name == "guide.imbalance")
    assert card.action is not None

    card.action()
    assert harness.document.experiment.loss is not None
    assert harness.actions == []


@pytest.mark.parametrize(
    ("totals", "words"),
    [
        ((5, 5), "Balanced: every class has 5 pictures to train on."),
        ((10, 12), "Balanced: between 10 and 12 pictures a class to train on."),
        ((10, 100), "Uneven: 'b' has 100 pictures to train on, 'a' 10: 10 times as many."),
        ((0, 7), "Uneven: 'b' has 7 pictures to train on, 'a' has none."),
    ],
)
def test_balance_in_words(totals: tuple[int, int], words: str) -> None:
    assert balance_words(("a", "b"), totals) == words


def test_two_hundred_classes_scroll(qtbot: QtBot, harness: Harness) -> None:
    bars = ClassBars(harness.parts.theme)
    qtbot.addWidget(bars)
    names = [f"class {number}" for number in range(200)]
    bars.show_counts(names, {"training": [5] * 200, "validation": [1] * 200, "test": [0] * 200})
    bars.resize(320, 300)
    bars.show()
    top = bars.grab().toImage()
    bars.verticalScrollBar().setValue(bars.verticalScrollBar().maximum())
    assert bars.verticalScrollBar().maximum() > 3000
    assert bars.grab().toImage() != top
    assert bars.words(199) == "class 199: 6 (5 training, 1 validation)"


def test_the_mixed_view_takes_all_classes_in_turn() -> None:
    targets = np.array([0, 0, 0, 1, 2, 2])
    assert mixed(targets, 5).tolist() == [0, 3, 4, 1, 5]


# --- preparation


def test_real_files_are_shown_before_and_after(
    qtbot: QtBot, harness: Harness, page: DataPage, tmp_path: Path
) -> None:
    folder = picture_folder(tmp_path / "Übung 1 – 数据", {"a b": 8, "ü": 8}, size=(20, 40))
    read(qtbot, harness, folder)
    page.show_tab("preparation")
    qtbot.waitUntil(lambda: len(page.preparing.after.rows) > 0, timeout=PATIENCE_MS)
    assert {row[0].shape for row in page.preparing.before.rows} == {(3, 20, 40)}
    assert harness.document.replace("data", height=16, width=16, fit="fit", colour="grey") == ""

    qtbot.waitUntil(
        lambda: page.preparing.after.rows[0][0].shape == (1, 16, 16), timeout=PATIENCE_MS
    )
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    qtbot.waitUntil(
        lambda: page._heading.text().startswith("16 grey pictures of 16 × 16"), timeout=PATIENCE_MS
    )
    dataset = harness.document.dataset
    assert dataset is not None
    assert any(np.array_equal(page.preparing.after.rows[0][0], known) for known in dataset.inputs)


def test_arrays_are_read_once_more_for_the_picture_before(
    qtbot: QtBot, harness: Harness, page: DataPage
) -> None:
    read(qtbot, harness, "sample:digits")
    harness.document.replace("data", height=12, width=12)
    page.show_tab("preparation")
    qtbot.waitUntil(
        lambda: (
            len(page.preparing.after.rows) > 0
            and page.preparing.after.rows[0][0].shape == (1, 12, 12)
        ),
        timeout=PATIENCE_MS,
    )

    assert {row[0].shape for row in page.preparing.before.rows} == {(1, 8, 8)}


def test_the_column_of_classes_of_a_table_can_be_chosen(
    qtbot: QtBot, harness: Harness, page: DataPage, tmp_path: Path
) -> None:
    folder = picture_folder(tmp_path / "pictures", {"cat": 8, "dog": 8})
    lines = ["file;animal;size"]
    lines += [
        f"{kind}/{n}.png;{kind};{'large' if n % 2 else 'small'}"
        for kind in ("cat", "dog")
        for n in range(8)
    ]

    (folder / "list.csv").write_text("\n".join(lines), encoding="utf-8")
    read(qtbot, harness, folder / "list.csv")
    assert harness.document.replace("data", target="size") == ""

    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    page.show_tab("preparation")
    field = page.findChild(QWidget, "data.target")
    assert isinstance(field, QWidget) and field.isVisible()

    qtbot.waitUntil(
        lambda: harness.document.description.classes == ("large", "small"), timeout=PATIENCE_MS
    )
    read(qtbot, harness, "sample:digits")
    assert not field.isVisible()


def test_the_splits_are_explained(qtbot: QtBot, harness: Harness, page: DataPage) -> None:
    read(qtbot, harness, "sample:digits")
    page.show_tab("preparation")
    description = harness.document.description
    assert description is not None
    assert f"<b>{description.size('test'):,}</b> test" in label(page, "data.splits")


# --- augmentation


def test_the_same_picture_is_varied_and_again_differs(
    qtbot: QtBot, harness: Harness, page: DataPage
) -> None:
    read(qtbot, harness, "sample:digits")
    page.show_tab("augmentation")
    strip = page.varying.strips[0]
    qtbot.waitUntil(lambda: len(strip.rows) > 0, timeout=PATIENCE_MS)
    dataset = harness.document.dataset
    assert dataset is not None

    original = strip.rows[0][0]
    first = [row[0] for row in strip.rows[1:]]
    assert any(np.array_equal(original, known) for known in dataset.inputs)
    assert not all(np.array_equal(original, varied) for varied in first)

    press(qtbot, page, "data.again")
    qtbot.waitUntil(
        lambda: (
            not all(np.array_equal(a, row[0]) for a, row in zip(first, strip.rows[1:], strict=True))
        ),
        timeout=PATIENCE_MS,
    )

    np.testing.assert_array_equal(strip.rows[0][0], original)


def test_no_variation_is_reported_and_shown(qtbot: QtBot, harness: Harness, page: DataPage) -> None:
    read(qtbot, harness, "sample:digits")
    harness.document.replace("", augmentation=AugmentationSettings(flip=False, shift=0.0))
    page.show_tab("augmentation")
    qtbot.waitUntil(
        lambda: label(page, "data.varied.words") == "Nothing is varied.", timeout=PATIENCE_MS
    )
    rows = page.varying.strips[0].rows

    assert all(np.array_equal(rows[0][0], row[0]) for row in rows)


# --- skipped files


def test_skipped_files_are_listed_with_reasons_and_junk_is_folded(
    qtbot: QtBot, harness: Harness, page: DataPage, tmp_path: Path
) -> None:
    folder = picture_folder(tmp_path / "pictures", {"cat": 9, "dog": 9})
    (folder / "cat" / "empty.png").write_bytes(b"")
    whole = (folder / "cat" / "0.png").read_bytes()
    (folder / "cat" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "dog" / "text.jpg").write_text("not a picture", encoding="utf-8")
    (folder / "dog" / "Thumbs.db").write_bytes(b"junk")
    (folder / "nothing").mkdir()
    read(qtbot, harness, folder)
    assert page._tabs.tabText(TABS.index("skipped")) == "Skipped files (4)"

    page.show_tab("skipped")
    table = page.findChild(QTableView, "data.skipped")
    assert isinstance(table, QTableView)

    model = table.model()
    rows = {
        model.index(row, 0).data(): model.index(row, 1).data() for row in range(model.rowCount())
    }
    assert set(rows) == {"cat/empty.png", "cat/cut.png", "dog/text.jpg", "nothing"}
    assert "empty" in rows["cat/empty.png"] and "no pictures" in rows["nothing"]

    junk = page.findChild(QCheckBox, "data.ignored")
    assert isinstance(junk, QCheckBox) and junk.text() == "show 1 ignored file"
    junk.setChecked(True)
    assert model.rowCount() == 5

    page.show_tab("overview")
    assert sum(page.overview.bars.totals) == 18


def test_what_is_left_out_is_sorted_by_its_numbers(
    qtbot: QtBot, harness: Harness, page: DataPage, tmp_path: Path
) -> None:
    folder = picture_folder(tmp_path / "pictures", {"cat": 9, "dog": 9})
    for number in (100, 9, 20):
        (folder / "cat" / f"{number}.png").write_bytes(b"")

    read(qtbot, harness, folder)
    page.show_tab("skipped")
    table = page.findChild(QTableView, "data.skipped")
    assert isinstance(table, QTableView)
    model = table.model()
    names = [model.index(row, 0).data() for row in range(model.rowCount())]
    assert names == ["cat/9.png", "cat/20.png", "cat/100.png"]

    table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
    assert [model.index(row, 0).data() for row in range(3)] == names[::-1]


def test_the_guide_leads_to_the_skipped_files(
    qtbot: QtBot, harness: Harness, page: DataPage, tmp_path: Path
) -> None:
    folder = picture_folder(tmp_path / "pictures", {"cat": 40, "dog": 40})
    (folder / "cat" / "empty.png").write_bytes(b"")
    read(qtbot, harness, folder)
    card = next(card for card in page.guide() if card.name == "guide.skipped")

    assert card.action is not None
    card.action()
    assert page.tab == "skipped"


@pytest.mark.parametrize("zoom", [1.0, 1.5])
def test_nothing_asks_for_more_than_a_small_window_has(
    qtbot: QtBot, harness: Harness, page: DataPage, zoom: float
) -> None:
    read(qtbot, harness, "sample:digits")
    harness.parts.theme.set_zoom(zoom)
    page.resize(840 if zoom == 1 else 1180, 540)
    page.grab()

    assert page.minimumSizeHint().width() <= page.width()
    assert page.minimumSizeHint().height() <= page.height()
