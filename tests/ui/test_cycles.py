"""A window in which training was started and stopped many times holds no more than before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.ui.cycles import Cycles, handles, inventory

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 10_000_000
"""Growth of the resident memory, over however many cycles."""


@pytest.mark.parametrize(
    ("warm_up", "count"),
    [
        pytest.param(0, 12, id="some"),
        pytest.param(
            100, 2000, id="many", marks=[pytest.mark.long, pytest.mark.timeout(3 * 60 * 60)]
        ),
    ],
)
def test_sessions_that_end_leave_nothing_in_the_window(
    open_window: Any, tmp_path: Path, warm_up: int, count: int
) -> None:
    cycles = Cycles(open_window(), tmp_path, seed=count)
    cycles.warm_up(warm_up)
    cycles.rest()
    before, opened = inventory(), handles()
    for _ in range(count):
        cycles.one()

    cycles.rest()
    growth = inventory().growth_since(before)
    memory = growth.pop("memory")
    print(f"{count} cycles, ended {cycles.ends}: {growth}, {memory / 1e6:+.1f} MB")
    print(f"opened since: {list(handles() - opened)}")
    assert {name: more for name, more in growth.items() if more > 0} == {}
    assert memory <= MOST_BYTES
    assert {"failed", "diverged", "stopped", "completed"} <= set(cycles.ends)
