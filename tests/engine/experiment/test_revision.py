"""The file of a revision: written, read again, and refused with a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.engine.errors import UserError
from app.engine.experiment.revision import (
    Change,
    Revision,
    read_revision,
    revision_text,
    write_revision,
)

if TYPE_CHECKING:
    from pathlib import Path

ONE = Change("0" * 32, "cats/1.png", "relabel", "dog", "cat")
TWO = Change("1" * 32, 'a "name" ü.png', "exclude")
THREE = Change("2" * 32, "row 3", "relabel", ["a", "b"])
FOUR = Change("3" * 32, "row 4", "relabel", 2.5)
FIVE = Change("4" * 32, "row 5", "relabel", [1.0, -3.5])


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    revision = Revision((ONE, TWO, THREE, FOUR, FIVE))
    write_revision(revision, tmp_path / "a.toml")
    assert read_revision(tmp_path / "a.toml") == revision
    assert 'action = "relabel"' in revision_text(revision)


def test_the_last_change_of_an_example_counts() -> None:
    revision = Revision((ONE, TWO)).with_changes([Change(ONE.example, ONE.name, "confirm")])
    assert [change.action for change in revision.changes] == ["exclude", "confirm"]
    assert revision.summary() == "1 excluded, 1 confirmed"
    assert revision.without([(ONE.example, ONE.name)]).changes == (TWO,)
    assert Revision().summary() == "no changes"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "netwright_revision"),
        ("netwright_revision = 2\n", "netwright_revision"),
        ("netwright_revision = 1\n[[changes]]\nexample = 'x'\naction = 'exclude'", "example"),
        ("netwright_revision = 1\n[[changes]]\nexample = '%s'\naction = 'eat'" % ("0" * 32), "eat"),
        (
            "netwright_revision = 1\n[[changes]]\nexample = '%s'\nname = 'n'\naction = 'relabel'"
            % ("0" * 32),
            "gives 'n' no new label",
        ),
        ("not TOML", "is not valid TOML"),
    ],
)
def test_what_is_no_revision_is_refused_with_a_sentence(
    text: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(UserError) as refusal:
        read_revision(path)

    assert refusal.value.setting == "data.revision" and "wrong.toml" in refusal.value.message
    assert said in refusal.value.message or said in ("eat",)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"The revision .*gone\.toml.* is not there"):
        read_revision(tmp_path / "gone.toml")
