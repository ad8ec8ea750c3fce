"""Names cannot steer a terminal, and JSON has no figure that is not finite."""

from __future__ import annotations

import json

import pytest

from app.engine.data.names import visible
from app.engine.files import json_text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("two\nlines", "two\\nlines"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u2028b", "a\\u2028b"),
        ("\x9b2J", "\\x9b2J"),
        ("Größe [red]x[/red]", "Größe [red]x[/red]"),
    ],
)
def test_control_characters_of_a_name_are_shown(name: str, shown: str) -> None:
    assert visible(name) == shown


def test_figures_that_are_not_finite_are_null() -> None:
    text = json_text({"a": [float("nan"), 1.5], "b": (float("inf"),), "c": "NaN"})

    assert json.loads(text) == {"a": [None, 1.5], "b": [None], "c": "NaN"}
