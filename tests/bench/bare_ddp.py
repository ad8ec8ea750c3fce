"""A bare DistributedDataParallel loop: what two processes do where nothing is watched or kept.

Started by `ddp_turns` as a process of its own: RANK SIZE PORT EXPERIMENT STEPS. The first one
prints a line after every step.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel

from app.engine.experiment import toml_file
from app.engine.runs.control import Control
from app.engine.training.build import assemble
from app.engine.training.plan import plan_training
from tests.bench.speed import BareLoop


def main(rank: int, size: int, port: int, path: str, steps: int) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=size
    )
    state = assemble(
        plan_training(toml_file.read(Path(path)), lambda _: None, Control(), threads=1)
    )
    loop = BareLoop(state)
    loop.size //= size
    loop.order = loop.order[rank::size].clone()
    shared: torch.nn.Module = DistributedDataParallel(
        loop.network, forward_sync_buffers=False, gradient_as_bucket_view=True
    )
    loop.network = shared  # type: ignore[assignment]  # the loop only calls it
    for _ in range(steps):
        loop.steps(1)
        if rank == 0:
            print(flush=True)

    distributed.destroy_process_group()


if __name__ == "__main__":
    numbers = [int(each) for each in sys.argv[1:4]]
    main(numbers[0], numbers[1], numbers[2], sys.argv[4], int(sys.argv[5]))
