"""What the Guide says on the Runs page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.pages.parts import GuideCard

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.ui.pages.runs.entries import Entry


COMPARING = GuideCard(
    "Comparing",
    "Change one thing at a time: only then does the difference between two curves show what the "
    "change did. Differences below the interval in Results may be chance.",
)


def comparison_cards() -> list[GuideCard]:
    """Returns the cards for the comparison in full width."""
    return [
        GuideCard(
            "What you see",
            "Each line has the colour of its runs in the table. Of the settings, the table shows "
            "only those in which the runs differ. Runs that differ in nothing but the seed can be "
            "one band; a wide band means that chance decides much.",
        ),
        COMPARING,
    ]


def guide_cards(chosen: Sequence[Entry], go_on: Callable[[], None]) -> list[GuideCard]:
    """Returns the cards for the chosen runs. go_on: resumes the one that is chosen."""
    cards = [
        GuideCard(
            "What you see",
            "Every training is a folder with its settings, curves and weights. The small "
            "orange curve is the validation loss; the green ring is the best epoch.",
        )
    ]
    entry = chosen[0] if len(chosen) == 1 else None
    if entry is not None and entry.status == "interrupted":
        cards.append(
            GuideCard(
                "It was interrupted",
                "The program or the computer ended while it trained. Nothing up to its last "
                "checkpoint is lost.",
                "warning",
                "Resume" if entry.can_go_on else "",
                go_on if entry.can_go_on else None,
                "guide.runs.resume",
            )
        )
    elif entry is not None and entry.status in ("failed", "diverged", "damaged") and entry.reason:
        cards.append(GuideCard(entry.status_words, entry.reason, "problem"))

    if len(chosen) > 1:
        cards.append(COMPARING)

    return cards
