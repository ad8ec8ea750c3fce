"""Makes every system call of a cache write fail once: the data are the same, from it or without."""

from __future__ import annotations

import errno
import functools
import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from app.engine.data.digests import ArrayDigests, dataset_digest
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources import cache
from app.engine.sources.cache import DAMAGED, STAGING, Cache
from app.engine.sources.opening import open_dataset
from tests.crashes import traced
from tests.crashes.calls import Case, faults_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.crashes.calls import CaseToRun
    from tests.faults import Fault

SHARES = {"cache write": 0.25, "mapped cache write": 0.0}
"""Target -> cache.MEMORY_SHARE: of 0 nothing fits into the memory, and all is mapped."""


class CacheCampaign:
    """Cases on decoded pictures that are stored. folder: for pictures and caches."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._settings = DataSettings(source=str(_pictures(folder / "pictures")))
        self._expected = self._opened(Cache(folder / "expected"))[0]
        self._cache = Cache(folder / "cache")

    def cases(self) -> Iterator[CaseToRun]:
        """Yields the cases of all system calls, by strace."""
        for target, share in SHARES.items():
            cache.MEMORY_SHARE = share
            shutil.rmtree(self._cache.root, ignore_errors=True)
            calls = traced.calls_of(self._work, self._cache.root, self._folder / "trace")
            for number, call in enumerate(calls):
                for fault in faults_of(call.name, number):
                    yield functools.partial(self._fail, target, call, fault)

    def _fail(self, target: str, call: traced.Call, fault: Fault) -> Case | None:
        cache.MEMORY_SHARE = SHARES[target]
        shutil.rmtree(self._cache.root, ignore_errors=True)
        (self._folder / "opened").unlink(missing_ok=True)
        root = self._cache.root
        path, killed = traced.fail_call(self._work, call, fault, root, self._folder / "trace")
        if not path:
            return None

        what = fault if isinstance(fault, str) else errno.errorcode[fault]
        wrong = [] if killed == (fault == "kill") else ["killed" if killed else "not killed"]
        outcome = "killed"
        if not killed:
            outcome, found = self._told(target)
            wrong += found

        digest, notes = self._opened(self._cache)
        if digest != self._expected or not set(notes) <= {DAMAGED}:
            wrong.append(f"opened again it is {digest} {notes}")
        if len([path for path in root.iterdir() if not path.name.startswith(STAGING)]) != 1:
            wrong.append("there is no entry afterwards")

        return Case(target, f"{call.name} {path}", what, outcome, wrong)

    def _told(self, target: str) -> tuple[str, list[str]]:
        """Returns what became of the data that were opened, in a word, and what is wrong."""
        try:
            digest, notes, error = json.loads((self._folder / "opened").read_bytes())
        except (OSError, ValueError):
            return "ended", ["it did not end by itself"]

        if error:
            # Without memory and without disk there is nowhere to put them.
            is_right = target.startswith("mapped") and error.startswith("UserError")
            return "ended with a sentence", [] if is_right else [error]

        return "unharmed", [] if digest == self._expected else [f"other data {digest} {notes}"]

    def _work(self) -> None:
        found: list[object] = ["", [], ""]
        try:
            found[:2] = self._opened(self._cache)
        except Exception as error:
            found[2] = f"{type(error).__name__}: {error}"

        (self._folder / "opened").write_text(json.dumps(found), encoding="utf-8")

    def _opened(self, pictures: Cache) -> tuple[str, list[str]]:
        """Returns the digest of the data as they are, not of what is said of them, and notes."""
        dataset = open_dataset(self._settings, cache=pictures)
        digests = map(ArrayDigests.of, (dataset.inputs, dataset.targets))
        return dataset_digest(digests), [*dataset.description.notes]


def _pictures(folder: Path) -> Path:
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        (folder / name).mkdir(parents=True)
        for number in range(4):
            pixels = rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")

    return folder
