"""A spreadsheet takes no text of a written table for a formula."""

from __future__ import annotations

import pytest

from app.engine.csv_cells import csv_cell


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-x", "@SUM(A1)", "\tx", "\rx", "-1+2", "\n=1"])
def test_a_text_that_looks_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert csv_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", [-1.5, 7, "-1.5", "-1,5", "+3e-4", "cat", "", "a=b"])
def test_numbers_and_other_texts_stay(value: object) -> None:
    assert csv_cell(value) == value
