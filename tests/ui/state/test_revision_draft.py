"""What is done with examples: one change of many at a time, undone at once."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.data.fingerprints import fingerprints
from app.engine.errors import UserError
from app.engine.experiment.revision import Revision, read_revision
from app.engine.runs.run import Run
from app.ui.state.background import Background
from app.ui.state.revisions.draft import RevisionDraft
from tests.engine import tiny
from tests.engine.training.small import experiment, pictures

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from app.engine.data.dataset import Dataset


@pytest.fixture
def draft(qtbot: QtBot, tmp_path: Path) -> Iterator[RevisionDraft]:
    background = Background()
    draft = RevisionDraft(background)
    draft._run = tmp_path / "run"  # of which no more than the name is needed
    yield draft
    background.close()


def readable(task: str) -> Dataset:
    """Returns examples that changes can be matched with."""
    dataset = tiny.dataset(task, "row")
    return dataclasses.replace(dataset, fingerprints=fingerprints(dataset.inputs))


def labels(draft: RevisionDraft) -> list[object]:
    return [change.label for change in draft.revision.changes]


def test_a_tag_is_given_to_all_and_taken_away_where_all_have_it(draft: RevisionDraft) -> None:
    dataset = readable("multi-label")
    rows = [0, 1, 2]
    before = [
        [name for name, tag in zip("abc", dataset.targets[row], strict=True) if tag] for row in rows
    ]
    assert before == [["a", "b"], [], ["b", "c"]]
    draft.give(dataset, rows, 0)
    assert labels(draft) == [None, ["a"], ["a", "b", "c"]], "the first one has it: it is right"
    draft.give(dataset, rows, 0)
    assert labels(draft) == [["b"], None, None]
    draft.give(dataset, rows, 0, takes_away=False)
    draft.give(dataset, rows, 0, takes_away=False)
    assert labels(draft) == [None, ["a"], ["a", "b", "c"]]
    for _ in range(4):
        assert draft.can_undo
        draft.undo()
    assert draft.revision == Revision() and not draft.can_undo, "each was one step"


def test_two_tags_are_given_one_after_the_other(draft: RevisionDraft) -> None:
    dataset = readable("multi-label")
    draft.give(dataset, [1], 0)
    draft.give(dataset, [1], 2)
    assert labels(draft) == [["a", "c"]]


def test_shares_get_a_class_even_where_one_has_it_whole(draft: RevisionDraft) -> None:
    dataset = readable("soft-labels")
    whole = dataclasses.replace(
        dataset, targets=np.eye(3, dtype=np.float32)[[0] * len(dataset.names)]
    )
    draft.give(whole, [0], 2)
    assert labels(draft) == ["c"]


def test_the_label_that_an_example_has_all_along_is_confirmed(draft: RevisionDraft) -> None:
    dataset = readable("classification")
    own = int(dataset.targets[4])
    draft.give(dataset, [4], (own + 1) % 3)
    assert draft.revision.summary() == "1 relabelled"
    draft.give(dataset, [4], own)
    assert draft.revision.summary() == "1 confirmed"

    revised = dataclasses.replace(dataset, targets=(dataset.targets + 1) % 3)
    draft.undo()
    draft.give(revised, [4], own)
    assert draft.revision.summary() == "1 relabelled", "of data that are read with the change"


def test_what_is_changed_before_the_changes_of_before_are_read_goes_with_them(
    qtbot: QtBot, tmp_path: Path
) -> None:
    source = pictures(tmp_path / "p.npz", 40)
    run = Run.create(tmp_path / "runs", experiment(source))
    dataset = readable("classification")
    background = Background()
    earlier = RevisionDraft(background)
    earlier.open(run.path)
    qtbot.waitUntil(lambda: not earlier._reading)
    earlier.give(dataset, [0], 1)
    first = earlier.hand_over()

    draft = RevisionDraft(background)
    draft.open(run.path)
    draft.give(dataset, [1], 2)
    with pytest.raises(UserError, match="still being read"):
        draft.hand_over()
    qtbot.waitUntil(lambda: not draft._reading)
    assert labels(draft) == ["b", "c"]
    second = draft.hand_over()
    assert second != first and read_revision(second) == draft.revision
    draft.undo()
    assert labels(draft) == ["b"]
    background.close()
