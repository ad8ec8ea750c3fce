"""What a training, a data set and a report look like on a terminal, for every kind of task."""

from __future__ import annotations

import io
import time
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from app.engine.data.dataset import Amount, Description
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.learning.tasks import TASKS
from app.engine.results.report import Report
from app.engine.runs.events import EpochDone, RunPrepared
from app.terminal import FLUSH_S, Display, description_lines, report_lines


def facts(**more: Any) -> dict[str, Any]:
    return {
        "kind": "row",
        "source": "here.csv",
        "format": "Table",
        "task": "regression",
        "shape": [7],
        "examples": 500,
        "classes": [],
        "splits": {"training": 400, "validation": 50, "test": 50},
        "counts": {"training": {}},
        "split_reason": "",
        "problems": [{"level": "info", "text": "A note."}],
        **more,
    }


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (
            {"amounts": [{"name": "price", "unit": "€", "low": 5, "high": 900, "median": 120}]},
            [
                "500 rows of 7 values",
                "Amount (regression)",
                "price: 5 € to 900 €, usually 120 €",
                "Info: A note.",
            ],
        ),
        (
            {"kind": "text", "task": "language-modelling", "shape": [256]},
            ["500 texts, the first 256 tokens of each"],
        ),
        (
            {
                "kind": "signal",
                "task": "classification",
                "shape": [2, 800],
                "classes": ["a", "[b]"],
                "counts": {"training": {"a": 3, "[b]": 4}},
            },
            ["500 signals of 800 values in 2 channels", "2 classes", "[b]"],
        ),
        (
            {"kind": "pair", "task": "matching", "shape": [3, 8, 8]},
            ["500 pairs", "belongs together"],
        ),
        (
            {
                "kind": "image",
                "task": "multi-label",
                "shape": [1, 8, 8],
                "classes": [str(k) for k in range(90)],
                "counts": {"training": {str(k): k for k in range(90)}},
            },
            ["grey, seen at 8 × 8", "90 tags", "and 30 more"],
        ),
    ],
)
def test_data_of_every_kind_are_described(more: dict[str, Any], words: list[str]) -> None:
    text = "\n".join(description_lines(facts(**more)))
    for word in words:
        assert word in text


def test_what_is_left_out_is_listed() -> None:
    gone = [
        {"path": f"row {k}", "reason": "it has 2 cells, not 3", "ignored": False} for k in range(30)
    ]
    lines = description_lines(
        facts(skipped=[*gone, {"path": ".x", "reason": "hidden", "ignored": True}])
    )
    assert (
        "  row 19: it has 2 cells, not 3" in lines
        and lines[-1] == "  and 10 more; --json lists them"
    )

    assert not any(".x" in line for line in lines)


def test_training_begins_with_what_there_is_to_know_of_the_data() -> None:
    stream = io.StringIO()
    with Display(stream) as display:
        display(
            RunPrepared(
                "CPU",
                "why",
                1,
                10,
                1,
                1,
                1,
                0,
                4,
                1,
                (),
                {},
                {},
                ("Warning: 2 rows were left out.",),
            )
        )

    assert "Warning: 2 rows were left out." in stream.getvalue()
    assert "1 example; 1 epoch of 1 step." in stream.getvalue()


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        ({"r2": 0.4312, "mae": 41.0}, "R² 0.431"),
        ({"accuracy": 0.9, "f1": 0.2}, "accuracy 90 %"),
        ({"bits_per_byte": 2.11, "perplexity": 3.0}, "bits per byte 2.11"),
        ({}, "validation 1.1 "),
    ],
)
def test_an_epoch_says_the_main_figure(metrics: dict[str, float], words: str) -> None:
    stream = io.StringIO()
    with Display(stream) as display:
        display(RunPrepared("CPU", "why", 1, 10, 3, 30, 10, 0, 4, 40, (), {}, {}))
        display(EpochDone(1, 10, 1.2, 1.1, metrics, True, 1, 0, 0.5))

    assert words in stream.getvalue()
    assert "40 examples; 3 epochs" in stream.getvalue()
    assert "picture" not in stream.getvalue()


def test_lines_of_short_epochs_are_handed_on_together(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stream(io.StringIO):
        shown = ""

        def flush(self) -> None:
            self.shown = self.getvalue()

    clock = {"now": 50.0}
    monkeypatch.setattr(time, "monotonic", lambda: clock["now"])
    stream = Stream()

    def epoch(number: int) -> None:
        display(EpochDone(number, 10, 1.2, 1.1, {}, True, 1, 0, 0.5))

    with Display(stream) as display:
        epoch(1)
        epoch(2)
        assert "Epoch 1/" in stream.shown and "Epoch 2/" not in stream.shown

        clock["now"] += FLUSH_S
        epoch(3)
        assert "Epoch 2/" in stream.shown and "Epoch 3/" in stream.shown

        epoch(4)
        display.line("Paused")
        assert stream.shown.endswith("Paused\n")
        epoch(5)

    assert "Epoch 5/" in stream.shown


def test_a_report_without_classes_and_names_with_brackets() -> None:
    description = Description(
        "here",
        "Table",
        (7,),
        (),
        {"training": (40,), "validation": (40,)},
        "0",
        ImagePreparation(8, 8, 1, "crop", (0.5,), (0.25,)),
        task="regression",
        amounts=(Amount("[net] price", "€", 150.0, 80.0, 20.0, 400.0, 140.0),),
    )
    true = np.linspace(20, 400, 40, dtype=np.float32)[:, None]
    report = Report.of(
        description, TASKS["regression"], {"validation": (np.arange(40), true, true + 10)}
    )
    stream = io.StringIO()

    console = Console(file=stream, width=200)
    for line in report_lines(report, [f"[row] {k}" for k in range(40)]):
        console.print(line, soft_wrap=True)

    text = stream.getvalue()
    assert "It is off by 10 € on average" in text
    assert "[net] price" in text
    assert "Largest errors:" in text
    assert "[row] " in text
