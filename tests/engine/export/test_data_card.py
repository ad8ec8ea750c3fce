"""The card of the data: in every bundle, of built-in data and of a person's own."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.data.dataset import Description
from app.engine.export.bundle import data_card
from app.engine.export.formats import format_called
from app.engine.export.trained_network import TrainedNetwork
from app.engine.results.data_card import OWN, DataCard
from app.engine.sources.format import no_progress

if TYPE_CHECKING:
    from app.engine.runs.run import Run


def card_in(run: Run, path: Path) -> str:
    """Returns the data card of a bundle of a run."""
    format_called("bundle").write(TrainedNetwork.load(run), path, no_progress)
    with zipfile.ZipFile(path) as archive:
        return archive.read("DATA-CARD.md").decode()


def test_built_in_data_have_name_licence_and_source(penguins: Run, tmp_path: Path) -> None:
    text = card_in(penguins, tmp_path / "a.zip")
    description = Description.from_plain(penguins.dataset())
    sizes = [description.size(split) for split in ("training", "validation", "test")]
    assert text.startswith("# Data: Penguins\n") and "Licence: CC0" in text
    assert f"Examples: {sum(sizes)} rows" in text
    assert f"| Training | {sizes[0]} |" in text
    for name, *counts in zip(description.classes, *description.counts.values(), strict=True):
        assert f"| {name} | {' | '.join(map(str, counts))} |" in text

    assert description.fingerprint in text and description.digest in text


def test_own_data_are_not_named(own_table: Run, tmp_path: Path) -> None:
    text = card_in(own_table, tmp_path / "a.zip")
    source = Path(own_table.experiment().data.source)
    assert text.startswith(f"# Data: {OWN}\n") and "Not known" in text
    assert source.name not in text and source.parent.name not in text
    assert "Predicted: price" in text and "## Classes" not in text


def test_a_name_is_no_markup(own_table: Run) -> None:
    plain = own_table.dataset()
    plain |= {"classes": ["a | b", "<c>"], "amounts": []}
    plain["counts"] = {"training": [5, 6], "validation": [1, 2], "test": [0, 0]}
    plain["sizes"] = {}
    description = Description.from_plain(plain)
    text = data_card.card_text(description, "/home/anna/x")
    assert "| a \\| b | 5 | 1 | 0 |" in text and "\\<c\\>" in text
    card = DataCard.of(description, "/home/anna/x")
    assert card.total == 14 and [row[2] for row in card.split_rows()] == ["78.6 %", "21.4 %", "0 %"]
