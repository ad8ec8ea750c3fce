"""The cards of the Learning page: a choice, its picture, and its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.engine.data.nouns import counted
from app.engine.errors import UserError
from app.engine.experiment.experiment import Experiment
from app.engine.learning.loss import LOSSES, Loss
from app.engine.learning.optimizer import OPTIMIZERS, Optimizer
from app.engine.learning.schedule import SCHEDULES
from app.engine.text import bytes_text, count_text, number_text
from app.engine.training import thread_choice
from app.ui.pages.learning.disk_note import DiskNote
from app.ui.pages.learning.loss_pictures import LossContext, LossPicture, picture_for
from app.ui.pages.learning.lr_finder import FindButton
from app.ui.pages.learning.memory_fit import needed, parts, verdict
from app.ui.pages.learning.optimizer_boxes import OptimizerBoxes
from app.ui.pages.learning.start_note import StartNote
from app.ui.plots.curves.learning_rate import SchedulePlot
from app.ui.state.action import Action
from app.ui.style.theme import style
from app.ui.widgets.card import Card
from app.ui.widgets.label import Label
from app.ui.widgets.memory.ledger import overlap, parts_of, total_of
from app.ui.widgets.memory.memory_bar import MemoryBar
from app.ui.widgets.memory.memory_table import MemoryTable
from app.ui.widgets.settings.choice_box import ChoiceBox
from app.ui.widgets.settings.form import Form
from models.spec import Registry, Setting, settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.engine.experiment.resolve import ResolvedExperiment
    from app.engine.planning.memory_estimate import Budget
    from app.ui.pages.parts import Parts

BASIC = {
    "loss": (),
    "optimizer": ("learning_rate", "weight_decay"),
    "schedule": (),
    "training": ("epochs", "batch_size"),
}
"""Of each section, what is always in sight: with three drop-downs, seven controls."""


def hidden_names(section: str, registry: Registry[Any] | None, types: Iterable[type]) -> list[str]:
    """Returns the settings beyond the basic ones that any choice of the section has.

    In the order of their declaration.
    """
    names: dict[str, None] = {}
    for kind in registry.all() if registry is not None else types:
        names |= dict.fromkeys(setting.name for setting in settings(kind))

    return [name for name in names if name not in BASIC[section]]


def folded_settings(document: Any, section: str) -> list[Setting]:
    """Returns the settings of the section's present choice that are behind "More settings"."""
    try:
        kind = type(document.value(section))
    except UserError:
        return []

    return [setting for setting in settings(kind) if setting.name not in BASIC[section]]


class SettingsCard(Card):
    """A card with the basic settings of a section in sight and the others folded away."""

    def __init__(
        self,
        parts_: Parts,
        section: str,
        title: str,
        why: str,
        registry: Registry[Any] | None = None,
    ) -> None:
        super().__init__(title, why)
        self.parts = parts_
        self.section = section
        self.setObjectName(f"learning.card.{section}")
        document = parts_.document
        theme = parts_.theme

        if registry is not None:
            self.choice = ChoiceBox(document, section, registry, f"learning.{section}")
            self.body.addWidget(self.choice)

        self.explanation = self._text()
        self.trouble = self._text("problem")
        self.trouble.hide()
        self.picture = QVBoxLayout()
        self.picture.setSpacing(8)
        self.body.addLayout(self.picture)

        if BASIC[section]:
            self.body.addWidget(Form(document, section, list(BASIC[section]), theme, flat=True))

        self.more = QWidget()
        inside = QVBoxLayout(self.more)
        inside.setContentsMargins(0, 4, 0, 0)
        types = [] if registry is not None else [type(getattr(Experiment(), section))]
        self.more_form = Form(
            document, section, hidden_names(section, registry, types), theme, flat=True
        )
        inside.addWidget(self.more_form)
        self.body.addWidget(self.more)
        self.more.hide()

    def _text(self, role: str = "secondary") -> QLabel:
        label = Label()
        label.setWordWrap(True)
        style(label, role)
        self.body.addWidget(label)

        return label

    def say(self, label: QLabel, text: str) -> None:
        label.setText(text)
        label.setVisible(bool(text))

    def show_more(self, more: bool) -> None:
        self.more.setVisible(more and bool(self.more_form.fields))


class LossCard(SettingsCard):
    """Which errors count, and how much."""

    def __init__(self, parts_: Parts) -> None:
        super().__init__(parts_, "loss", "How wrong is it?", "(loss)", LOSSES)
        self.pictures: dict[str, LossPicture] = {}

    def show_experiment(self, resolved: ResolvedExperiment, context: LossContext) -> None:
        loss: Loss | None = resolved.loss
        if loss is None:
            return

        self.say(self.explanation, loss.explanation)
        if loss.picture not in self.pictures:
            self.pictures[loss.picture] = picture_for(loss.picture, self.parts.theme)
            self.picture.addWidget(self.pictures[loss.picture], 1)

        for kind, picture in self.pictures.items():
            picture.setVisible(kind == loss.picture)

        self.pictures[loss.picture].show_loss(loss, context)


class OptimizerCard(SettingsCard):
    """How the weights move, and what memory that takes."""

    def __init__(self, parts_: Parts) -> None:
        super().__init__(
            parts_, "optimizer", "How are the weights changed?", "(optimizer)", OPTIMIZERS
        )
        self.boxes = OptimizerBoxes(parts_.theme)
        self.sum = Label()
        style(self.sum, "row")
        self.sum.setObjectName("learning.floats")
        self.picture.addWidget(self.boxes)
        self.picture.addWidget(self.sum)
        self.find_rate = FindButton(parts_)
        self.body.insertWidget(
            self.body.indexOf(self.more), self.find_rate, 0, Qt.AlignmentFlag.AlignLeft
        )

    def show_experiment(
        self, resolved: ResolvedExperiment, parameters: int | None, floats: Mapping[str, int]
    ) -> None:
        """Draws the optimizer of an experiment.

        floats: what it keeps of this network, {} while that is not known.
        """
        optimizer = resolved.optimizer
        if optimizer is None:
            return

        self.say(self.explanation, optimizer.explanation)
        self.boxes.show_optimizer(optimizer, parameters, floats)
        self.sum.setText(self.boxes.sum_text())


class ScheduleCard(SettingsCard):
    """The learning rate over the run, drawn for the planned steps."""

    def __init__(self, parts_: Parts) -> None:
        super().__init__(
            parts_, "schedule", "How large is a step?", "(learning rate schedule)", SCHEDULES
        )
        self.plot = SchedulePlot(parts_.theme)
        self.plot.setAccessibleName("The learning rate over the planned epochs")
        self.below = self._text()
        self.picture.addWidget(self.plot, 1)
        self.picture.addWidget(self.below)

    def show_experiment(self, resolved: ResolvedExperiment, examples: int) -> None:
        schedule = resolved.schedule
        if schedule is None:
            return

        self.plot.setFixedHeight(self.parts.theme.px(170))
        self.say(self.explanation, schedule.explanation)
        self.plot.show_plan(resolved, examples)
        peak = float(self.plot.rate.y.max()) if len(self.plot.rate.y) else 0.0
        at = float(self.plot.rate.x[int(self.plot.rate.y.argmax())]) if peak else 0.0
        where = (
            f" at epoch {number_text(at)}" if peak and float(self.plot.rate.y.min()) < peak else ""
        )

        words = f"Learning rate over the epochs; at most {number_text(peak)}{where}."
        if len(self.plot.lowest.x):
            words += (
                " It stays at the top while the validation loss falls; the lower line shows "
                "what happens if it never falls."
            )

        self.below.setText(words)


class TrainingCard(SettingsCard):
    """How long it trains, and in what batches."""

    def __init__(self, parts_: Parts) -> None:
        super().__init__(parts_, "training", "How long, and how many at once?", "(epochs, batch)")
        self.body.removeWidget(self.explanation)
        self.body.insertWidget(self.body.count() - 1, self.explanation)
        self.start_note = StartNote(parts_)
        self.body.insertWidget(self.body.count() - 1, self.start_note)
        self.disk_note = DiskNote()
        self.body.insertWidget(self.body.count() - 1, self.disk_note)
        self.measure_threads = QPushButton("Measure the threads again")
        self.measure_threads.setObjectName("learning.measure_threads")
        self.measure_threads.setToolTip(
            "Forgets how many threads were fastest, so that the next training tries them again. "
            "Another number of threads gives slightly other weights."
        )
        self.measure_threads.setAccessibleName("Measure again how many threads are fastest")
        self.measure_threads.clicked.connect(self._measure_threads)
        style(self.measure_threads, "small")
        self.threads_note = Label("The next training measures them.")
        self.threads_note.setObjectName("learning.threads_note")
        style(self.threads_note, "secondary")
        self.threads_note.hide()

        self.threads_note.setWordWrap(True)

        inside = self.more.layout()
        assert isinstance(inside, QBoxLayout)
        inside.addWidget(self.measure_threads, 0, Qt.AlignmentFlag.AlignLeft)
        inside.addWidget(self.threads_note)
        parts_.session.state_changed.connect(self._begun)

    def _measure_threads(self) -> None:
        """Forgets the kept thread counts, and says so until a training begins."""
        thread_choice.forget()
        self.threads_note.show()

    def _begun(self) -> None:
        if self.parts.session.active:
            self.threads_note.hide()

    def show_experiment(self, resolved: ResolvedExperiment, examples: int, kind: str) -> None:
        """Writes the steps of an epoch. kind: of the examples, for their noun."""
        training = resolved.training
        per_epoch = max(1, -(-examples // training.step_size))

        batches = f"batches of {training.batch_size:,}"
        if training.accumulation > 1:
            batches += f", {training.accumulation} of them a step"

        self.say(
            self.explanation,
            f"{counted(kind, examples)} in {batches}: {count_text(per_epoch, 'step')} an epoch, "
            f"{per_epoch * training.epochs:,} in all.",
        )


class PredictedCard(Card):
    """The memory ledger predicted for these settings, against what the device has."""

    def __init__(self, parts_: Parts) -> None:
        super().__init__("Memory", "predicted for these settings")
        self.parts = parts_
        self.setObjectName("learning.memory")
        theme = parts_.theme
        self.bar = MemoryBar(theme, enlarge=True)
        self.table = MemoryTable(theme, compact=False, columns=("predicted",), explained=False)
        self.bar.setAccessibleName("Predicted memory by purpose")
        self.explain = QPushButton("Explain")
        self.explain.setCheckable(True)
        self.explain.setObjectName("learning.memory.explain")
        self.explain.setToolTip("Explains where each row comes from.")
        self.explain.setAccessibleName("Where each row of the memory comes from")
        self.explain.toggled.connect(self.table.set_explained)
        style(self.explain, "small")
        self.tools.addWidget(self.explain)
        self.planner = QPushButton("What would fit?")
        self.planner.setObjectName("learning.planner")
        self.planner.setToolTip(
            "Shows what would fit the memory of this device, and what it would cost."
        )
        self.planner.setAccessibleName("What would fit the memory, and what it would cost")
        self.planner.clicked.connect(lambda: parts_.do(Action.PLAN))
        style(self.planner, "small")
        self.tools.addWidget(self.planner)
        self.device_bar = MemoryBar(theme)
        self.verdict = Label()
        self.device_bar.setAccessibleName("Memory of the device with this training in it")
        self.verdict.setWordWrap(True)
        self.verdict.setObjectName("learning.fits")

        for widget in (self.bar, self.table, self.device_bar, self.verdict):
            self.body.addWidget(widget)

        self._role = ""

    def show_prediction(
        self,
        predicted: dict[str, int],
        parameters: int | None,
        device: Budget | None,
        waiting: str,
        optimizer: Optimizer | None = None,
    ) -> None:
        """Shows a prediction.

        waiting: what is still being done, or why there is nothing. optimizer: for which this is
        predicted.
        """
        there = bool(predicted)
        for widget in (self.bar, self.table, self.explain):
            widget.setVisible(there)

        self.set_why(
            f"predicted {bytes_text(total_of(predicted))}"
            if there
            else "predicted for these settings"
        )
        self.bar.show_parts(
            parts_of(predicted), peak=predicted.get("peak") if overlap(predicted) else None
        )
        self.table.show_rows(predicted, {}, parameters, optimizer)

        need = (
            needed(predicted, device, self.parts.document.dataset is not None) if device else None
        )
        if device is None or need is None:
            self.device_bar.hide()
            self._say(waiting, "secondary")
            return

        pieces = parts(need, device)
        self.device_bar.setVisible(bool(pieces))
        self.device_bar.show_parts(pieces)
        self._say(*verdict(need, device))

    def _say(self, text: str, role: str) -> None:
        self.verdict.setText(text)
        self.verdict.setVisible(bool(text))

        if role != self._role:
            self._role = role
            style(self.verdict, role)
