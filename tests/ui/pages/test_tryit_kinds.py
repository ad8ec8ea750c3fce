"""Try it on runs of every sort of data and answer: what is given in the window is answered as in
judging.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from app.engine.experiment.experiment import Experiment
from app.engine.results.predictor import Predictor
from app.ui.pages.tryit.answer_cards.amounts import AmountsReply
from app.ui.pages.tryit.answer_cards.language import LanguageReply
from app.ui.pages.tryit.answer_cards.partners import PartnersReply
from app.ui.pages.tryit.answer_cards.restored import RestoredReply
from app.ui.pages.tryit.asking import Given, Reply
from app.ui.pages.tryit.input_cards.pair import PairInputCard
from app.ui.pages.tryit.input_cards.row import RowInputCard
from app.ui.pages.tryit.input_cards.text import TextInputCard
from app.ui.pages.tryit.page import TryItPage
from tests.ui.loose import PATIENCE_MS, Loose
from tests.ui.trained import trained_on

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
            text = f"{words[number % len(words)]} and {words[(number + 1) % len(words)]} number {number}"
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
def page(qtbot: QtBot, loose: Loose) -> TryItPage:
    made = TryItPage(loose.parts)
    qtbot.addWidget(made)
    made.resize(840, 610)

    return made


def with_run(qtbot: QtBot, loose: Loose, page: TryItPage, run: Run) -> TryItPage:
    """The page with this run loaded and its data open."""
    loose.document.set(Experiment(data=run.experiment().data))
    qtbot.waitUntil(lambda: loose.document.data_state == "ready", timeout=PATIENCE_MS)
    page.show()
    page.refresh()
    qtbot.waitUntil(lambda: page._ready is not None, timeout=PATIENCE_MS)

    return page


def random_one(qtbot: QtBot, page: TryItPage) -> Reply:
    page._answer = None
    assert page.giving.random_button.isEnabled()
    page.giving.random_button.click()

    return reply(qtbot, page)


def reply(qtbot: QtBot, page: TryItPage) -> Reply:
    def there() -> bool:
        return (
            page._answer is not None
            and page._answer.given is page._picture
            and not page._soon.isActive()
        )

    qtbot.waitUntil(there, timeout=PATIENCE_MS)
    assert page._answer is not None
    return page._answer


def child(page: QWidget, kind: type, name: str) -> QWidget:
    found = page.findChild(kind, name)
    assert isinstance(found, kind), name
    return found


def test_a_row_in_a_form_gets_an_amount(
    qtbot: QtBot, loose: Loose, page: TryItPage, tmp_path: Path
) -> None:
    data = {"source": str(houses(tmp_path / "houses.csv")), "target": "price"}
    run = trained_on(tmp_path / "runs", data, {"template": "mlp"}, epochs=4)
    with_run(qtbot, loose, page, run)
    assert isinstance(page.giving, RowInputCard)

    first = reply(qtbot, page)
    assert first.description.amounts[0].name == "price", "the usual row is answered at once"
    field = child(page, QLineEdit, "tryit.field.0")
    qtbot.keyClick(field, Qt.Key.Key_End)
    field.selectAll()  # type: ignore[attr-defined]
    qtbot.keyClicks(field, "150")
    colour = child(page, QComboBox, "tryit.field.1")
    qtbot.waitUntil(lambda: page._answer is not first, timeout=PATIENCE_MS)
    predictions = reply(qtbot, page)
    predictor = Predictor.load(run)
    raw = {"area (m2)": "150", "colour": colour.currentText()}  # type: ignore[attr-defined]
    expected = predictor.predictions(*(one[None] for one in predictor.read(raw)))[0, 0]
    assert predictions.ranking[0][1] == pytest.approx(float(expected), rel=1e-4)
    assert isinstance(page.card.view, AmountsReply) and len(page.card.view.ranges.shown) == 1

    true = random_one(qtbot, page)
    assert true.given.true is not None and "In truth" in page.card.judged.text()


def test_what_is_no_number_is_refused_in_a_sentence(
    qtbot: QtBot, loose: Loose, page: TryItPage, tmp_path: Path
) -> None:
    data = {"source": str(houses(tmp_path / "houses.csv")), "target": "price"}
    with_run(qtbot, loose, page, trained_on(tmp_path / "runs", data, {"template": "mlp"}))
    reply(qtbot, page)
    field = child(page, QLineEdit, "tryit.field.0")
    field.selectAll()  # type: ignore[attr-defined]
    qtbot.keyClicks(field, "large")
    qtbot.waitUntil(lambda: "is no number" in page.card.judged.text(), timeout=PATIENCE_MS)


def test_a_file_of_many_rows_gets_its_answers_beside_them(
    qtbot: QtBot, loose: Loose, page: TryItPage, tmp_path: Path
) -> None:
    source = houses(tmp_path / "houses.csv")
    run = trained_on(
        tmp_path / "runs", {"source": str(source), "target": "price"}, {"template": "mlp"}
    )
    with_run(qtbot, loose, page, run)
    more = houses(tmp_path / "more.csv", 7)
    target = tmp_path / "answers.csv"
    page.many.answer(more, target)
    qtbot.waitUntil(lambda: "7 rows answered" in page.many.words.text(), timeout=PATIENCE_MS)

    with target.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))

    assert rows[0] == ["area (m2)", "colour", "price", "predicted price"] and len(rows) == 8
    assert all(np.isfinite(float(row[3])) for row in rows[1:])


def test_a_typed_text_gets_its_class(
    qtbot: QtBot, loose: Loose, page: TryItPage, tmp_path: Path
) -> None:
    data = {"source": str(texts(tmp_path / "texts"))}
    with_run(qtbot, loose, page, trained_on(tmp_path / "runs", data, {"template": "text-cnn"}))
    assert isinstance(page.giving, TextInputCard)

    qtbot.keyClicks(page.giving.edit, "red and green")
    predictions = reply(qtbot, page)
    assert {name for name, _ in predictions.ranking} == {"colours", "things"}
    assert "tokens" in page.giving.length.text()

    page.giving.clear.click()
    qtbot.waitUntil(lambda: page._picture is None, timeout=PATIENCE_MS)
    assert "Type a text" in page.card.judged.text()


def test_a_half_finds_its_partners_and_a_pair_is_compared(
    qtbot: QtBot, loose: Loose, page: TryItPage, tmp_path: Path
) -> None:
    data = {"source": str(captions(tmp_path / "pairs.csv"))}
    with_run(qtbot, loose, page, trained_on(tmp_path / "runs", data, {"template": "two-tower"}))
    assert isinstance(page.giving, PairInputCard) and isinstance(page.card.view, PartnersReply)

    whole = random_one(qtbot, page)
    assert whole.halves == (True, True) and whole.answer is not None and len(whole.extra) == 2
    page.giving.halves[1].clear_button.click()
    qtbot.waitUntil(lambda: page._answer is not whole, timeout=PATIENCE_MS)
    half = reply(qtbot, page)
    assert half.halves == (True, False) and half.answer is None and len(half.extra) == 1
    assert half.extra[0].found[0].example.text.startswith("the "), "answers are looked for"
    assert half.extra[0].found[0].similarity >= half.extra[0].found[-1].similarity


def test_a_language_model_writes_and_stops(
    qtbot: QtBot, loose: Loose, page: TryItPage, tmp_path: Path
) -> None:
    path = tmp_path / "book.txt"
    path.write_text(
        "\n".join(f"In the year {number} there was peace." for number in range(400)),
        encoding="utf-8",
    )

    data = {"source": str(path), "context": 32, "tokens": "bytes"}
    with_run(
        qtbot,
        loose,
        page,
        trained_on(tmp_path / "runs", data, {"template": "gpt", "depth": 1, "width": 16}, 1),
    )

    view = page.card.view
    assert isinstance(view, LanguageReply)
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


def test_neighbours_in_a_space(qtbot: QtBot, loose: Loose, page: TryItPage, tmp_path: Path) -> None:
    data = {"source": "sample:digits", "task": "metric-learning"}
    with_run(
        qtbot, loose, page, trained_on(tmp_path / "runs", data, {"template": "cnn", "width": 8}, 1)
    )
    predictions = random_one(qtbot, page)
    assert predictions.extra[0].looked == 1_797 and all(
        one.label.isdigit() for one in predictions.extra[0].found
    )
    assert predictions.extra[0].found[0].similarity == pytest.approx(1, abs=1e-3), (
        "itself is among the open data"
    )


def test_an_example_is_damaged_and_restored(
    qtbot: QtBot, loose: Loose, page: TryItPage, tmp_path: Path
) -> None:
    data = {"source": "sample:digits", "task": "reconstruction"}
    with_run(
        qtbot, loose, page, trained_on(tmp_path / "runs", data, {"template": "conv-autoencoder"}, 1)
    )
    random_one(qtbot, page)
    view = page.card.view

    assert isinstance(view, RestoredReply)
    before, damaged, restored = (one.example for one in view.views)
    assert before is not None and damaged is not None and restored is not None
    assert before.picture is not None and damaged.picture is not None
    assert (before.picture != damaged.picture).any()
    assert not page.many.isVisible(), "there is no column of answers"


def test_an_example_of_other_data_is_let_go(qtbot: QtBot, loose: Loose) -> None:
    input_card = TextInputCard(loose.parts.theme)
    qtbot.addWidget(input_card)
    told: list[object] = []
    input_card.given.connect(told.append)
    input_card.take(Given("test text", raw="of the first data", data="first"))
    input_card.let_go("first")
    assert input_card.edit.toPlainText() == "of the first data"

    input_card.let_go("second")
    input_card.give_again()
    assert told[-1] is None and input_card.edit.toPlainText() == ""

    input_card.take(Given("letter.txt", raw="from a file"))
    input_card.let_go("second")
    assert input_card.edit.toPlainText() == "from a file"
