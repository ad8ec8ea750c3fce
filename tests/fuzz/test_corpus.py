"""The corpus holds every format, what it holds is valid, and damage follows from the seed."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from app.engine.data.kinds import all_kinds
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources import formats
from app.engine.sources.opening import open_dataset
from tests.fuzz.corpus import members
from tests.fuzz.entries import damage
from tests.fuzz.mutate import BYTES, TEXT, change_json, inside, mutate

if TYPE_CHECKING:
    from pathlib import Path

OWN = "built-in"
"""Reads only files that come with the program."""

KIND_FOLDER = "kind-folder"
"""Reads the files of kinds that declare them; no kind does today."""


def test_every_format_has_a_member() -> None:
    kinds = {item.kind for item in formats.all_formats()} - {OWN}
    if not any(kind.files for kind in all_kinds()):
        kinds.remove(KIND_FOLDER)

    assert kinds == {member.kind for member in members() if member.kind}


@pytest.mark.parametrize("member", members(), ids=lambda member: member.name)
def test_a_member_is_valid(tmp_path: Path, member) -> None:
    source = member.make(tmp_path)
    if not member.kind:
        assert source.is_file()
        return

    found = formats.find(str(source))
    assert found is not None and found.kind == member.kind
    dataset = open_dataset(DataSettings(source=str(source), labels=member.labels))
    assert not dataset.description.skipped
    assert sum(len(rows) for rows in dataset.indices.values()) > 10


@pytest.mark.parametrize("member", members(), ids=lambda member: member.name)
def test_the_same_seed_makes_the_same_damage(tmp_path: Path, member) -> None:
    store = tmp_path / "other"
    store.write_bytes(b"another file")
    contents = []

    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        source = member.make(tmp_path / name)
        done = damage(random.Random(7), source, [store])
        contents.append((done, [path.read_bytes() for path in sorted(source.rglob("*.*g"))]))

    assert contents[0] == contents[1]


@pytest.mark.parametrize("content", (b"", b"a", b"{}", b'{"a": [1]}', b"PK", b"\x1f\x8b", b"\0"))
@pytest.mark.parametrize(
    "mutator", (*BYTES, *TEXT, change_json, inside), ids=lambda mutator: mutator.__name__
)
def test_a_mutator_takes_any_content(mutator, content: bytes) -> None:
    for seed in range(20):
        assert isinstance(mutator(random.Random(seed), content, b"other"), bytes)


def test_most_mutations_change_something() -> None:
    content = b'{"rate": 3, "names": ["a", "b"]}'
    changed = [mutate(random.Random(seed), content, b"other")[1] for seed in range(200)]
    assert sum(result != content for result in changed) > 180


@pytest.mark.parametrize("member", members(), ids=lambda member: member.name)
@pytest.mark.parametrize("ending", ["", ".png", ".csv", ".npy"])
def test_a_link_to_itself_beside_a_member_ends_nothing(tmp_path: Path, member, ending: str) -> None:
    source = member.make(tmp_path)
    if not member.kind or not source.is_dir():
        return

    for folder in (source, *(path for path in source.rglob("*") if path.is_dir())):
        (folder / f"loop{ending}").symlink_to(f"loop{ending}")

    try:
        open_dataset(DataSettings(source=str(source), labels=member.labels))
    except UserError as error:
        assert "loop" in error.message or ending
