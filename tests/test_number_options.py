"""Numbers on the command line have limits, as those of an experiment file have."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from app.cli import cli

EXTREMES = ("9223372036854775807", "-9223372036854775808", "1e308", "-1e308", "inf", "nan")
OPTIONS = [("resume", "--epochs")] + [
    ("predict", option) for option in ("--tokens", "--temperature", "--seed")
]


@pytest.mark.parametrize(("command", "option"), OPTIONS)
@pytest.mark.parametrize("value", (*EXTREMES, "9" * 5000))
def test_a_number_outside_its_limits_is_wrong_usage(command: str, option: str, value: str) -> None:
    result = CliRunner().invoke(cli, [command, "run", option, value])

    assert result.exit_code == 2
    assert f"Invalid value for '{option}'" in result.output
