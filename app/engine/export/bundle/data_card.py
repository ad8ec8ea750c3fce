"""The data card of a bundle: DATA-CARD.md, what the network was trained on without the examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.export.bundle.markdown import marked
from app.engine.results.data_card import DataCard

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.engine.data.dataset import Description


def card_text(description: Description, source: str) -> str:
    """Returns the card as Markdown. source: of the data, as the run names it."""
    card = DataCard.of(description, source)
    parts = [
        f"# Data: {marked(card.name)}",
        "No example of the data is in this bundle.",
        "\n".join(f"- {name}: {marked(value)}" for name, value in card.facts() if value),
        "## Splits",
        _table(("split", "examples", "share"), card.split_rows()),
    ]
    if card.classes:
        parts += ["## Classes", _table(("class", *card.splits), card.class_rows())]

    return "\n\n".join(parts) + "\n"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Returns a table of Markdown: the first column of words, the others of numbers."""
    lines = [columns, ["---", *("---:" for _ in columns[1:])]]
    lines += [[marked(cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
