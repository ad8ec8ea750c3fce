"""Every template with every task, and every loss, trains in two processes as in one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.runs.control import Control
from app.engine.runs.events import StepsDone
from app.engine.runs.run import Run
from app.engine.training import trainer
from app.engine.training.build import assemble
from app.engine.training.plan import plan_training
from app.engine.training.ranks import member
from app.engine.training.ranks.lead import Lead
from app.engine.training.ranks.team import ALONE
from tests.engine import tiny
from tests.engine.training.ranks.together import Forks, needs_forks
from tests.engine.training.small import Listener

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset
    from app.engine.experiment.experiment import Experiment
    from app.engine.training.ranks.team import Team
    from tests.engine.tiny import Combination

pytestmark = [needs_forks, pytest.mark.long]

DRAWS = ("Dropout", "MemberLayers")
"""Parts of the names of layers that draw in each process apart.

Which member of shared layers an example goes through follows from its place in the share.
"""


def chosen() -> list[Combination]:
    """Returns a combination for every task with every template, and with every loss."""
    found: dict[tuple[str, ...], Combination] = {}
    for combination in tiny.combinations():
        found.setdefault((combination.task, combination.template), combination)
        found.setdefault((combination.task, combination.loss), combination)

    return list(dict.fromkeys(found.values()))


def losses(requested: Experiment, data: Dataset, folder: Path, team: Team) -> np.ndarray:
    listener = Listener()
    run = Run.create(folder, requested)
    finished = trainer.train(requested, run, listener, Control(), data, team)
    assert finished.status == "completed", (run.path / "log.txt").read_text()
    return np.concatenate([event.losses for event in listener.of(StepsDone)])


@pytest.mark.parametrize("combination", chosen(), ids=str)
def test_its_steps_are_those_of_one_process(combination: Combination, tmp_path: Path) -> None:
    plain = tiny.experiment(combination, 2, 10)
    training = plain.training.replace(batch_norm="gathered", precision="float32")
    requested = plain.replace(training=training)
    data = tiny.dataset(combination.task, combination.sort)

    def use_the_data() -> None:
        member.open_dataset = lambda _: data  # type: ignore[assignment]  # in the fork alone

    alone = losses(requested, data, tmp_path, ALONE)
    together = losses(requested, data, tmp_path, Lead(Forks(2, before=use_the_data)))
    assert len(alone) == len(together)
    network = assemble(plan_training(requested, lambda _: None, Control(), data)).network
    names = [type(module).__name__ for module in network.modules()]
    if not any(part in name for part in DRAWS for name in names):
        np.testing.assert_allclose(together, alone, rtol=2e-3, atol=2e-4)
