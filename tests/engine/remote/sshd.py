"""An SSH server on the loopback address with keys, configuration and a home of its own."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
AVAILABLE = SSHD is not None and shutil.which("ssh") is not None
HOST = "other-computer"


class Server:
    """The server, and the configuration with which `ssh other-computer` reaches it.

    home: of whoever logs in. Its Python is the one that runs the tests, so that nothing is set up.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.config = folder / "config"
        self.home.mkdir(parents=True)
        for name in ("host_key", "key"):
            self._keygen(name)

        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

        shutil.copy(folder / "key.pub", folder / "authorized_keys")
        self._write_server()
        self._write_client()
        self._process: subprocess.Popen[bytes] | None = None

    def _keygen(self, name: str) -> None:
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / name)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)

    def _write_server(self) -> None:
        python = Path(sys.executable).parent
        there = f'HOME={shlex.quote(str(self.home))} PATH="{python}:$PATH" XDG_CACHE_HOME= '
        there += 'XDG_DATA_HOME= XDG_CONFIG_HOME= sh -c "cd; $SSH_ORIGINAL_COMMAND"'
        lines = [
            f"ListenAddress 127.0.0.1:{self.port}",
            f"HostKey {self.folder / 'host_key'}",
            f"AuthorizedKeysFile {self.folder / 'authorized_keys'}",
            f"PidFile {self.folder / 'pid'}",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "UsePAM no",
            "StrictModes no",
            "PermitRootLogin yes",
            f"ForceCommand {there}",
        ]
        (self.folder / "sshd_config").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _write_client(self) -> None:
        public = (self.folder / "host_key.pub").read_text(encoding="utf-8")
        known = f"[127.0.0.1]:{self.port} {' '.join(public.split()[:2])}\n"
        (self.folder / "known_hosts").write_text(known, encoding="utf-8")
        lines = [
            f"Host {HOST}",
            "  HostName 127.0.0.1",
            f"  Port {self.port}",
            f"  IdentityFile {self.folder / 'key'}",
            "  IdentitiesOnly yes",
            f"  UserKnownHostsFile {self.folder / 'known_hosts'}",
            "  StrictHostKeyChecking yes",
        ]
        self.config.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def start(self) -> None:
        assert SSHD is not None
        Path("/run/sshd").mkdir(exist_ok=True)
        with (self.folder / "sshd.log").open("ab") as log:
            self._process = subprocess.Popen(
                [SSHD, "-D", "-e", "-f", str(self.folder / "sshd_config")],
                stdin=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)

        raise AssertionError((self.folder / "sshd.log").read_text())

    def stop(self) -> None:
        """Ends the server; connections that are open go on."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def cut(self) -> None:
        """Ends every connection, as a cable that is pulled; what was started there goes on."""
        found = subprocess.run(["pgrep", "-f", str(self.config)], capture_output=True, text=True)
        for process in found.stdout.split():
            subprocess.run(["kill", "-9", process], check=False)
