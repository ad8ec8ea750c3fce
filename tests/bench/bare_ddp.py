"""A bare DistributedDataParallel loop: what two processes do where nothing is watched or kept.

Started by `ddp_turns` as a process of its own: RANK SIZE PORT EXPERIMENT OUT. The first one notes
the end of every step in the file OUT. It goes on until it is ended.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel

from app.engine.experiment import toml_file
from app.engine.runs.control import Control
from app.engine.training.build import assemble
from app.engine.training.plan import plan_training
from tests.bench.ddp_turns import note_step
from tests.bench.speed import BareLoop


def main(rank: int, size: int, port: int, path: str, out: str) -> NoReturn:
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
    handle = os.open(out if rank == 0 else os.devnull, os.O_WRONLY | os.O_CREAT)
    while True:
        loop.steps(1)
        note_step(handle)


if __name__ == "__main__":
    numbers = [int(each) for each in sys.argv[1:4]]
    main(numbers[0], numbers[1], numbers[2], sys.argv[4], sys.argv[5])
