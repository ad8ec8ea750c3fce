"""Every number that a person or a file can set has limits, and what lies beyond is refused."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from pydantic import Field, ValidationError

from app.engine.errors import UserError
from app.engine.experiment import overrides, toml_file
from app.engine.experiment.experiment import CHOICES, SECTIONS, Experiment
from models.graph import GraphError, Node
from models.layers.block import BLOCKS
from models.network import read_block
from models.spec import Spec, setting, settings

if TYPE_CHECKING:
    from pathlib import Path

    from models.spec import Setting

EXTREMES = (
    2**63 - 1,
    -(2**63),
    1e308,
    -1e308,
    math.inf,
    -math.inf,
    math.nan,
    10**400,
    16**9000,  # more digits than Python writes
)


def _specs() -> list[tuple[str, str, type[Spec]]]:
    """Returns (section, the key and kind of the choice as TOML, its declaration)."""
    specs: list[tuple[str, str, type[Spec]]] = []
    for section in SECTIONS:
        choice = CHOICES.get(section)
        if choice is None:
            specs.append((section, "", type(Experiment.model_fields[section].default)))
            continue

        for kind in choice.registry.all():
            specs.append((section, kind.kind, kind))

    return specs


def _numbers() -> list[tuple[str, str, Setting]]:
    return [
        (section, kind, declared)
        for section, kind, spec in _specs()
        for declared in settings(spec)
        if declared.type in ("integer", "number")
    ]


def _plain(section: str, kind: str, name: str, value: Any) -> dict[str, Any]:
    choice = CHOICES.get(section)
    values = {choice.registry.key: kind} if choice else {}
    return {section: {**values, name: value}}


@pytest.mark.parametrize(
    ("section", "kind", "declared"),
    _numbers(),
    ids=lambda value: getattr(value, "name", value) or "",
)
def test_no_number_goes_beyond_its_limits(section: str, kind: str, declared: Setting) -> None:
    assert declared.minimum is not None and declared.maximum is not None

    for extreme in EXTREMES:
        with pytest.raises(UserError) as refused:
            toml_file.from_plain(_plain(section, kind, declared.name, extreme))

        sentence = refused.value.what
        assert f"'{section}.{declared.name}' is " in sentence and declared.limits in sentence
        assert sentence.count("; ") == 1 and len(sentence) < 250 and "\n" not in sentence

    for limit in (declared.minimum, declared.maximum):
        value = int(limit) if declared.type == "integer" else limit
        beyond = value - 1 if limit == declared.minimum else value + 1
        with pytest.raises(UserError):
            toml_file.from_plain(_plain(section, kind, declared.name, beyond))


@pytest.mark.parametrize("extreme", ("9223372036854775807", "-1e308", "inf", "9" * 5000))
def test_a_file_and_the_command_line_refuse_alike(extreme: str, tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(f"netwright = 2\n[training]\nthreads = {extreme}\n")
    with pytest.raises(UserError):
        toml_file.read(path)
    with pytest.raises(UserError, match=r"training\.threads.* at least 1 and at most 256"):
        overrides.with_overrides(Experiment(), [f"training.threads={extreme}"])


def test_the_format_version_is_no_way_around() -> None:
    for version in EXTREMES:
        with pytest.raises(UserError, match="format version"):
            toml_file.from_plain({"netwright": version})


def _block_numbers() -> list[tuple[str, str, bool]]:
    """Returns (kind of the block, name of the setting, whether it is a list of numbers)."""
    return [
        (block.kind, declared.name, declared.type == "names")
        for block in BLOCKS.all()
        for declared in settings(block)
        if declared.type in ("integer", "number", "names")
    ]


@pytest.mark.parametrize(("kind", "name", "several"), _block_numbers())
def test_no_number_of_a_block_goes_beyond_its_limits(kind: str, name: str, several: bool) -> None:
    for extreme in EXTREMES:
        value = [extreme] if several else extreme
        with pytest.raises(GraphError, match=name):
            read_block(Node("block", kind, {name: value}, ("input",)))


def test_a_number_cannot_be_declared_without_limits() -> None:
    with pytest.raises(TypeError, match=r"Endless\.size holds a number without"):

        class Endless(Spec):
            size: int = setting(1, label="Size", help="", ge=1)

    with pytest.raises(TypeError, match=r"Listed\.sizes"):

        class Listed(Spec):
            sizes: list[int] | None = setting(None, label="Sizes", help="")

    with pytest.raises(TypeError, match=r"Tabled\.shares"):

        class Tabled(Spec):
            shares: dict[str, float] = setting({}, label="Shares", help="")

    class Limited(Spec):
        size: float | None = setting(None, label="Size", help="", gt=0.0, lt=1.0)
        sizes: list[Annotated[int, Field(ge=0, le=9)]] = setting([], label="Sizes", help="")

    assert settings(Limited)[0].limits == "more than 0 and less than 1"
    with pytest.raises(ValidationError):
        Limited(sizes=[10])
