"""How well examples fit their labels, from the outputs of a network: margins and losses.

A margin is above 0 where the network gives the label, and the further below it is, the more clearly
it gives something else. Its mean over the epochs is the area under the margin (AUM, Pleiss et al.
2020, arXiv:2001.10528), which is low where a label is wrong.

Every function returns (3, B) float32: the margins, the losses, and what speaks most against each
label: the number of a class or tag, or of one amount what the network answers in its place.
"""

# ruff: noqa: PLC0415 - torch takes seconds to load; the window lists tasks without it
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def class_margins(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Returns the logit of the label minus the largest other, and the cross-entropy.

    outputs: (B, K) logits. targets: (B,) int64.
    """
    import torch

    labels = targets[:, None]
    own = outputs.gather(1, labels)[:, 0]
    largest, others = outputs.scatter(1, labels, -torch.inf).max(dim=1)
    losses = outputs.logsumexp(dim=1) - own
    return torch.stack([own - largest, losses, others.float()])


def yes_no_margins(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Returns the logit on the side of the label, and the binary cross-entropy.

    outputs: (B, 1), the logit of yes. targets: (B,), 0 or 1.
    """
    import torch
    from torch.nn.functional import softplus

    labels = targets.float()
    margins = outputs[:, 0] * (2 * labels - 1)
    return torch.stack([margins, softplus(-margins), 1 - labels])


def tag_margins(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Returns the smallest margin of all tags, with its tag, and the mean cross-entropy of all.

    outputs: (B, K), a logit for each tag. targets: (B, K) of 0 and 1.
    """
    import torch
    from torch.nn.functional import softplus

    every = outputs * (2 * targets.float() - 1)
    margins, tags = every.min(dim=1)
    return torch.stack([margins, softplus(-every).mean(dim=1), tags.float()])


def share_margins(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Returns the margins of the class with the largest share, and the cross-entropy of all.

    outputs: (B, K) logits. targets: (B, K) that sum to 1.
    """
    import torch

    margins, _, others = class_margins(outputs, targets.argmax(dim=1))
    losses = outputs.logsumexp(dim=1) - (outputs * targets).sum(dim=1)
    return torch.stack([margins, losses, others])


def amount_margins(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Returns minus the loss as margins, and the mean squared error of an example as loss.

    Of one amount the answer stands in the third row, standardised; of several the number of the one
    that is furthest off.

    outputs, targets: (B, T), standardised.
    """
    import torch

    errors = outputs - targets
    losses = errors.square().mean(dim=1)
    single = outputs.shape[1] == 1
    others = outputs[:, 0] if single else errors.abs().argmax(dim=1).float()
    return torch.stack([-losses, losses, others])
