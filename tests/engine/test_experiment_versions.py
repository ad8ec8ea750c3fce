"""Experiments of the format version before: old setting names, and files without a version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.engine.errors import UserError
from app.engine.experiment import toml_file

if TYPE_CHECKING:
    from pathlib import Path

RENAMED: tuple[tuple[str, str, str, Any], ...] = (
    ("conv-autoencoder", "code", "latent_channels", 24),
    ("gpt", "neighbours", "filter_size", 2),
    ("text-cnn", "longest", "max_filter_size", 5),
)
"""Template, setting in version 1, setting today, and a value that is not the default."""

EVERY = pytest.mark.parametrize(("template", "old", "new", "value"), RENAMED)


def write_experiment(path: Path, version: str, template: str, setting: str, value: Any) -> Path:
    path.write_text(
        f'{version}\n[model]\ntemplate = "{template}"\nwidth = 16\n{setting} = {value}\n',
        encoding="utf-8",
    )
    return path


@EVERY
def test_an_experiment_of_version_1_opens_and_is_written_as_version_2(
    tmp_path: Path, template: str, old: str, new: str, value: Any
) -> None:
    path = write_experiment(tmp_path / "a.toml", "netwright = 1", template, old, value)
    experiment = toml_file.read(path)
    assert experiment.model is not None
    assert experiment.model.model_dump()[new] == value
    assert experiment.model.model_dump()["width"] == 16

    text = toml_file.dumps(experiment)
    assert "netwright = 2" in text
    assert f"{new} = {value}" in text and f"\n{old} = " not in text

    path.write_text(text, encoding="utf-8")
    assert toml_file.read(path) == experiment


@EVERY
def test_a_file_without_a_version_is_read_under_the_names_of_either(
    tmp_path: Path, template: str, old: str, new: str, value: Any
) -> None:
    first = toml_file.read(write_experiment(tmp_path / "a.toml", "", template, old, value))
    second = toml_file.read(write_experiment(tmp_path / "b.toml", "", template, new, value))
    assert first.model is not None
    assert first.model == second.model and first.model.model_dump()[new] == value


@EVERY
def test_in_a_file_of_version_2_an_old_name_is_unknown(
    tmp_path: Path, template: str, old: str, new: str, value: Any
) -> None:
    path = write_experiment(tmp_path / "a.toml", "netwright = 2", template, old, value)
    with pytest.raises(UserError, match=f"there is no setting 'model.{old}'"):
        toml_file.read(path)

    experiment = toml_file.read(write_experiment(path, "netwright = 2", template, new, value))
    assert experiment.model is not None and experiment.model.model_dump()[new] == value


@EVERY
def test_a_setting_under_both_names_is_refused(
    tmp_path: Path, template: str, old: str, new: str, value: Any
) -> None:
    path = write_experiment(tmp_path / "a.toml", "netwright = 1", template, old, value)
    path.write_text(path.read_text(encoding="utf-8") + f"{new} = {value}\n", encoding="utf-8")
    with pytest.raises(UserError, match=f"there is no setting 'model.{old}'"):
        toml_file.read(path)


def test_an_experiment_of_version_1_without_renamed_settings_stays_as_it_is() -> None:
    for data in (
        {"netwright": 1},
        {"netwright": 1, "model": {"width": 8}},
        {"netwright": 1, "model": {"template": "vit", "patch_size": 4}},
    ):
        assert toml_file.from_plain(dict(data)) == toml_file.from_plain({**data, "netwright": 2})


@pytest.mark.parametrize("version", [3, 99])
def test_a_newer_version_is_refused(version: int) -> None:
    with pytest.raises(UserError, match=f"version is {version}; this program knows up to 2"):
        toml_file.from_plain({"netwright": version})


@pytest.mark.parametrize("version", [0, -1, True, "1", 1.5])
def test_what_is_no_version_is_refused(version: object) -> None:
    with pytest.raises(UserError, match="is not a format version"):
        toml_file.from_plain({"netwright": version})
