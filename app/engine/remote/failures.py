"""What OpenSSH says when it fails, in a sentence that says what to do."""

from __future__ import annotations

from app.engine.errors import UserError


class Disconnected(UserError):
    """The connection was lost, or there is none for now; it may be tried again."""


def failure(host: str, said: str) -> UserError:
    """Returns what is wrong with a connection, from what ssh wrote to standard error.

    It is a Disconnected where trying again may help.
    """
    for words, what, remedy in _REFUSED:
        if words in said:
            return UserError(what.format(host=host), remedy.format(host=host))

    for words, what in _UNREACHABLE:
        if words in said.lower():
            return Disconnected(
                f"'{host}' cannot be reached: {what}.",
                "Check that it is switched on and in the network.",
            )

    lines = [line.strip() for line in said.splitlines() if line.strip()]
    why = f": {lines[-1]}" if lines else "."
    return Disconnected(f"The connection to '{host}' was lost{why}", "What runs there goes on.")


_REFUSED = (
    (
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        "The key of '{host}' is another one than before: it may be another computer.",
        "If it was set up anew, forget the old key with: ssh-keygen -R {host}",
    ),
    (
        "Host key verification failed",
        "The computer '{host}' is not known here yet.",
        "Log in once in a terminal, where its key is shown: ssh {host}",
    ),
    (
        "Could not resolve hostname",
        "There is no computer called '{host}'.",
        "Check the name, or give it one in ~/.ssh/config.",
    ),
    (
        "Permission denied",
        "'{host}' refuses your key.",
        "Set one up that needs no password; this must work in a terminal: ssh {host}",
    ),
    (
        "python3: command not found",
        "There is no Python on '{host}'.",
        "Install Python 3.11 or newer there.",
    ),
    (
        "python3: not found",
        "There is no Python on '{host}'.",
        "Install Python 3.11 or newer there.",
    ),
)
"""What ssh or the shell there says, and what is wrong; none of these mends itself."""

_UNREACHABLE = (
    ("connection refused", "it accepts no connections over SSH"),
    ("timed out", "it does not answer"),
    ("no route to host", "there is no way to it"),
    ("network is unreachable", "this computer has no network"),
    ("connection reset", "the connection was reset"),
)
