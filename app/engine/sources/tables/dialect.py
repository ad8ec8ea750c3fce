"""How a table is written, as it was found out or chosen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.engine.data.numbers import NumberStyle


@dataclass(frozen=True)
class Dialect:
    """How a table is written.

    sort: "text", "spreadsheet" or "Parquet"; what does not apply to it is None. reasons: setting ->
    the words for a person ("semicolons: ..."). skip_rows ... letter_k: as the settings in [data] of
    these names, as they are used.
    """

    sort: str
    header: bool
    style: NumberStyle
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    reasons: dict[str, str] = field(default_factory=dict)
    skip_rows: int = 0
    second_row: str = "example"
    skip_footer: int = 0
    comment: str = ""
    letter_k: str = ""
