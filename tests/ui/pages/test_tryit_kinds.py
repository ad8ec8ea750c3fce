"""Try it on runs of every kind of data and answer: the window answers as the evaluation does."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from app.engine.data.kinds.row.column import RowColumn
from app.engine.experiment.experiment import Experiment
from app.engine.results.predictor import Predictor
from app.ui.pages.tryit.answer_cards.amounts import AmountsAnswerCard
from app.ui.pages.tryit.answer_cards.language import LanguageAnswerCard
from app.ui.pages.tryit.answer_cards.neighbours import NeighboursAnswerCard
from app.ui.pages.tryit.answer_cards.restored import RestoredAnswerCard
from app.ui.pages.tryit.input_cards import input_card_for
from app.ui.pages.tryit.input_cards.generic import GenericInputCard
from app.ui.pages.tryit.input_cards.pair import PairInputCard
from app.ui.pages.tryit.input_cards.row import RowInputCard, usual_value
from app.ui.pages.tryit.input_cards.text import TextInputCard
from app.ui.pages.tryit.page import TryItPage
from app.ui.pages.tryit.prediction import TryItInput, TryItResult
from tests.ui.harness import PATIENCE_MS, Harness
from tests.ui.trained_runs import train_on

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.engine.runs.run import Run

COLOURS = ("red", "green", "blue", "yellow")
THINGS = ("apple", "boat", "chair", "door", "egg", "fish", "goat", "hat", "ink", "jar")


def houses(path: Path, rows: int = 60) -> Path:
    random = np.random.default_rng(0)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["area (m2)", "colour", "price"])

        for _ in range(rows):
            area = random.uniform(20, 200)
            colour = COLOURS[random.integers(4)]
            writer.writerow([f"{area:.1f}", colour, f"{3 * area + 50 * COLOURS.index(colour):.2f}"])

    return path


def texts(folder: Path) -> Path:
    for name, words in (("colours", COLOURS), ("things", THINGS)):
        (folder / name).mkdir(parents=True)
        for number in range(12):
            first = words[number % len(words)]
            second = words[(number + 1) % len(words)]
            text = f"{first} and {second} number {number}"
            (folder / name / f"{number}.txt").write_text(text, encoding="utf-8")
    return folder


def captions(path: Path) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["question", "answer"])

        for colour in COLOURS:
            for thing in THINGS:
                writer.writerow(
                    [f"what about the {colour} {thing}?", f"the {thing} that you mean is {colour}"]
                )
    return path


@pytest.fixture
def page(qtbot: QtBot, harness: Harness) -> TryItPage:
    page = TryItPage(harness.parts)
    qtbot.addWidget(page)
    page.resize(840, 610)

    return page


def with_run(qtbot: QtBot, harness: Harness, page: TryItPage, run: Run) -> TryItPage:
    """The page with this run loaded and its data open."""
    harness.document.set(Experiment(data=run.experiment().data))
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    page.show()
    page.refresh()
    qtbot.waitUntil(lambda: page._loaded is not None, timeout=PATIENCE_MS)

    return page


def random_example(qtbot: QtBot, page: TryItPage) -> TryItResult:
    page._result = None
    assert page.input_card.random_button.isEnabled()
    page.input_card.random_button.click()

    return result_on(qtbot, page)


def result_on(qtbot: QtBot, page: TryItPage) -> TryItResult:
    def there() -> bool:
        return (
            page._result is not None
            and page._result.input is page._input
            and not page._soon.isActive()
        )

    qtbot.waitUntil(there, timeout=PATIENCE_MS)
    assert page._result is not None
    return page._result


def child(page: QWidget, kind: type, name: str) -> QWidget:
    widget = page.findChild(kind, name)
    assert isinstance(widget, kind), name
    return widget


def test_a_row_in_a_form_gets_an_amount(
    qtbot: QtBot, harness: Harness, page: TryItPage, tmp_path: Path
) -> None:
    data = {"source": str(houses(tmp_path / "houses.csv")), "target": "price"}
    run = train_on(tmp_path / "runs", data, {"template": "mlp"}, epochs=4)
    with_run(qtbot, harness, page, run)
    assert isinstance(page.input_card, RowInputCard)

    first = result_on(qtbot, page)
    assert first.description.amounts[0].name == "price", "the usual row is answered at once"
    field = child(page, QLineEdit, "tryit.field.0")
    qtbot.keyClick(field, Qt.Key.Key_End)
    field.selectAll()  # type: ignore[attr-defined]
    qtbot.keyClicks(field, "150")
    colour = child(page, QComboBox, "tryit.field.1")
    qtbot.waitUntil(lambda: page._input.raw["area (m2)"] == "150", timeout=PATIENCE_MS)
    answered = result_on(qtbot, page)
    predictor = Predictor.load(run)
    raw = {"area (m2)": "150", "colour": colour.currentText()}  # type: ignore[attr-defined]
    expected = predictor.predictions(*(array[None] for array in predictor.read(raw)))[0, 0]
    assert answered.ranking[0][1] == pytest.approx(float(expected), rel=1e-4)
    assert (
        isinstance(page.answer.card, AmountsAnswerCard) and len(page.answer.card.ranges.shown) == 1
    )

    true = random_example(qtbot, page)
    assert true.input.true is not None and "In truth" in page.answer.sentence.text()


def test_members_of_a_network_show_how_unsure_its_answer_is(
    qtbot: QtBot, harness: Harness, page: TryItPage, tmp_path: Path
) -> None:
    data = {"source": str(houses(tmp_path / "houses.csv")), "target": "price"}
    model = {"template": "tabm", "members": 8, "width": 16}
    run = train_on(tmp_path / "runs", data, model, epochs=2)
    with_run(qtbot, harness, page, run)
    result_on(qtbot, page)
    assert "Nine of ten of its 8 members say" in page.answer.sentence.text()
    card = page.answer.card
    assert isinstance(card, AmountsAnswerCard)
    (shown,) = card.ranges.shown
    assert shown.members is not None and shown.members[0] < shown.members[1]
    assert not card.ranges.grab().isNull()


def test_what_is_no_number_is_refused_in_a_sentence(
    qtbot: QtBot, harness: Harness, page: TryItPage, tmp_path: Path
) -> None:
    data = {"source": str(houses(tmp_path / "houses.csv")), "target": "price"}
    with_run(qtbot, harness, page, train_on(tmp_path / "runs", data, {"template": "mlp"}))
    result_on(qtbot, page)
    field = child(page, QLineEdit, "tryit.field.0")
    field.selectAll()  # type: ignore[attr-defined]
    qtbot.keyClicks(field, "large")
    qtbot.waitUntil(lambda: "is not a number" in page.answer.sentence.text(), timeout=PATIENCE_MS)


def test_a_file_of_many_rows_gets_its_answers_beside_them(
    qtbot: QtBot, harness: Harness, page: TryItPage, tmp_path: Path
) -> None:
    source = houses(tmp_path / "houses.csv")
    run = train_on(
        tmp_path / "runs", {"source": str(source), "target": "price"}, {"template": "mlp"}
    )
    with_run(qtbot, harness, page, run)
    more = houses(tmp_path / "more.csv", 7)
    target = tmp_path / "answers.csv"
    dialog = page.many.open_dialog((more,))
    assert dialog is not None
    qtbot.waitUntil(lambda: "7 rows answered" in dialog.notice.text(), timeout=PATIENCE_MS)
    dialog.save_to(target)
    qtbot.waitUntil(lambda: "Saved" in dialog.notice.text(), timeout=PATIENCE_MS)
    dialog.accept()

    with target.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))

    assert rows[0] == ["area (m2)", "colour", "price", "predicted price"] and len(rows) == 8
    assert all(np.isfinite(float(row[3])) for row in rows[1:])


def test_a_typed_text_gets_its_class(
    qtbot: QtBot, harness: Harness, page: TryItPage, tmp_path: Path
) -> None:
    data = {"source": str(texts(tmp_path / "texts"))}
    with_run(qtbot, harness, page, train_on(tmp_path / "runs", data, {"template": "text-cnn"}))
    assert isinstance(page.input_card, TextInputCard)

    qtbot.keyClicks(page.input_card.edit, "red and green")
    result = result_on(qtbot, page)
    assert {name for name, _ in result.ranking} == {"colours", "things"}
    assert "tokens" in page.input_card.length.text()

    page.input_card.clear.click()
    qtbot.waitUntil(lambda: page._input is None, timeout=PATIENCE_MS)
    assert "Type a text" in page.answer.sentence.text()


def test_a_half_finds_its_partners_and_a_pair_is_compared(
    qtbot: QtBot, harness: Harness, page: TryItPage, tmp_path: Path
) -> None:
    data = {"source": str(captions(tmp_path / "pairs.csv"))}
    with_run(qtbot, harness, page, train_on(tmp_path / "runs", data, {"template": "two-tower"}))
    assert isinstance(page.input_card, PairInputCard) and isinstance(
        page.answer.card, NeighboursAnswerCard
    )

    whole = random_example(qtbot, page)
    assert whole.halves == (True, True) and whole.answer is not None and len(whole.details) == 2
    page.input_card.halves[1].clear_button.click()
    qtbot.waitUntil(lambda: page._result is not whole, timeout=PATIENCE_MS)
    half = result_on(qtbot, page)
    assert half.halves == (True, False) and half.answer is None and len(half.details) == 1
    assert half.details[0].neighbours[0].example.text.startswith("the "), "answers are looked for"
    assert half.details[0].neighbours[0].similarity >= half.details[0].neighbours[-1].similarity


def test_a_language_model_writes_and_stops(
    qtbot: QtBot, harness: Harness, page: TryItPage, tmp_path: Path
) -> None:
    path = tmp_path / "book.txt"
    path.write_text(
        "\n".join(f"In the year {number} there was peace." for number in range(400)),
        encoding="utf-8",
    )

    data = {"source": str(path), "context": 32, "tokens": "bytes"}
    with_run(
        qtbot,
        harness,
        page,
        train_on(tmp_path / "runs", data, {"template": "gpt", "depth": 1, "width": 16}, 1),
    )

    view = page.answer.card
    assert isinstance(view, LanguageAnswerCard)
    view.tokens.setValue(30)
    view.write.click()
    qtbot.waitUntil(
        lambda: not view.writing and len(view.text.toPlainText()) > 0, timeout=PATIENCE_MS
    )
    view.tokens.setValue(2000)
    view.write.click()
    assert view.writing and view.write.text() == "Stop"

    qtbot.waitUntil(lambda: len(view.text.toPlainText()) > 5, timeout=PATIENCE_MS)
    view.write.click()
    assert not view.writing and view.write.text() == "Write"


def test_neighbours_in_a_space(
    qtbot: QtBot, harness: Harness, page: TryItPage, tmp_path: Path
) -> None:
    data = {"source": "sample:digits", "task": "metric-learning"}
    with_run(
        qtbot, harness, page, train_on(tmp_path / "runs", data, {"template": "cnn", "width": 8}, 1)
    )
    result = random_example(qtbot, page)
    assert result.details[0].candidates == 1_797 and all(
        neighbour.label.isdigit() for neighbour in result.details[0].neighbours
    )
    assert result.details[0].neighbours[0].similarity == pytest.approx(1, abs=1e-3), (
        "itself is among the open data"
    )


def test_an_example_is_damaged_and_restored(
    qtbot: QtBot, harness: Harness, page: TryItPage, tmp_path: Path
) -> None:
    data = {"source": "sample:digits", "task": "reconstruction"}
    with_run(
        qtbot, harness, page, train_on(tmp_path / "runs", data, {"template": "conv-autoencoder"}, 1)
    )
    random_example(qtbot, page)
    view = page.answer.card

    assert isinstance(view, RestoredAnswerCard)
    before, damaged, restored = (shown.example for shown in view.examples)
    assert before is not None and damaged is not None and restored is not None
    assert before.picture is not None and damaged.picture is not None
    assert (before.picture != damaged.picture).any()
    assert not page.many.isVisible(), "there is no column of answers"


def test_an_example_of_other_data_is_forgotten(qtbot: QtBot, harness: Harness) -> None:
    input_card = TextInputCard(harness.parts.theme)
    qtbot.addWidget(input_card)
    inputs: list[object] = []
    input_card.input_changed.connect(inputs.append)
    input_card.take(TryItInput("test text", raw="of the first data", data="first"))
    input_card.forget_other_data("first")
    assert input_card.edit.toPlainText() == "of the first data"

    input_card.forget_other_data("second")
    input_card.give_again()
    assert inputs[-1] is None and input_card.edit.toPlainText() == ""

    input_card.take(TryItInput("letter.txt", raw="from a file"))
    input_card.forget_other_data("second")
    assert input_card.edit.toPlainText() == "from a file"


def test_an_unknown_kind_of_example_is_taken_from_a_file_or_pasted(
    qtbot: QtBot, harness: Harness, tmp_path: Path
) -> None:
    assert input_card_for("smell") is GenericInputCard
    input_card = input_card_for("smell")(harness.parts.theme)
    qtbot.addWidget(input_card)
    inputs: list[TryItInput] = []
    input_card.input_changed.connect(inputs.append)

    data = QMimeData()
    assert not input_card.take_mime(data)
    data.setText("of roses")
    assert input_card.take_mime(data) and inputs[-1].raw == "of roses"

    file = tmp_path / "roses.smell"
    file.write_bytes(b"~")
    data.setUrls([QUrl.fromLocalFile(str(file))])
    assert input_card.take_mime(data) and inputs[-1].raw == file


def test_a_usual_row_has_no_half_of_a_year() -> None:
    year = RowColumn("year", "number", "median", median=1957.5, whole=True)
    assert usual_value(year) == 1958
    assert usual_value(replace(year, whole=False)) == 1957.5
    assert usual_value(RowColumn("sort", "category", "own", categories=("a", "b"))) == "a"
