"""The built-in datasets: "sample:NAME"."""

from __future__ import annotations

import difflib

import numpy as np

from app.engine.data.catalogue import FREE, Catalogue, Check, Scan
from app.engine.data.dataset import SPLITS
from app.engine.data.decoding import PictureFormat
from app.engine.data.samples import PREFIX, SAMPLES, load
from app.engine.data.settings import DataSettings
from app.engine.errors import UserError


class BuiltIn(PictureFormat):
    kind = "built-in"
    label = "Built-in"
    order = 10
    cached = False

    def matches(self, source: str) -> bool:
        return source.startswith(PREFIX)

    def scan(self, source: str, data: DataSettings, check: Check) -> Scan:
        name = source.removeprefix(PREFIX)
        if name not in SAMPLES:
            near = difflib.get_close_matches(name, SAMPLES, n=1)
            remedy = f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(SAMPLES)}."
            raise UserError(f"There is no built-in data set '{name}'.", remedy, "data.source")
        return Scan(((source, 0, 0),), lambda: _catalogue(name))


def _catalogue(name: str) -> Catalogue:
    try:
        content = load(name)
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            f"The built-in data set '{name}' is missing from this installation.", "Install Netwright again.",
            "data.source",
        ) from error
    total = len(content.targets)
    hints = np.full(total, FREE, np.int8)
    if content.test:
        hints[:-content.test] = SPLITS.index("training")
        hints[-content.test :] = SPLITS.index("test")
    names = [f"{name} #{number}" for number in range(1, total + 1)]
    return Catalogue(content.classes, names, content.targets, hints, array=content.images)


FORMAT = BuiltIn()
