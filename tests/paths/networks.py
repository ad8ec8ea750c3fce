"""Networks that are drawn from an empty one by a person, trained, saved and opened again.

They are those of resources/networks, block by block; what is drawn must be the same network.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.engine.experiment import toml_file
from models.edits.blocks import MERGES
from models.graph import INPUT, OTHER, Graph
from models.layers.own_block import read_settings
from models.new_block import most_inputs
from models.own_network import OwnNetwork
from tests.paths.drawer import Drawer
from tests.paths.ways import Answer
from tests.paths.x_events import CONTROL

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ui.state.document import Document
    from tests.paths.person import Person

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "networks"

EPOCHS = 2
"""Enough to see that it trains; what the networks reach is measured elsewhere."""

IN_FRONT = ("digits", "fashion", "shapes")
"""The built-in data that stand on the first page without being unfolded."""


def draw_network(stem: str, person: Person, folder: Path) -> Answer:
    """Draws the network of a file from an empty one, trains it, saves it and opens it again."""
    requested = toml_file.read(FOLDER / f"{stem}.toml")
    assert isinstance(requested.model, OwnNetwork)
    wanted = requested.model.blocks
    _open_data(person, requested.data.source, requested.data.task)
    person.click("rail.model")
    drawer = Drawer(person)
    person.click("model.template.empty")
    drawer.rest()
    Drawing(drawer, wanted).draw()
    drawn = drawer.graph()
    assert same_network(drawn, wanted), f"{drawn.nodes} is not what was to be drawn"
    person.click("model.fit")
    person.photograph(f"{stem}-drawn")
    first_curve = train(person)
    person.photograph(f"{stem}-trained")
    _save_and_open(person, drawer.page._parts.document, folder / f"{stem}.toml", drawn)
    person.click("rail.model")
    drawer.rest()
    person.photograph(f"{stem}-opened")
    return Answer(f"{len(drawn.nodes)} blocks, drawn, trained, saved and opened", first_curve)


class Drawing:
    """Draws a wanted network by gestures, one block after the other.

    Blocks of the empty network are kept where the wanted one has such; the rest is deleted.
    """

    def __init__(self, drawer: Drawer, wanted: Graph) -> None:
        self._drawer = drawer
        self._wanted = wanted
        start = drawer.graph()
        self._kept = _kept(start, wanted)
        self._left = {node.name for node in start.nodes} - set(self._kept.values())
        self._drawn = {INPUT: INPUT, OTHER: OTHER}
        """Block of the wanted network -> the one that stands for it on the drawing."""

    def draw(self) -> None:
        for node in self._wanted.nodes:
            sources = [self._drawn[name] for name in node.inputs]
            name = self._kept.get(node.name) or self._add(node.kind, sources)
            self._drop_left(name)
            self._lead(name, sources)
            self._drawn[node.name] = name
            self._drawer.fill(name, node)

        self._drawer.close_list()

    def _add(self, kind: str, sources: list[str]) -> str:
        """Puts a block behind the first source that nothing reads which is drawn already."""
        done = set(self._drawn.values())
        nodes = self._drawer.graph().nodes
        read = {name for node in nodes if node.name in done for name in node.inputs}
        free = [name for name in sources if name not in read]
        if free:
            return self._drawer.put(kind, free[0])

        return self._drawer.branch(kind, sources[0])

    def _drop_left(self, name: str) -> None:
        """Deletes blocks of the empty network that stand before a block and are not wanted."""
        for source in self._drawer.graph()[name].inputs:
            if source in self._left:
                self._left.remove(source)
                self._drawer.delete(source)
                self._drop_left(name)

    def _lead(self, name: str, sources: list[str]) -> None:
        """Draws wires to a block, and cuts others, until it reads what it shall."""
        for _ in range(2 * len(sources) + 3):
            node = self._drawer.graph()[name]
            missing = [source for source in sources if source not in node.inputs]
            extra = [source for source in node.inputs if source not in sources]
            full = len(node.inputs) >= most_inputs(node.kind)
            if extra and (not missing or (full and len(node.inputs) > 1)):
                self._drawer.cut(extra[0], name)
            elif missing:
                self._drawer.wire(missing[0], name)
            else:
                return

        raise AssertionError(f"'{name}' does not come to read {sources}")


def same_network(first: Graph, second: Graph) -> bool:
    """Returns whether two graphs are one network, whatever blocks are called."""
    return len(first.nodes) == len(second.nodes) and _form(first) == _form(second)


def _form(graph: Graph) -> Any:
    """Returns what the last block computes, as nested kinds and settings without names."""
    forms: dict[str, Any] = {INPUT: INPUT, OTHER: OTHER}
    for node in graph.nodes:
        inputs = [forms[name] for name in node.inputs]
        if node.kind in MERGES:
            inputs.sort(key=repr)
        forms[node.name] = (node.kind, repr(read_settings(node)), tuple(inputs))

    return forms[graph.nodes[-1].name]


def _kept(start: Graph, wanted: Graph) -> dict[str, str]:
    """Returns which blocks of the empty network stand for which wanted ones: from the end on."""
    kept: dict[str, str] = {}
    left = list(start.nodes)
    for node in reversed(wanted.nodes):
        alike = [each for each in left if each.kind == node.kind]
        if alike:
            kept[node.name] = alike[-1].name
            left.remove(alike[-1])

    return kept


def _open_data(person: Person, source: str, task: str | None) -> None:
    """Opens built-in data, and says what shall be learned of them."""
    name = source.removeprefix("sample:")
    if name not in IN_FRONT:
        person.click("welcome.more_samples")
    person.click(f"welcome.sample.{name}")
    if task is not None:
        box: Any = person.click("data.task")
        row = person.on_window(lambda: box.findData(task))
        person.type(person.on_window(lambda: box.itemText(row))[:8], enter=True)
        person.wait(lambda: box.currentData() == task, f"the task {task}")


def train(person: Person) -> int:
    """Trains for some epochs; returns the clicks up to the first point of the curve."""
    session = person.session
    person.press(ord("r"), CONTROL)
    person.wait(lambda: len(session.record.losses) > 0, "the first point of the curve")
    clicks = person.clicks
    person.wait(lambda: len(session.record.epochs) >= EPOCHS or not session.active, "some epochs")
    if person.on_window(lambda: session.active):
        person.click("train.stop")
    person.wait(lambda: not session.active, "the end of the training")
    assert len(session.record.epochs) >= EPOCHS, "it did not train"
    return clicks


def _save_and_open(person: Person, document: Document, path: Path, drawn: Graph) -> None:
    """Saves the experiment, begins another one, and opens the file; it must hold the same."""
    person.press(ord("s"), CONTROL)
    person.answer_dialog(str(path))
    person.wait(path.exists, "the file")
    person.click("rail.welcome")
    person.click("welcome.sample.digits")
    person.wait(lambda: document.experiment.model is None, "another experiment")
    person.press(ord("o"), CONTROL)
    person.answer_dialog(str(path))
    person.wait(lambda: isinstance(document.experiment.model, OwnNetwork), "the network again")
    model = document.experiment.model
    assert isinstance(model, OwnNetwork) and model.blocks == drawn


DRAWN: dict[str, Callable[[Person, Path], Answer]] = {
    stem: partial(draw_network, stem)
    for stem in sorted(path.stem for path in FOLDER.glob("*.toml"))
}
