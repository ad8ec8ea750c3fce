"""Pictures of the network while it is drawn by hand, for `python -m tests.screens OUT --canvas`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint

from app.ui.canvas.editor import Drop
from app.ui.pages.model.graph_edits import open_graph
from app.ui.pages.model.page import ModelPage

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ui.canvas.view import NetworkView


def take_canvas(camera: Any) -> None:
    """Takes a template, blocks being added, wires, notes, what is told, and a large network."""
    camera.open()
    camera.read("sample:fashion")
    camera.window.frame.go("model")
    document = camera.inside.document
    measurer = camera.inside.network_measurer

    def measured() -> None:
        camera.settle(300)
        camera.wait(lambda: not measurer.busy)
        camera.settle(300)

    document.choose("model", "resnet")
    measured()
    page = camera.window.frame.findChild(ModelPage)
    assert isinstance(page, ModelPage)
    view = page.network.view

    def photograph(state: str) -> None:
        camera.photograph(state, ("model",))

    photograph("drawn")
    view.choose(view.blocks[3].name)
    view.commands.do("add")
    measured()
    photograph("palette")
    page.palette_card.palette_list.field.setText("norm")
    measured()
    photograph("palette-found")
    page.palette_card.palette_list.field.clear()
    page._show_palette(False)

    view.commands.do("large")
    _branch(page, view, measured)
    photograph("branched")
    view.choose(view.blocks[5].name)
    view.zoom_to_fit()
    measured()
    photograph("branched-fit")
    view.zoom_to_actual()
    _noted(page, view, measured)
    photograph("notes")
    view.tell(page.editor.draw_wire(view.blocks[6].name, view.blocks[2].name))
    _each(camera, "backwards", lambda: view.tell(view.message.text.text()))
    view.find_bar.field.setText("conv")
    _each(camera, "find", view.find_bar.open)
    view.find_bar.hide()
    _repeated(page, view, measured)
    photograph("repeated")
    _each(camera, "dragged", lambda: _mark(view))
    view._show_drop(None)
    view.message.hide()
    _menu(camera, view)


def _each(camera: Any, state: str, show: Callable[[], None]) -> None:
    """Photographs what lies over the drawing, in every appearance."""
    for appearance in camera.appearances():
        camera.settle()
        show()
        camera.settle(100)
        camera.save(f"{state}-model-{appearance}")

    camera.inside.theme.set_zoom(1.0)
    camera.inside.theme.set_dark(False)


def _branch(page: ModelPage, view: NetworkView, measured: Callable[[], None]) -> None:
    """Adds a branch beside the network and leads it back into a sum."""
    first, second = view.blocks[2].name, view.blocks[3].name
    assert page.editor.insert("convolution", Drop(wire=(first, second))) == ""
    measured()
    (new,) = view.all_chosen
    assert page.editor.insert("add", Drop(behind=new)) == ""
    measured()


def _noted(page: ModelPage, view: NetworkView, measured: Callable[[], None]) -> None:
    graph = open_graph(page._parts.document)
    assert graph is not None
    name = view.blocks[4].name
    item = view.item(name)
    x, y = view.content.place_of(item)
    assert page.editor.move({name: (x + 300, y + 10)}, {}) == ""
    assert page.editor.add_note("Try this one without a bypass.", (x + 320, y + 90)) == ""
    measured()


def _repeated(page: ModelPage, view: NetworkView, measured: Callable[[], None]) -> None:
    page.editor.arrange(())
    names = [block.name for block in view.blocks if not block.source]
    assert page.editor.repeat(names[1:2], 12) == ""
    measured()


def _mark(view: NetworkView) -> None:
    """Shows what a block would do that is dragged over the first wire."""
    wire = next(iter(view.content.wires.lines))
    view._show_drop(Drop(wire=wire))
    view.show_block(wire[1])
    view.tell("Between Picture and Convolution", view.item(wire[1]).rect.topRight())


def _menu(camera: Any, view: NetworkView) -> None:
    menu = view.commands.menu()
    menu.popup(view.mapToGlobal(QPoint(20, 20)))
    camera.settle()
    path = camera.out / "menu.png"
    menu.grab().save(str(path))
    camera.taken.append(path)
    menu.close()
    menu.deleteLater()
