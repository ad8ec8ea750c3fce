"""The one way from an experiment as requested to one in which every setting is filled in.

What a person left open follows the data, the template's recipe and each choice's own default, in
this order. Trainer, planner, window and race all ask `resolve`.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, SerializeAsAny, ValidationError, field_validator
from pydantic_core import PydanticUndefined

from app.engine.data.augmentation import resolve_augmentation
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.experiment.data_settings import DataSettings, TaskKind
from app.engine.experiment.experiment import CHOICES, SECTIONS, Experiment
from app.engine.experiment.training_settings import TrainingSettings
from app.engine.learning import tasks
from app.engine.learning.loss import LOSSES, Loss
from app.engine.learning.optimizer import OPTIMIZERS, Optimizer
from app.engine.learning.schedule import SCHEDULES, Schedule
from models.own_network import MODELS
from models.template import Template, usual_template

if TYPE_CHECKING:
    from app.engine.data.dataset import Description
    from models.shape import Problem
    from models.spec import Spec

FALLBACKS = {"epochs": 12, "batch_size": 128, "gradient_clip": 0.0}
"""Settings of [training] where neither the person nor the template's recipe says anything."""


def _required(spec: type[Spec], name: str) -> Any:
    """Declares a setting as `spec` does, but never left open."""
    field = copy.copy(spec.model_fields[name])
    field.default = PydanticUndefined
    return field


class ResolvedData(DataSettings):
    """[data] with the task that is trained; the rest is open where the data have no use for it."""

    task: TaskKind = _required(DataSettings, "task")


class ResolvedTraining(TrainingSettings):
    """[training] with nothing left open but `threads`, chosen while the network is built."""

    epochs: int = _required(TrainingSettings, "epochs")
    batch_size: int = _required(TrainingSettings, "batch_size")
    gradient_clip: float = _required(TrainingSettings, "gradient_clip")
    best_by: Literal["loss", "metric"] = _required(TrainingSettings, "best_by")

    @field_validator("gradient_clip", mode="before")
    @classmethod
    def _no_clipping(cls, value: Any) -> Any:
        """Takes None as 0, which clips nothing: a change of a running training may say None."""
        return 0.0 if value is None else value

    @property
    def step_size(self) -> int:
        """The examples of a step: those of all batches whose gradients are added up."""
        return self.batch_size * self.accumulation


class ResolvedExperiment(Experiment):
    """An experiment in which no section is None; `data.task` is the task that is trained."""

    data: ResolvedData
    model: Annotated[SerializeAsAny[Template], BeforeValidator(MODELS.read)]
    loss: Annotated[SerializeAsAny[Loss], BeforeValidator(LOSSES.read)]
    optimizer: Annotated[SerializeAsAny[Optimizer], BeforeValidator(OPTIMIZERS.read)]
    schedule: Annotated[SerializeAsAny[Schedule], BeforeValidator(SCHEDULES.read)]
    training: ResolvedTraining

    @property
    def task(self) -> tasks.Task:
        """The task that is trained."""
        return tasks.task(self.data.task)

    def problem(self, description: Description) -> Problem:
        """Returns what the network meets in these data."""
        return self.task.problem(description, self.training.embedding)


def resolve(experiment: Experiment, description: Description) -> ResolvedExperiment:
    """Returns the experiment with every section and setting filled in, for these data.

    Raises UserError where the task, the template or the loss does not fit the data or each other.
    """
    task = task_of(experiment, description)
    problem = task.problem(description, experiment.training.embedding)
    resolved = resolve_for(experiment, problem, task)

    return resolved.replace(
        data=_resolve_data(resolved.data, description),
        augmentation=resolve_augmentation(resolved.augmentation, description),
    )


def resolve_for(experiment: Experiment, problem: Problem, task: tasks.Task) -> ResolvedExperiment:
    """Returns the experiment filled in as far as problem and task say it, without any data.

    What only the data say ([data], [augmentation]) stays as requested. Raises UserError where the
    template or the loss does not fit.
    """
    template = experiment.model or usual_template(problem)()
    if reason := template.unfit(problem):
        raise UserError(reason, "Choose another template.", "model.template")

    template = template.resolved(problem)
    recipe = template.recommended(problem)

    loss = _chosen(experiment, "loss", _recipe_for_loss(recipe, task))
    if task.kind not in loss.tasks:
        usual = LOSSES.get(task.losses[0])
        raise UserError(
            f"{loss.label} does not fit the task '{task.label}'.",
            f"Choose {usual.label} as the loss.",
            "loss.kind",
        )

    optimizer = _chosen(experiment, "optimizer", recipe.get("optimizer", {}))
    own = {"learning_rate": optimizer.default_learning_rate, **optimizer.usual}
    optimizer = _filled(optimizer, own)

    training = _filled(experiment.training, recipe.get("training", {}))
    training = _filled(training, {**FALLBACKS, "best_by": task.best_by})

    return ResolvedExperiment(
        name=experiment.name,
        data=_with_task(experiment.data, task.kind),
        augmentation=experiment.augmentation,
        model=template,
        loss=loss,
        optimizer=optimizer,
        schedule=_chosen(experiment, "schedule", recipe.get("schedule", {})),
        training=ResolvedTraining.model_validate(training.model_dump()),
    )


def read_resolved(
    plain: dict[str, Any], where: str = "the experiment", task: str | None = None
) -> ResolvedExperiment:
    """Returns a resolved experiment from the plain data that a run keeps of it.

    What an older version did not write yet gets its fallback. task: the task that was trained, for
    runs that noted another one in [data].

    Raises UserError where the data are no resolved experiment.
    """
    experiment = toml_file.from_plain(plain, where)
    kind = task or experiment.data.task
    if kind is None:
        raise UserError(f"In {where}, the task is missing.")

    training = _filled(experiment.training, {**FALLBACKS, "best_by": tasks.task(kind).best_by})
    sections = {name: getattr(experiment, name) for name in SECTIONS}
    sections["training"] = training.model_dump()

    try:
        sections["data"] = _with_task(experiment.data, kind)
        return ResolvedExperiment.model_validate({"name": experiment.name, **sections})
    except ValidationError as error:
        raise UserError(f"In {where}: " + " ".join(toml_file.sentences(error))) from error


def task_of(experiment: Experiment, description: Description) -> tasks.Task:
    """Returns the task: the one chosen, else that of the data.

    Where the chosen loss does not fit the task of the data, it is one that the loss fits and the
    data allow. Raises UserError where the chosen task does not fit the data.
    """
    kind = experiment.data.task or description.task
    chosen = tasks.task(kind)

    loss = experiment.loss
    if experiment.data.task is None and loss is not None and kind not in loss.tasks:
        fitting = (tasks.task(other) for other in loss.tasks)
        chosen = next(
            (
                task
                for task in fitting
                if task.targets == chosen.targets and not task.unfit(description)
            ),
            chosen,
        )

    if reason := chosen.unfit(description):
        others = [
            task.label
            for task in tasks.TASKS.values()
            if task.targets == chosen.targets and not task.unfit(description)
        ]
        raise UserError(
            reason,
            f"Choose as the task: {' or '.join(others)}." if others else "Choose other data.",
            "data.task",
        )

    return chosen


def problem_of(experiment: Experiment, description: Description) -> Problem:
    """Returns what the network meets: see Problem. Raises UserError (task_of)."""
    return task_of(experiment, description).problem(description, experiment.training.embedding)


def _with_task(data: DataSettings, kind: str) -> ResolvedData:
    """Returns the settings with this task. Raises ValidationError where there is no such task."""
    return ResolvedData.model_validate({**data.model_dump(), "task": kind})


def _resolve_data(data: ResolvedData, description: Description) -> ResolvedData:
    """Returns the settings with what the data say: a table's columns, a picture's size, colour."""
    return data.replace(**description.chosen, **description.preparation.data_settings)


def _recipe_for_loss(recipe: dict[str, Any], task: tasks.Task) -> dict[str, Any]:
    """Returns the recipe's [loss] where it fits the task, else the task's usual loss."""
    usual = {"kind": task.losses[0]}
    recommended = {**usual, **recipe.get("loss", {})}
    if task.targets == "shares" and "label_smoothing" in recommended:
        recommended["label_smoothing"] = 0.0  # shares say themselves how sure one can be

    return recommended if recommended["kind"] in task.losses else usual


def _chosen(experiment: Experiment, section: str, recipe: dict[str, Any]) -> Any:
    """Returns the chosen Choice of a section, else the recipe's, else the section's default.

    A choice of the recipe's kind gets its settings from the recipe where they were left open.
    """
    recommended = dict(recipe)
    kind = recommended.pop("kind", CHOICES[section].default)
    choice = getattr(experiment, section) or CHOICES[section].registry.get(kind)()
    return _filled(choice, recommended) if choice.kind == kind else choice


def _filled(spec: Any, values: dict[str, Any]) -> Any:
    """Returns the settings with those that are None replaced by these values."""
    missing = {
        name: value
        for name, value in values.items()
        if name in type(spec).model_fields and getattr(spec, name) is None
    }
    return spec.replace(**missing) if missing else spec
