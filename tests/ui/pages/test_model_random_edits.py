"""Gestures at random: none raises, the file always agrees, undo comes back to the first byte."""

from __future__ import annotations

import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from app.engine.experiment import toml_file
from app.engine.experiment.experiment import Experiment
from app.ui.canvas.editor import Drop
from app.ui.pages.model.block_library import BlockLibrary
from app.ui.pages.model.drawing.canvas_editor import CanvasEditor
from app.ui.pages.model.graph_edits import open_graph, set_graph
from models.graph import INPUT, GraphError
from models.groups import group
from models.own_network import OwnNetwork
from tests.models.test_edits import RESIDUAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ui.state.document import Document
    from tests.ui.harness import Harness

KINDS = ("convolution", "add", "dropout", "linear", "concatenate", "flatten", "batch-norm")

MOST_BLOCKS = 60
"""In a larger network more is taken out than put in."""


class Person:
    """Does something on a drawing, again and again; a seed says what."""

    def __init__(self, editor: CanvasEditor, document: Document, seed: int) -> None:
        self._editor = editor
        self._document = document
        self._random = random.Random(seed)
        self._copied = ""
        self.done: dict[str, int] = {}

    def act(self) -> str:
        """Does one thing; returns the sentence why it could not be done."""
        graph = open_graph(self._document)
        assert graph is not None
        editor, pick = self._editor, self._random.choice
        own = [node.name for node in graph.nodes]
        known = [INPUT, *own]
        target = pick(own)
        wire = (pick(graph[target].inputs), target)
        some = self._random.sample(own, min(len(own), self._random.randint(1, 5)))
        place = (self._random.uniform(-400, 400), self._random.uniform(0, 900))
        notes = range(len(self._document.experiment.drawing.notes))
        drop = pick((Drop(wire=wire), Drop(instead=target), Drop(behind=pick(known))))
        things: dict[str, Callable[[], Any]] = {
            "connect": lambda: editor.draw_wire(pick(known), pick(known)),
            "move start": lambda: editor.move_wire(wire, pick(known), target),
            "move end": lambda: editor.move_wire(wire, wire[0], pick(known)),
            "disconnect": lambda: editor.remove_wire(wire),
            "insert": lambda: editor.insert(pick(KINDS), drop),
            "beside": lambda: editor.insert(pick(KINDS), Drop(behind=pick(known), at=place)),
            "delete": lambda: editor.delete(some, [pick(notes)] if notes else []),
            "duplicate": lambda: editor.duplicate(some),
            "repeat": lambda: editor.repeat(some, 2),
            "apart": lambda: editor.take_apart(target),
            "copy": lambda: self._copy(some),
            "paste": lambda: editor.paste(self._copied, pick(known)),
            "move": lambda: editor.move({target: place}, {}),
            "arrange": lambda: editor.arrange(some),
            "note": lambda: editor.add_note(f"note {len(notes)}", place),
            "change note": lambda: (
                editor.change_note(pick(notes), pick(("", "x"))) if notes else ""
            ),
            "group": lambda: self._group(some),
        }
        what = pick(list(things)) if len(own) < MOST_BLOCKS else "delete"
        sentence: str = things[what]()
        if not sentence:
            self.done[what] = self.done.get(what, 0) + 1

        return sentence

    def _copy(self, names: list[str]) -> str:
        self._copied = self._editor.copy(names)
        return ""

    def _group(self, names: list[str]) -> str:
        graph = open_graph(self._document)
        assert graph is not None
        try:
            set_graph(self._document, group(graph, names, f"own{self._random.randrange(500)}")[0])
        except GraphError as error:
            return error.message

        return ""


@pytest.mark.parametrize(
    "count",
    [
        pytest.param(200, id="some"),
        pytest.param(2_000, id="many", marks=[pytest.mark.long, pytest.mark.timeout(1_800)]),
    ],
)
def test_random_edits_are_undone_to_the_first_byte(harness: Harness, count: int) -> None:
    document = harness.document
    document.open(Experiment(model=OwnNetwork(blocks=RESIDUAL)))
    first = toml_file.dumps(document.experiment).encode()
    library = BlockLibrary(harness.parts.background)
    editor = CanvasEditor(document, harness.parts.network_measurer, library)
    person = Person(editor, document, seed=count)
    for number in range(count):
        sentence = person.act()
        assert sentence == "" or sentence.endswith("."), sentence
        if number % 20 == 0:
            written = toml_file.dumps(document.experiment).encode()
            read = toml_file.parse(written, Path("x.toml"))
            assert read.replace(name="") == document.experiment

    assert len(person.done) > 12, person.done
    last = toml_file.dumps(document.experiment).encode()
    steps = 0
    while document.can_undo:
        document.undo()
        steps += 1

    assert toml_file.dumps(document.experiment).encode() == first
    assert steps >= count // 3
    while document.can_redo:
        document.redo()

    assert toml_file.dumps(document.experiment).encode() == last
