"""A process of a run that follows the first: the same network, and its share of the work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from app.engine import garbage
from app.engine.compute.batches import split_inputs
from app.engine.compute.evaluation import evaluate
from app.engine.errors import UserError
from app.engine.experiment import toml_file
from app.engine.runs.control import Control
from app.engine.runs.tensors import restore_optimizer
from app.engine.sources.opening import open_dataset
from app.engine.training.build import assemble, build_loss
from app.engine.training.live_changes_applied import apply_changes
from app.engine.training.plan import plan_from_checkpoint
from app.engine.training.ranks.group import Group, Turns, versions
from app.engine.training.ranks.heart import Heart, end_at_once
from app.engine.training.ranks.passes import SharedPasses
from app.engine.training.ranks.position import Position
from app.engine.training.ranks.standstill import Standstill

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.compute.batches import SplitInputs
    from app.engine.experiment.data_settings import DataSettings
    from app.engine.training.build import TrainState
    from app.engine.training.plan import Plan
    from app.engine.training.ranks.world import World


class Member:
    """Does what the first process orders, until that lets it go."""

    def __init__(self, world: World, train_state: TrainState, group: Group) -> None:
        self._world = world
        self._train_state = train_state
        self._group = group
        self._clip = train_state.plan.resolved.training.gradient_clip or 0.0
        self._epoch = 0
        self._inputs: dict[str, SplitInputs] = {}
        plan = train_state.plan
        self._planned_loss = build_loss(plan, plan.resolved.loss, train_state.device)
        train_state.randomness.draw_apart(world.rank)

    @classmethod
    def prepared(
        cls, world: World, store: Any, told: dict[str, Any], data: DataSettings | None
    ) -> Member:
        """Makes the same network on the same data, and joins the group.

        told: see Lead.join. Raises UserError where the data or the program are others.
        """
        if told["versions"] != versions():
            raise UserError(
                f"It has {_in_words(versions())}, the first one {_in_words(told['versions'])}.",
                "Use the same version on all computers.",
            )

        if told["keeps_memory"]:
            garbage.keep_freed_memory(0)

        train_state = assemble(_plan(world, told, data))
        torch.set_num_threads(train_state.threads)
        position = Position()
        standstill = Standstill(position, on_cpu=train_state.device.type == "cpu")
        heart = Heart(world, standstill, end_at_once)
        store.set(f"ready/{world.rank}", "")
        group = Group(world, store, train_state.device, position)
        heart.begin()
        gathers = train_state.plan.resolved.training.batch_norm == "gathered"
        train_state.passes = SharedPasses(train_state.passes, group, gathers)
        return cls(world, train_state, group)

    def work(self) -> None:
        """Follows orders to the end. Raises what goes wrong with one of them."""
        does: dict[str, Callable[[dict[str, Any]], None]] = {
            "take": self._take,
            "step": self._step,
            "judge": self._judge,
            "weights": self._weights,
        }
        self._train_state.network.train()
        while (order := self._group.hear())["do"] != "end":
            self._group.position.works(f"{order['do']} {order.get('split', '')}")
            does[order["do"]](order)

    def _take(self, order: dict[str, Any]) -> None:
        """Takes what a run that goes on has beside the weights."""
        state = {
            name: torch.zeros(shape, dtype=getattr(torch, kind))
            for name, (shape, kind) in order["optimizer"].items()
        }
        self._group.spread(state.values())
        restore_optimizer(self._train_state.network, self._train_state.optimizer, state)
        self._train_state.passes.load_scale(order["scaler"])

    def _step(self, order: dict[str, Any]) -> None:
        """Takes a step as the loop does, see `Training._step`; nothing of it is told or kept."""
        train_state = self._train_state
        passes = train_state.passes
        if "changes" in order:
            self._clip = apply_changes(train_state, order["changes"])
        if order["epoch"] != self._epoch:
            self._epoch = order["epoch"]
            self._group.position.works("begin an epoch")
            train_state.batches.begin_epoch(self._epoch)
            self._group.position.works("step ")

        for group in train_state.optimizer.param_groups:
            group["lr"] = order["rate"]

        train_state.randomness.begin_step(self._epoch, order["step"])
        inputs, targets = train_state.batches.get(order["batch"])
        passes(inputs, targets)
        passes.unscale(train_state.optimizer)
        if self._clip:
            passes.clip(self._clip)

        passes.step(train_state.optimizer)

    def _judge(self, order: dict[str, Any]) -> None:
        """Judges the own batches of a split, and hands them to the first process."""
        train_state = self._train_state
        plan = train_state.plan
        dataset = plan.dataset
        split = order["split"]
        if split not in self._inputs:
            self._inputs[split] = split_inputs(dataset, split, train_state.device)

        evaluate(
            train_state.network,
            dataset.description,
            self._inputs[split],
            dataset.targets[dataset.indices[split]],
            self._planned_loss,
            plan.task,
            train_state.device,
            order["batch_size"],
            manual=train_state.passes.manual,
            division=Turns(self._group),
        )

    def _weights(self, _: dict[str, Any]) -> None:
        """Takes the weights that the first process has."""
        self._group.spread(self._train_state.network.state_dict().values())


def _plan(world: World, told: dict[str, Any], data: DataSettings | None) -> Plan:
    """Returns the plan of the first process on the data that are here. Raises UserError."""
    device = f"cuda:{world.local_rank}" if told["device"] == "cuda" else told["device"]
    experiment = toml_file.from_plain(told["experiment"])
    experiment = experiment.replace(
        data=data or experiment.data, training=experiment.training.replace(device=device)
    )
    state = told["state"]
    dataset = open_dataset(experiment.data)
    description = dataset.description
    if (description.fingerprint, description.digest) != (state["fingerprint"], state["digest"]):
        raise UserError(
            f"'{experiment.data.source}' holds other data there than for the first process.",
            "Copy the same files to all computers.",
            "data.source",
        )

    plan = plan_from_checkpoint(experiment, state, lambda _: None, Control(), dataset)
    return plan.in_parts(told["memory_parts"])


def _in_words(versions: dict[str, str]) -> str:
    return f"PyTorch {versions['torch']} for {versions['machine']}"
