"""Pictures for tests.screens: inside the network, looking back at its epochs, and what if."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint

from app.ui.pages.training.epochs_view import EpochsView
from app.ui.pages.training.network.view import NetworkView
from app.ui.pages.training.run_views import VIEWS

SAMPLES = (("digits", "cnn", 6), ("fashion", "vit", 3), ("glosses", "text-encoder", 3))
"""Source, template, epochs."""


def take_inside(camera: Any) -> None:
    """Photographs each view for pictures, texts and an attention, while it trains and after."""
    camera.open()
    for source, template, epochs in SAMPLES:
        camera.read(f"sample:{source}")
        camera.inside.document.choose("model", template)
        camera.settle(300)
        camera.wait(lambda: not camera.inside.network_measurer.busy)
        camera.photograph(f"{source}-disk", ("learning",))
        _training(camera, source)
        camera.train(lambda: False, epochs=epochs, keep_epochs=True)
        _results(camera, source)
        _tryit(camera, source)


def _training(camera: Any, source: str) -> None:
    page: Any = camera.window.frame.pages["training"]
    session = camera.inside.session
    camera.train(lambda: len(session.record.epochs) >= 2, epochs=40)
    camera.window.frame.go("training")
    _view(page, "network")
    _open_block(camera, page.run.views.page(NetworkView))
    camera.photograph(f"{source}-network", ("training",))
    _view(page, "epochs")
    camera.wait(lambda: bool(page.run.views.page(EpochsView).back.looks.looks))
    camera.photograph(f"{source}-epochs-live", ("training",))
    camera.stop()
    _view(page, "overview")


def _view(training: Any, name: str) -> None:
    training.run.show_view([view[0] for view in VIEWS].index(name))


def _open_block(camera: Any, view: Any) -> None:
    camera.wait(lambda: bool(view.outputs.outputs))
    table = view.blocks.table
    table.setCurrentIndex(table.blocks.index(min(2, table.blocks.rowCount() - 1), 0))
    camera.wait(lambda: bool(view.blocks.large.pictures))


def _results(camera: Any, source: str) -> None:
    results: Any = camera.window.frame.pages["results"]
    camera.window.frame.go("results")
    results.folded.button.setChecked(True)
    camera.wait(lambda: bool(results.back.looks.looks))
    results.show_split("validation")
    results.back.choose(1)
    camera.settle(300)
    bar = results.scroller.verticalScrollBar()
    for appearance in camera.appearances():
        camera.settle(300)
        camera.save(f"{source}-results-{appearance}")
        bar.setValue(results.back.mapTo(results.scroller.widget(), QPoint()).y() - 8)
        camera.settle(200)
        camera.save(f"{source}-back-{appearance}")
        bar.setValue(0)

    results.back.compare.click()
    for appearance in camera.appearances():
        camera.settle(300)
        bar.setValue(results.back.mapTo(results.scroller.widget(), QPoint()).y() - 8)
        camera.settle(200)
        camera.save(f"{source}-compare-{appearance}")

    results.back.compare.click()
    results.folded.button.setChecked(False)
    camera.inside.theme.set_zoom(1.0)
    camera.inside.theme.set_dark(False)


def _tryit(camera: Any, source: str) -> None:
    page: Any = camera.window.frame.pages["tryit"]
    camera.window.frame.go("tryit")
    camera.settle(800)
    page.input_card.random_button.click()
    camera.settle(1200)
    card = page.below.inside
    card.button.setChecked(True)
    camera.wait(lambda: card._seen is not None)
    table = card.blocks.table
    table.setCurrentIndex(table.blocks.index(min(2, table.blocks.rowCount() - 1), 0))
    camera.wait(lambda: bool(card.what_if.kind.count()))
    card.what_if.mute.click()
    camera.settle(600)
    card.measure.click()
    camera.wait(lambda: "before" in card.effect.text())
    bar = page.scroller.verticalScrollBar()
    for appearance in camera.appearances():
        camera.settle(300)
        bar.setValue(page.below.y() + card.y() - 8)
        camera.settle(200)
        camera.save(f"{source}-whatif-{appearance}")

    card.button.setChecked(False)
    camera.inside.theme.set_zoom(1.0)
    camera.inside.theme.set_dark(False)
