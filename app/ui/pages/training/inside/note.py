"""What stands in the view "Inside" while there is nothing to look at, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.ui.state.session import Session

SOON = "The first look comes with the next step."

BESIDE = (
    "This run trains beside the window, in a process of its own, which does not tell what its "
    "optimizer holds. Choose 'Here' beside Train to look inside the next one."
)
NOT_LIVE = (
    "What an optimizer holds is measured live, while a run trains and this view is in front; it is "
    "not kept with the run. Train, or resume this run, to look inside."
)


def note_of(session: Session) -> str:
    """Returns why nothing was measured of the run shown."""
    if not session.live:
        return NOT_LIVE

    return BESIDE if session.goes_on_alone else SOON
