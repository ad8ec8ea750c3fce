"""A bare DistributedDataParallel loop: what two processes do where nothing is watched or kept.

Started by `machines` as a process of its own: RANK SIZE PORT TEMPLATE STEPS. Prints examples per
second.
"""

from __future__ import annotations

import sys
import time

import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel

from app.engine.runs.control import Control
from app.engine.training.build import assemble
from app.engine.training.plan import plan_training
from tests.bench.speed import BareLoop

WARM = 8
"""Steps before the clock starts: both plan and allocate in them."""


def main(rank: int, size: int, port: int, template: str, steps: int) -> None:
    from tests.bench.machines import large

    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=size
    )
    state = assemble(plan_training(large(template), lambda _: None, Control(), threads=1))
    loop = BareLoop(state)
    loop.size //= size
    loop.order = loop.order[rank::size].clone()
    shared: torch.nn.Module = DistributedDataParallel(
        loop.network, forward_sync_buffers=False, gradient_as_bucket_view=True
    )
    loop.network = shared  # type: ignore[assignment]  # the loop only calls it
    loop.steps(WARM)
    begun = time.perf_counter()
    examples = size * loop.steps(steps)
    if rank == 0:
        print(examples / (time.perf_counter() - begun))

    distributed.destroy_process_group()


if __name__ == "__main__":
    numbers = [int(each) for each in sys.argv[1:4]]
    main(numbers[0], numbers[1], numbers[2], sys.argv[4], int(sys.argv[5]))
