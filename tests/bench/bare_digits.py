"""A bare training of the built-in digits in PyTorch: nothing is shown, told or kept.

A script of its own, which imports nothing of this program: `bare_digits.py NETWORK.py DATA.npz
EPOCHS BATCH RATE DECAY THREADS OUT`. It does what `netwright train` does with the numbers: shifted
pictures, cross-entropy with smoothing, AdamW, one cycle of the learning rate, validation after
every epoch, the test at the end with the weights of the best epoch.
"""

from __future__ import annotations

import copy
import math
import runpy
import sys

import numpy as np
import torch
from torch.nn import functional


def main(
    network: str, data: str, epochs: str, batch: str, rate: str, decay: str, threads: str, out: str
) -> None:
    """Trains and prints what the best weights reach on the test examples."""
    torch.set_num_threads(int(threads))
    torch.manual_seed(0)
    model = runpy.run_path(network)["Network"]().to(memory_format=torch.channels_last)
    with np.load(data) as arrays:
        splits = {name: torch.from_numpy(arrays[name]) for name in arrays.files}

    inputs = splits["training_inputs"]
    targets = splits["training_targets"]
    pixels = inputs.float() / 255
    mean, std = pixels.mean(), pixels.std()

    weights = [weight for weight in model.parameters() if weight.ndim > 1]
    others = [weight for weight in model.parameters() if weight.ndim <= 1]
    groups = [{"params": weights}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=float(rate), weight_decay=float(decay), fused=True)

    size = int(batch)
    count = -(-len(inputs) // size)
    steps = int(epochs) * count
    best = (math.inf, model.state_dict())
    for epoch in range(int(epochs)):
        model.train()
        order = torch.randperm(len(inputs))
        for index in range(count):
            factor = one_cycle(epoch * count + index, steps)
            for group in optimizer.param_groups:
                group["lr"] = float(rate) * factor

            rows = order[index * size : (index + 1) * size]
            pictures = (shifted(inputs[rows]).float() / 255 - mean) / std
            loss = functional.cross_entropy(model(pictures), targets[rows], label_smoothing=0.1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

        validation, _ = judged(model, splits, "validation", mean, std)
        if validation < best[0]:
            best = (validation, copy.deepcopy(model.state_dict()))

    model.load_state_dict(best[1])
    _, accuracy = judged(model, splits, "test", mean, std)
    torch.save(best[1], out)
    print(f"{accuracy:.4f}")


def one_cycle(step: int, steps: int, rise: float = 0.3, start: float = 0.04) -> float:
    """Returns the share of the peak rate at a step."""
    top = rise * (steps - 1)
    low, high, share = (
        (start, 1.0, step / top)
        if step < top
        else (1.0, start * 1e-3, (step - top) / (steps - 1 - top))
    )
    return high + (low - high) * 0.5 * (1 + math.cos(math.pi * share))


def shifted(pictures: torch.Tensor, most: int = 1) -> torch.Tensor:
    """Returns pictures (B, C, H, W), each moved by at most so many pixels; edges are repeated."""
    count, _, height, width = pictures.shape
    draws = torch.randint(-most, most + 1, (2, count, 1))
    rows = (torch.arange(height) + draws[0]).clamp(0, height - 1)
    columns = (torch.arange(width) + draws[1]).clamp(0, width - 1)
    moved = pictures.gather(2, rows[:, None, :, None].expand_as(pictures))
    return moved.gather(3, columns[:, None, None, :].expand_as(pictures))


def judged(
    model: torch.nn.Module,
    splits: dict[str, torch.Tensor],
    name: str,
    mean: torch.Tensor,
    std: torch.Tensor,
) -> tuple[float, float]:
    """Returns loss and accuracy over a split."""
    model.eval()
    targets = splits[f"{name}_targets"]
    with torch.no_grad():
        outputs = model((splits[f"{name}_inputs"].float() / 255 - mean) / std)
        loss = functional.cross_entropy(outputs, targets)
    return float(loss), float((outputs.argmax(1) == targets).float().mean())


if __name__ == "__main__":
    main(*sys.argv[1:])
