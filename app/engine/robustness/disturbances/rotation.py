"""Turned pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from typing_extensions import override

from app.engine.robustness.disturbance import Disturbance

if TYPE_CHECKING:
    from app.engine.data.preparation import Preparation
    from models.shape import InputKind


class Rotation(Disturbance):
    """Every picture is turned about its middle, to a random side; its edge is continued."""

    kind: ClassVar[str] = "rotation"
    label: ClassVar[str] = "Rotation"
    reads: ClassVar[tuple[InputKind, ...]] = ("image",)
    unit: ClassVar[str] = "degrees"
    levels: ClassVar[tuple[float, ...]] = (5.0, 10.0, 20.0, 45.0, 90.0)
    order: ClassVar[int] = 20

    @override
    def apply(
        self,
        examples: np.ndarray,
        preparation: Preparation,
        level: float,
        generator: np.random.Generator,
    ) -> np.ndarray:
        import torch  # noqa: PLC0415 - it takes seconds to load
        from torch.nn import functional  # noqa: PLC0415 - see above

        count, _, height, width = examples.shape
        angles = np.radians(level) * generator.choice([-1.0, 1.0], count)
        cos, sin, none = np.cos(angles), np.sin(angles), np.zeros(count)

        # The grid runs from -1 to 1 on both sides, whatever their lengths.
        rows = [[cos, -sin * height / width, none], [sin * width / height, cos, none]]
        matrices = torch.from_numpy(np.array(rows).transpose(2, 0, 1).astype(np.float32))
        grid = functional.affine_grid(matrices, list(examples.shape), align_corners=False)
        turned = functional.grid_sample(
            torch.from_numpy(examples.astype(np.float32)),
            grid,
            padding_mode="border",
            align_corners=False,
        )
        return turned.numpy().round().astype(examples.dtype)


DISTURBANCE = Rotation()
