"""Steps of metrics.jsonl read as columns: the same as one JSON object after the other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.runs.history import METRICS, Writer, read_history
from app.engine.runs.metrics_lines import StepLine
from app.engine.runs.step_lines import StepColumns
from app.engine.runs.storage import manifest, shape

if TYPE_CHECKING:
    from pathlib import Path


def one_by_one(content: bytes) -> np.ndarray:
    """Returns (n, 4) numbers, each line of a step read as JSON and checked."""
    rows = []
    for line in content.split(b"\n"):
        try:
            data = json.loads(line)
        except ValueError:
            continue
        if not isinstance(data, dict) or {"epoch", "mark", "finding"} & set(data):
            continue
        if shape.is_of(data, StepLine):
            values = (data["step"], data["loss"], data["rate"], data.get("norm"))
            rows.append([np.nan if value is None else value for value in values])

    return np.array(rows, dtype=float).reshape(-1, 4)


def as_columns(content: bytes) -> np.ndarray:
    columns = StepColumns()
    columns.take(content)
    return np.stack(columns.columns(), axis=1)


def test_what_is_written_is_read_in_order_with_what_stands_between(tmp_path: Path) -> None:
    writer = Writer(tmp_path / METRICS)
    rng = np.random.default_rng(0)
    count = 40_000  # several blocks
    steps = np.arange(count) * 3
    losses, rates, norms = np.exp(rng.normal(0, 9, (3, count)))
    losses[::7] = np.nan
    losses[5] = np.inf
    norms[::3] = np.nan
    for begin in range(0, count, 1000):
        part = slice(begin, begin + 1000)
        writer.steps(steps[part], losses[part], rates[part], norms[part])
        writer.line({"mark": "resumed", "step": begin})
    writer.close()

    history = read_history(tmp_path, verified=False)

    assert history.steps.tolist() == steps.tolist()
    losses[5] = np.nan
    np.testing.assert_allclose(history.losses, losses, rtol=1e-7)
    np.testing.assert_allclose(history.rates, rates, rtol=1e-7)
    np.testing.assert_allclose(history.norms, norms, rtol=1e-5)
    assert [mark["step"] for mark in history.marks] == list(range(0, count, 1000))
    np.testing.assert_array_equal(
        np.stack([history.steps, history.losses, history.rates, history.norms], axis=1),
        one_by_one((tmp_path / METRICS).read_bytes()),
    )


GOOD = b'{"step": 1, "loss": 0.5, "rate": 0.001, "norm": 2.5}\n'


@pytest.mark.parametrize(
    "line",
    [
        b'{"step": 2, "loss": null, "rate": 1e-05}',
        b'{"step":2,"loss":0.25,"rate":0.001}',
        b'{"rate": 0.001, "loss": 0.25, "step": 2}',
        b'{"step": 2, "loss": 0.25, "rate": 0.001, "norm": 1.5, "more": 1}',
        b'{"step": 2, "rate": 0.001}',
        b'{"step": 2, "loss": 0.25, "rate": null}',
        b'{"step": 2, "loss": 0.25, "rate": 0.001, "norm": null}',
        b'{"step": 2.5, "loss": 0.25, "rate": 0.001}',
        b'{"step": true, "loss": 0.25, "rate": 0.001}',
        b'{"step": "2", "loss": 0.25, "rate": 0.001}',
        b'{"step": 2, "loss": 0.25, "rate": 0.0.1}',
        b'{"step": 2, "loss": 0.25, "rate": 1,2}',
        b'{"step": 2, "loss": nan, "rate": 0.001}',
        b'{"step": 2, "loss": NaN, "rate": 0.001}',
        b'{"step": 2, "loss": 0.2',
        b'{"step": 2, "loss": 0.5, "loss": 0.25, "rate": 0.001}',
        b'{"step": 2, "loss": 01.5, "rate": 0.001}',
        b'{"step": 2, "loss": +1.5, "rate": 0.001}',
        b'{"step": 2, "loss": 1e400, "rate": 0.001}',
        b'{"step": 2, "loss": 1, "rate": 0}',
        b'{"step": 2, "loss": Infinity, "rate": 0.001}',
        b'{"step": 2, "loss": 0.25, "rate": 0.001}{"step": 3, "loss": 0.25, "rate": 0.001}',
        b'{"step": 2, "loss": 0.25\n,"step": 3, "rate": 0.001}',
        b'{"step": 2, "loss": [[[1]]], "rate": 0.001}',
        b'{"step": 2, "loss": 0.25, "rate": "\xff"}',
        b'{"step": 2, "training_loss": 0.25}',
        b'{"step": 2, "loss": 0.25, "rate": 0.001, "mark": "resumed"}',
        b'{"s',
        b"{}",
        b"[1, 2]",
        b"{",
        b"",
        b"\x00\xff\n\n",
    ],
)
def test_a_line_that_another_wrote_is_taken_or_left_as_it_alone_would_be(line: bytes) -> None:
    for content in (
        line,
        line + b"\n",
        GOOD + line,
        GOOD + line + b"\n" + GOOD,
        line + b"\n" + GOOD,
    ):
        np.testing.assert_array_equal(as_columns(content), one_by_one(content))


@pytest.mark.parametrize("step", [b"9007199254740993", b"1" + b"0" * 400])
def test_a_step_too_large_to_be_exact_is_left_out(step: bytes) -> None:
    line = b'{"step": ' + step + b', "loss": 0.5, "rate": 0.001}\n'

    assert as_columns(GOOD + line + GOOD)[:, 0].tolist() == [1, 1]


def test_a_block_is_not_used_before_the_whole_file_was_compared(tmp_path: Path) -> None:
    (tmp_path / METRICS).write_bytes(GOOD * 20_000)
    manifest.note_grown(tmp_path)
    assert len(read_history(tmp_path).steps) == 20_000

    content = bytearray(GOOD * 20_000)
    content[-10] ^= 1
    (tmp_path / METRICS).write_bytes(content)
    with pytest.raises(manifest.RunFileError, match="is damaged"):
        read_history(tmp_path)

    (tmp_path / METRICS).write_bytes(GOOD * 20_000 + GOOD[:20])
    assert len(read_history(tmp_path).steps) == 20_000
