"""What a table is used for: the task, the columns that are read and the columns that are predicted."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from app.engine.data.names import readable
from app.engine.errors import UserError
from app.engine.learning.tasks import task as task_of
from app.engine.sources.format import unusable
from app.engine.sources.tables.roles import Guess, guess, split_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.engine.data.preparation import Preparation
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.learning.task import Task
    from app.engine.sources.tables.columns import Column, Table

TARGET_WORDS = (
    "target",
    "targets",
    "label",
    "labels",
    "class",
    "classes",
    "class_name",
    "y",
    "outcome",
    "outcomes",
    "output",
    "response",
    "diagnosis",
    "result",
    "ziel",
    "klasse",
    "kategorie",
    "category",
    "species",
    "breed",
    "survived",
    "churn",
    "tags",
    "topic",
    "sentiment",
    "price",
    "sales",
    "kind",
    "type",
)
FEW = 10
"""Whole numbers with at most so many different values are taken for classes."""

ASKED = 20
"""With at most so many it is asked whether they are classes or amounts."""

SEPARATORS = (";", "|", ",", "/")
TAGGED_SHARE = 0.2
TEXTS_OF_YES = (
    {"0", "1"},
    {"no", "yes"},
    {"false", "true"},
    {"n", "y"},
    {"nein", "ja"},
    {"f", "t"},
)

Reads = Literal["row", "signal", "text", "image", "pair"]


@dataclass(frozen=True)
class Plan:
    """roles: of every column, the target's among them.

    task: chosen or guessed. targets, inputs: names of columns. question: what a person is asked
    about the target, "" if nothing. separator: between tags in one cell.
    """

    roles: dict[str, Guess]
    task: str
    reads: Reads
    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    groups: tuple[str, ...]
    split: str | None
    question: str = ""
    separator: str = ""
    notes: tuple[str, ...] = ()


def targets_in(data: DataSettings) -> tuple[str, ...]:
    """The target columns that the settings name."""
    named = [data.target] if isinstance(data.target, str) else list(data.target or ())
    return tuple(
        dict.fromkeys([*named, *(name for name, role in data.columns.items() if role == "target")])
    )


def plan(table: Table, data: DataSettings, reuse_preparation: Preparation | None = None) -> Plan:
    """Raises UserError where the settings do not fit the table, or there is nothing to learn from
    it.
    """
    _refuse_unknown(table, data, reuse_preparation is None)
    if len(table.columns) == 1 and data.task is None:
        raise unusable(
            table.path,
            f"has only one column, '{table.heads[0]}', so nothing can be predicted from it",
            "Choose a table with at least two columns, or another delimiter.",
        )

    named = targets_in(data)
    roles = guess(table, data.columns, named)
    if reuse_preparation is not None:
        roles = _as_trained(roles, reuse_preparation, bool(named))

    split = split_column(table, roles)
    if split is not None:
        roles[split.name] = Guess(
            "ignore",
            "it says which split a row belongs to, and is followed",
            roles[split.name].given,
        )

    asked = task_of(data.task) if data.task is not None else None
    targets: tuple[str, ...] = named

    paired = not named and _pair(roles) is not None and asked is None
    if asked is not None and (asked.pairs or asked.targets in ("none", "tokens")):
        if not asked.pairs:
            for name in named:
                roles[name] = replace(roles[name], role="ignore")
        targets = ()
    elif not named and not paired:
        target = _guess_target(table, roles, asked)
        if target is not None:
            targets = (target.name,)
            reason = (
                "named like one"
                if _word(target.name) in TARGET_WORDS
                else "the last column that could be"
            )

            roles[target.name] = Guess("target", f"what is predicted: {reason}")

    if paired or (asked is not None and asked.pairs):
        return _plan_pairs(table, data, roles, asked, split, named)

    kind, question, separator = _task(table, data, targets, roles)
    reads, inputs, notes = _inputs(table, data, roles, targets)
    return Plan(
        roles,
        kind,
        reads,
        inputs,
        targets,
        _groups(roles),
        split.name if split else None,
        question,
        separator,
        notes,
    )


def _refuse_unknown(table: Table, data: DataSettings, all_of_them: bool) -> None:
    """Raises UserError for a column that is not there; in data to be judged only the target must
    be.
    """
    asked = [("data.target", targets_in(data))]
    if all_of_them:
        asked += [("data.columns", tuple(data.columns)), ("data.missing", tuple(data.missing))]

    for setting, names in asked:
        for name in names:
            if name not in table.by_name:
                near = difflib.get_close_matches(name, table.heads, n=1)
                known = ", ".join(f"'{head}'" for head in table.heads[:20])
                raise UserError(
                    f"'{readable(table.path)}' has no column '{name}'.",
                    f"Did you mean '{near[0]}'?" if near else f"Choose one of: {known}.",
                    setting,
                )


def _as_trained(
    roles: dict[str, Guess], reuse_preparation: Preparation, target_known: bool
) -> dict[str, Guess]:
    """Columns as the network's training had them, whatever these rows suggest.

    Others are left for the target, where it is not known.
    """
    wanted: dict[str, str] = {
        column.name: column.role for column in getattr(reuse_preparation, "columns", ())
    }
    if not wanted:
        return roles

    other = ("text", "image", "number", "category") if target_known else ("text", "image")
    found: dict[str, Guess] = {}
    for name, one in roles.items():
        if name in wanted and one.role != "target":
            found[name] = Guess(
                "category" if wanted[name] == "category" else "number", "as in training", True
            )
        elif one.role in other:
            found[name] = Guess("ignore", "not read in training")
        else:
            found[name] = one

    return found


def _groups(roles: dict[str, Guess]) -> tuple[str, ...]:
    return tuple(name for name, one in roles.items() if one.role == "group")


def _word(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _pair(roles: dict[str, Guess]) -> tuple[str, str] | None:
    """The two columns of a table that has nothing else."""
    used = [
        name
        for name, one in roles.items()
        if one.role in ("number", "category", "text", "image", "target")
    ]
    halves = [name for name in used if roles[name].role in ("text", "image")]
    return (halves[0], halves[1]) if len(used) == len(halves) == 2 else None


def _guess_target(table: Table, roles: dict[str, Guess], asked: Task | None) -> Column | None:
    """By its name, else the last column that the task could be about."""
    usable = [
        column
        for column in table.columns
        if roles[column.name].role in ("number", "category") and not roles[column.name].given
    ]
    if not usable:  # everything was chosen by hand, but no target
        usable = [
            column for column in table.columns if roles[column.name].role in ("number", "category")
        ]

    if asked is not None and asked.targets == "amounts":
        usable = [
            column
            for column in table.columns
            if (column.kind == "mixed" and not roles[column.name].given)
            or (column in usable and column.kind == "number")
        ]
    elif asked is not None and asked.targets == "classes":
        fitting = [
            column
            for column in usable
            if not column.numeric or (column.whole and column.different <= ASKED)
        ]
        usable = fitting or usable
    else:  # a column that is named like a target is one, even with a slip among its numbers
        usable += [
            column
            for column in table.columns
            if column.kind == "mixed"
            and not roles[column.name].given
            and _word(column.name) in TARGET_WORDS
        ]

    words = {_word(column.name): column for column in reversed(usable)}
    for word in TARGET_WORDS:
        if word in words:
            return words[word]

    if len(usable) > 1:
        plainly = [column for column in usable if not column.date]
        return (plainly or usable)[-1]

    others = any(one.role in ("text", "image") for one in roles.values())
    return usable[0] if usable and others else None


def _plan_pairs(
    table: Table,
    data: DataSettings,
    roles: dict[str, Guess],
    asked: Task | None,
    split: Column | None,
    named: Sequence[str],
) -> Plan:
    halves = [name for name, one in roles.items() if one.role in ("text", "image")]
    halves += [name for name in named if name not in halves]

    if len(halves) < 2:
        spare = [
            column.name
            for column in table.columns
            if column.name not in halves
            and column.kind == "text"
            and not roles[column.name].given
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

    halves = sorted(halves[:2], key=table.heads.index)
    halves.sort(key=lambda name: roles[name].role != "image")

    for name in halves:
        if roles[name].role not in ("text", "image"):
            roles[name] = Guess("text", "one half of the pairs")

    others = [
        name
        for name, one in roles.items()
        if name not in halves and one.role in ("number", "category")
    ]
    notes = _left_out(others, "of pairs only the two halves are")
    return Plan(
        roles,
        asked.kind if asked else "matching",
        "pair",
        (halves[0], halves[1]),
        (),
        _groups(roles),
        split.name if split else None,
        notes=notes,
    )


def _left_out(names: Sequence[str], why: str) -> tuple[str, ...]:
    if not names:
        return ()

    shown = ", ".join(f"'{name}'" for name in names[:5]) + (
        f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    )
    return (f"{shown} {'is' if len(names) == 1 else 'are'} not read: {why} read.",)


def _inputs(
    table: Table, data: DataSettings, roles: dict[str, Guess], targets: Sequence[str]
) -> tuple[Reads, tuple[str, ...], tuple[str, ...]]:
    by_role: dict[str, list[str]] = {}
    for name, one in roles.items():
        if name not in targets:
            by_role.setdefault(one.role, []).append(name)

    rows = by_role.get("number", []) + by_role.get("category", [])
    for sort in ("image", "text"):
        names = by_role.get(sort, [])
        if names:
            others = [*names[1:], *(by_role.get("text", []) if sort == "image" else ()), *rows]
            what = "the picture is" if sort == "image" else "the text is"
            return (
                ("image" if sort == "image" else "text"),
                (names[0],),
                _left_out(others, f"only {what}"),
            )

    if data.rows_are == "signal":
        steps = [
            column.name
            for column in table.columns
            if column.name not in targets
            and column.kind == "number"
            and not (roles[column.name].given and roles[column.name].role != "number")
            and "running" not in roles[column.name].reason
            and "identifier" not in roles[column.name].reason
        ]
        if len(steps) < 2:
            raise UserError(
                f"A signal needs at least two columns of numbers; '{readable(table.path)}' has "
                f"{len(steps)}.",
                "Read a row as several values, or choose the columns.",
                "data.rows_are",
            )

        return (
            "signal",
            tuple(steps),
            _left_out(by_role.get("category", []), "of a signal only numbers are"),
        )

    read = set(rows)
    names = [column.name for column in table.columns if column.name in read]
    if not names:
        raise UserError(
            f"No column of '{readable(table.path)}' is left to predict "
            f"from{_reasons(roles, targets)}.",
            "Choose what the columns are.",
            "data.columns",
        )

    return "row", tuple(names), ()


def _reasons(roles: dict[str, Guess], targets: Sequence[str] = ()) -> str:
    """Why columns are not used, in brackets."""
    why = [
        f"'{name}': {one.reason}"
        for name, one in roles.items()
        if name not in targets and one.role == "ignore"
    ]
    return f" ({'; '.join(why[:4])}{'; …' if len(why) > 4 else ''})" if why else ""


def _task(
    table: Table, data: DataSettings, targets: Sequence[str], roles: dict[str, Guess]
) -> tuple[str, str, str]:
    """(task, question to the person, separator between tags)."""
    if not targets:
        if data.task is None or task_of(data.task).targets not in ("none", "tokens"):
            raise UserError(
                f"No column of '{readable(table.path)}' is left to be predicted{_reasons(roles)}.",
                "Choose the target column, or reconstruction as the task.",
                "data.target",
            )
        return data.task, "", ""

    columns = [table.by_name[name] for name in targets]
    if data.task is not None:
        tagged = task_of(data.task).targets == "tags" and len(columns) == 1
        return data.task, "", (data.separator or separator_of(columns[0]) or ";") if tagged else ""

    if len(columns) > 1:
        if all(yes_or_no(column) for column in columns):
            return "multi-label", "", ""
        return "regression", "", ""

    column = columns[0]
    if data.separator is not None:
        return "multi-label", "", data.separator
    if column.kind == "mixed":
        return "regression", "", ""

    if column.numeric:
        if column.different == 2 and column.whole:
            return "binary-classification", "", ""

        if (
            column.whole
            and column.different <= ASKED
            and column.different < 0.5 * int(column.present.sum())
        ):
            classes = column.different <= FEW
            question = (
                f"'{column.name}' has {column.different} different whole numbers. Are they classes "
                "or amounts? Taken "
                f"for {'classes' if classes else 'amounts'}; choose the task to decide."
            )
            return ("classification" if classes else "regression"), question, ""

        return "regression", "", ""

    if column.different == 2:
        return "binary-classification", "", ""

    separator = separator_of(column)
    if separator:
        return "multi-label", "", separator

    return "classification", "", ""


def separator_of(column: Column) -> str:
    """What clearly stands between tags in its cells: they come again in many combinations.

    "" where nothing does.
    """
    codes, words = column.coded
    if column.numeric or not words:
        return ""

    counts = np.bincount(codes[codes >= 0], minlength=len(words))
    best = ""

    score = 0.0
    for separator in SEPARATORS:
        several = np.array([separator in word for word in words])
        share = float(counts[several].sum() / max(1, counts.sum()))
        tags = {tag.strip() for word in words for tag in word.split(separator)} - {""}

        lengths = [len(tag.split()) for tag in tags]
        if (
            share < TAGGED_SHARE
            or len(tags) >= len(words)
            or len(tags) > 0.3 * counts.sum()
            or max(lengths) > 4
        ):
            continue

        if share > score:
            best = separator
            score = share

    return best


def yes_or_no(column: Column) -> bool:
    """Whether it has nothing but 0 and 1, or words like them."""
    if column.numeric:
        values = column.numbers[0]
        return set(np.unique(values[np.isfinite(values)]).tolist()) <= {0.0, 1.0}

    return {word.lower() for word in column.coded[1]} in [
        *TEXTS_OF_YES,
        {"yes"},
        {"no"},
        {"true"},
        {"false"},
    ]
