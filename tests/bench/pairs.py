"""Recall on the built-in pairs of pictures and names that were kept apart, against chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.opening import open_dataset
from tests.bench.trained import summary_of

if TYPE_CHECKING:
    from pathlib import Path

TEST_SHARE = 0.2


def main(settings: dict[str, Any] | None = None, folder: Path | None = None) -> None:
    data: dict[str, Any] = {"source": "sample:emoji", "test_share": TEST_SHARE}
    count = open_dataset(DataSettings(**data)).description.size("test")
    summary = summary_of({"data": data, "training": {"device": "cpu"}} | (settings or {}), folder)
    figures = summary["metrics"]["test"]
    chance = 5 / count
    print(f"{count:,} pairs kept apart: chance of recall at 5 is {chance:.4f}")

    for name, words in (
        ("recall_at_5_there", "picture to text"),
        ("recall_at_5_back", "text to picture"),
    ):
        print(
            f"{words}: recall at 5 {figures[name]:.4f}, {figures[name] / chance:.1f} times chance"
        )

    print(
        f"{summary['parameters']:,} parameters, {summary['epochs']} epochs, "
        f"{summary['seconds']:,.0f} s"
    )
