"""What the processes of a run say to each other: orders of the first, and tensors both ways.

Nothing is pickled: an order is a line of JSON, a tensor its bytes.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import distributed

from app.engine import files
from app.engine.compute.division import Division

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from app.engine.training.ranks.position import Position
    from app.engine.training.ranks.world import World

FRAME = 2048
"""Bytes of an order; a longer one is followed by the rest. Most have a hundred."""

LENGTH = 8
"""Bytes of a frame that hold the length of the order."""

INTERFACE = "GLOO_SOCKET_IFNAME"

FOR_EVER = timedelta(days=30)
"""A paused run may stay so for a night. Whoever is silent meanwhile is found by the heart."""


class Group:
    """The process group of a run, see `torch.distributed`; one in a process, until `close`."""

    def __init__(self, world: World, store: Any, device: torch.device, position: Position) -> None:
        """Waits for all others. Raises RuntimeError where one of them goes away.

        position: of the thread that calls this, and whatever is exchanged.
        """
        self.position = position
        self.rank = world.rank
        self.size = world.size
        self._device = device
        backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
        with _own_interface(world):
            distributed.init_process_group(
                backend, store=store, rank=world.rank, world_size=world.size, timeout=FOR_EVER
            )

        self._frame = torch.zeros(FRAME, dtype=torch.uint8)

    def close(self) -> None:
        """Leaves the group; another one may be made in this process."""
        distributed.destroy_process_group()

    # --- orders

    def tell(self, order: dict[str, Any]) -> None:
        """Gives an order to all other processes."""
        content = files.json_line(order, ascii_only=True)
        message = len(content).to_bytes(LENGTH, "little") + content
        frame = self._frame.numpy()
        frame[: min(FRAME, len(message))] = np.frombuffer(message[:FRAME], dtype=np.uint8)
        self.position.order += 1
        with self.position.waiting():
            distributed.broadcast(self._frame, 0)
            if len(message) > FRAME:
                distributed.broadcast(
                    torch.frombuffer(bytearray(message[FRAME:]), dtype=torch.uint8), 0
                )

    def hear(self) -> dict[str, Any]:
        """Waits for the next order and returns it."""
        with self.position.waiting():
            distributed.broadcast(self._frame, 0)
            message = self._frame.numpy().tobytes()
            length = LENGTH + int.from_bytes(message[:LENGTH], "little")
            if length > FRAME:
                rest = torch.zeros(length - FRAME, dtype=torch.uint8)
                distributed.broadcast(rest, 0)
                message += rest.numpy().tobytes()

        self.position.order += 1
        order: dict[str, Any] = json.loads(message[LENGTH:length])
        return order

    # --- tensors

    def spread(self, tensors: Iterable[torch.Tensor]) -> None:
        """Makes each tensor in every process what it is in the first."""
        for tensor in tensors:
            values = tensor.detach().contiguous()
            with self.position.waiting():
                distributed.broadcast(values, 0)
            if values.data_ptr() != tensor.data_ptr():
                tensor.detach().copy_(values)

    def summing(self, value: torch.Tensor) -> Callable[[], None]:
        """Begins to make a scalar its sum over all processes; returns what waits for that."""
        work = distributed.all_reduce(value, async_op=True)

        def wait() -> None:
            with self.position.waiting():
                work.wait()

        return wait

    def gathered(self, own: torch.Tensor, parts: Sequence[slice]) -> list[torch.Tensor]:
        """Returns what each process has, (n, ...) each, where parts says how many rows.

        Its own is the tensor that was given, with its graph.
        """
        most = max(part.stop - part.start for part in parts)
        padded = own.new_zeros((most, *own.shape[1:]))
        mine = parts[self.rank]
        count = mine.stop - mine.start
        padded[:count] = own.detach()[:count]
        found = [torch.empty_like(padded) for _ in parts]
        with self.position.waiting():
            distributed.all_gather(found, padded)

        rows = [tensor[: part.stop - part.start] for tensor, part in zip(found, parts, strict=True)]
        rows[self.rank] = own[:count]
        return rows

    def send(self, tensors: Sequence[torch.Tensor]) -> None:
        """Sends tensors to the first process."""
        plain = [tensor.detach().cpu().contiguous() for tensor in tensors]
        header = [
            {"shape": list(tensor.shape), "type": str(tensor.dtype).removeprefix("torch.")}
            for tensor in plain
        ]
        content = torch.frombuffer(
            bytearray(files.json_line(header, ascii_only=True)), dtype=torch.uint8
        )
        with self.position.waiting():
            distributed.send(torch.tensor([len(content)]), 0)
            distributed.send(content, 0)
            for tensor in plain:
                if tensor.numel():
                    distributed.send(tensor, 0)

    def received(self, rank: int) -> list[torch.Tensor]:
        """Returns the tensors that another process sends, on the CPU."""
        length = torch.zeros(1, dtype=torch.int64)
        tensors = []
        with self.position.waiting():
            distributed.recv(length, rank)
            content = torch.zeros(int(length), dtype=torch.uint8)
            distributed.recv(content, rank)
            for entry in json.loads(content.numpy().tobytes()):
                tensor = torch.zeros(entry["shape"], dtype=getattr(torch, entry["type"]))
                if tensor.numel():
                    distributed.recv(tensor, rank)
                tensors.append(tensor)

        return tensors


@contextlib.contextmanager
def _own_interface(world: World) -> Iterator[None]:
    """Lets processes of one computer meet on the loopback, whatever its name resolves to."""
    if not world.is_here or sys.platform != "linux" or INTERFACE in os.environ:
        yield
        return

    os.environ[INTERFACE] = "lo"
    try:
        yield
    finally:
        del os.environ[INTERFACE]


def versions() -> dict[str, str]:
    """Returns what must be the same in all processes, so that they compute the same."""
    return {"torch": torch.__version__.split("+")[0], "machine": platform.machine()}


class Turns(Division):
    """Batches judged in turns: the first process the first one, and so on; each exactly once."""

    def __init__(self, group: Group) -> None:
        self._group = group
        self._batches = 0
        self.is_whole = False
        """Whether everything was handed over, so that nobody waits any more."""

    def own(self, batches: int) -> range:
        self._batches = batches
        return range(self._group.rank, batches, self._group.size)

    def checked(self, check: Callable[[], None]) -> Callable[[], None]:
        position = self._group.position

        def checked() -> None:
            position.free()  # a paused run waits here
            check()
            position.works("judge a batch")

        return checked

    def gathered(
        self, totals: list[torch.Tensor], predictions: list[torch.Tensor]
    ) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        group = self._group
        if group.rank:
            group.send(
                [tensor for pair in zip(totals, predictions, strict=True) for tensor in pair]
            )
            self.is_whole = True
            return [], []

        found = {
            index: (total.cpu(), prediction.cpu())
            for index, total, prediction in zip(
                range(0, self._batches, group.size), totals, predictions, strict=True
            )
        }
        for rank in range(1, group.size):
            tensors = group.received(rank)
            indices = range(rank, self._batches, group.size)
            for index, total, prediction in zip(indices, tensors[::2], tensors[1::2], strict=True):
                found[index] = total, prediction

        self.is_whole = True
        group.position.free()
        ordered = [found[index] for index in range(self._batches)]
        return [total for total, _ in ordered], [prediction for _, prediction in ordered]
