"""Pictures of the Model page for tests.screens: outputs of blocks, the table, kept networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QToolButton

from app.ui.pages.model.graph_edits import open_graph, set_graph
from app.ui.pages.model.page import ModelPage
from app.ui.state.insight.block_outputs import LIVE
from models import edits

if TYPE_CHECKING:
    from tests.screens import Camera

MODEL = ("model",)


def take_outputs(camera: Camera) -> None:
    """Takes each card beside the drawing, for pictures and for texts, and the gallery."""
    camera.open()
    camera.read("sample:fashion")
    camera.window.frame.go("model")
    page = camera.window.frame.findChild(ModelPage)
    assert isinstance(page, ModelPage)
    camera.settle(400)
    _measured(camera)
    camera.photograph("start", MODEL)

    _toggle(page, "outputs")
    _seen(camera, page)
    camera.photograph("outputs", MODEL)
    page.network.view.choose("block1")
    _seen(camera, page)
    camera.photograph("outputs_block", MODEL)
    _toggle(page, "table")
    camera.settle()
    camera.photograph("table", MODEL)

    graph = open_graph(camera.inside.document)
    assert graph is not None
    set_graph(camera.inside.document, edits.set_settings(graph, graph.nodes[-1].name, outputs=3))
    _measured(camera)
    camera.photograph("table_mistake", MODEL)
    camera.inside.document.undo()
    _toggle(page, "table")

    set_graph(camera.inside.document, edits.insert_after(graph, "block1", "add", {}, ("stem",))[0])
    camera.inside.document.undo()
    set_graph(camera.inside.document, edits.set_settings(graph, "block1", channels=64))
    _measured(camera)
    page.network.view.scene().clearSelection()
    page.own.name.setText("wide eyes")
    page.own.keep()
    camera.wait(lambda: bool(page.kept.library.networks))
    camera.photograph("kept", MODEL)

    camera.inside.document.undo()
    _toggle(page, "outputs")
    page.beside.block_outputs.choose_weights(LIVE)
    camera.train(lambda: len(camera.inside.session.live_record.steps) > 40, epochs=30)
    camera.window.frame.go("model")
    camera.wait(lambda: "after step" in page.beside.block_outputs.words)
    camera.photograph("outputs_live", MODEL)
    camera.stop()

    camera.inside.document.choose("model", "vit")
    page.beside.block_outputs.choose_weights("first")
    camera.window.frame.go("model")
    _measured(camera)
    graph = open_graph(camera.inside.document)
    assert graph is not None
    page.network.view.choose(next(n.name for n in graph.nodes if n.kind == "transformer"))
    _seen(camera, page)
    camera.photograph("outputs_attention", MODEL)


def _toggle(page: ModelPage, name: str) -> None:
    button = page.network.findChild(QToolButton, f"model.{name}")
    assert button is not None
    button.toggle()


def _measured(camera: Camera) -> None:
    camera.settle(400)
    camera.wait(lambda: not camera.inside.network_measurer.busy)
    camera.settle(400)


def _seen(camera: Camera, page: ModelPage) -> None:
    camera.settle(300)
    camera.wait(lambda: not page.beside.block_outputs.busy)
    camera.settle(200)
