"""Where a person put blocks of the drawn network by hand, and the notes beside them.

It stands beside the network in the experiment file, as [drawing], and nothing of it trains: two
experiments that differ in it alone give the same run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, field_validator

from models.graph_file import MOST_BLOCKS
from models.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from models.graph import Graph

FARTHEST = 1_000_000
"""Pixels at 100 %; the largest network is a tenth as high."""

MOST_NOTES = 200

LONGEST_NOTE = 2_000
"""Characters of a note."""


def _place(value: Any) -> Any:
    """Takes two numbers as files and the screen give them, as whole pixels."""
    numbers = isinstance(value, (list, tuple)) and all(
        isinstance(part, (int, float)) and abs(part) <= FARTHEST for part in value
    )
    return tuple(round(part) for part in value) if numbers else value


def _tuple(value: Any) -> Any:
    """Takes a list, as files give it, for a tuple."""
    return tuple(value) if isinstance(value, list) else value


Coordinate = Annotated[int, Field(ge=-FARTHEST, le=FARTHEST)]

Place = Annotated[tuple[Coordinate, Coordinate], BeforeValidator(_place)]
"""Pixels at 100 % to the right of the main column's middle, and below the top of the network."""


class Note(Spec):
    """A note on the drawing. at: its upper left corner."""

    text: str = Field(max_length=LONGEST_NOTE)
    at: Place


class Drawing(Spec):
    """What a person changed of the drawing.

    positions: block -> the middle of its upper edge; other blocks stand where they are arranged.
    """

    positions: dict[str, Place] = {}
    notes: Annotated[tuple[Note, ...], BeforeValidator(_tuple), Field(max_length=MOST_NOTES)] = ()

    @field_validator("positions")
    @classmethod
    def _not_too_many(cls, value: dict[str, Any]) -> dict[str, Any]:
        if len(value) > MOST_BLOCKS:
            raise ValueError(f"a network has at most {MOST_BLOCKS:,} blocks")

        return value

    def moved(self, places: Mapping[str, tuple[float, float]]) -> Drawing:
        """Returns the drawing with blocks at other places."""
        return self.replace(positions={**self.positions, **places})

    def arranged(self, names: Collection[str] = ()) -> Drawing:
        """Returns the drawing with some blocks where they are arranged; () for all blocks."""
        kept = {
            name: place for name, place in self.positions.items() if names and name not in names
        }
        return self.replace(positions=kept)

    def of(self, before: Graph, after: Graph) -> Drawing:
        """Returns the drawing for a changed graph: a block that is gone has no place.

        A block that was only renamed keeps its own.
        """
        if not self.positions:
            return self

        old, new = ({node.name for node in graph.nodes} for graph in (before, after))
        places = dict(self.positions)
        gone, come = old - new, new - old
        if len(gone) == len(come) == 1 and len(before.nodes) == len(after.nodes):
            name, new_name = gone.pop(), come.pop()
            renamed = before[name].kind == after[new_name].kind
            if renamed and name in places:
                places[new_name] = places[name]

        kept = {name: place for name, place in places.items() if name in new}
        return self if kept == self.positions else self.replace(positions=kept)

    def with_note(self, text: str, at: tuple[float, float]) -> Drawing:
        """Returns the drawing with one more note."""
        return self.replace(notes=(*self.notes, Note.model_validate({"text": text, "at": at})))

    def without_notes(self, numbers: Collection[int]) -> Drawing:
        """Returns the drawing without some notes; numbers: their places among the notes."""
        kept = (note for number, note in enumerate(self.notes) if number not in numbers)
        return self.replace(notes=tuple(kept))

    def with_changed_note(self, number: int, **changes: Any) -> Drawing:
        """Returns the drawing with another text or place of a note."""
        notes = list(self.notes)
        notes[number] = notes[number].replace(**changes)
        return self.replace(notes=tuple(notes))
