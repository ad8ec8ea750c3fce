"""What ssh says becomes one sentence with what to do."""

from __future__ import annotations

import pytest

from app.engine.errors import UserError
from app.engine.remote.connection import Connection
from app.engine.remote.failures import Disconnected, failure


@pytest.mark.parametrize(
    ("said", "sentence", "again"),
    [
        ("ssh: Could not resolve hostname x: Name or service not known", "no computer", False),
        ("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @", "another one than before", False),
        ("Host key verification failed.", "not known here yet", False),
        ("person@x: Permission denied (publickey).", "refuses your key", False),
        ("sh: 1: python3: not found", "no Python on", False),
        ("ssh: connect to host x port 22: Connection refused", "accepts no connections", True),
        ("ssh: connect to host x port 22: Connection timed out", "does not answer", True),
        ("client_loop: send disconnect: Broken pipe", "was lost", True),
        ("", "was lost", True),
    ],
)
def test_each_failure_has_its_sentence(said: str, sentence: str, again: bool) -> None:
    found = failure("x", said)
    assert sentence in str(found)
    assert isinstance(found, Disconnected) == again


@pytest.mark.parametrize("host", ["", "-oProxyCommand=true", "two words"])
def test_what_is_no_name_is_never_given_to_ssh(host: str) -> None:
    with pytest.raises(UserError, match="not the name of a computer"):
        Connection(host)


def test_without_ssh_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserError, match="'ssh' is not installed"):
        Connection("x")
