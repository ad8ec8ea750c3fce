"""[augmentation]: how training pictures are varied."""

from __future__ import annotations

from models.spec import Spec, setting


class AugmentationSettings(Spec):
    """[augmentation]: how training pictures are varied, anew in every epoch."""

    flip: bool | None = setting(
        None,
        label="Mirror",
        help="Half of the pictures are mirrored left to right. Left open, only if the classes "
        "survive it, which is measured on the data.",
    )
    shift: float | None = setting(
        None,
        label="Shift",
        unit="of the side",
        ge=0.0,
        le=0.5,
        step=0.01,
        help="Moved by up to this share of the side. Left open, by 7 %, or half of that where they "
        "are many and trimmed to what they show.",
    )
    rotate: float = setting(
        0.0,
        label="Rotate",
        unit="degrees",
        ge=0.0,
        le=180.0,
        step=5.0,
        help="Turned by up to this angle, either way.",
    )
    scale: float = setting(
        0.0,
        label="Scale",
        unit="of the size",
        ge=0.0,
        le=0.9,
        step=0.05,
        help="Made up to this share larger or smaller.",
    )
    light: float = setting(
        0.0,
        label="Brightness and contrast",
        unit="of the range",
        ge=0.0,
        le=1.0,
        step=0.05,
        help="Brightness and contrast go up or down by up to this share.",
    )
    erase: float = setting(
        0.0,
        label="Erase",
        unit="of the side",
        ge=0.0,
        le=0.9,
        step=0.05,
        help="A rectangle of up to this size is hidden, so that no single detail decides.",
    )
