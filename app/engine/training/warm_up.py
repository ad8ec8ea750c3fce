"""Loading torch's slow parts, once a process, before the first training."""

from __future__ import annotations

import gc
import linecache
import threading

import torch

from models.memory.lazy_dynamo import spare_dynamo

_is_warm = threading.Event()


def warm_up() -> None:
    """Makes torch load what its first optimizer step brings along (seconds, once a process)."""
    if _is_warm.is_set():
        return

    spare_dynamo()
    layer = torch.nn.Linear(2, 2)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.zero_()

    optimizer = torch.optim.AdamW(layer.parameters(), fused=True)
    layer(torch.zeros(1, 2)).sum().backward()
    optimizer.step()

    # The engine's 300,000 objects stay to the end: without them a collection holds the window up
    # for 1 ms, not 500. Collected is on the main thread alone, because what is garbage may be the
    # window's, and it must not be destroyed on another.
    if threading.current_thread() is threading.main_thread():
        gc.collect()
    gc.freeze()

    # Registering torch's operators reads the source of its files, and Python would keep all the
    # lines for messages: 20 MB. What a message needs is read again.
    linecache.clearcache()
    _is_warm.set()
