"""What the drawing asks of those who hold the network: every gesture is one call, and one undo.

Each call returns in a sentence why nothing was changed, "" where it was done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.ui.canvas.wires import Wire
    from models.arrangement import Point


@dataclass(frozen=True)
class Drop:
    """Where a new block comes: on a wire, in the place of a block, or behind one.

    behind: the block that it reads. at: where it stands, in pixels at 100 %; what read the block
    behind which it comes does not read the new one then.
    """

    wire: Wire | None = None
    instead: str = ""
    behind: str = ""
    at: Point | None = None


class Editor(Protocol):
    """Changes the network and its drawing."""

    def draw_wire(self, source: str, target: str) -> str:
        """Lets a block read another one."""
        ...

    def move_wire(self, wire: Wire, source: str, target: str) -> str:
        """Lets a wire run between other blocks, of which one is as before."""
        ...

    def remove_wire(self, wire: Wire) -> str:
        """Takes a wire away."""
        ...

    def insert(self, kind: str, drop: Drop) -> str:
        """Puts a new block of a kind somewhere."""
        ...

    def delete(self, names: Sequence[str], notes: Sequence[int]) -> str:
        """Takes blocks and notes out, and closes the gaps."""
        ...

    def move(self, blocks: Mapping[str, Point], notes: Mapping[int, Point]) -> str:
        """Puts blocks and notes somewhere, in pixels at 100 %."""
        ...

    def arrange(self, names: Sequence[str]) -> str:
        """Lets blocks stand where they are arranged; of none named, all."""
        ...

    def copy(self, names: Sequence[str]) -> str:
        """Returns blocks as text; "" where there are none."""
        ...

    def paste(self, text: str, behind: str) -> str:
        """Puts the blocks of a text behind one of the network; "" for the place before the end."""
        ...

    def duplicate(self, names: Sequence[str]) -> str:
        """Puts copies of blocks behind them."""
        ...

    def take_apart(self, name: str) -> str:
        """Puts the blocks in the place of a group that it is made of."""
        ...

    def add_note(self, text: str, at: Point) -> str:
        """Puts a note somewhere, in pixels at 100 %."""
        ...

    def change_note(self, number: int, text: str) -> str:
        """Gives a note another text; one without text goes."""
        ...
