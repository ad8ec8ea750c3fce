"""Pictures of networks with members for tests.screens: their gallery, and where they disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.screens import Camera


def take_members(camera: Camera) -> None:
    """Takes the Model page, Results and Try it of TabM for classes and for amounts."""
    camera.open()
    for state, source in (("classes", "sample:penguins"), ("amounts", "sample:diabetes")):
        camera.read(source)
        camera.inside.document.choose("model", "tabm")
        camera.settle(300)
        camera.wait(lambda: not camera.inside.network_measurer.busy)
        camera.photograph(f"members-{state}", ("model", "learning"))
        camera.train(lambda: False, epochs=10)
        camera.window.frame.go("results")
        results: Any = camera.window.frame.pages["results"]
        camera.wait(lambda page=results: page.members.isVisible())  # type: ignore[misc]
        camera.photograph(f"members-{state}", ("results",))
        bar = results.scroller.verticalScrollBar()
        bar.setValue(bar.maximum())
        camera.photograph(f"members-{state}-below", ("results",))

        camera.window.frame.go("tryit")
        camera.settle(800)
        tryit: Any = camera.window.frame.pages["tryit"]
        tryit.input_card.random_button.click()
        camera.settle(1500)
        camera.photograph(f"members-{state}", ("tryit",))
