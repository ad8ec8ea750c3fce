"""Examples of any kind in a grid with captions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, overload

from PySide6.QtCore import QSize

from app.engine.data.kinds import kind_of
from app.ui.widgets.examples.example import Example
from app.ui.widgets.examples.painting import pixmap_of, size_of
from app.ui.widgets.examples.pixels import crisp
from app.ui.widgets.examples.thumbnails import ThumbnailGrid

if TYPE_CHECKING:
    from PySide6.QtGui import QPixmap

    from app.ui.style.theme import Theme

LOOKED_AT = 24
"""Number of first examples from which the size of all tiles is taken."""

ExampleRow = tuple[Example, str, str]
"""An example, a caption of up to three lines, and a tone (see thumbnails.Tone)."""


class LazyRows(Sequence[ExampleRow]):
    """Rows that are made when they are painted: `make(index)` for each of `count`.

    lines: those of the longest caption; taken from the first few rows if 0.
    """

    def __init__(self, count: int, make: Callable[[int], ExampleRow], lines: int = 0) -> None:
        self._count = count
        self._make = make
        self.lines = lines

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> ExampleRow: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ExampleRow]: ...
    def __getitem__(self, index: int | slice) -> ExampleRow | Sequence[ExampleRow]:
        if isinstance(index, slice):
            return [self._make(i) for i in range(*index.indices(self._count))]
        if not -self._count <= index < self._count:
            raise IndexError(index)

        return self._make(index % self._count)


class ExampleGrid(ThumbnailGrid):
    """A grid of examples; pictures look as in a ThumbnailGrid, others get the width they need.

    `show_rows` takes (Example, caption, tone). The tiles are as large as the largest of the first
    few examples needs.

    size: side of a picture's tile in pixels at 100 %.
    """

    def __init__(
        self, theme: Theme, size: int = 76, rows_visible: int = 0, keeps_choice: bool = False
    ) -> None:
        self._tile = (size, size)
        super().__init__(theme, size, rows_visible, keeps_choice)
        self.setAccessibleName("Examples")

    def tile_at(self, growth: float) -> QSize:
        return QSize(*(round(self.theme.px(side) * growth) for side in self._tile))

    @property
    def can_grow(self) -> bool:
        """Whether a larger tile shows more: a text has the same letters on it."""
        if not super().can_grow or not len(self.rows):
            return False

        first: Example = self.rows[0][0]
        return first.picture is not None

    def show_rows(self, rows: Sequence[Any]) -> None:
        if len(rows):
            first: Example = rows[0][0]
            side = self.size_at_100
            sizes = [size_of(rows[number][0]) for number in range(min(LOOKED_AT, len(rows)))]
            width, height = (max(parts) for parts in zip(*sizes, strict=True))
            scale = side / kind_of("image").tile[0] if first.halves else 1.0
            self._tile = (
                (side, side)
                if first.picture is not None
                else (round(width * scale), round(height * scale))
            )
        super().show_rows(rows)

    def lines_of(self, rows: Sequence[Any]) -> int:
        if isinstance(rows, LazyRows):
            return rows.lines or super().lines_of(rows[:LOOKED_AT])
        return super().lines_of(rows)

    def draw(self, item: Any, ratio: float) -> QPixmap:
        example: Example = item
        if example.picture is not None:
            return crisp(example.picture, self.tile.width(), ratio)

        return pixmap_of(self.theme, example, self.tile, ratio)

    def _measure(self) -> None:
        if len(self.rows) and self.rows[0][0].picture is not None:
            self._tile = (self.size_at_100, self.size_at_100)  # larger while projected

        super()._measure()

    def spoken(self, item: Any) -> str:
        example: Example = item
        return example.line or super().spoken(item)
