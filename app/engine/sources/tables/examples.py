"""A table becomes examples: rows that cannot be used are listed, columns become parts and targets."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.engine.data.dataset import Skipped
from app.engine.data.names import readable
from app.engine.data.splits import FREE, split_of
from app.engine.errors import UserError
from app.engine.learning.tasks import task as task_of
from app.engine.sources.format import OpenOptions, unusable
from app.engine.sources.loaded import Examples, Part
from app.engine.sources.parts.rows import RowPart, policy_of
from app.engine.sources.tables.answers import finite, present, targets_of
from app.engine.sources.tables.plan import Plan, plan
from app.engine.sources.targets import partners_of
from app.engine.text import names_text

if TYPE_CHECKING:
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.sources.tables.columns import Column, Table

LEAST = 2
"""Rows: from one nothing can be learned and judged."""


def examples_of(table: Table, data: DataSettings, options: OpenOptions) -> Examples:
    """Raises UserError where nothing can be learned from the table, and whatever `options.check`
    raises.
    """
    if options.reuse_preparation is None or not len(table):
        _refuse_few(table, data)

    planned = plan(table, data, options.reuse_preparation)
    builder = _Builder(table, planned, data, options)
    return builder.build()


def _refuse_few(table: Table, data: DataSettings) -> None:
    if not len(table):
        what = "has a row of names but no other row" if table.manner.header else "has no row"
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

        raise unusable(table.path, what, "Add rows: at least two, better some hundreds.")
    if len(table) < LEAST:
        raise unusable(
            table.path,
            "has only one row, so none is left to judge the training",
            "Add rows: at least two, better some hundreds.",
        )


class _Builder:
    """Narrows the rows down, then makes the parts.

    Every row that goes is listed with the reason.
    """

    def __init__(
        self, table: Table, planned: Plan, data: DataSettings, options: OpenOptions
    ) -> None:
        self.table = table
        self.plan = planned
        self.data = data
        self.options = options
        self.skipped = list(table.skipped)

        self.notes = [*table.notes, *planned.notes]
        if planned.question:
            self.notes.append(planned.question)

    def build(self) -> Examples:
        plan = self.plan
        task = task_of(plan.task)
        targets = ", ".join(f"'{name}'" for name in plan.targets)
        self._keep(finite(self.table, plan), f"its value of {targets} is infinite")
        self._keep(present(self.table, plan), f"it has no value of {targets}")
        self._drop_missing()
        parts = self._pair() if plan.reads == "pair" else (self._part(plan.inputs[0], 0),)

        told: tuple[str, ...] = ()
        if task.pairs:
            answers = partners_of(self.table.by_name[plan.inputs[1]].texts.to_pylist())
        else:
            answers, told = targets_of(self.table, plan, self.options.reuse_preparation is not None)

        self.notes += [*told, *self._told()]
        kinds = {"image": "picture", "text": "text"}

        names: tuple[str, ...] = tuple(
            kinds.get(plan.roles[name].role, name) for name in plan.inputs[:2]
        )
        if len(set(names)) < 2:
            names = plan.inputs[:2]

        return Examples(
            plan.task,
            parts,
            answers,
            self._hints(),
            [self.table.row_of(row) for row in range(len(self.table))],
            self._groups(),
            tuple(self.skipped),
            tuple(self.notes),
            (names[0], names[1]) if plan.reads == "pair" else ("first", "second"),
            chosen=self._chosen(),
        )

    def _keep(self, kept: np.ndarray, reason: str) -> np.ndarray:
        """Leaves the other rows out.

        kept: (N,) bool. Returns the places that stay. Raises UserError if none does.
        """
        places = np.flatnonzero(kept)
        if len(places) < len(kept):
            self.skipped += [
                Skipped(self.table.row_of(row), reason) for row in np.flatnonzero(~kept).tolist()
            ]
            if not len(places):
                raise unusable(
                    self.table.path,
                    f"has no row that can be used: of every one, {reason}",
                    "Check what the columns are.",
                )

            count = len(kept) - len(places)
            self.notes.append(
                f"{count:,} {'row is' if count == 1 else 'rows are'} left out: {reason}."
            )
            self.table = self.table.take(places)

        return places

    def _drop_missing(self) -> None:
        if self.plan.reads == "signal":
            values = np.stack(
                [self.table.by_name[name].numbers[0] for name in self.plan.inputs], axis=1
            )
            self._keep(np.isfinite(values).all(axis=1), "a value of the signal is missing")

        if self.plan.reads != "row":
            return

        for name in self.plan.inputs:
            role = self._role(name)
            column = self.table.by_name[name]
            if policy_of(name, role, self.data.missing) == "drop":
                there = np.isfinite(column.numbers[0]) if role == "number" else column.coded[0] >= 0
                self._keep(there, f"it has no value of '{name}'")

    def _role(self, name: str) -> str:
        return "category" if self.plan.roles[name].role == "category" else "number"

    def _chosen(self) -> dict[str, Any]:
        """What other data must be read by as well: the target, and the columns that are texts or
        pictures.
        """
        plan = self.plan
        chosen: dict[str, Any] = {}
        if plan.targets:
            chosen["target"] = plan.targets[0] if len(plan.targets) == 1 else list(plan.targets)

        if plan.reads in ("text", "image", "pair"):
            chosen["columns"] = {
                **self.data.columns,
                **{name: plan.roles[name].role for name in plan.inputs},
            }

        return chosen

    # --- parts

    def _part(self, name: str, half: int) -> Part:
        if self.plan.reads == "row":
            columns = [self.table.by_name[one] for one in self.plan.inputs]
            roles = {one: self._role(one) for one in self.plan.inputs}
            missing = {one: policy for one, policy in self.data.missing.items() if one in roles}
            self._tell_odd([column for column in columns if roles[column.name] == "number"])

            return RowPart(columns, roles, missing, self.table.manner.style)

        if self.plan.reads == "signal":
            from app.engine.sources.parts.signals import SignalPart

            values = np.stack(
                [self.table.by_name[one].numbers[0] for one in self.plan.inputs], axis=1
            )
            return SignalPart(values[:, None].astype(np.float32))

        return (
            self._pictures(name, half)
            if self.plan.roles[name].role == "image"
            else self._texts(name)
        )

    def _texts(self, name: str) -> Part:
        from app.engine.sources.parts.texts import TextPart

        texts = self.table.by_name[name].texts.to_pylist()
        self._keep(np.array([bool(text) for text in texts]), f"its text in '{name}' is empty")
        return TextPart(self.table.by_name[name].texts.to_pylist(), self.data)

    def _pictures(self, name: str, half: int) -> Part:
        from app.engine.sources.parts.pictures import picture_part

        cells = self.table.by_name[name].texts.to_pylist()
        folder = Path(self.table.path).parent
        paths = [
            folder / os.path.expanduser(cell.replace("\\", "/") if os.sep == "/" else cell)
            for cell in cells
        ]

        there = np.array(
            [
                bool(cell) and len(cell) < 1000 and path.is_file()
                for cell, path in zip(cells, paths, strict=True)
            ]
        )
        if not there.any():
            raise UserError(
                f"None of the pictures that '{name}' of '{readable(self.table.path)}' names is "
                "there; the first is "
                f"'{cells[0]}'.",
                "The files are looked for from the table's own folder.",
                "data.source",
            )

        kept = self._keep(there, f"there is no such file as '{name}' says")
        names = [cells[row] for row in kept]

        part, rows, skipped, notes = picture_part(
            [paths[row] for row in kept], self.data, self.options, names, half
        )
        if not len(rows):
            raise UserError(
                f"None of the {len(names):,} pictures of '{readable(self.table.path)}' could be "
                "read; "
                f"'{skipped[0].path}': {skipped[0].reason}.",
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

    def _pair(self) -> tuple[Part, ...]:
        """Both halves.

        Rows are left out before anything is decoded, but for pictures that cannot be.
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

    # --- the rest

    def _tell_odd(self, columns: list[Column]) -> None:
        for column in columns:
            odd = column.odd()
            if odd:
                count = int(column.numbers[1].sum())
                cells = ", ".join(
                    f"'{one.text[:40]}' ({self.table.row_of(one.place)})" for one in odd
                )
                verb = "is no number and counts" if count == 1 else "are no numbers and count"
                self.notes.append(
                    f"{count:,} {'cell' if count == 1 else 'cells'} of '{column.name}' {verb} as "
                    f"missing: {cells}."
                )

    def _told(self) -> list[str]:
        """How the table was read, and what was replaced."""
        plan = self.plan
        notes = []

        infinite = {
            name: count
            for name in plan.inputs
            if plan.roles[name].role == "number" and (count := self.table.by_name[name].numbers[2])
        }
        for name, count in list(infinite.items())[:10]:
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

        ignored = [
            name for name, one in plan.roles.items() if one.role == "ignore" and not one.given
        ]
        reasons = Counter(plan.roles[name].reason for name in ignored)
        for reason, count in reasons.most_common(8):
            names = [name for name in ignored if plan.roles[name].reason == reason]
            shown = ", ".join(f"'{name}'" for name in names[:3]) + (
                f" and {count - 3:,} more" if count > 3 else ""
            )
            notes.append(f"{shown} {'is' if count == 1 else 'are'} not read: {reason}.")

        if plan.groups:
            together = names_text(plan.groups)
            notes.append(
                f"Rows with the same {together} stay in one split: "
                f"{len(set(self._groups() or ())):,} groups."
            )

        if plan.targets:
            notes.insert(
                0,
                f"Predicted: {', '.join(plan.targets[:5])}{' …' if len(plan.targets) > 5 else ''}.",
            )

        return notes

    def _hints(self) -> np.ndarray:
        if self.plan.split is None:
            return np.full(len(self.table), FREE, np.int8)
        return np.array(
            [split_of(text) for text in self.table.by_name[self.plan.split].texts.to_pylist()],
            np.int8,
        )

    def _groups(self) -> list[str] | None:
        if not self.plan.groups:
            return None

        several = [self.table.by_name[name].texts.to_pylist() for name in self.plan.groups]
        return ["\0".join(row) if any(row) else "" for row in zip(*several, strict=True)]
