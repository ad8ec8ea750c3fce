"""Makes signals as a sensor would give them, the same ones every time."""

from __future__ import annotations

import numpy as np

FORMS = ("chirp", "noise", "pulses", "sawtooth", "sine", "square")
LENGTH = 128
NOISE = 0.35
"""Standard deviation of the noise that is added; the wave itself has the height 1."""


def make_signals(each: int = 150, seed: int = 11) -> tuple[np.ndarray, np.ndarray]:
    """Makes so many signals of each form.

    Returns (N, 1, LENGTH) float32 and their numbers in FORMS, (N,) int64. Every signal has its own
    frequency, phase, height, offset and noise, so that only its form tells its class.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    targets = np.tile(np.arange(len(FORMS)), each)
    return np.stack([_make(FORMS[target], random) for target in targets])[:, None], targets


def _make(form: str, random: np.random.Generator) -> np.ndarray:
    time = np.linspace(0, 1, LENGTH, endpoint=False)
    cycles = random.uniform(3, 9)
    start = random.uniform()
    if form == "chirp":  # from slow to fast
        phase = start + cycles * (0.4 * time + 0.9 * time**2)
    else:
        phase = start + cycles * time

    if form == "noise":  # slow noise, as strong as the waves
        wave = np.convolve(random.normal(0, 1, LENGTH + 4), np.ones(5) / 5, "valid") * 5**0.5 * 0.7
    elif form == "pulses":
        wave = np.where(phase % 1 < 0.15, 1.5, -0.25)
    elif form == "sawtooth":
        wave = 2 * (phase % 1) - 1
    else:
        wave = np.sin(2 * np.pi * phase)
        if form == "square":
            wave = np.sign(wave)

    height = random.uniform(0.5, 2)
    offset = random.normal(0, 0.5)
    return (height * (wave + random.normal(0, NOISE, LENGTH)) + offset).astype(np.float32)
