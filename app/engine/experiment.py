"""The experiment: one frozen value with everything a person chose.

A section or setting that is None was not chosen: it follows the data and the template. `resolved` fills all of
them in; `problems` says what cannot be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, SerializeAsAny

import app.engine.learning.tasks as tasks
from app.engine.errors import UserError
from app.engine.learning.choices import LOSSES, OPTIMIZERS, SCHEDULES, Loss, Optimizer, Schedule
from models.shape import Problem
from models.spec import Registry, Spec, setting
from models.template import TEMPLATES, Template


class DataSettings(Spec):
    """[data]: where the examples are and how they are read and divided."""

    source: str = setting(
        "",
        label="Data",
        help="A folder or file; 'sample:NAME' for a built-in data set.",
    )
    task: Literal["classification", "binary-classification"] | None = setting(
        None,
        label="Task",
        help="What is predicted. Left open, it follows the loss and the data.",
        choices={kind: task.label for kind, task in tasks.TASKS.items()},
        advanced=True,
    )
    target: str | None = setting(
        None,
        label="Column of classes",
        advanced=True,
        help="For a list of pictures: the column that names the class. Left open, it is guessed.",
    )
    height: int | None = setting(
        None,
        label="Height",
        unit="pixels",
        ge=4,
        step=4,
        help="Pictures are brought to this height. Larger shows more and costs time and memory in proportion.",
    )
    width: int | None = setting(
        None,
        label="Width",
        unit="pixels",
        ge=4,
        step=4,
        help="Pictures are brought to this width.",
    )
    fit: Literal["crop", "fit", "stretch"] = setting(
        "crop",
        label="Other proportions",
        help="What happens to a picture of other proportions.",
        choices={"crop": "Fill and cut off the edges", "fit": "Show all, with a margin", "stretch": "Stretch"},
    )
    colour: Literal["grey", "colour"] | None = setting(
        None,
        label="Colour",
        choices={"grey": "Grey (1 channel)", "colour": "Colour (3 channels)"},
        help="Whether the network sees colours. Left open, grey only if all pictures are grey.",
    )
    validation_share: float | None = setting(
        None,
        label="Validation",
        unit="of the examples",
        gt=0.0,
        lt=0.9,
        step=0.05,
        help="Kept aside to judge every epoch. Left open, a tenth, at most 3,000; unused when the data have a "
        "validation folder of their own.",
    )
    test_share: float = setting(
        0.1,
        label="Test",
        unit="of the examples",
        ge=0.0,
        lt=0.9,
        step=0.05,
        help="Kept apart to the very end and never used to choose anything; unused when the data have a test set.",
    )
    group: Literal["none", "folder", "name"] = setting(
        "none",
        label="Keep together",
        advanced=True,
        choices={"none": "Nothing", "folder": "Pictures in one sub-folder", "name": "Names that differ in the number"},
        help="Examples of one group (frames of one film) never stand on both sides of a split.",
    )
    split_seed: int = setting(
        0,
        label="Split number",
        ge=0,
        advanced=True,
        help="Another number divides the examples in another way.",
    )


class AugmentationSettings(Spec):
    """[augmentation]: how training pictures are varied, anew in every epoch."""

    flip: bool | None = setting(
        None,
        label="Mirror",
        help="Half of the pictures are mirrored left to right. Left open, only if the classes "
        "survive it: measured on the data.",
    )
    shift: float | None = setting(
        None,
        label="Shift",
        unit="of the side",
        ge=0.0,
        le=0.5,
        step=0.01,
        help="Moved by up to this share of a side.",
    )
    rotate: float = setting(
        0.0,
        label="Rotate",
        unit="degrees",
        ge=0.0,
        le=180.0,
        step=5.0,
        help="Turned by up to this angle, either way.",
    )
    scale: float = setting(
        0.0,
        label="Scale",
        unit="of the size",
        ge=0.0,
        le=0.9,
        step=0.05,
        help="Made up to this share larger or smaller.",
    )
    light: float = setting(
        0.0,
        label="Brightness and contrast",
        unit="of the range",
        ge=0.0,
        le=1.0,
        step=0.05,
        help="Made brighter or darker, flatter or harder by up to this share.",
    )
    erase: float = setting(
        0.0,
        label="Erase",
        unit="of the side",
        ge=0.0,
        le=0.9,
        step=0.05,
        help="A rectangle of up to this size is hidden, so that no single detail decides.",
    )


class TrainingSettings(Spec):
    """[training]: how long, in what portions, on what."""

    epochs: int | None = setting(
        None,
        label="Epochs",
        ge=1,
        help="How often every training example is seen.",
    )
    batch_size: int | None = setting(
        None,
        label="Batch size",
        unit="examples",
        ge=1,
        logarithmic=True,
        help="Examples per step. Larger is smoother and takes more memory.",
    )
    seed: int = setting(0, label="Seed", ge=0, help="The same seed gives the same run on the same computer.")
    device: str = setting(
        "auto",
        label="Device",
        help="Where to compute: auto, cpu, cuda, cuda:1, mps.",
        advanced=True,
    )
    precision: Literal["auto", "float32", "bfloat16"] = setting(
        "auto",
        label="Precision",
        advanced=True,
        choices={"auto": "Automatic", "float32": "float32 (exact)", "bfloat16": "bfloat16 (half the memory)"},
        help="bfloat16 halves the memory of activations; automatic takes it where the device is faster with it.",
    )
    gradient_clip: float | None = setting(
        None,
        label="Gradient clipping",
        unit="norm",
        ge=0.0,
        step=0.5,
        advanced=True,
        help="A gradient longer than this is shortened to it; 0 leaves it. Helps against sudden jumps.",
    )
    patience: int = setting(
        0,
        label="Early stopping",
        unit="epochs without improvement",
        ge=0,
        help="Stops after so many epochs without a better validation loss; 0 never stops early.",
    )
    min_delta: float = setting(
        0.0,
        label="Least improvement",
        ge=0.0,
        step=0.001,
        advanced=True,
        help="What counts as better, in validation loss, for early stopping.",
    )
    best_by: Literal["loss", "accuracy"] = setting(
        "loss",
        label="Best epoch by",
        choices={"loss": "Validation loss", "accuracy": "Validation accuracy"},
        advanced=True,
        help="Which figure decides whose weights are kept.",
    )
    cpu_use: Literal["gentle", "normal", "max"] = setting(
        "normal",
        label="CPU use",
        advanced=True,
        choices={"gentle": "Gentle: one core", "normal": "Normal: measured", "max": "All cores"},
        help="How much of the computer a training on the CPU takes. Normal tries thread counts in the first steps.",
    )
    threads: int | None = setting(
        None,
        label="Threads",
        ge=1,
        advanced=True,
        help="CPU threads. Left open, they follow CPU use. The same number gives the same bits.",
    )


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


def task_of(experiment: Experiment, classes: int) -> tasks.Task:
    """The task: the one chosen, else the one that the chosen loss fits, else classification.

    Raises UserError when it does not fit the number of classes.
    """
    kind: str | None = experiment.data.task
    if kind is None:
        kind = experiment.loss.tasks[0] if experiment.loss else "classification"
    task = tasks.task(kind)
    if reason := task.fits(classes):
        raise UserError(reason, "Choose cross-entropy as the loss.", "loss.kind")
    return task


def problem_of(experiment: Experiment, shape: tuple[int, ...], classes: int, examples: int) -> Problem:
    """What the network meets: see Problem. Raises UserError (task_of)."""
    return Problem("image", tuple(shape), task_of(experiment, classes).outputs(classes), examples)


def resolved(experiment: Experiment, problem: Problem, task: tasks.Task) -> Experiment:
    """The experiment with every section and setting filled in: first what the person chose, then the template's
    recipe, then the choice's own default. (Data and augmentation are settled when the data are opened.)"""
    template = (experiment.model or TEMPLATES.get(CHOICES["model"].default)()).resolved(problem)
    recipe = template.recipe(problem)

    def choose(section: str, fallback: str = "") -> Any:
        advice = dict(recipe.get(section, {}))
        kind = advice.pop("kind", fallback or CHOICES[section].default)
        choice = getattr(experiment, section) or CHOICES[section].registry.get(kind)()
        if choice.kind == kind:
            choice = _filled(choice, advice)
        return choice

    loss = choose("loss", task.losses[0])
    if task.kind not in loss.tasks:
        raise UserError(
            f"{loss.label} does not fit the task '{task.label}'.", f"Choose {task.losses[0]} as the loss.", "loss.kind"
        )
    optimizer = choose("optimizer")
    if optimizer.learning_rate is None:
        optimizer = optimizer.replace(learning_rate=optimizer.default_learning_rate)
    schedule = choose("schedule")
    training = _filled(experiment.training, recipe.get("training", {}))
    training = _filled(training, {"epochs": 12, "batch_size": 128, "gradient_clip": 0.0})
    return experiment.replace(model=template, loss=loss, optimizer=optimizer, schedule=schedule, training=training)


def _filled(spec: Any, advice: dict[str, Any]) -> Any:
    missing = {k: v for k, v in advice.items() if k in type(spec).model_fields and getattr(spec, k) is None}
    return spec.replace(**missing) if missing else spec
