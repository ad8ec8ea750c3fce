"""From a table to examples: columns become inputs and targets, unusable rows are listed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.dataset import Skipped
from app.engine.data.dates import date_words
from app.engine.data.names import NumberedNames, readable
from app.engine.data.pictures import SUFFIXES as PICTURES
from app.engine.data.splits import UNASSIGNED, split_of
from app.engine.errors import UserError
from app.engine.learning.tasks import task as task_of
from app.engine.sources.file_lists.finder import FileFinder
from app.engine.sources.format import OpenOptions, unusable
from app.engine.sources.loaded import Examples, Part
from app.engine.sources.parts.pictures import picture_part
from app.engine.sources.parts.rows import RowPart, missing_policy
from app.engine.sources.parts.signals import SignalPart
from app.engine.sources.parts.texts import TextPart
from app.engine.sources.saved.contents import PictureColumn
from app.engine.sources.tables.as_trained import reading_of
from app.engine.sources.tables.choice.inputs import unread_notes
from app.engine.sources.tables.choice.planned_lists import plan_with_lists
from app.engine.sources.tables.target_columns import (
    finite_targets,
    present_targets,
    targets_of,
)
from app.engine.sources.tables.written.later_units import unit_notes
from app.engine.sources.tables.written.lists import with_places
from app.engine.sources.tables.written.merged_values import merged_notes
from app.engine.sources.targets import pair_targets
from app.engine.text import names_text

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.tables.columns import Column, Table
    from app.engine.sources.tables.plan import TablePlan

LEAST = 2
"""Rows: from one nothing can be learned and validated."""

REPORTED_COLUMNS = 10
"""At most so many columns with infinite values are named."""


def examples_of(table: Table, data: DataSettings, options: OpenOptions) -> Examples:
    """Makes examples of a table.

    Raises UserError where nothing can be learned from it, and whatever `options.check` raises.
    """
    if options.reuse_preparation is None or not len(table):
        _refuse_few(table, data)

    data = with_places(table, data)
    table, plan = plan_with_lists(table, data, options.trained)
    return _Builder(table, plan, data, options).build()


def _refuse_few(table: Table, data: DataSettings) -> None:
    """Raises UserError where a table has fewer than two rows that can be used."""
    if not len(table):
        what = "has a row of names but no other row" if table.dialect.header else "has no row"
        if table.skipped:
            what = (
                f"has no row that can be used: {table.skipped[0].path}: {table.skipped[0].reason}"
            )
            if data.delimiter is not None:
                raise UserError(
                    f"'{readable(table.path)}' {what}.",
                    "Check what stands between the cells.",
                    "data.delimiter",
                )

        raise unusable(table.path, what, "Add rows: at least two, preferably some hundreds.")
    if len(table) < LEAST:
        raise unusable(
            table.path,
            "has only one row, so none is left to judge the training",
            "Add rows: at least two, preferably some hundreds.",
        )


class _Builder:
    """Narrows the rows down, then makes inputs and targets of the columns.

    Every row that goes is listed with the reason.
    """

    def __init__(
        self, table: Table, plan: TablePlan, data: DataSettings, options: OpenOptions
    ) -> None:
        self.table = table
        self.plan = plan
        self.data = data
        self.options = options
        self.skipped = list(table.skipped)

        self.notes = [*table.notes, *plan.notes]
        if plan.question:
            self.notes.append(plan.question)

    def build(self) -> Examples:
        plan = self.plan
        task = task_of(plan.task)
        names = ", ".join(f"'{name}'" for name in plan.targets)
        self._keep(finite_targets(self.table, plan), f"its value of {names} is infinite")
        self._keep(present_targets(self.table, plan), f"it has no value of {names}")
        self._drop_missing()

        pair = plan.input_kind == "pair"
        parts = self._both_halves() if pair else (self._part(plan.inputs[0], 0),)

        if task.pairs:
            targets = pair_targets(self.table.by_name[plan.inputs[1]].texts.to_pylist())
        else:
            test_only = self.options.reuse_preparation is not None
            targets, notes = targets_of(self.table, plan, test_only)
            self.notes += notes

        self.notes += self._reading_notes()
        return Examples(
            plan.task,
            parts,
            targets,
            self._predefined_splits(),
            NumberedNames("row", self.table.row_numbers),
            self._groups(),
            tuple(self.skipped),
            tuple(self.notes),
            self._names_of_halves() if pair else ("first", "second"),
            chosen=self._chosen_settings(),
            reading=reading_of(self.table, plan),
        )

    def _names_of_halves(self) -> tuple[str, str]:
        """Returns the kinds of the halves of a pair, or where they are the same, their columns."""
        kinds = {"image": "picture", "text": "text"}
        first, second = self.plan.inputs
        first_kind = kinds.get(self.plan.roles[first].role, first)
        second_kind = kinds.get(self.plan.roles[second].role, second)

        return (first, second) if first_kind == second_kind else (first_kind, second_kind)

    def _keep(self, valid: np.ndarray, reason: str) -> np.ndarray:
        """Leaves out the rows that are not valid (N,) bool, and lists them with the reason.

        Returns the indices of those that stay. Raises UserError if none does.
        """
        indices = np.flatnonzero(valid)
        if len(indices) == len(valid):
            return indices

        self.skipped += [
            Skipped(self.table.row_name(row), reason) for row in np.flatnonzero(~valid).tolist()
        ]
        if not len(indices):
            raise unusable(
                self.table.path,
                f"has no row that can be used: of every one, {reason}",
                "Check what the columns are.",
            )

        count = len(valid) - len(indices)
        self.notes.append(f"{count:,} {'row is' if count == 1 else 'rows are'} left out: {reason}.")
        self.table = self.table.take(indices)
        return indices

    def _drop_missing(self) -> None:
        """Leaves out the rows with gaps in columns whose gaps are not filled.

        Of a network that is tested also those with a text in place of a number, which get no answer
        from it either.
        """
        if self.plan.input_kind == "signal":
            values = np.stack(
                [self.table.by_name[name].numbers[0] for name in self.plan.inputs], axis=1
            )
            self._keep(np.isfinite(values).all(axis=1), "a value of the signal is missing")

        if self.plan.input_kind != "row":
            return

        for name in self.plan.inputs:
            role = self._role(name)
            if role == "number" and self.options.trained is not None:
                column = self.table.by_name[name]
                form = f"date of the form {date_words(column.date)}" if column.date else "number"
                self._keep(~column.numbers[1], f"its '{name}' is not a {form}")

            column = self.table.by_name[name]
            if missing_policy(name, role, self.data.missing) == "drop":
                numbers = role == "number"
                present = np.isfinite(column.numbers[0]) if numbers else column.factorized[0] >= 0
                self._keep(present, f"it has no value of '{name}'")

    def _role(self, name: str) -> str:
        return "category" if self.plan.roles[name].role == "category" else "number"

    def _chosen_settings(self) -> dict[str, Any]:
        """Returns the settings that other data must be read by as well.

        They are the target, and the columns that are texts or pictures.
        """
        plan = self.plan
        chosen: dict[str, Any] = {}
        if plan.targets:
            chosen["target"] = plan.targets[0] if len(plan.targets) == 1 else list(plan.targets)

        if plan.input_kind in ("text", "image", "pair"):
            chosen["columns"] = {
                **self.data.columns,
                **{name: plan.roles[name].role for name in plan.inputs},
            }

        return chosen

    # --- inputs

    def _part(self, name: str, half: int) -> Part:
        if self.plan.input_kind == "row":
            return self._rows()
        if self.plan.input_kind == "signal":
            return self._signals()

        is_picture = self.plan.roles[name].role == "image"
        return self._pictures(name, half) if is_picture else self._texts(name)

    def _rows(self) -> Part:
        columns = [self.table.by_name[name] for name in self.plan.inputs]
        roles = {name: self._role(name) for name in self.plan.inputs}
        missing = {name: policy for name, policy in self.data.missing.items() if name in roles}
        self._note_non_numbers([column for column in columns if roles[column.name] == "number"])

        return RowPart(columns, roles, missing, self.table.dialect.style)

    def _signals(self) -> Part:
        columns = [self.table.by_name[name].numbers[0] for name in self.plan.inputs]
        values = np.stack(columns, axis=1)
        return SignalPart(values[:, None].astype(np.float32))

    def _texts(self, name: str) -> Part:
        texts = self.table.by_name[name].texts.to_pylist()
        self._keep(np.array([bool(text) for text in texts]), f"its text in '{name}' is empty")
        return TextPart(self.table.by_name[name].texts.to_pylist(), self.data)

    def _pictures(self, name: str, half: int) -> Part:
        column = self.table.by_name[name]
        cells = column.texts.to_pylist()
        if isinstance(column, PictureColumn):
            found: list[Path | bytes | None] = [*column.files()]
        else:
            finder = FileFinder(Path(self.table.path).parent, PICTURES)
            found = [finder.any_file(cell) for cell in cells]

        exists = np.array([file is not None for file in found], bool)
        if not exists.any():
            raise UserError(
                f"None of the pictures that '{name}' of '{readable(self.table.path)}' names is "
                f"there; the first is '{cells[0]}'.",
                "The files are looked for from the table's own folder.",
                "data.source",
            )

        indices = self._keep(exists, f"there is no such file as '{name}' says")
        names = [cells[index] for index in indices]

        part, rows, skipped, notes = picture_part(
            [file for file in found if file is not None], self.data, self.options, names, half
        )
        if not len(rows):
            raise UserError(
                f"None of the {len(names):,} pictures of '{readable(self.table.path)}' could be "
                f"read; '{skipped[0].path}': {skipped[0].reason}.",
                "Choose other data.",
                "data.source",
            )

        if len(rows) < len(names):
            self.table = self.table.take(rows)
            count = len(names) - len(rows)
            self.notes.append(
                f"{count:,} {'picture' if count == 1 else 'pictures'} could not be read and "
                f"{'is' if count == 1 else 'are'} left out."
            )

        self.skipped += skipped
        self.notes += notes
        return part

    def _both_halves(self) -> tuple[Part, ...]:
        """Returns both halves of the pairs.

        Rows are left out before anything is decoded, but for pictures that cannot be decoded.
        """
        first, second = self.plan.inputs
        for name in (first, second):
            if self.plan.roles[name].role != "image":
                self._texts(name)

        left = self._part(first, 0)
        before = self.table
        right = self._part(second, 1)

        if len(self.table) < len(before):  # the second half lost rows that the first one has
            left = self._part(first, 0)

        return left, right

    # --- notes

    def _note_non_numbers(self, columns: list[Column]) -> None:
        for column in columns:
            examples = column.non_numbers()
            if examples:
                count = int(column.numbers[1].sum())
                cells = ", ".join(
                    f"'{cell.text[:40]}' ({self.table.row_name(cell.row)})" for cell in examples
                )
                verb = "is not a number and counts" if count == 1 else "are not numbers and count"
                self.notes.append(
                    f"{count:,} {'cell' if count == 1 else 'cells'} of '{column.name}' {verb} as "
                    f"missing: {cells}."
                )

    def _reading_notes(self) -> list[str]:
        """Returns how the table was read, and what was replaced."""
        plan = self.plan
        notes = []
        if plan.targets:
            more = " …" if len(plan.targets) > 5 else ""
            notes.append(f"Predicted: {', '.join(plan.targets[:5])}{more}.")

        infinite = {
            name: count
            for name in plan.inputs
            if plan.roles[name].role == "number" and (count := self.table.by_name[name].numbers[2])
        }
        for name, count in list(infinite.items())[:REPORTED_COLUMNS]:
            verb = (
                "value of '{}' is infinite and counts"
                if count == 1
                else "values of '{}' are infinite and count"
            )
            notes.append(f"{count:,} {verb.format(name)} as missing.")

        dates = [
            name
            for name in plan.inputs
            if plan.roles[name].role == "number" and self.table.by_name[name].date
        ]
        if dates:
            notes.append(
                f"{', '.join(repr(name) for name in dates[:5])}: dates, read as days since 1970."
            )

        read = [self.table.by_name[name] for name in (*plan.inputs, *plan.targets)]
        amounts = [c for c in read if plan.roles[c.name].role in ("number", "target")]
        notes += [*unit_notes(amounts), *merged_notes(amounts)]
        notes += unread_notes(plan.roles)
        if plan.groups:
            together = names_text(plan.groups)
            notes.append(
                f"Rows with the same {together} stay in one split: "
                f"{len(set(self._groups() or ())):,} groups."
            )

        return notes

    # --- splits and groups

    def _predefined_splits(self) -> np.ndarray:
        if self.plan.split is None:
            return np.full(len(self.table), UNASSIGNED, np.int8)

        words = self.table.by_name[self.plan.split].texts.to_pylist()
        return np.array([split_of(word) for word in words], np.int8)

    def _groups(self) -> list[str] | None:
        """Returns the group of each row, from the columns of groups; "" where all are empty."""
        if not self.plan.groups:
            return None

        columns = [self.table.by_name[name].texts.to_pylist() for name in self.plan.groups]
        return ["\0".join(row) if any(row) else "" for row in zip(*columns, strict=True)]
