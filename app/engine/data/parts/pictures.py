"""Pictures: decoded already; only their mean and spread are learned from the training examples."""

from __future__ import annotations

import dataclasses

import numpy as np

from app.engine.data import splits
from app.engine.data.examples import Part
from app.engine.data.preparation import Preparation
from app.engine.data.preparations.image import ImagePreparation, statistics


class PicturePart(Part):
    """inputs: (N, C, H, W) uint8, in memory or mapped. prints: (N, 16), where they are known."""

    def __init__(self, inputs: np.ndarray, preparation: ImagePreparation, prints: np.ndarray | None = None) -> None:
        self.inputs, self.preparation = inputs, preparation
        self._prints = splits.digests(inputs) if prints is None else prints

    def __len__(self) -> int:
        return len(self.inputs)

    def settle(self, training: np.ndarray) -> tuple[np.ndarray, Preparation]:
        mean, std = statistics(self.inputs, training)
        return self.inputs, dataclasses.replace(self.preparation, mean=mean, std=std)

    def coded(self, preparation: Preparation) -> np.ndarray:
        return self.inputs  # size and colours are those of the settings they were read with

    def digests(self) -> np.ndarray:
        return self._prints
