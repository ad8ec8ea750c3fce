"""Margins of a run that goes on, on a device of its own: the first ones come from the disk."""

from __future__ import annotations

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from app.engine.compute.kept_outputs import KeptOutputs
from app.engine.learning import tasks


def test_margins_of_a_checkpoint_and_of_another_device_go_together() -> None:
    with FakeTensorMode():  # no such device is needed
        outputs = torch.zeros(5, 4, device="cuda:0")
        targets = torch.zeros(5, 4, device="cuda:0")
        kept = KeptOutputs(tasks.task("multi-label"))
        kept.start_with(torch.zeros(3, 2))
        kept.add([(outputs, targets)])
        found = kept.margins()
        assert found.device.type == "cpu"
        assert found.shape == (3, 7)
        kept.add([(outputs, targets)])
        assert kept.take().shape == (3, 12)
        assert kept.take().shape == (3, 0)
