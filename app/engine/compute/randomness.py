"""Makes all that is random in a run follow from its seed, the epoch and the step.

So a resumed run needs no saved state of generators to go on bit for bit.
"""

from __future__ import annotations

import torch

_MASK = (1 << 64) - 1

ORDER = 1
"""Part of the seed of an epoch's order."""

AUGMENTATION = 2
"""Part of the seed of a step's augmentation."""

NETWORK = 3
"""Part of the seed of a step's dropout."""


def mix_seed(*numbers: int) -> int:
    """Returns a seed below 2**63 of which every bit depends on every number.

    It is splitmix64 (Steele et al. 2014).
    """
    return _mixed(0, *numbers) >> 1


def _mixed(state: int, *numbers: int) -> int:
    """Returns the state of the generator after more numbers."""
    for number in numbers:
        state = (state + (number & _MASK) + 0x9E3779B97F4A7C15) & _MASK
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
        state ^= state >> 31

    return state


class Randomness:
    """The generators of one run on one device."""

    def __init__(self, seed: int, device: torch.device) -> None:
        self.seed = seed
        self._order = torch.Generator()
        self._augmentation = torch.Generator(device)
        self._augmentation_step: tuple[int, int] | None = None
        self._network = _default_generator(device)
        self._network_state = _mixed(0, seed, NETWORK)
        self._epoch_state: tuple[int, int, int] | None = None
        """A state of the network's draws, an epoch, and the state after it."""

    @property
    def augmentation(self) -> torch.Generator:
        """The generator of augmentation; most steps of tables draw nothing and do not ask."""
        if self._augmentation_step is not None:
            self._augmentation.manual_seed(
                mix_seed(self.seed, AUGMENTATION, *self._augmentation_step)
            )
            self._augmentation_step = None

        return self._augmentation

    def order(self, epoch: int, count: int) -> torch.Tensor:
        """Returns the order of `count` examples in an epoch: (count,) int64 on the CPU."""
        generator = self._order.manual_seed(mix_seed(self.seed, ORDER, epoch))
        return torch.randperm(count, generator=generator)

    def begin_step(self, epoch: int, step: int) -> None:
        """Seeds all generators for a step.

        It costs 3 microseconds, torch.manual_seed would cost 100.
        """
        self.seed_augmentation(epoch, step)
        known = self._epoch_state
        if known is None or known[0] != self._network_state or known[1] != epoch:
            of_epoch = _mixed(self._network_state, epoch)
            known = self._epoch_state = self._network_state, epoch, of_epoch

        self._network.manual_seed(_mixed(known[2], step) >> 1)

    def draw_apart(self, process: int) -> None:
        """Gives dropout draws of its own in each of several processes that share the batches.

        They have other examples each. The first one, 0, draws as a process alone; the order of
        examples and augmentation stay the same in all.
        """
        if process:
            self._network_state = _mixed(0, self.seed, NETWORK, process)

    def seed_augmentation(self, epoch: int, step: int) -> None:
        """Seeds the generator of augmentation alone.

        The one that dropout draws from belongs to the whole process, where another thread may
        train.
        """
        self._augmentation_step = epoch, step


def _default_generator(device: torch.device) -> torch.Generator:
    """Returns the generator that dropout draws from."""
    if device.type == "cuda":
        torch.cuda.init()  # type: ignore[no-untyped-call]
        return torch.cuda.default_generators[device.index or 0]

    if device.type == "mps":
        return torch.mps._get_default_mps_generator()  # noqa: SLF001 - it has no public name

    return torch.default_generator
