"""A file of weights is written whole or not at all, and like any other file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
import torch

from app.engine.errors import UserError
from app.engine.runs.weights_file import read_weights_file, write_weights_file

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_written_is_read_whatever_lies_in_memory(tmp_path: Path) -> None:
    table = torch.arange(12.0).reshape(3, 4)
    tensors = {"table": table.T, "part": table[1:], "same": table, "none": torch.empty(0)}
    path = tmp_path / "weights.safetensors"
    path.write_bytes(b"an older file")
    write_weights_file(path, tensors, {"netwright": '{"name": "small"}'})

    found = read_weights_file(path)
    assert found.facts == {"name": "small"} and set(found.tensors) == set(tensors)
    assert all(torch.equal(found.tensors[name], tensor) for name, tensor in tensors.items())
    (tmp_path / "other").touch()
    assert path.stat().st_mode == (tmp_path / "other").stat().st_mode
    assert sorted(file.name for file in tmp_path.iterdir()) == ["other", path.name]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of a file's size")
def test_what_the_disk_refuses_leaves_the_old_file(tmp_path: Path) -> None:
    import resource

    path = tmp_path / "weights.safetensors"
    write_weights_file(path, {"old": torch.zeros(2)})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(UserError) as refused:
            write_weights_file(path, {"new": torch.zeros(10_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert "File too large" in refused.value.what and str(path) in refused.value.what
    assert list(read_weights_file(path).tensors) == ["old"]
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"There is no '.*weights\.safetensors'"):
        write_weights_file(tmp_path / "gone" / "weights.safetensors", {})
