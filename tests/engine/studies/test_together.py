"""Members of one run are judged one by one on the data that they were trained on, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.engine.errors import UserError
from app.engine.experiment.toml_file import from_plain
from app.engine.learning.metrics import METRICS
from app.engine.studies.outcome import MemberOutcome, Outcome
from app.engine.studies.study import Member, Study
from app.engine.studies.together import by_member
from tests.engine.detached.following import trained_here

if TYPE_CHECKING:
    from pathlib import Path


def test_data_that_changed_meanwhile_judge_nobody(tmp_path: Path) -> None:
    table = tmp_path / "a.csv"
    lines = [f"{n % 7},{n % 5},{'yes' if n % 7 > 3 else 'no'}" for n in range(120)]
    table.write_text("x,y,label\n" + "\n".join(lines))
    asked = from_plain(
        {
            "name": "a",
            "data": {"source": str(table)},
            "model": {"template": "mlp", "width": 8, "members": 2},
            "training": {"epochs": 1, "device": "cpu", "threads": 1},
        }
    )
    run = trained_here(asked, tmp_path / "runs")
    study = Study((Member("a", asked),), (0,), METRICS["accuracy"])
    outcome = Outcome(study, (MemberOutcome(study.members[0], {0: 0.5}, runs={0: run.path}),))

    (member,) = by_member(outcome).members
    assert sorted(member.figures) == sorted(member.test) == [0, 1]

    table.write_text("x,y,label\n" + "\n".join(lines[:100]))
    with pytest.raises(UserError, match="Its members cannot be judged: the data changed"):
        by_member(outcome)
