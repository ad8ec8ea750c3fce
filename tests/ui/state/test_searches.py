"""Searches as the window knows them: set up in its own words, read from their folders."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.engine.errors import UserError
from app.engine.queue.items import Queue
from app.engine.search.search_folder import default_searches
from app.engine.search.workers import Worker
from app.ui.pages.runs.queue_card import words_of
from app.ui.state.beside.queue_state import read
from app.ui.state.searches.draft import Draft, proposed, tryable
from tests.engine.search.folders import begun, note_trials, penguins
from tests.ui.harness import PATIENCE_MS

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from app.engine.data.dataset import Dataset
    from app.ui.state.document import Document
    from tests.ui.harness import Harness


@pytest.fixture
def opened(harness: Harness, qtbot: QtBot) -> Document:
    """Returns a document with rows open and a small network chosen."""
    harness.parts.network_measurer.close()
    harness.open("sample:penguins")
    qtbot.waitUntil(lambda: harness.document.data_state == "ready", timeout=PATIENCE_MS)
    harness.document.choose("model", "mlp")
    return harness.document


def data_of(document: Document) -> Dataset:
    assert document.dataset is not None
    return document.dataset


def test_what_decides_the_examples_or_draws_luck_is_not_tried(opened: Document) -> None:
    found = tryable(opened)
    names = {name for rows in found.values() for name, _ in rows}
    assert "data" not in found
    assert names.isdisjoint({"training.seed", "training.device", "training.threads"})
    assert {"model.width", "optimizer.learning_rate", "optimizer.kind", "training.epochs"} <= names


def test_the_values_that_are_proposed_lie_around_the_present_one(opened: Document) -> None:
    opened.replace("optimizer", learning_rate=0.01)
    rate = proposed(opened, "optimizer.learning_rate")
    assert rate is not None and (rate.low, rate.high) == (0.001, 0.1) and rate.logarithmic
    opened.replace("model", width=32)
    width = proposed(opened, "model.width")
    assert width is not None and (width.low, width.high) == (16, 64) and width.whole
    kind = proposed(opened, "optimizer.kind")
    assert kind is not None and opened.value("optimizer").kind in kind.values
    assert len(kind.values) == 2
    assert proposed(opened, "training.seed") is None


def test_every_setting_that_can_be_tried_gives_a_search(opened: Document) -> None:
    for rows in tryable(opened).values():
        for name, _ in rows:
            tried = proposed(opened, name)
            assert tried is not None
            plan = Draft((tried,), "random").plan(opened.experiment, data_of(opened))
            assert plan.ranges[0].name == name and plan.metric == "accuracy"


def test_bad_ranges_are_sentences_in_the_words_of_the_window(opened: Document) -> None:
    width = proposed(opened, "model.width")
    kind = proposed(opened, "optimizer.kind")
    assert width is not None and kind is not None
    for tried, sentence in (
        (replace(width, low=64.0, high=16.0), "'Width' is empty: 64 is not below 16."),
        (replace(width, low=-4.0), "'Width' is -4"),
        (replace(width, values=(16, "many")), "'Width' is 'many'"),
        (replace(width, values=(16,)), "'Width' names one value; a search needs two."),
        (replace(kind, values=()), "'Optimizer' names no value; a search needs two."),
    ):
        with pytest.raises(UserError) as raised:
            Draft((tried,)).plan(opened.experiment, data_of(opened))
        assert sentence in raised.value.what
        assert "--" not in raised.value.message

    with pytest.raises(UserError, match="Nothing is to be tried yet"):
        Draft().plan(opened.experiment, data_of(opened))


def test_a_grid_makes_no_more_runs_than_it_has_combinations(opened: Document) -> None:
    kind = proposed(opened, "optimizer.kind")
    assert kind is not None
    plan = Draft((kind,), "grid", 50, 8).plan(opened.experiment, data_of(opened))
    assert (plan.trials, plan.parallel) == (2, 2)


def test_searches_are_read_from_their_folders(harness: Harness, qtbot: QtBot) -> None:
    searches = harness.parts.searches
    folder = begun(
        default_searches() / "one", penguins(), "model.width=4,8", strategy="grid", trials=2
    )
    note_trials(folder, [({"model.width": 4}, 0.5), ({"model.width": 8}, 0.75)])
    broken = begun(
        default_searches() / "two", penguins(), "model.width=4,8", strategy="grid", trials=2
    )
    (broken.path / "search.json").write_text("{}", encoding="utf-8")
    with qtbot.waitSignal(searches.changed, timeout=PATIENCE_MS):
        searches.look()

    found = {one.path.name: one for one in searches.searches}
    progress = found["one"].progress
    assert progress is not None and progress.over and progress.best is not None
    assert progress.best.values == {"model.width": 8}
    assert found["two"].progress is None and "damaged" in found["two"].trouble


def test_the_queue_says_how_far_a_search_in_it_is(tmp_path: Path) -> None:
    folder = begun(tmp_path / "s", penguins(), "model.width=4,8", strategy="grid", trials=2)
    queue = Queue(tmp_path / "queue")
    queue.add(folder.experiment(), search=str(folder.path))
    item = queue.take(lambda item: Path(item.search))
    assert item is not None
    note_trials(folder, [({"model.width": 4}, 0.5)])
    assert words_of(item, read(queue)) == "interrupted"
    worker = Worker.claim(folder.path)
    assert words_of(item, read(queue)) == "trains · 1 of 2 runs · less than a minute to go"
    worker.release()
