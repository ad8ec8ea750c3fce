"""The experiment: one frozen value with everything a person chose.

A section or setting that is None was not chosen: it follows the data and the template. `resolved`
fills all of them in; `problems` says what cannot be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, SerializeAsAny

import app.engine.learning.tasks as tasks
from app.engine.data.augmentation_settings import AugmentationSettings
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.training_settings import TrainingSettings
from app.engine.learning.loss import LOSSES, Loss
from app.engine.learning.optimizer import OPTIMIZERS, Optimizer
from app.engine.learning.schedule import SCHEDULES, Schedule
from models.spec import Registry, Spec, setting
from models.template import TEMPLATES, Template

if TYPE_CHECKING:
    from app.engine.data.dataset import Description
    from models.shape import Problem


class Experiment(Spec):
    """Everything a person chose. Sections that are None follow the data."""

    name: str = setting("", label="Name", help="What the experiment and its runs are called.")
    data: DataSettings = DataSettings()
    augmentation: AugmentationSettings = AugmentationSettings()
    model: Annotated[SerializeAsAny[Template] | None, BeforeValidator(TEMPLATES.read)] = None
    loss: Annotated[SerializeAsAny[Loss] | None, BeforeValidator(LOSSES.read)] = None
    optimizer: Annotated[SerializeAsAny[Optimizer] | None, BeforeValidator(OPTIMIZERS.read)] = None
    schedule: Annotated[SerializeAsAny[Schedule] | None, BeforeValidator(SCHEDULES.read)] = None
    training: TrainingSettings = TrainingSettings()


SECTIONS = ("data", "augmentation", "model", "loss", "optimizer", "schedule", "training")


@dataclass(frozen=True)
class Kinds:
    """Where the kinds of a section are found, and which one is meant when a file does not say."""

    registry: Registry[Any]
    default: str


CHOICES = {
    "model": Kinds(TEMPLATES, "resnet"),
    "loss": Kinds(LOSSES, "cross-entropy"),
    "optimizer": Kinds(OPTIMIZERS, "adamw"),
    "schedule": Kinds(SCHEDULES, "one-cycle"),
}


def task_of(experiment: Experiment, description: Description) -> tasks.Task:
    """The task: the one chosen; else that of the data; else, where the chosen loss does not fit
    that, one that it fits and the data allow.

    Raises UserError when the chosen task does not fit the data.
    """
    kind = experiment.data.task or description.task
    chosen = tasks.task(kind)

    loss = experiment.loss
    if experiment.data.task is None and loss is not None and kind not in loss.tasks:
        fitting = (tasks.task(one) for one in loss.tasks)
        chosen = next(
            (one for one in fitting if one.targets == chosen.targets and not one.fits(description)),
            chosen,
        )

    if reason := chosen.fits(description):
        others = [
            one.label
            for one in tasks.TASKS.values()
            if one.targets == chosen.targets and not one.fits(description)
        ]
        raise UserError(
            reason,
            f"Choose as the task: {' or '.join(others)}." if others else "Choose other data.",
            "data.task",
        )

    return chosen


def problem_of(experiment: Experiment, description: Description) -> Problem:
    """What the network meets: see Problem. Raises UserError (task_of)."""
    return task_of(experiment, description).problem(description, experiment.training.embedding)


def usual_template(problem: Problem) -> type[Template]:
    """The template that is taken where none was chosen: the usual one, else the first that fits the
    problem.
    """
    usual = TEMPLATES.get(CHOICES["model"].default)
    if not usual.unfit(problem):
        return usual

    return next((one for one in TEMPLATES.all() if not one.unfit(problem)), usual)


def resolved(experiment: Experiment, problem: Problem, task: tasks.Task) -> Experiment:
    """The experiment with every section and setting filled in: first what the person chose, then
    the template's recipe, then the choice's own default. (Data and augmentation are settled when
    the data are opened.)

    Raises UserError where the template or the loss does not fit.
    """
    template = experiment.model or usual_template(problem)()
    if reason := template.unfit(problem):
        raise UserError(reason, "Choose another template.", "model.template")

    template = template.resolved(problem)
    recipe = template.recipe(problem)

    def choose(section: str, fallback: str = "") -> Any:
        advice = dict(recipe.get(section, {}))
        kind = advice.pop("kind", fallback or CHOICES[section].default)
        if section == "loss" and kind not in task.losses:
            kind = fallback
            advice = {}

        choice = getattr(experiment, section) or CHOICES[section].registry.get(kind)()
        if choice.kind == kind:
            choice = _filled(choice, advice)

        return choice

    loss = choose("loss", task.losses[0])
    if task.kind not in loss.tasks:
        usual = LOSSES.get(task.losses[0])
        raise UserError(
            f"{loss.label} does not fit the task '{task.label}'.",
            f"Choose {usual.label} as the loss.",
            "loss.kind",
        )

    optimizer = choose("optimizer")
    if optimizer.learning_rate is None:
        optimizer = optimizer.replace(learning_rate=optimizer.default_learning_rate)

    schedule = choose("schedule")
    training = _filled(experiment.training, recipe.get("training", {}))
    training = _filled(
        training, {"epochs": 12, "batch_size": 128, "gradient_clip": 0.0, "best_by": task.best_by}
    )

    return experiment.replace(
        model=template, loss=loss, optimizer=optimizer, schedule=schedule, training=training
    )


def _filled(spec: Any, advice: dict[str, Any]) -> Any:
    missing = {
        k: v for k, v in advice.items() if k in type(spec).model_fields and getattr(spec, k) is None
    }
    return spec.replace(**missing) if missing else spec
