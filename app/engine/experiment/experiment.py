"""The experiment: one frozen value with everything a person chose.

A section or setting that is None was not chosen: it follows the data and the template. `resolve`
(in resolve.py) fills all of them in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, SerializeAsAny

from app.engine.data.augmentation_settings import AugmentationSettings
from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.drawing import Drawing
from app.engine.experiment.training_settings import TrainingSettings
from app.engine.learning.loss import LOSSES, Loss
from app.engine.learning.optimizer import OPTIMIZERS, Optimizer
from app.engine.learning.schedule import SCHEDULES, Schedule
from models.own_network import MODELS
from models.spec import Registry, Spec, setting
from models.template import USUAL, Template


class Experiment(Spec):
    """Holds everything a person chose; sections that are None follow the data.

    drawing: how the network is drawn; nothing of it trains, and so it is none of SECTIONS.
    """

    name: str = setting("", label="Name", help="What the experiment and its runs are called.")
    data: DataSettings = DataSettings()
    augmentation: AugmentationSettings = AugmentationSettings()
    model: Annotated[SerializeAsAny[Template] | None, BeforeValidator(MODELS.read)] = None
    loss: Annotated[SerializeAsAny[Loss] | None, BeforeValidator(LOSSES.read)] = None
    optimizer: Annotated[SerializeAsAny[Optimizer] | None, BeforeValidator(OPTIMIZERS.read)] = None
    schedule: Annotated[SerializeAsAny[Schedule] | None, BeforeValidator(SCHEDULES.read)] = None
    training: TrainingSettings = TrainingSettings()
    drawing: Drawing = Drawing()


SECTIONS = ("data", "augmentation", "model", "loss", "optimizer", "schedule", "training")
"""The sections of an experiment, in the order in which a file has them."""


@dataclass(frozen=True)
class Kinds:
    """Says where the kinds of a section are found, and which one a silent file means."""

    registry: Registry[Any]
    default: str


CHOICES = {
    "model": Kinds(MODELS, USUAL),
    "loss": Kinds(LOSSES, "cross-entropy"),
    "optimizer": Kinds(OPTIMIZERS, "adamw"),
    "schedule": Kinds(SCHEDULES, "one-cycle"),
}
"""The sections that are one choice among several kinds."""
