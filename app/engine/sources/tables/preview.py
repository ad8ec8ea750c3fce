"""What was found out about a table, for a person to look at and to overrule."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.engine.errors import UserError
from app.engine.sources.format import Check, no_check
from app.engine.sources.parts.rows import FOR_CATEGORIES, FOR_NUMBERS
from app.engine.sources.tables.plan import plan, targets_in
from app.engine.sources.tables.reading import read_beginning
from app.engine.sources.tables.roles import guess

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Skipped
    from app.engine.experiment.data_settings import DataSettings, Role
    from app.engine.sources.tables.columns import Table

SHOWN_ROWS = 20


@dataclass(frozen=True)
class ColumnPreview:
    """role, reason: what it is taken for, and why.

    given: whether a person said so. different: values. missing: cells without a value. policy: what
    happens to them, "" where nothing is read; policies: what could. odd: the first cells that are
    no numbers in a column that mostly has numbers: (row, text).
    """

    name: str
    role: Role
    reason: str
    given: bool
    kind: str
    different: int
    missing: int
    policy: str = ""
    policies: tuple[str, ...] = ()
    odd: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class TablePreview:
    """sort: "text", "spreadsheet" or "Parquet". delimiter ... sheet: what is used, None where it
    does not apply. reasons: by the name of a setting in [data], the words for what was found and
    why. rows: the first twenty, as texts; row_names: what each is called. total: rows, exactly
    if `complete`, else estimated from the beginning that was read. question: what is asked about
    the target, "" if nothing. problem: why it cannot be learned from as it is, with `setting` at
    fault.
    """

    path: str
    sort: str
    delimiter: str | None
    decimal: str
    thousands: str
    encoding: str | None
    header: bool
    sheet: str | None
    sheets: tuple[str, ...]
    reasons: dict[str, str]
    columns: tuple[ColumnPreview, ...]
    rows: tuple[tuple[str, ...], ...] = field(repr=False)
    row_names: tuple[str, ...] = field(repr=False)
    total: int
    complete: bool
    task: str
    targets: tuple[str, ...]
    reads: str
    separator: str
    question: str
    notes: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    problem: str = ""
    remedy: str = ""
    setting: str = ""


def preview(source: str | Path, data: DataSettings, check: Check = no_check) -> TablePreview:
    """Reads a small table as a whole, of a large one the beginning.

    A table that can be read but not be learned from has a `problem`. Raises UserError for what is
    no table, OSError, and whatever `check` raises.
    """
    return preview_of(read_beginning(source, data, check), data)


def preview_of(table: Table, data: DataSettings) -> TablePreview:
    """Of a table that is read already."""
    problem = UserError("", "")
    task: str = data.task or ""
    targets = targets_in(data)
    reads = ""
    separator = ""
    question = ""

    notes = list(table.notes)
    try:
        planned = plan(table, data)
        roles = planned.roles
        task = planned.task
        targets = planned.targets
        reads = planned.reads
        separator = planned.separator
        question = planned.question
        notes += planned.notes
    except UserError as error:
        problem = error
        known = {name: role for name, role in data.columns.items() if name in table.by_name}
        roles = guess(table, known, [name for name in targets if name in table.by_name])

    if not table.complete:
        notes.append(f"Judged by the first {len(table):,} rows.")

    manner = table.manner
    return TablePreview(
        table.path,
        manner.sort,
        manner.delimiter,
        manner.style.decimal,
        manner.style.thousands,
        manner.encoding,
        manner.header,
        manner.sheet,
        manner.sheets,
        dict(manner.reasons),
        tuple(
            _column(table, name, one.role, one.reason, one.given, data)
            for name, one in roles.items()
        ),
        tuple(tuple(row) for row in table.cells(SHOWN_ROWS)),
        tuple(table.row_of(row) for row in range(min(SHOWN_ROWS, len(table)))),
        table.estimated,
        table.complete,
        task,
        targets,
        reads,
        separator,
        question,
        tuple(notes),
        table.skipped[:200],
        problem.what,
        problem.remedy,
        problem.setting,
    )


def _column(
    table: Table, name: str, role: Role, reason: str, given: bool, data: DataSettings
) -> ColumnPreview:
    column = table.by_name[name]
    policies = FOR_NUMBERS if role == "number" else FOR_CATEGORIES if role == "category" else ()
    odd = (
        [(table.row_of(one.place), one.text) for one in column.odd()]
        if column.kind == "mixed" or (role == "number" and not column.numeric)
        else []
    )

    missing = len(column) - int(column.present.sum())
    chosen = data.missing.get(name)
    policy = chosen if chosen in policies else policies[0] if policies else ""

    return ColumnPreview(
        name,
        role,
        reason,
        given,
        column.kind,
        column.different,
        missing,
        policy or "",
        policies,
        tuple(odd),
    )
