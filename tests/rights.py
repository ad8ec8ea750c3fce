"""Commands that run without the right to read whatever they like, also where the tests are root."""

from __future__ import annotations

import os


def without_rights(command: list[str]) -> list[str]:
    """Returns a command that heeds the permissions of files.

    Root stays root, so that it can read the code wherever it lies, but loses its capabilities: what
    even the owner may not read is refused then.
    """
    if os.geteuid() != 0:
        return command

    return ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all", *command]
