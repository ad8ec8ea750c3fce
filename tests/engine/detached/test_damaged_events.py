"""A follower of a run whose files hold nonsense: the run is told all the same, and its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.engine.detached.event_file import end_of, last_pace, was_shut_down
from app.engine.detached.follower import Follower
from app.engine.errors import UserError
from app.engine.runs import events
from app.engine.runs.storage.own_names import CONTROL, EVENTS
from tests.engine.detached.following import trained_here
from tests.engine.training import small

if TYPE_CHECKING:
    from pathlib import Path

NONSENSE = (
    b"\x00\xff\n",
    b"[1]\n",
    b'{"event": "pace", "position": "far"}\n',
    b'{"event": "finished", "status": "flown", "summary": 3}\n',
    b'{"event": ["stage"]}\n',
    b'{"event": "prepared", "prepared": 4}\n',
    b"[" * 4000 + b"\n",
    b'{"event": "stage", "text": "cut of',
)


def test_nonsense_in_its_files_is_passed_over(tmp_path: Path) -> None:
    chosen = small.experiment(small.pictures(tmp_path / "p.npz"), training={"epochs": 1})
    run = trained_here(chosen, tmp_path)
    (run.path / EVENTS).write_bytes(b"".join(NONSENSE))
    (run.path / CONTROL).write_bytes(b"".join(NONSENSE))
    follower = Follower(run.path)
    told = follower.poll()
    assert follower.ended and not follower.died
    assert isinstance(told[-1], events.RunFinished)
    assert told[-1].status == "completed"
    assert (end_of(run.path), last_pace(run.path), was_shut_down(run.path)) == (None, None, False)

    (run.path / "experiment.toml").write_bytes(b"nonsense")
    with pytest.raises(UserError):
        Follower(run.path)
