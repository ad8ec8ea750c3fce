"""The model card: YAML that others read, true figures, and the licence of the data beside it."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from app.engine.export.bundle.data_licence import licence_text
from app.engine.export.bundle.model_card import card_text
from app.engine.export.formats import format_called
from app.engine.export.trained_network import TrainedNetwork
from app.engine.results.report import load_report
from app.engine.runs.run import Run
from app.engine.sources.format import no_progress
from app.engine.sources.samples import SAMPLES

if TYPE_CHECKING:
    from pathlib import Path

yaml = pytest.importorskip("yaml")


def head_of(card: str) -> dict[str, Any]:
    _, head, _ = card.split("---\n", 2)
    found: dict[str, Any] = yaml.safe_load(head)
    return found


def test_its_head_says_what_hugging_face_asks_for(penguins: Run) -> None:
    card = card_text(TrainedNetwork.load(penguins), "sample:penguins")
    head = head_of(card)
    assert head["license"] == "cc0-1.0" and head["pipeline_tag"] == "tabular-classification"
    assert {"netwright", "classification", "row"} <= set(head["tags"])

    (entry,) = head["model-index"]
    assert entry["name"] == penguins.name
    (result,) = entry["results"]
    metrics = {each["type"]: each["value"] for each in result["metrics"]}
    report = load_report(penguins).trusted
    assert report is not None and metrics == report.metrics
    assert result["dataset"] == {"name": "Penguins", "type": "penguins", "split": "test"}
    assert head["metrics"] == list(report.metrics)


def test_it_says_what_goes_in_and_whom_it_is_not_for(penguins: Run) -> None:
    card = card_text(TrainedNetwork.load(penguins), "sample:penguins")
    assert "| body mass (g) | float32 | one number |" in card
    assert "probabilities of: Adelie, Chinstrap, Gentoo." in card
    assert (
        "It learned from 276 rows; 34 for validation and 34 for the test were kept apart." in card
    )
    assert "those of the best epoch, in epoch" in card and "from elsewhere" in card


def test_names_cannot_break_it(own_table: Run, tmp_path: Path) -> None:
    odd = 'a|b "c": `d` 😀\x1b\u2028'
    trained = replace(TrainedNetwork.load(own_table), run=Run(tmp_path / odd))
    card = card_text(trained, str(tmp_path / "own.csv"))
    assert head_of(card)["license"] == "unknown"
    assert "# a\\|b" in card and "own.csv" not in card


def test_the_licence_of_built_in_data_goes_with_it(
    penguins: Run, own_table: Run, tmp_path: Path
) -> None:
    for run, has_licence in ((penguins, True), (own_table, False)):
        path = tmp_path / f"{has_licence}.zip"
        format_called("bundle").write(TrainedNetwork.load(run), path, no_progress)
        with zipfile.ZipFile(path) as archive:
            assert ("DATA-LICENCE.txt" in archive.namelist()) == has_licence
            assert "README.md" in archive.namelist()


@pytest.mark.parametrize("name", SAMPLES)
def test_every_licence_text_is_found(name: str) -> None:
    sample = SAMPLES[name]
    text = licence_text(sample)
    assert sample.licence in text and sample.source_note in text
    assert ("Permission is hereby granted" in text) == (name in ("fashion", "emoji"))
    assert ("WordNet 3.0 Copyright" in text) == (name == "glosses")
    assert ("Apache License" in text) == (name == "emoji")
    assert ("scikit-learn developers" in text) == (
        name in ("digits", "breast-cancer", "diabetes", "wine", "iris")
    )
