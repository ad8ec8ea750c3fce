"""Keeps how the network looks after an epoch, for looking back: a small file for each.

One example and some beside it go through the network once, as in an evaluation: no random number is
drawn and no running average moves, so the weights become the same. How many examples, and after
which epochs, follows from the plan alone: two runs of one experiment keep the same.
"""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

import numpy as np
import torch

from app.engine.compute.outputs.request import prepared
from app.engine.compute.outputs.values import OutputsRequest
from app.engine.compute.outputs.watch import OutputWatcher
from app.engine.runs import epoch_records
from app.engine.runs.looks import epoch_looks
from app.engine.runs.looks.epoch_looks import EpochLook, WeightSpread
from app.engine.runs.margins import margin_files

if TYPE_CHECKING:
    from torch import nn

    from app.engine.data.dataset import Dataset
    from app.engine.data.preparation import Batch
    from app.engine.runs.epoch_records import EpochRecord
    from app.engine.runs.run import Run
    from app.engine.training.build import TrainState
    from app.engine.training.saver import Saver

MOST_EPOCHS = 60
"""Epochs that are kept; of more only every second, third ... one."""

MOST_OF_SMALL = 20
"""The same of a network so small that its steps go without autograd: a look takes as long as ten of
them.
"""

MOST_EXAMPLES = 128
"""Examples that go through the network, no more than in a batch of an evaluation."""

SHARE = 12
"""One for so many training examples: with a third of the work of a step each, less than 3 % of an
epoch.
"""

MOST_FEATURES = 64
"""Numbers of a point; more are projected to so many at random, always in the same way."""

MOST_LAYERS = 128

SAMPLE = 16_384
"""Weights of a layer that are counted, evenly spread."""

BINS = 40


class LookKeeper:
    """Looks at the network of a run after its epochs, and writes what it sees."""

    def __init__(self, train_state: TrainState, run: Run, saver: Saver, probes: np.ndarray) -> None:
        """probes: positions in the validation split; the first is the example that is followed."""
        plan = train_state.plan
        dataset = plan.dataset
        self._train_state = train_state
        self._run = run
        self._saver = saver
        self._watcher = OutputWatcher(train_state.network)
        self._network = train_state.network
        validation = dataset.indices["validation"]
        training = dataset.description.size("training")
        size = train_state.passes.part_size if plan.memory_parts else plan.batch_size
        most = min(MOST_EXAMPLES, size, max(2, training // SHARE))
        spread = np.linspace(0, len(validation) - 1, min(len(validation), most)).astype(np.int64)
        first = probes[:1]
        places = np.concatenate([first, spread[~np.isin(spread, first)]])[:most]
        self._rows = np.asarray(validation[places], np.int64)
        self._limit = room_for_looks(dataset, plan.epochs)
        kept = MOST_EPOCHS if train_state.passes.manual is None else MOST_OF_SMALL
        self._every = -(-plan.epochs // kept)
        self._is_active = bool(len(self._rows))
        self._request: OutputsRequest | None = None
        self._inputs: Batch | None = None
        """The examples as the network gets them, where that is small."""

        self._room: int | None = None

    def take(self, epoch: int, record: EpochRecord) -> None:
        """Keeps the network as it is after an epoch, where that is due.

        record: what is kept of every epoch anyway.

        Whatever goes wrong is written to the log: to look back must not end a training.
        """
        if not self._is_active or not self._is_due(epoch):
            return

        try:
            self._saver.guarded(lambda: self._keep(epoch, record), f"What is seen of epoch {epoch}")
        except Exception as error:
            self._is_active = False
            self._run.log("".join(traceback.format_exception(error)))

    def _keep(self, epoch: int, record: EpochRecord) -> None:
        look = self._look(epoch)
        if self._room is None:
            self._room = self._fitting(look, record)
            epochs = self._train_state.plan.epochs
            self._every = max(self._every, -(-epochs // max(1, self._room)))
            self._is_active = self._room > 0

        if self._is_active and self._is_due(epoch):
            epoch_looks.write_look(self._run.path, look)

    def _fitting(self, look: EpochLook, record: EpochRecord) -> int:
        """Returns how many looks there is room for.

        By sizes before packing, which are the same in every epoch and in a run that goes on.
        """
        epochs = self._train_state.plan.epochs
        room = max(0, self._limit - epochs * epoch_records.most_bytes(record))
        return room // epoch_looks.unpacked_bytes(look)

    def _is_due(self, epoch: int) -> bool:
        return (epoch - 1) % self._every == 0

    def _look(self, epoch: int) -> EpochLook:
        plan = self._train_state.plan
        request = self._examples()
        inputs = self._inputs_of(request)
        features: list[torch.Tensor] = []
        last = self._network.blocks[self._network.graph.nodes[-1].name]

        def goes_in(_module: nn.Module, given: tuple[torch.Tensor, ...]) -> None:
            features.append(given[0])

        def comes_out(_module: nn.Module, _given: object, output: torch.Tensor) -> None:
            features[:] = [output]

        hook = (
            last.register_forward_hook(comes_out)
            if plan.task.embeds and not plan.task.pairs
            else last.register_forward_pre_hook(goes_in)
        )
        try:
            outputs = self._watcher.look(inputs)
        finally:
            hook.remove()

        dead = [(seen.dead, seen.units) for seen in outputs.values() if seen.small is not None]
        return EpochLook(
            epoch,
            int(self._rows[0]),
            {name: seen.small for name, seen in outputs.items() if seen.small is not None},
            np.array(dead, np.int32).reshape(len(dead), 2),
            self._rows,
            points_of(features[0], len(self._rows)),
            labels_of(request.targets, plan.task.targets),
            weight_spreads(self._network),
        )

    def _examples(self) -> OutputsRequest:
        """Returns the examples as the data set stores them, read once."""
        if self._request is None:
            dataset = self._train_state.plan.dataset
            arrays = tuple(np.array(array[self._rows]) for array in dataset.arrays)
            targets = np.array(dataset.targets[self._rows])
            self._request = OutputsRequest(arrays, targets, dataset.description)

        return self._request

    def _inputs_of(self, request: OutputsRequest) -> Batch:
        """Returns the examples as the network gets them, the same after every epoch.

        Those of large networks are made anew, for nobody counts on the memory that they take.
        """
        if self._inputs is not None:
            return self._inputs

        plan = self._train_state.plan
        inputs = prepared(request, plan.dataset.description, plan.task, self._train_state.device)
        if self._train_state.passes.manual is not None:
            self._inputs = inputs

        return inputs


def room_for_looks(dataset: Dataset, epochs: int) -> int:
    """Returns how many bytes the looks of a run, and the records of its epochs, may take.

    Room is left for the margins of all epochs, where these are kept too.
    """
    limit = margin_files.most_bytes(dataset)
    if not margin_files.fit(dataset, epochs):
        return limit

    return limit - 2 * dataset.description.size("training") * epochs


def points_of(features: torch.Tensor, count: int) -> np.ndarray:
    """Returns a point (count, at most MOST_FEATURES) float16 of each example.

    features: (B, ...) what the last block gets; of maps and tokens the mean over their places is
    taken, and where both halves of pairs are one batch, the first half.
    """
    known = features.detach()[:count].float()
    if known.ndim > 2:
        axes = tuple(range(2, known.ndim)) if known.ndim > 3 else (1,)
        known = known.mean(dim=axes)

    known = known.reshape(len(known), -1)
    if known.shape[1] > MOST_FEATURES:
        generator = torch.Generator().manual_seed(0)
        draw = torch.randn(known.shape[1], MOST_FEATURES, generator=generator)
        known = known.cpu() @ (draw / MOST_FEATURES**0.5)

    limits = torch.finfo(torch.float16)
    bounded = known.clamp(limits.min, limits.max).nan_to_num().cpu()
    points: np.ndarray = bounded.numpy().astype(np.float16)
    return points


def labels_of(targets: np.ndarray, kind: str) -> np.ndarray:
    """Returns (n,) float32: the class, the largest share or the first amount of each example.

    targets: (n, ...) of a kind of Task.targets. NaN where an example has none of these.
    """
    labels: np.ndarray = np.full(len(targets), np.nan)
    if kind == "classes":
        labels = targets
    elif kind == "shares":
        labels = targets.argmax(axis=1)
    elif kind == "amounts":
        labels = targets[:, 0]

    return np.asarray(labels, np.float32)


@torch.no_grad()
def weight_spreads(network: nn.Module) -> dict[str, WeightSpread]:
    """Returns how the weights of each layer spread; biases, norms and scales are left out."""
    layers = [(name, weight) for name, weight in network.named_parameters() if weight.ndim > 1]
    spreads = {}
    for name, weight in layers[:MOST_LAYERS]:
        numbers = weight.detach().flatten()
        numbers = numbers[:: -(-len(numbers) // SAMPLE)].float().cpu()
        numbers = numbers[numbers.isfinite()]
        low, high = (float(end) for end in numbers.aminmax()) if len(numbers) else (0.0, 0.0)
        counts = torch.histc(numbers, BINS, low, high).numpy().astype(np.uint32)
        spreads[name.removeprefix("blocks.")] = WeightSpread(counts, low, high)

    return spreads
