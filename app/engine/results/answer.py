"""What a network answers about one example, as plain values. No torch here."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

Cell = str | float | int
"""What stands in one cell of a file of answers."""


@dataclass(frozen=True)
class Item:
    """One part of an answer.

    value: the bare figure. text: the same for a person, with its unit. share: how long a bar for it
    is, 0 to 1; None where a bar means nothing. chosen: whether it belongs to the answer (a tag that
    is set).
    """

    label: str
    value: float
    text: str
    share: float | None = None
    chosen: bool = False


@dataclass(frozen=True)
class Answer:
    """headline: the answer in a few words.

    items: its parts, the most important first. note: a sentence that one should know with it.
    plain: the same as plain data, with the names that `predict --json` prints.
    """

    view: str
    headline: str
    items: tuple[Item, ...] = ()
    unit: str = ""
    note: str = ""
    plain: dict[str, Any] = field(default_factory=dict)

    def to_plain(self) -> dict[str, Any]:
        """Returns plain data for JSON: the task's own names first, then what a person reads."""
        return {**self.plain, "answer": self.headline, **({"unit": self.unit} if self.unit else {})}

    def parts(self) -> list[dict[str, Any]]:
        """Returns the items as plain data."""
        return [asdict(item) for item in self.items]
