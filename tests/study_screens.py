"""Pictures of the dialogs of studies for tests.screens: new, half done, done; and of the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.engine.queue.items import Queue
from app.engine.runs.run import Run
from app.engine.studies.ablation import ablation, parts_of
from app.engine.studies.study import Member, repeats
from app.ui.pages import run_actions
from app.ui.widgets.studies.dialog import StudyDialog
from tests.engine.studies.made_runs import made_run

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.studies.study import Study

NEAR = ((0.9611, 0.9556, 0.9722, 0.9667, 0.9556), (0.9667, 0.9611, 0.9722, 0.9611, 0.9611))
APART = (0.9389, 0.9278, 0.9444, 0.9333, 0.9389)
WITHOUT = {
    "Without augmentation": (0.9556, 0.9444, 0.9611),
    "Without schedule": (0.9611, 0.9556, 0.9667),
    "Without weight decay": (0.9611, 0.9611, 0.9722),
}


def take_studies(camera: Any) -> None:
    """Photographs both dialogs in every state and appearance."""
    camera.open()
    camera.read("sample:digits")
    camera.inside.document.choose("model", "cnn")
    camera.train(lambda: False, epochs=3)
    camera.settle(500)
    first = Run(camera.inside.session.record.path)
    photograph(camera, "repeat", [first.path], "seeds-new")
    photograph(camera, "parts", [first.path], "parts-new")

    experiment = first.experiment().replace(name="small CNN")
    second = experiment.replace(name="long patience")
    second = second.replace(training=second.training.replace(patience=5))
    third = experiment.replace(name="large batches")
    third = third.replace(training=third.training.replace(batch_size=512))
    made = [made_run(first, each, 0.96) for each in (second, third)]
    fill(first, repeats([first, *made], 5), (*NEAR, APART))
    photograph(camera, "repeat", [first.path, made[0].path], "seeds-two")
    photograph(camera, "repeat", [first.path, *(run.path for run in made)], "seeds-three")

    study = ablation(first, [part for part in parts_of(first) if not part.is_block], 3)
    figures = [NEAR[0][:3], *(WITHOUT.get(member.name, ()) for member in study.members[1:])]
    fill(first, study, figures)
    photograph(camera, "parts", [first.path], "parts-half")

    queue = Queue()
    for number, seconds in ((1, 340.0), (2, 95.0), (3, None)):
        name = f"small CNN, seed {number}"
        queue.add(Member(name, experiment).with_seed(number + 10).replace(name=name), seconds)
    camera.inside.queue.look()
    camera.settle(400)
    camera.photograph("queue", ("runs",))


def fill(like: Run, study: Study, figures: Any) -> None:
    """Makes the runs of a study. figures: of each member, by seed."""
    for member, values in zip(study.members, figures, strict=True):
        for seed, figure in zip(study.seeds, values, strict=False):
            if member.experiment != like.experiment() or seed != study.seeds[0]:
                made_run(like, member.with_seed(seed), figure)


def photograph(camera: Any, what: str, paths: list[Path], state: str) -> None:
    """Photographs a dialog in every appearance."""
    for appearance in camera.appearances():
        run_actions.study(camera.inside.parts, what, paths, camera.window.frame)
        dialog = camera.window.frame.findChildren(StudyDialog)[-1]
        camera.wait(lambda dialog=dialog: dialog.outcome is not None)
        camera.settle(200)
        path: Path = camera.out / f"{state}-{appearance}.png"
        dialog.grab().save(str(path))
        camera.taken.append(path)
        dialog.accept()
        camera.settle(50)
