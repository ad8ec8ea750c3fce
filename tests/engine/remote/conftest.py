"""A server to reach, whose configuration is the one that is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.engine.remote.connection import CONFIG
from tests.engine.remote.sshd import AVAILABLE, Server

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    if not AVAILABLE:
        pytest.skip("needs the server of OpenSSH")

    made = Server(tmp_path_factory.mktemp("ssh"))
    monkeypatch.setenv(CONFIG, str(made.config))
    made.start()
    yield made
    made.stop()
