"""All that is random in a run follows from (seed, epoch, step): nothing has to be remembered to go
on to the bit.
"""

from __future__ import annotations

import torch

_MASK = (1 << 64) - 1
ORDER = 1
AUGMENTATION = 2
NETWORK = 3


def mixed(*numbers: int) -> int:
    """A number below 2**63 in which every bit depends on every given number (splitmix64, Steele et
    al. 2014).
    """
    state = 0
    for number in numbers:
        state = (state + (number & _MASK) + 0x9E3779B97F4A7C15) & _MASK
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
        state ^= state >> 31

    return state >> 1


class Randomness:
    """The dice of one run on one device."""

    def __init__(self, seed: int, device: torch.device) -> None:
        self.seed = seed
        self.augmentation = torch.Generator(device)
        self._network = _default_generator(device)

    def order(self, epoch: int, count: int) -> torch.Tensor:
        """The order of `count` examples in an epoch: (count,) int64 on the CPU."""
        generator = torch.Generator().manual_seed(mixed(self.seed, ORDER, epoch))
        return torch.randperm(count, generator=generator)

    def begin_step(self, epoch: int, step: int) -> None:
        """Sets all dice for a step.

        (torch.manual_seed would cost 100 microseconds, this costs 5.)
        """
        self.augmentation.manual_seed(mixed(self.seed, AUGMENTATION, epoch, step))
        self._network.manual_seed(mixed(self.seed, NETWORK, epoch, step))


def _default_generator(device: torch.device) -> torch.Generator:
    """The one that dropout draws from."""
    if device.type == "cuda":
        torch.cuda.init()
        return torch.cuda.default_generators[device.index or 0]

    if device.type == "mps":
        return torch.mps._get_default_mps_generator()

    return torch.default_generator
