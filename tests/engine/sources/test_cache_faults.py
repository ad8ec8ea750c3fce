"""Every file-system call of a cache write and read fails once: old or new, never another."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.engine.data.digests import ArrayDigests, dataset_digest
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.cache import DAMAGED, STAGING, Cache
from app.engine.sources.opening import open_dataset
from tests import faults
from tests.faults import ERRNOS, count_calls, run_with_fault

Maker = Callable[..., Path]

pytestmark = pytest.mark.skipif(not faults.AVAILABLE, reason="processes are forked on Linux only")


def opened(settings: DataSettings, cache: Cache) -> list[str]:
    """Returns the digest of the data as they are here, and the notes."""
    dataset = open_dataset(settings, cache=cache)
    # Of the bytes themselves, not what the entry says of them.
    copied = dataset_digest(map(ArrayDigests.of, (dataset.inputs, dataset.targets)))
    return [copied, dataset.description.digest, *dataset.description.notes]


@pytest.mark.parametrize(
    "every", [False, pytest.param(True, marks=pytest.mark.long)], ids=["some", "every"]
)
@pytest.mark.parametrize("mapped", [False, True], ids=["in memory", "mapped"])
@pytest.mark.parametrize("state", ["none", "whole", "older", "damaged"])
def test_no_failing_call_changes_the_data(
    folder: Maker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mapped: bool,
    state: str,
    every: bool,
) -> None:
    if mapped:
        monkeypatch.setattr("app.engine.sources.cache.MEMORY_SHARE", 0.0)

    base = folder({"a": 3, "b": 3})
    settings = DataSettings(source=str(base))
    prepared = Cache(tmp_path / "prepared")
    if state != "none":
        open_dataset(settings, cache=prepared)
    if state == "older":
        (base / "a" / "0.png").unlink()
    if state == "damaged":
        (entry,) = prepared.root.iterdir()
        (entry / "inputs.bin").write_bytes(b"?")

    expected = opened(settings, Cache(tmp_path / "reference"))
    cache = Cache(tmp_path / "cache")
    copy = prepared.root if state != "none" else None

    def case() -> list[str]:
        return opened(settings, cache)

    def start() -> None:
        shutil.rmtree(cache.root, ignore_errors=True)
        if copy is not None:
            shutil.copytree(copy, cache.root)

    start()
    calls = count_calls(case, within=cache.root)
    assert calls >= 5

    faults_of_all = (*ERRNOS, "kill")
    for nth in range(calls):
        for fault in faults_of_all if every else faults_of_all[nth % 4 :][:1]:
            start()
            outcome = run_with_fault(case, (), nth, fault, within=cache.root)
            if fault == "kill":
                assert outcome.signal
            elif outcome.error:
                # Without memory and without disk there is nowhere to put them.
                assert mapped and outcome.error.startswith("UserError"), outcome
            else:
                assert outcome.value[:2] == expected[:2], outcome
                assert set(outcome.value[2:]) <= {*expected[2:], DAMAGED}, outcome

            # Whatever is left is used only if it is whole.
            assert opened(settings, cache)[:2] == expected[:2], outcome
            left = [path.name for path in cache.root.iterdir()]
            entries = sum(not name.startswith(STAGING) for name in left)
            assert len(left) - entries <= 1, (outcome, left)
            assert entries == 1 or (state == "older" and entries == 2), (outcome, left)
            if entries == 2:
                shutil.copytree(cache.root, tmp_path / "two", dirs_exist_ok=True)

    if (tmp_path / "two").exists():
        os.utime(base / "b" / "0.png")
        opened(settings, Cache(tmp_path / "two"))
        names = [path.name for path in (tmp_path / "two").iterdir()]
        assert sum(not name.startswith(STAGING) for name in names) == 1
