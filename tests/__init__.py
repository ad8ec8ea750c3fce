"""Tests: the same shape as the source; `python3 tests` runs them."""
