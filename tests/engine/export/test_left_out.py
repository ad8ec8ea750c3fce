"""What formats cannot hold of a network is known before, and so is that it cannot be exported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.engine.errors import UserError
from app.engine.export.exporting import left_out
from app.engine.export.formats import all_formats
from app.engine.runs.control import Control, Stopped
from tests.engine.training.small import pictures
from tests.forked import own_children
from tests.ui.trained_runs import train_on

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.runs.run import Run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    source = pictures(tmp_path / "quarters.npz", count=60)
    return train_on(
        tmp_path / "runs", {"source": str(source)}, {"template": "cnn", "width": 8}, epochs=1
    )


def test_every_format_is_asked_and_gone_data_are_said_before(run: Run, tmp_path: Path) -> None:
    ready = {kind for kind, each in all_formats().items() if not each.missing_packages()}
    found = left_out(run)
    assert set(found) == ready
    assert all(isinstance(text, str) for texts in found.values() for text in texts)

    (tmp_path / "quarters.npz").rename(tmp_path / "elsewhere.npz")
    with pytest.raises(UserError, match="cannot be proved without the data of the run"):
        left_out(run)


def test_nobody_waits_for_an_answer_that_nobody_wants(run: Run) -> None:
    before = own_children(recursive=True)
    control = Control()
    control.stop()
    with pytest.raises(Stopped):
        left_out(run, check=control.check)

    assert not {*own_children(recursive=True)} - {*before}
