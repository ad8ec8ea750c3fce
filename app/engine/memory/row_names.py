"""What the rows of the memory ledger are called, and what each is for. No torch here."""

from __future__ import annotations

NAMES = {
    "weights": "weights",
    "gradients": "gradients",
    "first_moment": "first moment",
    "second_moment": "second moment",
    "other_state": "other state",
    "activations": "activations",
    "batch": "batch",
    "dataset": "data set",
    "data": "data",
    "workspace": "workspace",
}
FULL_NAMES = NAMES | {
    "other_state": "other optimizer state",
    "dataset": "data set on the device",
    "data": "batch and data set",
    "workspace": "workspace and rounding",
}
"""Names of the rows where there is room."""

MEANING = {
    "weights": "The numbers that are learned.",
    "gradients": "For each weight, how the loss changes with it.",
    "first_moment": "For each weight, the running average of its gradient: its momentum.",
    "second_moment": "For each weight, the running average of its squared gradient: how large it "
    "has been lately.",
    "other_state": "What else stays: step counters of the optimizer, running averages of batch "
    "norm.",
    "activations": "What the blocks computed, kept by autograd for the backward pass. Grows with "
    "the batch size.",
    "batch": "The examples at hand, as the network reads them, and their answers.",
    "dataset": "The training examples, decoded once and kept ready.",
    "data": "The examples, decoded once and kept ready, and the batch at hand.",
    "workspace": "Room for intermediate results, and what rounding leaves unused.",
}
