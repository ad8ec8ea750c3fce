"""How a table is read and what its columns are taken for, for a person to look at and overrule."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.engine.errors import UserError
from app.engine.sources.format import Check, no_check
from app.engine.sources.parts.rows import POLICIES
from app.engine.sources.tables.choice.planned_lists import plan_with_lists
from app.engine.sources.tables.plan import targets_in
from app.engine.sources.tables.reading import read_beginning
from app.engine.sources.tables.roles import guess_roles
from app.engine.sources.tables.written.lists import with_places

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Skipped
    from app.engine.experiment.data_settings import DataSettings, Role
    from app.engine.sources.tables.columns import Table
    from app.engine.sources.tables.roles import RoleGuess

SHOWN_ROWS = 20
SHOWN_SKIPPED = 200


@dataclass(frozen=True)
class ColumnPreview:
    """A column of a table and what it is taken for.

    reason: why it has this role. chosen: whether a person chose it. distinct: how many distinct
    values it has. missing: cells without a value. policy: what happens to them, "" where nothing is
    read; policies: what could. non_numbers: the first cells that are no numbers in a column that
    mostly has numbers, (row, text). list_name: of the lists of which it is one place, "" for none.
    """

    name: str
    role: Role
    reason: str
    chosen: bool
    kind: str
    distinct: int
    missing: int
    policy: str = ""
    policies: tuple[str, ...] = ()
    non_numbers: tuple[tuple[str, str], ...] = ()
    list_name: str = ""


@dataclass(frozen=True)
class TablePreview:
    """A table as it is read with some settings.

    sort: "text", "spreadsheet" or "Parquet". delimiter ... letter_k: what is used of the settings
    of these names, None where it does not apply. reasons: by the name of a setting in [data], the
    words for what is used and why. rows: the first twenty, as texts; row_names: what each is
    called. total: rows, exactly if `complete`, else estimated from the beginning that was read.
    question: what is asked about the target, "" if nothing. problem: why it cannot be learned from
    as it is, with `setting` at fault.
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
    skip_rows: int
    second_row: str
    skip_footer: int
    comment: str
    letter_k: str
    reasons: dict[str, str]
    columns: tuple[ColumnPreview, ...]
    rows: tuple[tuple[str, ...], ...] = field(repr=False)
    row_names: tuple[str, ...] = field(repr=False)
    total: int
    complete: bool
    task: str
    targets: tuple[str, ...]
    input_kind: str
    separator: str
    question: str
    notes: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    problem: str = ""
    remedy: str = ""
    setting: str = ""


def preview(source: str | Path, data: DataSettings, check: Check = no_check) -> TablePreview:
    """Reads a small table as a whole, of a large one the beginning, and says what it holds.

    A table that can be read but not be learned from has a `problem`. Raises UserError for what is
    no table, OSError, and whatever `check` raises.
    """
    return preview_of(read_beginning(source, data, check), data)


def preview_of(table: Table, data: DataSettings) -> TablePreview:
    """Says what a table holds that is read already."""
    data = with_places(table, data)
    problem = UserError("", "")
    task: str = data.task or ""
    targets = targets_in(data)
    input_kind = separator = question = ""
    notes = list(table.notes)
    try:
        table, plan = plan_with_lists(table, data)
        roles = plan.roles
        task = plan.task
        targets = plan.targets
        input_kind = plan.input_kind
        separator = plan.separator
        question = plan.question
        notes = [*table.notes, *plan.notes]
    except UserError as error:
        problem = error
        known = {name: role for name, role in data.columns.items() if name in table.by_name}
        roles = guess_roles(table, known, [name for name in targets if name in table.by_name])

    if not table.complete:
        notes.append(f"Judged by the first {len(table):,} rows.")

    dialect = table.dialect
    return TablePreview(
        table.path,
        dialect.sort,
        dialect.delimiter,
        dialect.style.decimal,
        dialect.style.thousands,
        dialect.encoding,
        dialect.header,
        dialect.sheet,
        dialect.sheets,
        dialect.skip_rows,
        dialect.second_row,
        dialect.skip_footer,
        dialect.comment,
        dialect.letter_k,
        dict(dialect.reasons),
        tuple(_column(table, name, guess, data) for name, guess in roles.items()),
        tuple(tuple(row) for row in table.cells(SHOWN_ROWS)),
        tuple(table.row_name(row) for row in range(min(SHOWN_ROWS, len(table)))),
        table.estimated,
        table.complete,
        task,
        targets,
        input_kind,
        separator,
        question,
        tuple(notes),
        table.skipped[:SHOWN_SKIPPED],
        problem.what,
        problem.remedy,
        problem.setting,
    )


def _column(table: Table, name: str, guess: RoleGuess, data: DataSettings) -> ColumnPreview:
    column = table.by_name[name]
    role = guess.role
    policies = POLICIES.get(role, ())

    non_numbers: list[tuple[str, str]] = []
    if column.kind == "mixed" or (role == "number" and not column.numeric):
        non_numbers = [(table.row_name(cell.row), cell.text) for cell in column.non_numbers()]

    missing = len(column) - int(column.present.sum())
    chosen = data.missing.get(name)
    policy = chosen if chosen in policies else policies[0] if policies else ""

    return ColumnPreview(
        name,
        role,
        guess.reason,
        guess.chosen,
        column.kind,
        column.distinct,
        missing,
        policy or "",
        policies,
        tuple(non_numbers),
        column.list_name,
    )
