"""Divisions are stratified, seeded, keep groups and copies together, and lose no class."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.engine.data.fingerprints import fingerprints_of_rows, number_equals
from app.engine.data.splits import UNASSIGNED, divide, groups_by_name, units_of
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.opening import open_dataset

Maker = Callable[..., Path]


def free(targets: np.ndarray) -> np.ndarray:
    return np.full(len(targets), UNASSIGNED, np.int8)


@settings(max_examples=60)
@example(counts=[1, 3], copies=0, validation=0.6, test=0.1, seed=0)
@given(
    counts=st.lists(st.integers(1, 40), min_size=2, max_size=6),
    copies=st.integers(0, 30),
    validation=st.sampled_from([None, 0.05, 0.3, 0.6]),
    test=st.sampled_from([0.0, 0.1, 0.4]),
    seed=st.integers(0, 5),
)
def test_every_division_keeps_its_promises(
    counts: list[int], copies: int, validation: float | None, test: float, seed: int
) -> None:
    targets = np.repeat(np.arange(len(counts)), counts)
    units = np.arange(len(targets))

    random = np.random.default_rng(seed)
    for _ in range(copies):  # also copies across classes
        units[random.integers(len(units))] = units[random.integers(len(units))]

    splits = divide(targets, free(targets), units, len(counts), validation, test, seed).splits
    assert set(np.unique(splits)) <= {0, 1, 2}

    for unit in np.unique(units):
        assert len(np.unique(splits[units == unit])) == 1, "a unit straddles"

    for number in range(len(counts)):
        own = targets == number
        assert (splits[own] == 0).any(), "training lost a class"

        alone = all((targets[units == unit] == number).all() for unit in units[own])
        if alone and len(np.unique(units[own])) >= 2:
            assert (splits[own] == 1).any(), "validation lost a class"
        if alone and len(np.unique(units[own])) >= 3 and test:
            assert (splits[own] == 2).any(), "test lost a class"


def test_shares_are_met_in_every_class() -> None:
    targets = np.repeat([0, 1, 2], [1000, 100, 30])
    splits = divide(targets, free(targets), np.arange(1130), 3, None, 0.1, 0).splits
    for split in (1, 2):
        assert [int(((splits == split) & (targets == c)).sum()) for c in range(3)] == [100, 10, 3]


def test_validation_left_open_is_at_most_3000() -> None:
    targets = np.tile(np.arange(10), 6000)
    predefined_splits = np.zeros(len(targets), np.int8)
    splits = divide(targets, predefined_splits, np.arange(len(targets)), 10, None, 0.0, 0).splits
    assert (splits == 1).sum() == 3000
    assert set(np.bincount(targets[splits == 1]).tolist()) == {300}


def test_the_seed_decides() -> None:
    targets = np.repeat([0, 1], 50)
    first, again, other = (
        divide(targets, free(targets), np.arange(100), 2, 0.2, 0.2, s).splits for s in (3, 3, 4)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_groups_are_spread_in_proportion() -> None:
    targets = np.repeat([0, 1], 200)
    units = np.arange(400) // 4  # 100 films of four frames
    splits = divide(targets, free(targets), units, 2, 0.2, 0.2, 0).splits
    assert [int((splits == split).sum()) for split in range(3)] == [240, 80, 80]


def test_training_copies_of_an_own_test_set_are_left_out() -> None:
    targets = np.repeat([0, 1], 20)
    predefined_splits = np.tile([0, 0, 0, 2], 10).astype(np.int8)
    units = np.arange(40)
    units[0] = units[3]
    division = divide(targets, predefined_splits, units, 2, 0.2, 0.1, 0)

    assert division.left_out == 1 and division.splits[0] == UNASSIGNED and division.splits[3] == 2
    assert np.array_equal(division.splits == 2, predefined_splits == 2)


def test_copies_and_groups_are_joined() -> None:
    fingerprints = np.array([1, 2, 1, 3, 4] * 2, np.uint64).reshape(2, 5).T
    equals = number_equals(np.ascontiguousarray(fingerprints).view(np.uint8))
    assert equals.tolist() == [0, 1, 0, 2, 3]
    joined = units_of(equals, ["film", "", "", "film", ""])
    assert joined[0] == joined[2] == joined[3]
    assert len(set(joined.tolist())) == 3


def test_names_that_differ_in_the_last_number_are_one_group() -> None:
    names = [
        "cat/film1_001.png",
        "cat/film1_2.png",
        "cat/film2_001.png",
        "dog/film1_001.png",
        "dog/rex.png",
    ]
    groups = groups_by_name(names)
    assert groups[0] == groups[1] and len(set(groups)) == 4 and groups[4] == ""


def test_copied_files_never_straddle(folder: Maker) -> None:
    base = folder({"a": 30, "b": 30})
    for number in range(0, 30, 2):
        (base / "a" / f"copy {number}.png").write_bytes((base / "a" / f"{number}.png").read_bytes())

    dataset = open_dataset(DataSettings(source=str(base), validation_share=0.3, test_share=0.2))
    split_of_name = {
        dataset.names[row]: split for split, rows in dataset.indices.items() for row in rows
    }
    assert all(
        split_of_name[f"a/{number}.png"] == split_of_name[f"a/copy {number}.png"]
        for number in range(0, 30, 2)
    )
    assert any("15 exact copies" in note for note in dataset.description.notes)


@pytest.mark.parametrize("group", ["folder", "name"])
def test_groups_of_files_stay_together(folder: Maker, picture: Maker, group: str) -> None:
    base = folder({})
    for c in "ab":
        for film in range(6):
            for frame in range(5):
                name = f"film{film}/{frame}.png" if group == "folder" else f"film{film}_{frame}.png"
                picture(base / c / name, seed=hash((c, film, frame)) % 10_000)

    dataset = open_dataset(
        DataSettings(source=str(base), group=group, validation_share=0.2, test_share=0.2)
    )
    films: dict[str, set[str]] = {}
    for split, rows in dataset.indices.items():
        assert len(rows)
        for row in rows:
            key = dataset.names[row].rsplit("/" if group == "folder" else "_", 1)[0]
            films.setdefault(key, set()).add(split)

    assert len(films) == 12 and all(len(splits) == 1 for splits in films.values())


def test_a_single_group_cannot_be_divided(folder: Maker) -> None:
    base = folder({"a": 5, "b": 5})
    with pytest.raises(UserError) as caught:
        open_dataset(DataSettings(source=str(base), group="name"))

    assert caught.value.setting == "data.group"


@pytest.mark.parametrize("each", [2, 3, 4])
def test_tiny_classes_are_in_every_split_they_can_be_in(folder: Maker, each: int) -> None:
    counts = open_dataset(
        DataSettings(source=str(folder({"a": each, "b": each, "c": each})))
    ).description.counts
    assert counts["validation"] == (1, 1, 1)
    assert counts["test"] == ((1, 1, 1) if each > 2 else (0, 0, 0))
    assert min(counts["training"]) >= 1


def test_rows_that_differ_in_one_bit_or_place_have_other_fingerprints() -> None:
    values = np.zeros((2000, 3), np.uint64)
    values[:1200] = np.arange(1200, dtype=np.uint64)[:, None] * np.eye(3, dtype=np.uint64)[1]
    values[1200:1392] = np.eye(192, dtype=np.uint64)[:, :3]
    for bit in range(64):
        for column in range(3):
            values[1200 + 3 * bit + column] = 0
            values[1200 + 3 * bit + column, column] = np.uint64(1 << bit)

    found = fingerprints_of_rows(len(values), values.__getitem__)
    distinct = len(np.unique(values, axis=0))
    assert found.shape == (2000, 16)
    assert number_equals(found).max() + 1 == distinct
    for half in (found[:, :8], found[:, 8:]):
        assert len(np.unique(np.ascontiguousarray(half).view(np.uint64))) == distinct
