"""The drawing of a network in the experiment: kept in its file, and nothing of it trains."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.engine.errors import UserError
from app.engine.experiment.drawing import FARTHEST, Drawing, Note
from app.engine.experiment.experiment import Experiment
from app.engine.experiment.overrides import with_overrides
from app.engine.experiment.resolve import resolve_for
from app.engine.experiment.toml_file import dumps, parse, to_plain
from app.engine.learning import tasks
from models.graph import Graph, Node
from models.shape import Problem

DRAWING = Drawing(
    positions={"conv1": (-120, 40), "answer": (0, 700)},
    notes=(Note(text='Why "this"?\nAsk.', at=(300, 12)),),
)
GRAPH = Graph((Node("conv1", "convolution"), Node("answer", "output")))


def read_back(text: str) -> Experiment:
    return parse(text.encode(), Path("trial.toml"))


def test_a_file_keeps_the_drawing() -> None:
    experiment = Experiment(name="trial", drawing=DRAWING)
    text = dumps(experiment)
    assert "conv1 = [-120, 40]" in text
    assert read_back(text) == experiment
    assert "drawing" not in dumps(experiment.replace(drawing=Drawing()))


def test_nothing_of_it_trains() -> None:
    problem = Problem("image", (1, 8, 8), 10, 1_000)
    task = tasks.task("classification")
    plain = Experiment(name="trial")
    drawn = plain.replace(drawing=DRAWING)
    assert resolve_for(drawn, problem, task) == resolve_for(plain, problem, task)
    assert to_plain(drawn) == to_plain(plain)


def test_settings_from_the_command_line_leave_it() -> None:
    changed = with_overrides(Experiment(drawing=DRAWING), ["training.epochs=3"])
    assert changed.drawing == DRAWING and changed.training.epochs == 3


@pytest.mark.parametrize(
    "text",
    [
        "[drawing]\npositions = 3",
        "[drawing.positions]\nconv1 = [1]",
        "[drawing.positions]\nconv1 = ['a', 2]",
        "[drawing.positions]\nconv1 = [nan, 2]",
        f"[drawing.positions]\nconv1 = [{FARTHEST + 1}, 2]",
        "[drawing]\nnotes = [{ text = 'x' }]",
        "[drawing]\nnots = []",
        "[drawing]\nnotes = [{ text = 3, at = [1, 2] }]",
    ],
)
def test_a_wrong_drawing_is_a_sentence(text: str) -> None:
    with pytest.raises(UserError, match=r"^In 'trial.toml'"):
        read_back(f"netwright = 2\n{text}")


def test_numbers_are_taken_as_whole_pixels() -> None:
    assert Drawing().moved({"a": (1.6, -2.4)}).positions == {"a": (2, -2)}


def test_blocks_that_are_gone_have_no_place_and_renamed_ones_keep_theirs() -> None:
    gone = Graph((Node("answer", "output"),))
    assert DRAWING.of(GRAPH, gone).positions == {"answer": (0, 700)}
    renamed = Graph((Node("first", "convolution"), Node("answer", "output")))
    assert DRAWING.of(GRAPH, renamed).positions == {"first": (-120, 40), "answer": (0, 700)}
    assert DRAWING.of(GRAPH, GRAPH) is DRAWING


def test_notes_are_added_changed_and_taken_away() -> None:
    two = DRAWING.with_note("second", (1, 2))
    assert [note.text for note in two.notes][1] == "second"
    changed = two.with_changed_note(0, text="first")
    assert [note.text for note in changed.notes] == ["first", "second"]
    assert changed.notes[0].at == (300, 12)
    assert [note.text for note in changed.without_notes((0,)).notes] == ["second"]
    assert DRAWING.arranged(("conv1",)).positions == {"answer": (0, 700)}
    assert DRAWING.arranged().positions == {}
