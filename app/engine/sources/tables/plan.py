"""What a table is used for: the task, the columns that are read and those that are predicted."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, cast

from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.data.names import readable
from app.engine.errors import UserError
from app.engine.learning.tasks import task as task_of
from app.engine.sources.format import unusable
from app.engine.sources.tables.choice.family import note_on_rivals, target_family
from app.engine.sources.tables.choice.inputs import (
    ignore_other_places,
    ignore_others,
    inputs_in,
    mark_inputs,
    signal_columns,
)
from app.engine.sources.tables.choice.likely_target import reason_for
from app.engine.sources.tables.choice.several_targets import are_yes_or_no
from app.engine.sources.tables.roles import RoleGuess, find_split_column, guess_roles
from app.engine.sources.tables.target_guess import guess_list, guess_target, guess_task
from app.engine.text import nearest_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.data.dataset import Description
    from app.engine.experiment.data_settings import DataSettings, Role
    from app.engine.learning.task import Task
    from app.engine.sources.tables.columns import Column, Table

InputKind = Literal["row", "signal", "text", "image", "pair"]

ROLES = {"text": "text", "image": "image"}
"""The role of a column that is an input of its own, by the kind of that input."""


@dataclass(frozen=True)
class TablePlan:
    """What is read of a table, and how.

    roles: of every column, the target's among them. task: chosen or guessed. targets, inputs,
    groups: names of columns. split: the column that says which split a row belongs to. question:
    what a person is asked about the target, "" if nothing. separator: between tags in one cell.
    listed: whether the cells of several targets are tags, and no targets a tag each.
    """

    roles: dict[str, RoleGuess]
    task: str
    input_kind: InputKind
    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    groups: tuple[str, ...]
    split: str | None
    question: str = ""
    separator: str = ""
    notes: tuple[str, ...] = ()
    listed: bool = False


def targets_in(data: DataSettings) -> tuple[str, ...]:
    """Returns the target columns that the settings name."""
    named = [data.target] if isinstance(data.target, str) else list(data.target or ())
    by_role = (name for name, role in data.columns.items() if role == "target")
    return tuple(dict.fromkeys([*named, *by_role]))


def plan_table(table: Table, data: DataSettings, trained: Description | None = None) -> TablePlan:
    """Decides what is read of a table: as chosen, as in training, or as the table suggests.

    Raises UserError where the settings do not fit the table, or there is nothing to learn from it.
    """
    _refuse_unknown_columns(table, data, trained is None)
    if trained is not None and trained.reading.inputs:
        return _plan_as_trained(table, data, trained)

    if len(table.columns) == 1 and data.task is None:
        raise unusable(
            table.path,
            f"has only one column, '{table.column_names[0]}', so nothing can be predicted from it",
            "Choose a table with at least two columns, or another delimiter.",
        )

    named = targets_in(data)
    roles = guess_roles(table, data.columns, named)
    split = find_split_column(table, roles)
    if split is not None:
        roles[split.name] = RoleGuess(
            "ignore",
            "it says which split a row belongs to, and is followed",
            roles[split.name].chosen,
        )

    mark_inputs(table, roles, data)
    requested = task_of(data.task) if data.task is not None else None
    pairs = requested.pairs if requested else not named and _is_pair(roles)
    targets = _mark_targets(table, roles, requested, named, pairs)
    ignore_others(roles, data, targets)
    ignore_other_places(table, roles, targets)
    if pairs:
        return _plan_pairs(table, roles, requested, split, named)

    guess = guess_task(table, data, targets, _reasons(roles))
    kind, inputs, notes = _inputs(table, data, roles, targets)
    if not named:
        notes = (*notes, *note_on_rivals(roles, targets))
    if guess.note:
        notes = (*notes, guess.note)
    return TablePlan(
        roles,
        guess.task,
        kind,
        inputs,
        targets,
        _groups(roles),
        split.name if split else None,
        guess.question,
        guess.separator,
        notes,
        _are_listed(table, guess.task, targets),
    )


def _are_listed(table: Table, task: str, targets: Sequence[str]) -> bool:
    columns = [table.by_name[name] for name in targets]
    return task_of(task).targets == "tags" and len(columns) > 1 and not are_yes_or_no(columns)


def _mark_targets(
    table: Table,
    roles: dict[str, RoleGuess],
    requested: Task | None,
    named: tuple[str, ...],
    pairs: bool,
) -> tuple[str, ...]:
    """Returns the target columns, named or guessed, and notes their role in `roles`.

    () where the task derives its targets from the inputs.
    """
    if pairs:
        return ()

    if requested is not None and requested.targets in ("none", "tokens"):
        for name in named:
            roles[name] = replace(roles[name], role="ignore")
        return ()

    if named:
        return named

    if places := guess_list(table, roles, requested):
        guess = RoleGuess("target", "what is predicted: a list that is named like it")
        roles.update(dict.fromkeys(places, guess))
        return places

    family = target_family(table, roles)
    if family:
        for name in family:
            roles[name] = RoleGuess("target", f"what is predicted: one of {len(family)} columns")
        return family

    target = guess_target(table, roles, requested)
    if target is None:
        return ()

    roles[target.name] = RoleGuess("target", f"what is predicted: {reason_for(target)}")
    return (target.name,)


def _refuse_unknown_columns(table: Table, data: DataSettings, all_settings: bool) -> None:
    """Raises UserError for a column that is not there.

    all_settings: False where a network is only tested on the table. Then the target must be there,
    while roles and policies for missing values come from the training.
    """
    requested = [("data.target", targets_in(data))]
    if all_settings:
        requested += [("data.columns", tuple(data.columns)), ("data.missing", tuple(data.missing))]
        requested += [("data.inputs", inputs_in(data))]

    for setting, names in requested:
        for name in names:
            if name not in table.by_name and not all_settings:
                raise UserError(_no_target(table, name), "Give it that name.", setting)
            if name not in table.by_name:
                near = difflib.get_close_matches(name, table.column_names, n=1)
                known = ", ".join(f"'{column}'" for column in table.column_names[:20])
                raise UserError(
                    f"'{readable(table.path)}' has no column '{name}'.",
                    f"Did you mean '{near[0]}'?" if near else f"Choose one of: {known}.",
                    setting,
                )

    for name in requested[0][1]:
        if table.by_name[name].nested:
            raise UserError(
                f"'{name}' of '{readable(table.path)}' cannot be predicted: "
                f"{table.by_name[name].unread}.",
                "Choose another target, or save it as numbers, texts or lists of them.",
                "data.target",
            )


def _no_target(table: Table, name: str) -> str:
    near = nearest_name(name, table.column_names)
    return (
        f"'{readable(table.path)}' has no column '{name}', the target of the training"
        f"{f'; the nearest is {near!r}' if near else ''}."
    )


def _plan_as_trained(table: Table, data: DataSettings, trained: Description) -> TablePlan:
    """Returns the plan of the training, for a table that has the columns it reads.

    Raises UserError where the targets that the task needs are not there.
    """
    reading = trained.reading
    preparation = trained.preparation
    halves = preparation.halves if isinstance(preparation, PairPreparation) else (preparation,)
    kinds = dict(zip(reading.inputs, (half.kind for half in halves), strict=False))
    rows = {column.name: column.role for column in getattr(preparation, "columns", ())}

    task = task_of(data.task or trained.task)
    learned = task.targets not in ("none", "tokens") and not task.pairs
    targets = (targets_in(data) or reading.targets) if learned else ()

    roles: dict[str, RoleGuess] = {}
    for name in table.column_names:
        if name in targets:
            roles[name] = RoleGuess("target", "as in training", True)
        elif name in reading.inputs:
            role = cast("Role", rows.get(name) or ROLES.get(kinds.get(name, ""), "number"))
            roles[name] = RoleGuess(role, "as in training", True)
        else:
            roles[name] = RoleGuess("ignore", "not read in training")

    split = find_split_column(table, roles)
    separator = ""
    if learned:
        separator = guess_task(table, data.replace(task=task.kind), targets).separator
    own = table.by_name[targets[0]].separator if len(targets) == 1 else ""

    return TablePlan(
        roles,
        task.kind,
        cast("InputKind", preparation.kind),
        reading.inputs,
        targets,
        (),
        split.name if split else None,
        separator=own or reading.separator or separator,
        listed=task.targets == "tags" and len(targets) > 1 and trained.classes != targets,
    )


def _groups(roles: dict[str, RoleGuess]) -> tuple[str, ...]:
    return tuple(name for name, guess in roles.items() if guess.role == "group")


def _is_pair(roles: dict[str, RoleGuess]) -> bool:
    """Returns whether a table has two columns of texts or pictures and nothing else to read."""
    used = [guess.role for guess in roles.values() if guess.role not in ("ignore", "group")]
    return len(used) == 2 and all(role in ("text", "image") for role in used)


def _plan_pairs(
    table: Table,
    roles: dict[str, RoleGuess],
    requested: Task | None,
    split: Column | None,
    named: Sequence[str],
) -> TablePlan:
    halves = [name for name, guess in roles.items() if guess.role in ("text", "image")]
    halves += [name for name in named if name not in halves]

    if len(halves) < 2:
        spare = [
            column.name
            for column in table.columns
            if column.name not in halves
            and column.kind == "text"
            and not roles[column.name].chosen
            and (split is None or column.name != split.name)
        ]
        halves += spare[-(2 - len(halves)) :]

    if len(halves) < 2:
        raise UserError(
            f"Pairs need two columns of texts or pictures; '{readable(table.path)}' has "
            f"{len(halves)}.",
            "Choose 'text' or 'image' for two columns.",
            "data.columns",
        )

    # In the order of the table, but pictures first.
    halves = sorted(halves[:2], key=table.column_names.index)
    halves.sort(key=lambda name: roles[name].role != "image")

    for name in halves:
        if roles[name].role not in ("text", "image"):
            roles[name] = RoleGuess("text", "one half of the pairs")

    others = [
        name
        for name, guess in roles.items()
        if name not in halves and guess.role in ("number", "category")
    ]
    return TablePlan(
        roles,
        requested.kind if requested else "matching",
        "pair",
        (halves[0], halves[1]),
        (),
        _groups(roles),
        split.name if split else None,
        notes=_unread_note(others, "of pairs only the two halves are"),
    )


def _unread_note(names: Sequence[str], why: str) -> tuple[str, ...]:
    """Returns a sentence on columns that are not read; `why` is continued by "read"."""
    if not names:
        return ()

    shown = ", ".join(f"'{name}'" for name in names[:5])
    if len(names) > 5:
        shown += f" and {len(names) - 5:,} more"

    return (f"{shown} {'is' if len(names) == 1 else 'are'} not read: {why} read.",)


def _inputs(
    table: Table, data: DataSettings, roles: dict[str, RoleGuess], targets: Sequence[str]
) -> tuple[InputKind, tuple[str, ...], tuple[str, ...]]:
    """Returns the kind of input, the columns that are read, and notes on those that are not.

    Raises UserError where nothing is left to read.
    """
    by_role: dict[str, list[str]] = {}
    for name, guess in roles.items():
        if name not in targets:
            by_role.setdefault(guess.role, []).append(name)

    images = by_role.get("image", [])
    texts = by_role.get("text", [])
    categories = by_role.get("category", [])
    values = [*by_role.get("number", []), *categories]

    if images:
        others = [*images[1:], *texts, *values]
        return "image", (images[0],), _unread_note(others, "only the picture is")

    if texts:
        others = [*texts[1:], *values]
        return "text", (texts[0],), _unread_note(others, "only the text is")

    if data.rows_are == "signal":
        steps = signal_columns(table, roles, targets)
        return "signal", steps, _unread_note(categories, "of a signal only numbers are")

    read = set(values)
    names = tuple(column.name for column in table.columns if column.name in read)
    if not names:
        raise UserError(
            f"No column of '{readable(table.path)}' is left to predict "
            f"from{_reasons(roles, targets)}.",
            "Choose what the columns are.",
            "data.columns",
        )

    return "row", names, ()


def _reasons(roles: dict[str, RoleGuess], targets: Sequence[str] = ()) -> str:
    """Says in brackets why columns are not used."""
    reasons = [
        f"'{name}': {guess.reason}"
        for name, guess in roles.items()
        if name not in targets and guess.role == "ignore"
    ]
    if not reasons:
        return ""

    return f" ({'; '.join(reasons[:4])}{'; …' if len(reasons) > 4 else ''})"
