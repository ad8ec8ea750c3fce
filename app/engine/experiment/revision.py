"""A dataset revision: changes of labels and of what is learned from, in a small file of its own.

    netwright_revision = 1

    [[changes]]
    example = "0f3a5c…"          # the fingerprint of the example as it is read, 32 digits
    name = "cats/0012.png"       # where it stood, for a person, and to tell copies apart
    action = "relabel"           # or "exclude", "confirm"
    was = "cat"
    label = "dog"                # of tags and of several amounts a list

The user's files are never touched: [data] revision = "FILE" applies it when they are read.
"""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.engine.data.names import readable
from app.engine.errors import UserError
from app.engine.files import disk_error, read_regular, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FORMAT = 1
MOST = 256 << 20
"""Bytes of a revision's file, at most."""

Action = Literal["relabel", "exclude", "confirm"]

ACTIONS: dict[Action, str] = {
    "relabel": "relabelled",
    "exclude": "excluded",
    "confirm": "confirmed",
}
"""What can be done with an example, and the word for what was done."""

Label = str | float | list[str] | list[float]
"""A class, a list of tags, an amount or several."""


@dataclass(frozen=True)
class Change:
    """What is done with one example.

    example: its fingerprint, 32 hexadecimal digits. name: where it stood. label: the new one, None
    where it stays. was: the label that it had, in words, "" where that is not said.
    """

    example: str
    name: str
    action: Action
    label: Label | None = None
    was: str = ""


@dataclass(frozen=True)
class Revision:
    """The changes, by the key of their example: of several of one example the last one counts."""

    changes: tuple[Change, ...] = ()

    def with_changes(self, changes: Iterable[Change]) -> Revision:
        """Returns a revision in which these changes take the place of others of their examples."""
        found = {(change.example, change.name): change for change in self.changes}
        for change in changes:
            found.pop((change.example, change.name), None)
            found[change.example, change.name] = change

        return Revision(tuple(found.values()))

    def without(self, examples: Iterable[tuple[str, str]]) -> Revision:
        """Returns a revision without the changes of these examples, (fingerprint, name) each."""
        gone = set(examples)
        kept = [each for each in self.changes if (each.example, each.name) not in gone]
        return Revision(tuple(kept))

    def counts(self) -> dict[Action, int]:
        """Returns how many changes there are of each action."""
        actions = [change.action for change in self.changes]
        return {action: actions.count(action) for action in ACTIONS}

    def summary(self) -> str:
        """Returns what it does, in words: "3 relabelled, 1 excluded"; "no changes"."""
        return count_text(self.counts())


def count_text(counts: Mapping[Action, int]) -> str:
    """Returns how many examples were changed, in words."""
    parts = [f"{count:,} {ACTIONS[action]}" for action, count in counts.items() if count]
    return ", ".join(parts) or "no changes"


class _ChangeFile(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

    example: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    name: str = ""
    action: Action
    was: str = ""
    label: Label | None = None


class _RevisionFile(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    netwright_revision: Literal[1]
    changes: list[_ChangeFile] = []


def read_revision(path: Path) -> Revision:
    """Returns the revision in a file. Raises UserError where it cannot be read or is none."""
    try:
        content = read_regular(path, MOST)
    except FileNotFoundError as error:
        raise _wrong(path, "is not there") from error
    except OSError as error:
        refusal = disk_error(error, path)
        raise UserError(refusal.what, refusal.remedy, "data.revision") from error

    try:
        plain = tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # no UTF-8, or no TOML
        raise _wrong(path, f"is not valid TOML: {error}") from error

    try:
        file = _RevisionFile.model_validate(plain)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise _wrong(path, f"is no revision: '{place}': {first['msg']}") from error

    missing = [change.name for change in file.changes if _lacks_label(change)]
    if missing:
        raise _wrong(path, f"gives '{missing[0]}' no new label")

    return Revision(tuple(Change(**change.model_dump()) for change in file.changes))


def _lacks_label(change: _ChangeFile) -> bool:
    return change.action == "relabel" and change.label is None


def _wrong(path: Path, what: str) -> UserError:
    return UserError(
        f"The revision '{readable(path)}' {what}.",
        "Correct it, or leave it out of the experiment ([data] revision).",
        "data.revision",
    )


def revision_text(revision: Revision) -> str:
    """Returns a revision as TOML."""
    changes = [
        {
            name: value
            for name, value in dataclasses.asdict(change).items()
            if value not in (None, "")
        }
        for change in revision.changes
    ]
    head = (
        "# Changes of a data set, by the fingerprints of its examples; no file of it is touched.\n"
    )
    plain = {"netwright_revision": FORMAT, "changes": changes}
    return head + tomli_w.dumps(plain)


def write_revision(revision: Revision, path: Path) -> None:
    """Writes a revision, whole or not at all. Raises UserError."""
    write_atomically(path, revision_text(revision).encode())
